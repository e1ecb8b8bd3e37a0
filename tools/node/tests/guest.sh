#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 240
#
# pug-node in a guest, with real watchdogs and the real module.

set -euo pipefail

exec vm/run-guest --script tools/node/tests/guest-script --timeout 200 "$@" \
	-- -device i6300esb -device ib700 -action watchdog=inject-nmi
