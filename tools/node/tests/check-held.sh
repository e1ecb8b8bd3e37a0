#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 120
#
# `pug-node check' in a guest whose pid 1 holds the watchdog.

set -euo pipefail

exec vm/run-guest --script tools/node/tests/check-held-script --timeout 100 \
	--file tools/node/tests/check-lib:/run/check-lib \
	--file tools/node/tests/check-init:/init \
	"$@" -- -device i6300esb -action watchdog=reset
