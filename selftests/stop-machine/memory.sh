#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --smp 2
# limit: 240
#
# memory.ko: what is taken and what is left, that all comes back, who is killed for it,
# what is refused, loading and unloading. This guest has no swap, and so the fault leaves
# more to it than it would by default. In real time: to clear a page, as the kernel does for
# each, is some thousand instructions, and in warp that was 1 MiB a second.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/faults-lib.sh
. ./faults-lib.sh

ROUNDS=${ROUNDS:-20}
TAKE_MB=40
SLACK_MB=8	# what else goes on here, and counters of CPUs that are not summed up yet
# Seen: 15 MiB after one fault, 10 after twenty. What a fault does not give back is TAKE_MB
! has_kasan || SLACK_MB=20

# meminfo NAME: in MiB
meminfo() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

# What the module leaves to the others is counted so
others() {
	echo $(($(meminfo MemFree) + $(meminfo Active) + $(meminfo Inactive)))
}

# about MB WANT
about() {
	[ "$1" -ge $(($2 - SLACK_MB)) ] && [ "$1" -le $(($2 + SLACK_MB)) ] && return 0
	echo "$1 MiB, not about $2"
	return 1
}

keep() {
	echo "$1" >"$PARAMS/keep_mb"
}

# takes FAULT: so much, for as long as asked, and gives it back; nobody is killed for it
takes() {
	forget
	HAD=$(others)
	keep $((HAD - TAKE_MB))
	begin "$1" all 3000 &
	wait_for frozen status || return 1
	sleep 2
	DURING=$(others)
	wait $!
	echo "free: $HAD, $DURING during, $(others) after; $(cat "$DEBUGFS/last")"
	about "$DURING" $((HAD - TAKE_MB)) || return 1
	about "$(others)" "$HAD" || return 1
	about "$(last taken_mb)" "$TAKE_MB" || return 1
	[ "$(last result) $(last fault) $(last keep_mb)" = "ok $1 $((HAD - TAKE_MB))" ] ||
		return 1
	[ "$(last oom_kill)" -eq 0 ] || return 1
	[ "$(logged "$MODULE: freeze fault=$1 asked_ms=3000 ")" -eq 1 ] || return 1
	[ "$(logged "$MODULE: thaw fault=$1 asked_ms=3000 ")" -eq 1 ] || return 1
	late "$(last tsc_ns)" 3000000000 500000000
}

# A program with TAKE_MB of its own, which it can't write to who does not read
eat() {
	mkfifo /tmp/full
	# shellcheck disable=SC2217 # it is not to read
	sleep 1000 </tmp/full &
	READER=$!
	BEFORE=$(meminfo AnonPages)
	dd if=/dev/zero of=/tmp/full bs="${TAKE_MB}M" count=1 2>/dev/null &
	EATER=$!
	echo 1000 >"/proc/$EATER/oom_score_adj"
	for _ in $(seq 100); do
		[ "$(meminfo AnonPages)" -lt $((BEFORE + TAKE_MB - 1)) ] || return 0
		usleep 100000
	done
	echo "the program has not eaten"
	return 1
}

# More than is there without what the program has, less than with it
kills() {
	forget
	LISTED=$(($(meminfo Active) + $(meminfo Inactive)))
	eat || return 1
	keep $((LISTED + TAKE_MB / 2))
	begin leak all 10000 || return 1
	cat "$DEBUGFS/last"
	kill "$READER"
	wait "$EATER"
	[ $? -eq $((128 + 9)) ] || { echo "the program was not killed"; return 1; }
	[ "$(last result) $(last oom_kill)" = "ok 1" ]
}

# As leak, but it may not: what the program has is left to it
spares() {
	forget
	rm -f /tmp/full
	LISTED=$(($(meminfo Active) + $(meminfo Inactive)))
	eat || return 1
	keep $((LISTED + TAKE_MB + SLACK_MB))
	begin thrash all 3000 || return 1
	cat "$DEBUGFS/last"
	kill -0 "$EATER" || { echo "the program is gone"; return 1; }
	kill "$EATER" "$READER"
	[ "$(last result) $(last oom_kill)" = "ok 0" ]
}

busy_meanwhile() {
	keep 1000
	begin thrash all 2000 &
	wait_for frozen status || return 1
	refused 100 start "$EBUSY" || return 1
	refute_unload || return 1
	wait $!
}

refute_unload() {
	! rmmod memory 2>/dev/null || { echo "rmmod did not fail"; return 1; }
}

# Each takes what it can in its time, and nothing may be missing then
no_leak_in_rounds() {
	HAD=$(others)
	for TURN in $(seq "$ROUNDS"); do
		load fault=thrash keep_mb=$((HAD - TAKE_MB)) msecs=100 || return 1
		[ "$(count)" = 1 ] || { echo "round $TURN: count $(count)"; return 1; }
		unload || return 1
	done
	about "$(others)" "$HAD"
}

plan 19
use memory
need_module
refusals thrash 0
keep -2
check "memory: to keep less than nothing is refused" refused 100 start "$EINVAL"
check "memory: thrash takes it and gives it back" takes thrash
check "memory: leak does, too" takes leak
check "memory: the OOM killer kills for leak" kills
check "memory: it does not for thrash" spares
check "memory: another one is refused meanwhile" busy_meanwhile
check "memory: unloads" unload
check "memory: $ROUNDS rounds, and nothing is missing" no_leak_in_rounds
check "memory: no splat" no_splat
finish
