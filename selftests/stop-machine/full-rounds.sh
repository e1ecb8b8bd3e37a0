#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --append rcupdate.rcu_expedited=1
# limit: 3000
#
# 10,000 times load, freeze, unload: rounds.sh sees a leak of an inode a round,
# this one of a few bytes.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

ROUNDS=10000
SLAB_LIMIT=16
CONTROL_ROUNDS=2000
# shellcheck source=selftests/stop-machine/rounds-lib.sh
. ./rounds-lib.sh
