#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The page of pug report in a browser.
# limit: 600

exec python3 tools/lab/tests/browser/report.py "${PUG:-./pug}"
