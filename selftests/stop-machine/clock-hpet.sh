#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp --append clocksource=hpet
# limit: 240
#
# Lengths on a 32-bit HPET at 100 MHz: half of it is 21.47 s, all of it 42.95 s.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/clock-lib.sh
. ./clock-lib.sh

wants_machine
wants_clock hpet
plan 17
need_module
detectors tsc
LIMIT=$(cat "$DEBUGFS/limit_ms")
diag "limit_ms is $LIMIT"
check "limit_ms is below the wrap" test "$LIMIT" -gt 21000 -a "$LIMIT" -lt 38000
lengths hpet 2 10 100 1000 20000
check "limit_ms, and the kernel knows" within_limit "$LIMIT" hpet
check "limit_ms + 1 is warned about" beyond_limit $((LIMIT + 1)) hpet
check "25 s, beyond half the counter" exact 25000 hpet
check "43 s, just beyond the wrap" beyond_limit 43000 hpet
check "which the kernel's clock does not see" clock_loses 43000
check "60 s" beyond_limit 60000 hpet
calibration
check "100 s, beyond the second wrap" beyond_limit 100000 hpet
is "the clocksource is the same afterwards" \
	"$(last clocksource_before) $(last clocksource_after)" "hpet hpet"
finish
