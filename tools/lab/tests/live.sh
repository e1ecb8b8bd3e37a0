#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What pug matrix shows on a terminal while it runs: frames, a resize, Ctrl-C, Ctrl-Z
# and fg in a shell, and nothing of it where there is no terminal.
#
# usage: tools/lab/tests/live.sh, from the top folder
# limit: 300

# The terminal is Debian's python3-pyte
exec /usr/bin/python3 tools/lab/tests/live.py
