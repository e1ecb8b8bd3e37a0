#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --smp 1 --append rcupdate.rcu_expedited=1
#
# 200 times load, freeze, unload; full-rounds.sh does more of them.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

ROUNDS=${ROUNDS:-200}
CONTROL_ROUNDS=0
SLAB_LIMIT=256
# shellcheck source=selftests/stop-machine/rounds-lib.sh
. ./rounds-lib.sh
