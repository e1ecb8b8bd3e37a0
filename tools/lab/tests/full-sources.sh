#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What expectations cite of Linux 6.12: see sources.sh.
#
# limit: 600

VERSION=6.12 LEAST=1 exec tools/lab/tests/sources.sh
