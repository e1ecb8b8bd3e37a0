#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# run-guest: --warp --append clocksource=acpi_pm
# limit: 240
#
# Lengths on the ACPI PM timer, 24 bits at 3.58 MHz: half is 2.34 s, all 4.69 s.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/clock-lib.sh
. ./clock-lib.sh

wants_machine
wants_clock acpi_pm
plan 17
need_module
detectors tsc
LIMIT=$(cat "$DEBUGFS/limit_ms")
diag "limit_ms is $LIMIT"
check "limit_ms is below the wrap" test "$LIMIT" -gt 2200 -a "$LIMIT" -lt 4600
lengths acpi_pm 2 10 100 1000 2000
check "limit_ms, and the kernel knows" within_limit "$LIMIT" acpi_pm
check "limit_ms + 1 is warned about" beyond_limit $((LIMIT + 1)) acpi_pm
check "4.8 s, just beyond the wrap" beyond_limit 4800 acpi_pm
check "which the kernel's clock does not see" clock_loses 4800
check "12 s, beyond the second wrap" beyond_limit 12000 acpi_pm
check "60 s" beyond_limit 60000 acpi_pm
calibration
check "which the kernel's clock does not see" clock_loses 60000
is "the clocksource is the same afterwards" \
	"$(last clocksource_before) $(last clocksource_after)" "acpi_pm acpi_pm"
finish
