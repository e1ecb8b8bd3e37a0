#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Three drills on a real cluster: without a watchdog acknowledged rows must be lost,
# with i6300esb none, nor with pug-fence where a VM is paused. Then the verdicts once more from the evidence alone, and from
# evidence that was tampered with.
#
# usage: tools/lab/tests/full-drill.sh, from the top folder
# limit: 1500

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh
# shellcheck source=tools/lab/tests/drill-lib.sh
. tools/lab/tests/drill-lib.sh

KEYS='drill watchdog mode sync fence clock fault freeze_ms ttl_s expected observed as_expected wall_s'
OBSERVED='verdict fired_by fenced_after_ms new_leader_after_ms first_ack_after_ms two_leaders_ms
	outage_ms old_leader right_to_promote old_leader_at_promotion vms_stopped
	healthy_vms_stopped acked_rows lost_rows phantom_rows duplicate_rows timelines'

# drill NAME ARGUMENT...
drill() {
	local name=$1

	shift
	"$PUG" drill freeze-leader --out "$T/$name" --json "$T/$name.json" "$@" \
		>"$T/$name.out" 2>"$T/$name.err" &
	PIDS=($!)
	wait "${PIDS[0]}"
	is $? 0 "$name: as expected"
	PIDS=()
	note "$(cat "$T/$name.out" "$T/$name.err")"
}

# Wall time is not asserted: it is the machine's. What was kept is.
check_keys() {
	local name=$1 key missing=

	for key in $KEYS; do
		[ "$(value "$T/$name.json" "'$key' in d")" = True ] || missing+=" $key"
	done
	for key in $OBSERVED; do
		[ "$(value "$T/$name.json" "'$key' in d['observed']")" = True ] || missing+=" $key"
	done
	is "$missing" '' "$name: all keys of the results"
	"$PUG" explain --json "$T/$name/freeze-leader.1" >"$T/$name.again"
	is "$(value "$T/$name.again" 'd["observed"]')" "$(value "$T/$name.json" 'd["observed"]')" \
		"$name: explain gives the same from the evidence"
}

make --no-print-directory cluster >&2 || exit 1
plan 17

drill none
check_keys none
is "$(value "$T/none.json" 'd["observed"]["verdict"]')" LOST 'none: rows are lost'
is "$(value "$T/none.json" 'd["observed"]["two_leaders_ms"] > 0')" True 'none: two lead for a while'

drill esb --watchdog i6300esb --mode required
check_keys esb
is "$(value "$T/esb.json" '(d["observed"]["verdict"], d["observed"]["fired_by"])')" \
	"('SAFE', 'i6300esb')" 'esb: safe, i6300esb fires'
is "$(value "$T/esb.json" 'd["observed"]["two_leaders_ms"]')" 0 'esb: never do two lead'

drill fence --fault vm-pause --fence strict
check_keys fence
is "$(value "$T/fence.json" '[d["observed"][k] for k in ("verdict", "vms_stopped", "healthy_vms_stopped", "old_leader_at_promotion")]')" \
	"['SAFE', ['alt01'], 0, 'off']" 'fence: the paused VM is ended, then another is promoted'
# The hypervisor was not asked: who ended it?
sed -i '/stop 101/d' "$T/fence/freeze-leader.1/hypervisor.jsonl"
"$PUG" explain "$T/fence/freeze-leader.1" >"$T/out"
is $? 1 "fence: without the hypervisor's word it is a surprise"

# A reset that nobody asked for: the same evidence without QEMU's word
sed -i '/"WATCHDOG"/d' "$T/esb/freeze-leader.1/alt01.qmp.jsonl"
"$PUG" explain "$T/esb/freeze-leader.1" >"$T/out"
is $? 1 'esb: without the WATCHDOG event it is a surprise'
sed -i '3s/host_s/hosts/' "$T/esb/freeze-leader.1/alt02.log.jsonl"
"$PUG" explain "$T/esb/freeze-leader.1" >"$T/out"
is $? 2 'esb: damaged evidence is not judged'
finish
