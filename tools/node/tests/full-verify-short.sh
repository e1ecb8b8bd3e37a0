#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 600
#
# pug-node verify and last-reboot in guests that are really reset: two of the
# cells of verify-cells.sh, and the witness. full-verify.sh has all cells.

set -euo pipefail

# shellcheck source=tools/node/tests/verify-lib.sh
. tools/node/tests/verify-lib.sh
# shellcheck source=tools/node/tests/verify-cells.sh
. tools/node/tests/verify-cells.sh

# What the witness on the other end of the serial line has heard of the guest
# before: alive up to the freeze, then nothing, then what it says when it is back.
check_witness() {
	local heard back

	heard=$("${PUG:-build/bin/pug}" listen --serial "$T/beacon" --json 2>"$T/listen.err") || true
	# A sign of life of the new boot may come behind it
	back=$(grep '"event":"back"' <<<"$heard" | tail -n 1)
	# The first may come before or after the arming
	like "$(grep -o '"event":"\(first\|phase\|back\)"' <<<"$heard" | cut -d '"' -f 4 | xargs)" \
		'^first (phase )?phase back$' 'the witness hears: armed, the fault, and that it is back'
	like "$back" '"when":"in-fault","cause":"watchdog","who":"i6300ESB timer"' \
		'and what the machine says of itself'
	# By the sum it fires at 10066 ms; alive after the freeze began it cannot be
	is "$(sed -n 's/.*"last_since_keepalive_ms":\([0-9]*\),.*/\1/p' <<<"$back" |
		awk '{ print ($1 < 1000) }')" 1 'no sign of life came out of the freeze'
}

plan 6
check_judge
prepare
head_of_table
CELLS=i6300esb-reset
cells
check_witness
CELLS=i6300esb-dud-cut
cells
finish
