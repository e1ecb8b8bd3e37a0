#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp --append clocksource=tsc
# limit: 240
#
# Lengths on the TSC, up to the longest that max_ms allows.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/clock-lib.sh
. ./clock-lib.sh

HPET_CFG=0xfed00010

# The module is told that the kernel uses the HPET, and then the HPET stands
# still. (If the kernel did use it, it would drown in timer interrupts: one time
# in thirty it did not get as far as the freeze.) The backstop comes at 5/4 of
# what was asked, and 1 s.
dead_ruler() {
	echo hpet >/tmp/hpet
	mount --bind /tmp/hpet "$CLOCKS/current_clocksource" || return 1
	CFG=$(devmem "$HPET_CFG" 32)
	devmem "$HPET_CFG" 32 $((CFG & ~1))
	freeze 2000
	devmem "$HPET_CFG" 32 "$CFG"
	umount "$CLOCKS/current_clocksource"
	[ "$(last result) $(last ruler)" = "backstop hpet" ] ||
		{ cat "$DEBUGFS/last"; return 1; }
	late "$(last tsc_ns)" "$(ns 3500)" 5000000
}

wants_machine
wants_clock tsc
plan 18
need_module
detectors hpet
lengths tsc 2 3 10 99 100 101 1000 12345
check "30 s, and the kernel knows" within_limit 30000 tsc
check "60 s, and the kernel knows" within_limit 60000 tsc
check "600 s, and the kernel knows" within_limit 600000 tsc
calibration
check "600 s is within limit_ms" test "$(cat "$DEBUGFS/limit_ms")" -ge 600000
is "the clocksource is the same afterwards" \
	"$(last clocksource_before) $(last clocksource_after) $(current_clock)" "tsc tsc tsc"
check "the TSC ends a freeze whose ruler stands still" dead_ruler
check "and the next one is right again" exact 1000 tsc
finish
