#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Cells as an array of Slurm jobs, joined, and the same with one pug matrix: the same
# verdicts.
#
# usage: tools/lab/tests/full-slurm.sh, from the top folder
# limit: 900

vm/fetch slurm >&2 && exec python3 tools/lab/tests/full-slurm.py
