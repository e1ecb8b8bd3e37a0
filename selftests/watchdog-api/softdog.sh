#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The watchdog API on softdog, loaded so that its firing does nothing but say so:
# here the device is also left to fire, and nowayout is set.

ksft_skip=4

skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit $ksft_skip
}

# The module's device: its number depends on what else is there
device() {
	for dir in /sys/class/watchdog/watchdog*; do
		read -r identity <"$dir/identity" || continue
		[ "$identity" != "Software Watchdog" ] || echo "/dev/${dir##*/}"
	done 2>/dev/null
}

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ ! -e /sys/module/softdog ] || skip_all "softdog is there already: would it reboot?"
modprobe softdog soft_noboot=1 || skip_all "no module softdog"
node=$(device)
[ -n "$node" ] || skip_all "softdog has no device, or sysfs shows none"

./watchdog-api -f "$node"
rc=$?
# Not modprobe -r: busybox' fails where others use what softdog needs. Linux 6.12 keeps
# the driver of a device that can't be stopped (watchdog_dev.c:watchdog_release).
nowayout=/sys/class/watchdog/${node##*/}/nowayout
rmmod softdog || [ "$(cat "$nowayout" 2>/dev/null)" = 1 ] || rc=1
exit $rc
