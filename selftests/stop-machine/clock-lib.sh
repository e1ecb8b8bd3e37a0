# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Freezes of many lengths on one clocksource. Sourced by clock-*.sh.

# ns LENGTH_MS
ns() {
	echo $(($1 * 1000000))
}

# What the kernel's clock made of the last freeze: right within 1 ms, or not
clock_right() {
	within "$(last clocksource_ns)" "$(ns "$1")" 1000000
}

# exact MS RULER: thawed when it should, by its own ruler and by the others. The
# HPET is QEMU's virtual clock; 0.05 % is for the calibration of the TSC.
exact() {
	read -r STARTED _ </proc/uptime
	freeze "$1" || return 1
	read -r ENDED _ </proc/uptime
	[ "$(last result) $(last asked_ms)" = "ok $1" ] ||
		{ cat "$DEBUGFS/last"; return 1; }
	[ "$(last ruler)" = "$2" ] || { echo "ruler $(last ruler)"; return 1; }
	late "$(last "$2_ns")" "$(ns "$1")" 1000000 || return 1
	for GAUGE in tsc hpet acpi_pm; do
		within "$(last "${GAUGE}_ns")" "$(ns "$1")" \
			$(($1 * 500 + 1000000)) || { echo "by $GAUGE"; return 1; }
	done
}

# The TSC's calibration error by the HPET, in parts per million, from a freeze
calibration() {
	diag "calibration error of the TSC: $((($(last tsc_ns) - $(last hpet_ns)) * 1000000 /
		$(last hpet_ns))) ppm over $(last asked_ms) ms, tsc_khz $(last tsc_khz)"
}

# lengths RULER MS...: a result for each
lengths() {
	RULER=$1
	shift
	for MS; do
		check "$MS ms" exact "$MS" "$RULER"
	done
}

# Within limit_ms the kernel accounts for a freeze, without a word
within_limit() {
	forget
	exact "$1" "$2" || return 1
	clock_right "$1" || return 1
	[ "$(logged 'can account for')" -eq 0 ] || { echo "warned"; return 1; }
	late $((${ENDED%.*} - ${STARTED%.*})) $(($1 / 1000)) 1
}

# Beyond it there is one warning, and the freeze ends all the same
beyond_limit() {
	forget
	exact "$1" "$2" || return 1
	[ "$(logged 'can account for')" -eq 1 ] || { dmesg; return 1; }
}

# The freeze's length is lost on the kernel's clock: what the lab wants to see
clock_loses() {
	if clock_right "$1" >/dev/null; then
		echo "the kernel's clock has $(last clocksource_ns) ns"
		return 1
	fi
}

detectors() {
	refute "detector: 1.1 ms late is seen" late 1001100000 "$(ns 1000)" 1000000
	refute "detector: a nanosecond early is seen" late 999999999 "$(ns 1000)" 1000000
	refute "detector: another ruler than wanted is seen" exact 5 "$1"
}
