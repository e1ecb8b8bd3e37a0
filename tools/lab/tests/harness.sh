#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The lab's own accidents: QEMUs that are missing, die, hang, lie or are killed;
# guests that panic, hang, flood or forge; disks that are full. Each must be
# called what it is, in message and exit status, must keep its evidence, and
# must leave no QEMU. Two cases run at a time; those that only wait run beside.
#
# usage: tools/lab/tests/harness.sh [CASE...], from the top folder
# limit: 230

set -u

PUG=${PUG:-./pug}
KERNEL=build/guest/kernels/debian-6.1
MODULE=build/modules/debian-6.1/stop-machine.ko
QEMU=build/guest/qemu/qemu-system-x86_64
[ -x "$QEMU" ] || QEMU=qemu-system-x86_64
TOP=$PWD
CELL=none.none.tsc.pc.debian-6.1.8000ms.3000ms

T=$(mktemp -d -t pug-harness.XXXXXX)
# Each QEMU, real or fake, writes its pid down before it becomes one
PUG_TEST_PIDS=$T/pids
export PUG_TEST_PIDS
: >"$PUG_TEST_PIDS"
: >"$T/pugs"

# Pids are used again: one counts as ours while it works in our folder
is_ours() {
	case $(readlink "/proc/$1/cwd" 2>/dev/null) in
	"$T"/*) return 0 ;;
	*) return 1 ;;
	esac
}

qemus_left() {
	while read -r pid; do
		! is_ours "$pid" || echo "$pid"
	done <"$PUG_TEST_PIDS"
}

# Pugs have our folder on their command line
pugs_left() {
	while read -r pid; do
		! grep -qaF "$T/" "/proc/$pid/cmdline" 2>/dev/null || echo "$pid"
	done <"$T/pugs"
}

LANES=
cleanup() {
	trap - EXIT INT TERM
	for pid in $LANES $(pugs_left); do
		kill "$pid" 2>/dev/null
	done
	for pid in $(qemus_left); do
		kill -KILL "$pid" 2>/dev/null
	done
	wait
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# --- what a case is made of -------------------------------------------------

# A case runs in a folder of its own, $D, with descriptor 3 for why it failed
why() {
	echo "$*" >&3
}

# spawn COMMAND...: in the background, as PID
spawn() {
	"$@" >"$D/stdout" 2>"$D/stderr" </dev/null &
	PID=$!
	echo "$PID" >>"$T/pugs"
}

finish_run() {
	wait "$PID"
	RC=$?
}

# start ARGUMENT...: pug matrix, one control cell
start() {
	spawn "$PUG" matrix --preset quick --faults none --watchdogs none --out "$D/out" "$@"
}

# the same to its end; sets RC
run() {
	start "$@"
	finish_run
}

want_rc() {
	[ "$RC" -eq "$1" ] && return
	why "exit status $RC instead of $1"
	sed 's/^/  /' "$D/stderr" >&3
	FAILED=1
}

# want FILE TEXT: fixed text
want() {
	grep -qaF -- "$2" "$1" 2>/dev/null && return
	why "'$2' is not in $(basename "$1"):"
	tail -n 8 "$1" 2>&1 | cut -c 1-300 | sed 's/^/  /' >&3
	FAILED=1
}

# The cell is an error with this reason, wherever it is told; its evidence is
# kept and gives the same again
want_error() {
	dir=$D/out/${2:-$CELL}
	want_rc 2
	want "$D/stdout" "E "
	want "$D/stdout" "$1"
	want "$D/stderr" "error: $1"
	want "$dir/result.json" "$1"
	want "$dir/result.json" '"verdict": "error"'
	for file in cell.json plan cmdline qmp.jsonl console.log agent.jsonl canary.jsonl \
		lab.jsonl qemu.stderr timeline.jsonl; do
		[ -e "$dir/$file" ] && continue
		why "no $file was kept"
		FAILED=1
	done
	want "$D/out/run.json" '"errors": 1'
	"$PUG" explain "$dir" >"$D/explained" 2>&1
	RC=$?
	want_rc 2
	want "$D/explained" "$1"
}

# wait_for SECONDS COMMAND...
wait_for() {
	tenths=$(($1 * 10))
	shift
	while [ "$tenths" -gt 0 ]; do
		"$@" && return
		sleep 0.1
		tenths=$((tenths - 1))
	done
	why "waited in vain for: $*"
	FAILED=1
	return 1
}

has() {
	grep -qaF -- "$2" "$1" 2>/dev/null
}

gone() {
	! is_ours "$1"
}

# fake COMMANDS: a QEMU of version 10 that does this with QMP on descriptor 3
fake() {
	cat >"$D/qemu" <<-EOF
		#!/bin/bash
		case \$1 in --version) echo 'QEMU emulator version 10.0.2'; exit ;; esac
		echo \$\$ >>"\$PUG_TEST_PIDS"
		args=\$*
		fd=\${args#*id=qmp,fd=}
		eval "exec 3<>/dev/null 3>&\${fd%% *} 0<&\${fd%% *} \${fd%% *}>&-"
		answer() {
			while read -r line; do
				id=\${line##*\"id\":\"}
				echo "{\"return\": {}, \"id\": \"\${id%%\"*}\"}" >&3
			done
		}
		greet() { echo '{"QMP": {"version": {}, "capabilities": []}}' >&3; }
		$1
	EOF
	chmod +x "$D/qemu"
}

# The real one, its pid noted
noted_qemu() {
	case $QEMU in
	/*) real=$QEMU ;;
	*/*) real=$TOP/$QEMU ;;
	*) real=$(command -v "$QEMU") ;;
	esac
	cat >"$D/qemu" <<-EOF
		#!/bin/sh
		[ "\$1" = --version ] || echo \$\$ >>"\$PUG_TEST_PIDS"
		exec "$real" "\$@"
	EOF
	chmod +x "$D/qemu"
	QEMU_PID=
}

