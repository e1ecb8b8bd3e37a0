# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What the selftests share: KTAP, and ways to use the module. Sourced by busybox
# sh inside a guest (vm/run-guest), never on a machine that matters.

# KO_DIR: where the modules are
KO_DIR=${KO_DIR:-/lib/pug}

# use MODULE: from here on the module under test
use() {
	MODULE=$1
	KO=$KO_DIR/$1.ko
	DEBUGFS=/sys/kernel/debug/$1
	LOADED=$(echo "$1" | tr - _)
	PARAMS=/sys/module/$LOADED/parameters
}
use stop-machine

CLOCKS=/sys/devices/system/clocksource/clocksource0
# What libc calls them
export EBUSY="Device or resource busy"
export EINVAL="Invalid argument"
export ERANGE="Numerical result out of range"

TESTS=0
PASSED=0
FAILED=0
SKIPPED=0
OUT=

# plan N: how many results will come
plan() {
	echo "KTAP version 1"
	echo "1..$1"
}

diag() {
	echo "$*" | sed 's/^/# /'
}

ok() {
	TESTS=$((TESTS + 1))
	PASSED=$((PASSED + 1))
	echo "ok $TESTS $1"
}

# not_ok NAME [WHY...]
not_ok() {
	TESTS=$((TESTS + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $TESTS $1"
	shift
	[ $# -eq 0 ] || diag "$*"
}

# skip NAME REASON
skip() {
	TESTS=$((TESTS + 1))
	SKIPPED=$((SKIPPED + 1))
	echo "ok $TESTS $1 # SKIP $2"
}

# check NAME COMMAND...: passes if COMMAND does; says what it printed if not
check() {
	CHECK_NAME=$1
	shift
	if OUT=$("$@" 2>&1); then
		ok "$CHECK_NAME"
	else
		not_ok "$CHECK_NAME" "$* failed: $OUT"
	fi
}

# refute NAME COMMAND...: passes if COMMAND does not
refute() {
	CHECK_NAME=$1
	shift
	if OUT=$("$@" 2>&1); then
		not_ok "$CHECK_NAME" "$* passed: $OUT"
	else
		ok "$CHECK_NAME"
	fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got '$2', want '$3'"
	fi
}

# The next test finds the machine as this one did
put_back() {
	for LOADED in stop_machine lockup hang crash memory; do
		[ ! -e "/sys/module/$LOADED" ] || unload
	done
}

# finish: the last line, and the exit status
finish() {
	put_back
	echo "# $PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ "$FAILED" -eq 0 ]
	exit
}

bail() {
	echo "Bail out! $*"
	exit 1
}

# wants REASON COMMAND...: unless it succeeds, this machine cannot do the test
wants() {
	WANTS=$1
	shift
	"$@" >/dev/null 2>&1 && return
	echo "KTAP version 1"
	echo "1..0 # SKIP $WANTS"
	exit 4
}

# wants_machine: what all tests of the module want
wants_machine() {
	wants "root is wanted" test "$(id -u)" -eq 0
	wants "$KO is not there" test -r "$KO"
	wants "debugfs is not mounted" grep -q ' /sys/kernel/debug debugfs ' /proc/mounts
}

# wants_cpus TEST NUMBER, e.g. -ge 2
wants_cpus() {
	wants "the number of CPUs is $(nproc), not $1 $2" test "$(nproc)" "$1" "$2"
}

wants_clock() {
	wants "the clocksource is $(current_clock), not $1" test "$(current_clock)" = "$1"
}

# within VALUE WANT TOLERANCE
within() {
	[ "$1" -ge $(($2 - $3)) ] && [ "$1" -le $(($2 + $3)) ] && return
	echo "$1 is not within $3 of $2"
	return 1
}

# late VALUE WANT TOLERANCE: not before WANT, and not much after it
late() {
	[ "$1" -ge "$2" ] && [ "$1" -le $(($2 + $3)) ] && return
	echo "$1 is not from $2 to $(($2 + $3))"
	return 1
}

# --- the module ---------------------------------------------------------------

load() {
	insmod "$KO" "$@"
}

loaded() {
	grep -q "^$LOADED " /proc/modules
}

unload() {
	rmmod "$LOADED"
}

# need_module [PARAMETER...]
# shellcheck disable=SC2120 # many a test wants none
need_module() {
	load "$@" || bail "insmod $MODULE.ko $* failed"
}

# put VALUE FILE: write, and say what error came of it
put() {
	{ echo "$1" >"$DEBUGFS/$2"; } 2>&1
}

freeze() {
	put "$1" freeze
}

# refused VALUE FILE ERROR: writing must fail with this error
refused() {
	if OUT=$(put "$1" "$2"); then
		echo "writing '$1' to $2 succeeded"
		return 1
	fi
	case $OUT in
	*": $3") ;;
	*)
		echo "got '$OUT', want '$3'"
		return 1
		;;
	esac
}

# last KEY: of the last freeze
last() {
	sed -n "s/^$1=//p" "$DEBUGFS/last"
}

status() {
	cat "$DEBUGFS/status" 2>&1
}

count() {
	cat "$DEBUGFS/count" 2>&1
}

param() {
	echo "$2" >"$PARAMS/$1"
}

current_clock() {
	cat "$CLOCKS/current_clocksource"
}

# The kernel log since the last call of forget, and how often it has PATTERN
forget() {
	dmesg -c >/dev/null
}

logged() {
	dmesg | grep -c -- "$1"
}

# The values of KEY in the module's lines of one kind: logged_values freeze hpet
logged_values() {
	dmesg | sed -n "s/.*$MODULE: $1 .*$2=\([0-9]*\).*/\1/p"
}

# wait_for TEXT COMMAND...: until it prints TEXT; a minute at most
wait_for() {
	WAIT_FOR=$1
	shift
	for _ in $(seq 600); do
		[ "$("$@")" != "$WAIT_FOR" ] || return 0
		usleep 100000
	done
	echo "$* never said $WAIT_FOR"
	return 1
}

# A kernel that keeps for a while what was freed
has_kasan() {
	grep -q ' kasan_report$' /proc/kallsyms
}
