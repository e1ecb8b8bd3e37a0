# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2154
# Faults that the lab plays from outside, read by /init: what the guest does meanwhile,
# and how it notices them.

# Asked of the lab, which does it as soon as it reads this; what it did and when it
# says itself. A stall of the host is part of the wait; beyond it there is time for a
# host that is busy, which in warp is some hundred milliseconds of its own
play_outside() {
	pug-node mark outside "fault=$fault" >&8
	sleep $((${watch%.*} + 15))
}

# Its end is asked for, too. After that the guest is back in the first sleep, and asks
# again, which nobody hears: all that it has done since is undone
play_snapshot() {
	pug-node mark outside "fault=$fault" >&8
	sleep "$watch"
	pug-node mark outside-over >&8
	sleep 15
}

# The lab's disk is full from the beginning: the fault is the first write to it, which
# QEMU tries again when there is room
play_disk_full() {
	pug-node mark outside "fault=$fault" >&8
	dd if=/dev/zero of=/dev/vda bs=4096 count=1 conv=fsync 2>/dev/null ||
		give_up 'the write to the disk failed in the guest'
	sleep 1
}

# polled COMMAND...: it succeeds, within 50 s. The lab's time is the host's: in warp it
# passes slowly
polled() {
	for _ in $(seq 100); do
		! "$@" || return 0
		sleep 0.5
	done
	return 1
}

carrier_is() {
	read -r carrier </sys/class/net/eth0/carrier
	[ "$carrier" = "$1" ]
}

# Until the network card says so
wait_carrier() {
	polled carrier_is "$1" ||
		give_up "the network card's carrier is $carrier, not $1"
}

# Its end is asked for, too: how long it lasts is the guest's to count. What the lab
# believes to have done is no fault until it is noticed here
play_link_down() {
	pug-node mark outside "fault=$fault" >&8
	wait_carrier 0
	pug-node mark felt "carrier=$carrier" >&8
	sleep "$watch"
	read -r carrier </sys/class/net/eth0/carrier
	[ "$carrier" = 0 ] || give_up 'the link was there again before it was asked for'
	pug-node mark felt "carrier=$carrier" >&8
	pug-node mark outside-over >&8
	wait_carrier 1
}

prepare_link_down() {
	modprobe virtio_net || give_up 'no virtio_net'
	ip link set eth0 up || give_up 'the network card can not be used'
	wait_carrier 1
}

# Until one of them does not come back; the script goes on
write_to_disk() {
	until [ -e /tmp/written ]; do
		if ! dd if=/dev/zero of=/dev/vda bs=4096 count=1 conv=fsync 2>/dev/null; then
			: >/tmp/failed
			return
		fi
		sleep 0.2
	done
}

# sleeps PID: it waits for the disk: "D"
sleeps() {
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	case $stat in
	*') D '*) return 0 ;;
	esac
	return 1
}

felt_write() {
	pug-node mark felt "writer=$writer" state=D >&8
}

# look_at_writer: counts in looks how often one and the same write was found asleep
look_at_writer() {
	if [ -n "$writer" ] && sleeps "$writer"; then
		looks=$((looks + 1))
		# Its hung task may panic before long
		[ "$looks" -ne 2 ] || felt_write
	else
		looks=0
		writer=$(pidof dd)
	fi
}

writer_is_stuck() {
	look_at_writer
	[ "$looks" -ge 6 ]
}

# One write that has slept for 3 s. In warp an ordinary one may sleep for a second of the
# guest's: the host needs that time
wait_stuck() {
	looks=0
	writer=
	polled writer_is_stuck ||
		give_up 'every write to the disk came back'
}

# As with a link: what is over, and when, is the guest's to say
play_disk_hang() {
	mkdir -p /tmp
	write_to_disk &
	writing=$!
	pug-node mark outside "fault=$fault" >&8
	wait_stuck
	sleep "$watch"
	sleeps "$writer" || give_up 'the write came back before the disk was to go on'
	felt_write
	pug-node mark outside-over >&8
	: >/tmp/written
	wait "$writing"
	[ ! -e /tmp/failed ] || give_up 'the write to the disk failed in the guest'
}
