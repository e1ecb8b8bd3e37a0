# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests that drill for real: a folder $T that goes at the end, and pugs that are ended with
# the test. To be sourced from the top folder, behind tools/check/tests/lib.sh.

set -u

PUG=$(realpath "${PUG:-./pug}")
T=$(mktemp -d -t pug-drill.XXXXXX)
# Of pugs in the background
PIDS=()

cleanup() {
	trap - EXIT INT TERM
	# They take their QEMUs along
	[ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null
	wait
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# value FILE PYTHON-EXPRESSION on d, the first result, and o, what was observed in it
value() {
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); d = d[0] if isinstance(d, list) else d; o = d.get("observed"); print(eval(sys.argv[2]))' "$1" "$2" 2>&1
}
