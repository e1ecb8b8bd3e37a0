#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --smp 1 --append rcupdate.rcu_expedited=1
#
# 200 times load, freeze, unload; full-rounds.sh does more of them.

# shellcheck source=selftests/lib.sh
. /selftests/lib.sh

ROUNDS=${ROUNDS:-200}
CONTROL_ROUNDS=0
SLAB_LIMIT=256
# shellcheck source=selftests/rounds-lib.sh
. /selftests/rounds-lib.sh
