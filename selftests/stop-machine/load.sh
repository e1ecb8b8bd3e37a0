#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp
#
# What insmod and rmmod do: idle loading, freezing at load, refusals, parameters,
# delay, the files' modes.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

ALL_PARAMS="delay_ms every_ms force max_ms msecs repeat touch"
ALL_FILES="count freeze last limit_ms msecs status touch"

described() {
	for PARAM in $ALL_PARAMS; do
		modinfo "$KO" | grep -q "^parm: *$PARAM:." || {
			echo "$PARAM has no description"
			return 1
		}
	done
}

# busybox insmod has a go with init_module() where finit_module() failed: it
# must be the error of the module that it reports, and nothing must stay behind.
load_refused() {
	WANT=$1
	shift
	if OUT=$(load "$@" 2>&1); then
		echo "insmod $* succeeded"
		return 1
	fi
	if loaded; then
		echo "the module is there all the same"
		return 1
	fi
	case $OUT in
	*"$WANT"*) ;;
	*)
		echo "got '$OUT', want '$WANT'"
		return 1
		;;
	esac
}

names() {
	(cd "$1" && echo *)
}

mode() {
	stat -c %a "$1"
}

modes() {
	for FILE in $ALL_FILES; do
		echo "$FILE $(mode "$DEBUGFS/$FILE")"
	done
}

WANTED_MODES="count 400
freeze 200
last 400
limit_ms 400
msecs 600
status 400
touch 600"

as_nobody() {
	su -s /bin/sh nobody -c "$1"
}

wants_machine
plan 38

check "each parameter is described" described
refute "detector: a parameter that is not there is missed" \
	sh -c "modinfo $KO | grep -q '^parm: *nonsense:.'"

# Idle
forget
check "loads" load
is "lists its parameters in /sys/module" "$(names "$PARAMS")" "$ALL_PARAMS"
is "idle after loading" "$(status)" idle
is "has frozen nothing" "$(count)" 0
is "has no last result" "$(cat "$DEBUGFS/last")" "result=none"
is "msecs is 0 by default" "$(cat "$DEBUGFS/msecs")" 0
is "touch is 0 by default" "$(cat "$DEBUGFS/touch")" 0
is "max_ms is 600000 by default" "$(cat "$PARAMS/max_ms")" 600000
is "logs nothing when it loads idle" "$(logged stop-machine:)" 0

# Root only
is "its folder is root's alone" "$(mode "$DEBUGFS")" 700
is "it has the documented files" "$(names "$DEBUGFS")" "$ALL_FILES"
is "the files are root's alone" "$(modes)" "$WANTED_MODES"
chmod 755 /sys/kernel/debug
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
check "detector: nobody can look into debugfs" as_nobody "ls /sys/kernel/debug"
refute "nobody cannot look into the folder" as_nobody "ls $DEBUGFS"
refute "nobody cannot freeze" as_nobody "echo 10 >$DEBUGFS/freeze"
check "unloads" unload
refute "its folder goes with it" test -e "$DEBUGFS"

# Freezing at load
forget
check "insmod freezes and returns 0" load msecs=1500
is "status after the thaw" "$(status)" idle
is "it ran once" "$(count) $(logged 'stop-machine: freeze ')" "1 1"
# To the millisecond in clock-*.sh; here the host may take the CPU away
check "for as long as asked" late "$(last tsc_ns)" 1500000000 200000000
is "start and thaw are one line each" \
	"$(logged 'stop-machine: freeze asked_ms=1500') $(logged 'stop-machine: thaw asked_ms=1500')" "1 1"
unload

# Refusals
forget
check "refuses more than max_ms" load_refused "$ERANGE" msecs=600001
check "refuses more than a smaller max_ms" load_refused "$ERANGE" msecs=200 max_ms=100
check "refuses rubbish" load_refused "$EINVAL" msecs=abc
check "refuses a negative time" load_refused "$EINVAL" msecs=-5
check "refuses a train of no freezes" load_refused "$EINVAL" msecs=10 repeat=0
check "refuses a train without gaps" load_refused "$EINVAL" msecs=10 repeat=2 every_ms=10
is "froze for none of these" "$(logged 'stop-machine: freeze ')" 0

# Trains and delays
need_module msecs=20 repeat=3 every_ms=100
is "a train at load is over when insmod returns" "$(count) $(status)" "3 idle"
unload
need_module msecs=300 delay_ms=2000
is "with delay_ms insmod returns first" "$(count) $(status)" "0 pending"
check "and it freezes later" wait_for 1 count
check "until idle again" wait_for idle status
unload
forget
need_module msecs=300 delay_ms=5000
check "rmmod cancels a pending freeze" unload
sleep 6
is "which then never comes" "$(logged 'stop-machine: freeze ')" 0
is "no warning, oops or splat in all that" \
	"$(logged 'WARNING:\|BUG:\|Oops\|Call Trace')" 0
finish
