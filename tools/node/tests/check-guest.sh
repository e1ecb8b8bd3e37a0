#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 150
#
# `pug-node check' in a guest with real watchdogs: good, wrong owner,
# blacklisted, softdog, softdog on hpet.

set -euo pipefail

exec vm/run-guest --script tools/node/tests/check-script --timeout 120 \
	--file tools/node/tests/check-lib:/run/check-lib \
	"$@" -- -device i6300esb -action watchdog=reset
