#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What expectations cite of the kernels beside 6.1: see sources.sh.
#
# limit: 600

SOURCES='sources-6.12 sources-5.10 sources-7' LEAST=1 exec tools/lab/tests/sources.sh
