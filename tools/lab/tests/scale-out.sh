#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Cells one by one, with GNU parallel, joined to a run: the same verdicts as one pug
# matrix, and what does not belong together, is doubled or was lost.
#
# usage: tools/lab/tests/scale-out.sh, from the top folder
# limit: 420

exec python3 tools/lab/tests/scale-out.py
