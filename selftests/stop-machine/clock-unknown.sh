#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp --append clocksource=refined-jiffies
# limit: 240
#
# A clocksource that the module does not know: refined-jiffies, which stands
# still in a freeze of any length. A guest that boots with it stays on it.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/clock-lib.sh
. ./clock-lib.sh

UNKNOWN=refined-jiffies

refused_at_load() {
	if OUT=$(load msecs=2001 2>&1); then
		echo "insmod msecs=2001 succeeded"
		return 1
	fi
	! loaded && return
	echo "it is loaded"
	return 1
}

wants_machine
wants_clock "$UNKNOWN"
plan 9
need_module
is "limit_ms" "$(cat "$DEBUGFS/limit_ms")" 2000
forget
check "2001 ms are refused" refused 2001 freeze "$ERANGE"
is "and the log says why" "$(logged "refused: 2001 ms on clocksource $UNKNOWN")" 1
check "2000 ms are done, by the TSC" exact 2000 tsc
check "the kernel's clock does not see it" clock_loses 2000
unload
check "insmod is refused too" refused_at_load
need_module force=1
check "force does it, with a warning" beyond_limit 5000 tsc
is "last names the clocksource" "$(last clocksource_before)" "$UNKNOWN"
echo tsc >"$CLOCKS/current_clocksource"
check "on a clock it knows nothing is refused" exact 2001 tsc
finish
