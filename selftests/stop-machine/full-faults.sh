#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --warp --smp 3
# limit: 1800
#
# faults.sh with many more rounds of loading and unloading.

export ROUNDS=1000
# shellcheck source=selftests/stop-machine/faults.sh
. ./faults.sh
