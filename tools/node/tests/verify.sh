#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 240
#
# pug-node verify and last-reboot in guests that are really reset: three of the
# cells of verify-cells.sh. full-verify.sh has all.

set -euo pipefail

# shellcheck source=tools/node/tests/verify-lib.sh
. tools/node/tests/verify-lib.sh
# shellcheck source=tools/node/tests/verify-cells.sh
. tools/node/tests/verify-cells.sh

CELLS='i6300esb-reset i6300esb-dud-cut'

plan 3
check_judge
prepare
head_of_table
cells
finish
