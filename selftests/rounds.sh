#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# 200 times load, freeze, unload; full-rounds.sh does more of them.

# shellcheck source=selftests/lib.sh
. /selftests/lib.sh

ROUNDS=${ROUNDS:-200}
SLAB_LIMIT=512
# shellcheck source=selftests/rounds-lib.sh
. /selftests/rounds-lib.sh
