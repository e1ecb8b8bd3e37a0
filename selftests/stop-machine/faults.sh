#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp --smp 3
# limit: 240
#
# lockup.ko, hang.ko and crash.ko: each fault that ends, what is refused, two at
# once, loading and unloading. What a panic does is seen in the lab's cells.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh
# shellcheck source=selftests/stop-machine/faults-lib.sh
. ./faults-lib.sh

ROUNDS=${ROUNDS:-20}

# ticker CPU: a process on it writes down when it runs, ten times a second at best
ticker() {
	taskset "$(printf %x $((1 << $1)))" sh -c \
		"while read -r UP _ </proc/uptime; do echo \$UP >>/tmp/ticks.$1; usleep 100000; done" &
	TICKERS="$TICKERS $!"
}

# silence CPU: the longest time in seconds in which it did not
silence() {
	awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { print int(most) }' \
		"/tmp/ticks.$1"
}

# ticks CPU: so many lines it wrote
ticks() {
	wc -l <"/tmp/ticks.$1"
}

# more_ticks CPU: until it has written once more; the limit ends what hangs
more_ticks() {
	BEFORE=$(ticks "$1")
	for _ in $(seq 100); do
		[ "$(ticks "$1")" -eq "$BEFORE" ] || return 0
		usleep 100000
	done
	echo "CPU $1 writes nothing"
	return 1
}

# CPU 1 hangs for 10 s, the others go on. A silence is one between two lines, so there
# is one before the fault and one after it, however slow the machine is
only_one_hangs() {
	TICKERS=
	for CPU in 0 1 2; do
		: >"/tmp/ticks.$CPU"
		ticker "$CPU"
	done
	for CPU in 0 1 2; do
		more_ticks "$CPU" || return 1
	done
	begin irqs-off 1 10000
	more_ticks 1 || return 1
	# shellcheck disable=SC2086 # a list
	kill $TICKERS
	echo "silent for $(silence 0), $(silence 1) and $(silence 2) s"
	[ "$(silence 0)" -lt 5 ] && [ "$(silence 1)" -ge 9 ] && [ "$(silence 2)" -lt 5 ]
}

busy_meanwhile() {
	begin "$1" 1 2000 &
	wait_for frozen status || return 1
	refused 100 start "$EBUSY" || return 1
	wait
}

# The file stays unread for as long as the gate is held
gate_is_held() {
	begin gate all 2000 &
	wait_for frozen status || return 1
	cat "$DEBUGFS/gate" >/tmp/gate &
	usleep 500000
	[ ! -s /tmp/gate ] || { echo "it was read"; return 1; }
	wait
	[ "$(cat /tmp/gate)" = open ]
}

stuck_tasks() {
	begin dstate all 8000 &
	wait_for frozen status || return 1
	usleep 500000
	STUCK=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c '(pug-hang/[0-9]*) D ')
	wait
	[ "$STUCK" -eq 3 ] || { echo "$STUCK tasks are stuck"; return 1; }
}

oops_kills_its_thread() {
	forget
	begin oops 1 0 || return 1
	[ "$(logged 'Oops: ')" -eq 1 ] || { dmesg; return 1; }
	[ "$(last result) $(logged 'crash: freeze fault=oops asked_ms=0 ')" = "ok 1" ]
}

plan 55

use lockup
need_module
refusals irqs-off 0
for FAULT in $(every); do
	check "lockup: $FAULT on one CPU" exact "$FAULT" 1 300 1
	check "lockup: $FAULT on all" exact "$FAULT" all 300 0-2
done
check "lockup: two of three CPUs" exact irqs-off 0,2 200 0,2
check "lockup: one CPU hangs, the others go on" only_one_hangs
check "lockup: another one is refused meanwhile" busy_meanwhile preempt-off
check "lockup: unloads" unload
check "lockup: $ROUNDS rounds" rounds "$ROUNDS" irqs-off
check "lockup: no splat" no_splat

use hang
need_module
refusals gate 0
check "hang: the gate is held" gate_is_held
check "hang: tasks are stuck" stuck_tasks
check "hang: hogs of SCHED_FIFO" exact fifo-hog all 1000 0-2
check "hang: hogs of SCHED_DEADLINE" exact deadline-hog all 1000 0-2
put deadline-hog-all fault
check "hang: all of a CPU can't be booked" refused 100 start "$EBUSY"
check "hang: unloads" unload
check "hang: $ROUNDS rounds" rounds "$ROUNDS" gate

use crash
need_module
refusals panic 100
check "crash: an oops ends its thread" oops_kills_its_thread
check "crash: unloads all the same" unload
finish
