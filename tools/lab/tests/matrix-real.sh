#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Two cells in the host's time and in warp: the same verdicts. More of them, and
# the way back after a reset, in full-real-time.sh.
#
# usage: tools/lab/tests/matrix-real.sh, from the top folder
# limit: 300

PRESET=quick
# shellcheck source=tools/lab/tests/real-time-lib.sh
. tools/lab/tests/real-time-lib.sh

echo 'TAP version 13'
echo 1..5

matrix warp --warp --faults stop-machine --watchdogs i6300esb,softdog
is "$RC" 0 'in warp: all as expected'
matrix real --real-time --no-return --faults stop-machine --watchdogs i6300esb,softdog
is "$RC" 0 'in real time: all as expected'
is "$(verdicts warp | wc -l)" 2 'two verdicts'
is "$(verdicts real)" "$(verdicts warp)" 'the same in both'

# By itself one finds a tenth of it where it boots on a busy host; KVM has its own clock
told() { cat "$T/$1"/*/cmdline | grep -c tsc_early_khz; }
is "$(told real) $(told warp)" "$(cat "$T"/real/*/cmdline | grep -c '^tcg,') 0" \
	'in real time a guest is told the frequency of its TSC'

[ "$FAILURES" -eq 0 ]
