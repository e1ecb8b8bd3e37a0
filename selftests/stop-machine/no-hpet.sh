#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --machine pc,hpet=off --smp 1
#
# A machine without HPET, and with one CPU: it has to announce its own thaw.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

# Lines of the kernel log without their time and prefix
lines() {
	dmesg | sed -n "s/.*stop-machine: //p"
}

# A quick boot is here while the kernel still trusts tsc-early only
settled() {
	for _ in $(seq 50); do
		read -r CLOCK </sys/devices/system/clocksource/clocksource0/current_clocksource
		[ "$CLOCK" != tsc ] || return 0
		sleep 0.2
	done
	echo "the clocksource is $CLOCK"
	return 1
}

no_hpet() {
	! grep -qw hpet "$CLOCKS/available_clocksource"
}

wants_machine
wants_cpus -eq 1
wants "this machine has an HPET" no_hpet
plan 8
check "the kernel has chosen its clock" settled
need_module
forget
check "freezes" freeze 300
is "for as long as asked, or as the host has it" "$(last result) $(last asked_ms)" "ok 300"
check "by the TSC" late "$(last tsc_ns)" 300000000 200000000
is "the log says that there is no HPET" "$(lines)" \
	"freeze asked_ms=300 cpus=1 touch=0 clocksource=tsc hpet=none.
thaw asked_ms=300 hpet_entry=none hpet_due=none."
is "last says nothing about it" "$(grep -c hpet "$DEBUGFS/last")" 0
check "the PM timer is read all the same" test -n "$(last acpi_pm_ns)"
check "unloads" unload
finish