# The pid of the QEMU that runs in this case's folder
find_qemu() {
	for pid in $(qemus_left); do
		case $(readlink "/proc/$pid/cwd") in
		"$D"/*) QEMU_PID=$pid; return 0 ;;
		esac
	done
	return 1
}

# A real guest under way: QEMU runs, and says so
start_guest() {
	noted_qemu
	start --qemu "$D/qemu" --boot "$@"
	wait_for 30 has "$D/out/$CELL/qmp.jsonl" '"RESUME"'
	wait_for 20 find_qemu
}

# guest INIT ARGUMENT...: a real guest with this /init
guest() {
	printf '%s\n' "$1" >"$D/init"
	shift
	noted_qemu
	run --qemu "$D/qemu" --real-time --kernel "$KERNEL/vmlinuz" \
		--modules "$KERNEL/modules" --stop-machine "$MODULE" --init "$D/init" "$@"
}

CUSTOM=none.none.tsc.pc.custom.8000ms.3000ms

# shellcheck source=tools/lab/tests/harness-cases
. "$TOP/tools/lab/tests/harness-cases"
# shellcheck source=tools/lab/tests/harness-cases-run
. "$TOP/tools/lab/tests/harness-cases-run"

# --- running them -------------------------------------------------------------

# Number of a case in CASES, its place in the plan
number_of() {
	n=0
	for name in $CASES; do
		n=$((n + 1))
		[ "$name" != "$1" ] || break
	done
	echo "$n"
}

one_case() {
	D=$T/$1
	FAILED=0
	mkdir "$D"
	exec 3>"$D/why"
	"$1"
	if find_qemu; then
		why "QEMU $QEMU_PID was left behind"
		FAILED=1
	fi
	n=$(number_of "$1")
	name=$(echo "$1" | tr _ ' ')
	if [ -e "$D/skip" ]; then
		echo "ok $n - $name # SKIP $(cat "$D/skip")"
	elif [ "$FAILED" -eq 0 ]; then
		echo "ok $n - $name"
	else
		printf 'not ok %s - %s\n%s\n' "$n" "$name" "$(sed 's/^/# /' "$D/why")"
		echo "$1" >>"$T/failed"
	fi
}

# Takes cases from a list until it is empty
lane() {
	for name; do
		mkdir "$T/taken-$name" 2>/dev/null || continue
		one_case "$name"
	done
}

chosen() {
	for name; do
		case " $CASES " in *" $name "*) echo "$name" ;; esac
	done
}

# shellcheck disable=SC2046,SC2086,SC2116 # one space between each
[ $# -gt 0 ] || set -- $(echo $WAITING $WORKING)
CASES=$*
echo 'TAP version 13'
echo "1..$#"
# shellcheck disable=SC2046,SC2086 # words
{
	for name in $(chosen $WAITING); do
		lane "$name" &
		LANES="$LANES $!"
	done
	lane $(chosen $WORKING) &
	LANES="$LANES $!"
	lane $(chosen $WORKING) &
	LANES="$LANES $!"
}
for pid in $LANES; do
	wait "$pid"
done
LANES=
left=$(qemus_left)
if [ -n "$left" ]; then
	echo "# QEMUs left behind: $left"
	exit 1
fi
[ ! -e "$T/failed" ]
