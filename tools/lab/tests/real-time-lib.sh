# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The host's time and warp must give the same verdicts. For tests that compare
# them: set PRESET and source this.

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

# matrix NAME ARGUMENT...: its evidence in $T/NAME; sets RC
matrix() {
	name=$1
	shift
	run_pug matrix --preset "$PRESET" --out "$T/$name" "$@"
}

# verdicts NAME: a line a cell
verdicts() {
	for file in "$T/$1"/*/result.json; do
		dir=${file%/*}
		echo "${dir##*/} $(sed -n '/"observed"/,$s/^ *"\(verdict\|effect\|by\)": "\(.*\)",/\2/p' \
			"$file" | tr '\n' ' ')"
	done
}
