#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# 200 cells with GNU parallel, joined, and the same 200 with one pug matrix: the same
# verdicts.
#
# usage: tools/lab/tests/full-scale-out.sh, from the top folder
# limit: 1800

vm/fetch parallel >&2 && exec python3 tools/lab/tests/full-scale-out.py
