# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2154
# Faults of user space, read by /init: of who keeps the watchdog alive, and of all programs.

# play_keepalive SIGNAL: to who keeps the watchdog alive; nothing takes it back
play_keepalive() {
	begin_fault
	# shellcheck disable=SC2086 # a list of pids
	[ -z "$keepers" ] || kill "-$1" $keepers
	sleep "$watch"
}

# Killed, as nowayout makes pug-node report an error; then closed as it should be
play_nowayout() {
	begin_fault
	# shellcheck disable=SC2086 # a list of pids
	[ -z "$keepers" ] || kill -KILL $keepers
	# shellcheck disable=SC2086
	[ -z "$keepers" ] || wait $keepers
	[ -z "$wd_module" ] || printf V >"$(watchdog_node 0)"
	[ -z "$wd_second" ] || printf V >"$(watchdog_node 1)"
	sleep "$watch"
}

# Programs and no threads of the kernel's: this script is the only one left
play_programs_stopped() {
	begin_fault
	kill -STOP -1
	sleep "$watch"
	end_fault
	kill -CONT -1
}

add_nobody() {
	mkdir -p /etc
	echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
}

# A user's, with the limit that the kernel gives to all of them
play_fork_bomb() {
	add_nobody
	begin_fault
	setuidgid nobody sh -c 'bomb() { bomb | bomb & }; bomb' >/dev/null 2>&1
	sleep "$watch"
	set -- /proc/[0-9]*
	[ $# -gt 50 ] || give_up "the fork bomb made no more than $# processes"
	killall -STOP sh
	killall -KILL sh
	end_fault
}

# Root may go beyond file-max, others may not
play_descriptors() {
	add_nobody
	begin_fault
	echo 1 >/proc/sys/fs/file-max
	if setuidgid nobody cat /proc/version >/dev/null 2>&1; then
		give_up 'others can still open files'
	fi
	sleep "$watch"
	echo 100000 >/proc/sys/fs/file-max
	end_fault
}
