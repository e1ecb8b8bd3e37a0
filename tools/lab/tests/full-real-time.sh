#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The frozen cells of a preset in the host's time and in warp, and in warp by
# guests that are booted instead of forked: the same verdicts.
#
# usage: [PRESET=talk] tools/lab/tests/full-real-time.sh, from the top folder
# limit: 1800

PRESET=${PRESET:-quick}
# shellcheck source=tools/lab/tests/real-time-lib.sh
. tools/lab/tests/real-time-lib.sh

DOGS=none,i6300esb,i6300esb-none,softdog

echo 'TAP version 13'
echo 1..6

matrix warp --warp --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'forked in warp: all as expected'
matrix boot --warp --boot --return --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'booted in warp: all as expected'
matrix real --real-time --return --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'in real time: all as expected'
is "$(verdicts boot)" "$(verdicts warp)" 'booted and forked guests: the same verdicts'
is "$(verdicts real)" "$(verdicts warp)" 'real time and warp: the same verdicts'
is "$(grep -l '"boot_ids_differ": true' "$T"/boot/*/result.json "$T"/real/*/result.json | wc -l)" 4 \
	'what was reset came back'

[ "$FAILURES" -eq 0 ]
