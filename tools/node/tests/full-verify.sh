#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 1500
#
# Truth and answer for every way in which a guest goes: the matrix that
# Documentation/verify.rst shows. KEEP=DIR keeps what was seen.

set -euo pipefail

# shellcheck source=tools/node/tests/verify-lib.sh
. tools/node/tests/verify-lib.sh
# shellcheck source=tools/node/tests/verify-cells.sh
. tools/node/tests/verify-cells.sh

plan "$(($(grep -c '^	\(CMDLINE=.* \)\?cell ' tools/node/tests/verify-cells.sh) + 1))"
check_judge
prepare
head_of_table
cells
finish
