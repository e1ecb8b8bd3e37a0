# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2154
# Faults of memory that programs use up, read by /init

# vm_event NAME: so often since this boot
vm_event() {
	sed -n "s/^$1 //p" /proc/vmstat
}

# begin_counting NAME: the fault is to make it grow, up to $end
begin_counting() {
	first=$(vm_event "$1")
	last=$first
	begin_fault
	end=$(($(seconds_up) + ${watch%.*}))
}

# has_grown NAME: since it was felt last, and so it is felt now
has_grown() {
	now=$(vm_event "$1")
	[ "$now" -gt "$last" ] || return 1
	pug-node mark felt "$1=$((now - first))" >&8
	last=$now
}

# seconds_up: whole ones
seconds_up() {
	read -r up _ </proc/uptime
	echo "${up%.*}"
}

# tail looks for the end of a line that has none, and remembers it all
play_oom() {
	begin_counting oom_kill
	while [ "$(seconds_up)" -le "$end" ]; do
		tail /dev/zero >/dev/null 2>&1
		# By SIGKILL, which nobody else sends
		[ $? -eq 137 ] || give_up 'the program that eats memory was not killed'
		has_grown oom_kill || give_up 'the OOM killer killed nobody'
	done
	end_fault
}

# A part of more than there is, in a tmpfs, which is swapped as programs' memory is: who
# reads it all in turn finds that just what is next has gone
use_part() {
	if [ -e "/big/$1" ]; then
		cat "/big/$1" >/dev/null
	else
		dd if=/dev/zero of="/big/$1" bs=1M count=10 2>/dev/null
	fi
}

# Felt is what had to be read back
play_thrash() {
	part=0
	begin_counting pswpin
	while [ "$(seconds_up)" -le "$end" ]; do
		use_part "$part" || give_up 'there is no room for more than there is'
		part=$(((part + 1) % 22))
		has_grown pswpin || continue
	done
	end_fault
	umount /big
}

# To read back from a disk takes its time, as it does for real programs
prepare_swap() {
	modprobe virtio_blk || give_up 'no virtio_blk'
	mkswap /dev/vda >/dev/null || give_up 'mkswap failed'
	swapon /dev/vda || give_up 'swapon failed'
	mkdir /big
	mount -t tmpfs -o size=300M tmpfs /big || give_up 'no tmpfs'
}
