#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs at the same time in one tree: with no warm guest yet, which both make,
# and with one, which both fork while a third run is killed. None may break
# another or leave a QEMU.
#
# usage: tools/lab/tests/matrix-two.sh, from the top folder
# limit: 300

set -u

PUG=${PUG:-./pug}
QEMU=build/guest/qemu/qemu-system-x86_64
[ -x "$QEMU" ] || QEMU=qemu-system-x86_64
QEMU=$(realpath "$(command -v "$QEMU")")
CELL=stop-machine.i6300esb.tsc.pc.debian-6.1.8000ms.3000ms

T=$(mktemp -d -t pug-two.XXXXXX)
WARM=$T/top/build/warm
PIDS=

# Each QEMU writes its pid down before it becomes one; ours work below $T
qemus_left() {
	while read -r pid; do
		case $(readlink "/proc/$pid/cwd" 2>/dev/null) in
		"$T"/*) echo "$pid" ;;
		esac
	done <"$T/pids"
}

cleanup() {
	trap - EXIT INT TERM
	# shellcheck disable=SC2086 # a list of pids
	[ -z "$PIDS" ] || kill $PIDS 2>/dev/null
	wait
	for pid in $(qemus_left); do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

TESTS=0
FAILURES=0

# is SEEN WANTED NAME
is() {
	TESTS=$((TESTS + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $TESTS - $3"
		return
	fi
	FAILURES=$((FAILURES + 1))
	printf 'not ok %d - %s\n# seen:   %s\n# wanted: %s\n' "$TESTS" "$3" "$1" "$2"
	cat "$T"/*.stderr | sed 's/^/# /'
}

# start NAME: one frozen guest; sets PID
start() {
	PUG_TOPDIR=$T/top "$PUG" matrix --preset quick --faults stop-machine \
		--watchdogs i6300esb --jobs 1 --warp --qemu "$T/qemu" --out "$T/$1" \
		>"$T/$1.stdout" 2>"$T/$1.stderr" </dev/null &
	PID=$!
	PIDS="$PIDS $PID"
}

# ends PID NAME WHAT: as expected
ends() {
	wait "$1"
	is "$? $(grep -o '[0-9]* as expected' "$T/$2.stdout")" '0 1 as expected' "$3"
}

# wait_for SECONDS COMMAND...
wait_for() {
	tenths=$(($1 * 10))
	shift
	while [ "$tenths" -gt 0 ] && ! "$@"; do
		sleep 0.1
		tenths=$((tenths - 1))
	done
}

plays() {
	grep -qs '"RESUME"' "$T/$1/$CELL/qmp.jsonl"
}

: >"$T/pids"
mkdir -p "$T/top/build"
ln -s "$PWD/build/guest" "$T/top/build/guest"
cat >"$T/qemu" <<EOF
#!/bin/sh
[ "\$1" = --version ] || echo \$\$ >>"$T/pids"
exec "$QEMU" "\$@"
EOF
chmod +x "$T/qemu"

echo 'TAP version 13'
echo 1..18

start cold-a
a=$PID
start cold-b
b=$PID
ends "$a" cold-a 'no warm guest yet: the first of two runs'
ends "$b" cold-b 'the second'
is "$(find "$WARM" -mindepth 1 -maxdepth 1 -type d | wc -l)" 1 'one warm guest is kept'

start warm-a
a=$PID
start killed
killed=$PID
start warm-b
b=$PID
wait_for 60 plays killed
is "$(flock -n -x "$WARM"/*/lock echo free)" '' 'the warm guest is held while it is forked'
kill -KILL "$killed"
wait "$killed" 2>/dev/null
ends "$a" warm-a 'forks of one guest: the first run'
ends "$b" warm-b 'the second, while a third was killed'
is "$(cat "$T"/warm-?.stderr | grep -c ' made in ')" 0 'no guest was made anew'
is "$(flock -n -x "$WARM"/*/lock echo free)" free 'at the end nobody holds it'

# fired NAME: milliseconds from the last keepalive
fired() {
	sed -n 's/^ *"keepalive_to_fire_ms": \([0-9.]*\).*/\1/p' "$T/$1/$CELL/result.json"
}

# Forks of one guest, whatever else the host had to do: by the trace's 0.8 ms
near() {
	awk -v a="$1" -v b="$2" 'BEGIN {
		print (a > 0 && b > 0 && a - b <= 1 && b - a <= 1) ? "near" : a " and " b }'
}
is "$(near "$(fired warm-a)" "$(fired warm-b)")" near 'both fired at the same virtual time'
is "$(near 10066 10068)" '10066 and 10068' 'which two milliseconds are not'
is "$(near '' '')" ' and ' 'nor is nothing'
is "$(qemus_left)" '' 'no QEMU is left'

# What is kept is not what was saved: never forked, made anew, without a surprise
flip_a_byte() {
	printf '\377' | dd of="$1" bs=1 seek=100000 conv=notrunc 2>/dev/null
}

damaged() {
	name=$1
	shift
	"$@"
	start "$name"
	ends "$PID" "$name" "a warm guest with $name"
	is "$(grep -c ' made in ' "$T/$name.stderr")" 1 'is made anew'
}

damaged truncated-devices truncate -s -1000 "$WARM"/*/state
damaged a-flipped-bit-of-memory flip_a_byte "$WARM"/*/ram
# shellcheck disable=SC2086 # a pattern
damaged foreign-devices cp "$T"/cold-a/*/console.log $WARM/*/state

[ "$FAILURES" -eq 0 ]
