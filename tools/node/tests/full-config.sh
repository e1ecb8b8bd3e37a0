#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 900
#
# The files of tools/node/config in a guest with real systemd and udev, over several
# boots: is the driver loaded, has the device its group, may Patroni's own code use
# it at boot? And pug-node's units, as `make install' leaves them: the machine is
# reset by its watchdog once, and must say so by itself.

set -euo pipefail

CONFIG=tools/node/config

vm/fetch watchdog >&2
if [ ! -e build/cluster/rootfs.img ]; then
	echo 'Bail out! no root for the guest: make cluster'
	exit 1
fi
files=(--file build/guest/watchdog/tree/usr/sbin/watchdog:/usr/lib/pug/watchdog)
while read -r file; do
	files+=(--file "$file:/config/${file#"$CONFIG"/}")
done < <(find "$CONFIG/etc" -type f)
mkdir -p build/check
rm -rf build/check/config-root
make -s --no-print-directory install PREFIX=/usr DESTDIR="$PWD/build/check/config-root" >&2
for unit in build/check/config-root/usr/lib/systemd/system/pug-node-*; do
	files+=(--file "$unit:${unit#build/check/config-root}")
done
exec vm/run-guest --systemd --root build/cluster/rootfs.img --memory 512 --machine q35 \
	--warp --shift 5 --smp 1 \
	--script tools/node/tests/full-config-guest "${files[@]}" \
	--file tools/node/tests/config-patroni.py:/usr/lib/pug/patroni \
	--timeout 850 --console build/check/console-config.log \
	-- -device i6300esb -action watchdog=reset -rtc base=utc,clock=vm
