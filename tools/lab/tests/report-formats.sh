#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# pug report without a browser: formats, schema, what is refused, what guests write.
#
# usage: tools/lab/tests/report-formats.sh, from the top folder

exec python3 tools/lab/tests/report-formats.py "${PUG:-./pug}"
