#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The lines for Proxmox and libvirt: their model and action are ones that QEMU has,
# and ones that protect.

set -uo pipefail

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

CONFIG=tools/node/config/hypervisor
QEMU=build/guest/qemu/qemu-system-x86_64
[ -x "$QEMU" ] || QEMU=qemu-system-x86_64

proxmox() { sed -n 's/^watchdog: model=\([^,]*\),action=\(.*\)$/\1 \2/p' "$CONFIG/proxmox.conf"; }

libvirt() {
	python3 - "$CONFIG/libvirt.xml" <<-'END'
	import sys, xml.etree.ElementTree as tree
	dog = tree.parse(sys.argv[1]).getroot()
	print(dog.tag, dog.get('model'), dog.get('action'))
	END
}

# accepts MODEL ACTION
accepts() {
	timeout 60 "$QEMU" -nodefaults -display none -machine pc,accel=tcg -S -monitor stdio \
		-device "$1" -action watchdog="$2" <<<quit >/dev/null 2>&1
}

plan 6
is "$(proxmox)" 'i6300esb reset' 'Proxmox: one line, model and action'
is "$(libvirt)" 'watchdog i6300esb reset' 'libvirt: an element that parses'
accepts i6300esb reset
ok $? 'QEMU has that model and action'
accepts i6300esb stop
is $? 1 'detector: of an action that there is not it says so'
accepts i6300 reset
is $? 1 'detector: of a model, too'
# What the matrix says of this action
is "$(./pug matrix --list --faults stop-machine --watchdogs i6300esb --action reset 2>/dev/null |
	grep -c 'in-fault, reset')" 1 'the lab expects it to protect'
finish
