# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# For the modules that know several faults. Sourced behind lib.sh.

# begin FAULT CPUS MS
begin() {
	put "$1" fault && put "$2" cpus && put "$3" start
}

# exact FAULT CPUS MS: done, as long as asked, with its two lines in the log
exact() {
	forget
	begin "$1" "$2" "$3" || return 1
	[ "$(last result) $(last fault) $(last on)" = "ok $1 $4" ] ||
		{ cat "$DEBUGFS/last"; return 1; }
	[ "$(logged "$MODULE: freeze fault=$1 asked_ms=$3 ")" -eq 1 ] || { dmesg; return 1; }
	[ "$(logged "$MODULE: thaw fault=$1 asked_ms=$3 ")" -eq 1 ] || { dmesg; return 1; }
	late "$(last tsc_ns)" "$3"000000 50000000
}

# every FAULT: that the module lists
every() {
	awk '{ print $1 }' "$DEBUGFS/faults"
}

no_splat() {
	[ "$(logged 'WARNING:\|BUG:\|Oops\|Call Trace')" -eq 0 ] || { dmesg; return 1; }
}

# What each of the modules refuses
refusals() {
	forget
	check "$MODULE: no fault is chosen at first" refused 100 start "$EINVAL"
	check "$MODULE: an unknown fault is refused" refused meteorite fault "$EINVAL"
	check "$MODULE: and so is a prefix" refused irqs fault "$EINVAL"
	check "$MODULE: a CPU that is not there is refused" refused 63 cpus "$EINVAL"
	check "$MODULE: no CPU is refused" refused "" cpus "$EINVAL"
	check "$MODULE: rubbish is refused" refused 1-x cpus "$EINVAL"
	put "$1" fault
	check "$MODULE: more than max_ms is refused" refused 600001 start "$ERANGE"
	check "$MODULE: a wrong length is refused" refused "$2" start "$EINVAL"
	is "$MODULE: nothing of this began" "$(logged ': freeze ') $(count)" "0 0"
	is "$MODULE: its folder and files are root's alone" \
		"$(stat -c %a "$DEBUGFS" "$DEBUGFS/fault" "$DEBUGFS/cpus" "$DEBUGFS/start" |
		tr '\n' ' ')" "700 600 600 200 "
}

# rounds N FAULT: load it with a fault of 2 ms, unload it
rounds() {
	for TURN in $(seq "$1"); do
		load fault="$2" cpus=1 msecs=2 || return 1
		[ "$(count)" = 1 ] || { echo "round $TURN: count $(count)"; return 1; }
		unload || return 1
	done
}
