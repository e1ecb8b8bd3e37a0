#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --smp 3
#
# In real time, where CPUs run at once: many writers, CPUs that come and go,
# rmmod against freezes about to begin.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

LAST_CPU=/sys/devices/system/cpu/cpu$(($(nproc) - 1))
ALL=$(nproc)

# writer N: 25 freezes of N ms, and what became of each
writer() {
	for _ in $(seq 25); do
		if OUT=$(freeze "$1"); then
			echo froze
		else
			echo "$OUT"
		fi
	done
}

# Reads must see a whole result, whatever happens meanwhile
reader() {
	while :; do
		KEYS=$(grep -c = "$DEBUGFS/last")
		[ "$KEYS" -eq "$WHOLE" ] || echo "a result of $KEYS lines"
		status >/dev/null
		count >/dev/null
	done
}

plug() {
	while :; do
		echo 0 >"$LAST_CPU/online"
		echo 1 >"$LAST_CPU/online"
	done
}

outcomes() {
	cat /tmp/writer.* | grep -c -- "$1"
}

# crowd: four writers at once; their outcomes are in /tmp/writer.*
crowd() {
	WRITERS=
	for N in 2 3 5 7; do
		writer $N >/tmp/writer.$N &
		WRITERS="$WRITERS $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $WRITERS
}

crowd_adds_up() {
	[ "$(outcomes froze)" -gt 0 ] || { echo "nobody froze"; return 1; }
	[ $(($(outcomes froze) + $(outcomes ": $EBUSY"))) -eq 100 ] || {
		sort /tmp/writer.* | uniq -c
		return 1
	}
	[ $(($(count) - BEFORE)) -eq "$(outcomes froze)" ] && return
	echo "$(outcomes froze) writers succeeded, $(($(count) - BEFORE)) freezes were counted"
	return 1
}

# Each time the freeze is a little nearer when rmmod comes
rmmod_against_work() {
	for DELAY in $(seq 30); do
		load msecs=3 delay_ms="$DELAY" repeat=3 every_ms=10 || return 1
		usleep 12000
		for _ in $(seq 50); do
			! unload 2>/dev/null || continue 2
		done
		echo "rmmod never succeeded"
		return 1
	done
}

splats() {
	logged 'WARNING:\|BUG:\|Oops\|general protection\|hung_task\|blocked for more'
}

# To the millisecond in clock-*.sh; here the host may take the CPU away. What a
# TSC of the right frequency measures is what QEMU's clock does.
long_enough() {
	freeze 1000 || return 1
	PPM=$((($(last tsc_ns) - $(last hpet_ns)) * 1000000 / $(last hpet_ns)))
	diag "1000 ms: $(last tsc_ns) ns by the TSC, which is off by $PPM ppm" >&3
	late "$(last tsc_ns)" 1000000000 200000000 || return 1
	if [ "${PPM#-}" -ge 500 ]; then
		diag "calibration failed: not compared" >&3
	else
		late "$(last hpet_ns)" 999500000 200000000
	fi
}

wants_machine
wants_cpus -ge 2
plan 12
exec 3>&1
need_module
forget

check "1 s is 1 s, by the TSC and by QEMU's clock" long_enough
WHOLE=$(grep -c = "$DEBUGFS/last")

BEFORE=$(count)
reader >/tmp/reader 2>&1 &
READER=$!
crowd
check "of four writers one at a time freezes" crowd_adds_up
diag "$(outcomes froze) freezes, $(outcomes ": $EBUSY") times busy"
is "idle after them" "$(status)" idle

if [ -w "$LAST_CPU/online" ]; then
	plug 2>/tmp/plug &
	PLUG=$!
	BEFORE=$(count)
	crowd
	kill "$PLUG"
	wait "$PLUG" 2>/dev/null
	check "the same while a CPU comes and goes" crowd_adds_up
	diag "$(outcomes froze) freezes, $(outcomes ": $EBUSY") times busy"
	is "plugging went well" "$(cat /tmp/plug)" ""
	echo 0 >"$LAST_CPU/online"
	freeze 5
	is "with a CPU offline the others are stopped" "$(last cpus)" $((ALL - 1))
	echo 1 >"$LAST_CPU/online"
	freeze 5
	is "with it online all are" "$(last cpus)" "$ALL"
	BEFORE=$(count)
	param delay_ms 300
	freeze 5
	echo 0 >"$LAST_CPU/online"
	check "a pending freeze survives the CPU it was queued on" \
		wait_for $((BEFORE + 1)) count
	echo 1 >"$LAST_CPU/online"
else
	for NAME in "while a CPU comes and goes" "plugging" "a CPU offline" \
		"all online" "a pending freeze"; do
		skip "$NAME" "no CPU hotplug"
	done
fi
kill "$READER"
wait "$READER" 2>/dev/null
is "readers saw whole results only" "$(cat /tmp/reader)" ""
wait_for idle status
check "unloads" unload
check "rmmod against freezes about to begin" rmmod_against_work
is "no splat in all that" "$(splats)" 0
finish
