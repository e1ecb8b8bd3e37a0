#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2317 # check calls functions by name
# run-guest: --warp
# limit: 240
#
# What the files in debugfs do: freezing on demand, refusals, one at a time,
# delays, trains, touch; and that the thaw is logged before a watchdog acts.

# shellcheck source=selftests/stop-machine/lib.sh
. ./lib.sh

RUBBISH="abc -5 0 1.5 10s 0x 1e3"

rubbish_refused() {
	for VALUE in $RUBBISH "" "10 20"; do
		refused "$VALUE" freeze "$EINVAL" || return 1
	done
}

too_long_refused() {
	for VALUE in 600001 4294967296 18446744073709551616; do
		refused "$VALUE" freeze "$ERANGE" || return 1
	done
}

# gaps MIN MAX: from each freeze's entry to the next, in ticks of the HPET (10 ns)
gaps() {
	PREVIOUS=
	for ENTRY in $(logged_values thaw hpet_entry); do
		if [ -n "$PREVIOUS" ]; then
			late $((ENTRY - PREVIOUS)) "$1" $(($2 - $1)) || return 1
		fi
		PREVIOUS=$ENTRY
	done
	[ -n "$PREVIOUS" ] || { echo "no thaw was logged"; return 1; }
}

# order FIRST SECOND: the log has both, and in this order
order() {
	WHERE=$(dmesg | grep -n -o -e "$1" -e "$2" | cut -d: -f2-)
	[ "$WHERE" = "$1
$2" ] && return
	echo "the log has: $WHERE"
	return 1
}

train() {
	param repeat "$1"
	param every_ms "$2"
}

wants_machine
plan 50

need_module
forget

# Settings
check "msecs can be set" put 700 msecs
is "and read" "$(cat "$DEBUGFS/msecs") $(cat "$PARAMS/msecs")" "700 700"
check "msecs refuses more than max_ms" refused 600001 msecs "$ERANGE"
check "msecs refuses rubbish" refused abc msecs "$EINVAL"
check "touch refuses rubbish" refused abc touch "$EINVAL"
check "touch refuses 2" refused 2 touch "$EINVAL"
is "a refused value changes nothing" \
	"$(cat "$DEBUGFS/msecs") $(cat "$DEBUGFS/touch")" "700 0"
refute "limit_ms cannot be written" put 5 limit_ms
refute "freeze cannot be read" cat "$DEBUGFS/freeze"

# Freezing
check "1 freezes for msecs" freeze 1
is "as last says" "$(last asked_ms) $(last result)" "700 ok"
check "and the counter does" late "$(last tsc_ns)" 700000000 1000000
check "another number is milliseconds" freeze 250
is "as last says" "$(last asked_ms) $(last result)" "250 ok"
check "hexadecimal is a number too" freeze 0x20
is "as last says" "$(last asked_ms)" 32
is "each is counted" "$(count)" 3
is "each has its line at start" "$(logged 'stop-machine: freeze asked_ms=')" 3
is "each has its line at thaw" "$(logged 'stop-machine: thaw asked_ms=')" 3
is "all CPUs were stopped" "$(last cpus)" "$(nproc)"

# The two stamps that the lab goes by
freeze 500
DUE=$(logged_values thaw hpet_due | tail -n 1)
check "the announced end is the end" within "$DUE" "$(last hpet_exit)" 100000
is "entry in the log is entry in last" \
	"$(logged_values thaw hpet_entry | tail -n 1)" "$(last hpet_entry)"

# Refusals
forget
BEFORE=$(count)
check "rubbish is refused" rubbish_refused
check "more than max_ms is refused" too_long_refused
put 0 msecs
check "1 is refused while msecs is 0" refused 1 freeze "$EINVAL"
train 0 1000
check "a train of no freezes is refused" refused 50 freeze "$EINVAL"
train 2 50
check "a train without gaps is refused" refused 50 freeze "$EINVAL"
train 1 1000
is "nothing of this froze" "$(count) $(logged 'stop-machine: freeze ') $(status)" \
	"$BEFORE 0 idle"

# Later, and one at a time
param delay_ms 10000
check "with delay_ms writing returns first" freeze 100
is "while the freeze is pending" "$(count) $(status)" "$BEFORE pending"
param delay_ms 0
check "a second one is refused meanwhile" refused 100 freeze "$EBUSY"
check "then it comes" wait_for $((BEFORE + 1)) count
wait_for idle status
check "and the next one is accepted" freeze 100

# Trains
forget
train 5 1000
check "a train of freezes runs" freeze 100
is "all of them" "$(logged 'stop-machine: thaw ')" 5
check "one every every_ms" gaps 100000000 130000000
refute "detector: gaps that are too short are seen" gaps 140000000 200000000
train 100 500
freeze 100 &
WRITER=$!
wait_for pending status >/dev/null
check "while a writer waits for a train others are refused" refused 100 freeze "$EBUSY"
refute "rmmod does not take the module from under it" unload
BEFORE=$(count)
kill "$WRITER"
wait "$WRITER" 2>/dev/null
is "killing the writer ends the train" "$(status)" idle
sleep 2
check "for good" test "$(count)" -le $((BEFORE + 1))
forget
param delay_ms 10
train 1000 300
freeze 100
wait_for pending status >/dev/null
sleep 2
check "rmmod ends a train in the background" unload
BEFORE=$(logged 'stop-machine: thaw ')
check "after some of it" test "$BEFORE" -ge 2 -a "$BEFORE" -lt 100
sleep 2
is "for good" "$(logged 'stop-machine: thaw ')" "$BEFORE"

# Lockup detectors. A CPU that leaves its idle loop touches them itself, so all
# CPUs must be busy before a freeze; even then a splat is likely, not certain.
need_module
echo 1 >/proc/sys/kernel/watchdog
echo 1 >/proc/sys/kernel/watchdog_thresh
for CPU in $(seq 0 $(($(nproc) - 1))); do
	taskset "$(printf %x $((1 << CPU)))" sh -c 'while :; do :; done' &
	BUSY="$BUSY $!"
done
forget
put 0 touch
for _ in 1 2 3 4 5; do
	freeze 10000
	usleep 500000
	[ "$(logged 'soft lockup')" -eq 0 ] || break
done
is "touch=0 is on record" "$(last touch) $(logged 'freeze asked_ms=10000 .*touch=1')" "0 0"
check "without touch the soft lockup detector speaks up" \
	test "$(logged 'soft lockup')" -gt 0
forget
put 1 touch
for _ in 1 2 3; do
	freeze 10000
	usleep 500000
done
is "touch=1 is on record" "$(last touch) $(logged 'freeze asked_ms=10000 .*touch=1')" "1 3"
is "with touch it is quiet" "$(logged 'soft lockup')" 0
diag "with touch RCU said $(logged 'rcu.*stall') things"
# shellcheck disable=SC2086 # a list
kill $BUSY

# A watchdog that runs on the frozen kernel's timers acts after the thaw's line
forget
modprobe softdog soft_margin=5 soft_noboot=1
# Its own device: /dev/watchdog may be another's
DOG=$(grep -l '^Software Watchdog$' /sys/class/watchdog/*/identity)
DOG=${DOG%/identity}
exec 3>"/dev/${DOG##*/}"
freeze 20000
usleep 500000
check "the thaw is logged before softdog acts" \
	order "stop-machine: thaw" "softdog: Triggered"
refute "detector: the other order is not there" \
	order "softdog: Triggered" "stop-machine: thaw"
printf V >&3
exec 3>&-
rmmod softdog
finish
