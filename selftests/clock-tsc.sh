#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --warp --append clocksource=tsc
# limit: 240
#
# Lengths on the TSC, up to the longest that max_ms allows.

# shellcheck source=selftests/lib.sh
. /selftests/lib.sh
# shellcheck source=selftests/clock-lib.sh
. /selftests/clock-lib.sh

plan 16
need_clock tsc
detectors hpet
lengths tsc 2 3 10 99 100 101 1000 12345
check "30 s, and the kernel knows" within_limit 30000 tsc
check "60 s, and the kernel knows" within_limit 60000 tsc
check "600 s, and the kernel knows" within_limit 600000 tsc
calibration
check "600 s is within limit_ms" test "$(cat "$DEBUGFS/limit_ms")" -ge 600000
is "the clocksource is the same afterwards" \
	"$(last clocksource_before) $(last clocksource_after) $(current_clock)" "tsc tsc tsc"
finish
