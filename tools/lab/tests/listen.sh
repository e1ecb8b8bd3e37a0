#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 120
#
# pug listen: hears, tells at once, minds no rubbish, loses nothing at its end.

set -euo pipefail

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$PWD/${PUG:-build/bin/pug}
TMP=$(mktemp -d -t pug-listen.XXXXXX)
PID=
cleanup() {
	[ -z "$PID" ] || kill -KILL "$PID" 2>/dev/null || true
	rm -rf -- "$TMP"
}
trap cleanup EXIT

# record N EVENT FIELD...: as tools/lib/record.c writes it; the checksum is gzip's
record() {
	local body=$* sum

	sum=$(printf %s "$body" | gzip -c | tail -c 8 | head -c 4 | od -An -tx4)
	printf 'pug1 %s %s\n' "${sum// /}" "$body"
}

# until FILE REGEX: the limit ends what hangs
until_said() {
	for _ in {1..200}; do
		! grep -qE -- "$2" "$1" || return 0
		sleep 0.1
	done
	return 1
}

start() {
	# The last one's words name another port, and a busy machine is slow to begin this one
	: >"$TMP/err"
	"$PUG" listen --port 0 --address 127.0.0.1 "$@" >"$TMP/out" 2>"$TMP/err" &
	PID=$!
	until_said "$TMP/err" 'on UDP port [0-9]+'
	PORT=$(sed -n 's/.*on UDP port //p' "$TMP/err")
}

stop() {
	kill -INT "$PID"
	RC=0
	wait "$PID" || RC=$?
	PID=
}

send() { cat >"/dev/udp/127.0.0.1/$PORT"; }

alive() {
	record "$1" alive hostname=db1 "boot_id=$2" boottime_ms=1000 "phase=$3" "since_keepalive_ms=$4"
}

refused() {
	local rc=0 regex=$1

	shift
	timeout 20 "$PUG" listen "$@" >"$TMP/out" 2>"$TMP/err" </dev/null || rc=$?
	is "$rc" 2 "refused: $*"
	like "$(<"$TMP/err")" "$regex" 'and why'
}

plan 19
refused 'either --port or --serial'
refused 'either --port or --serial' --port 1 --serial x
refused 'a number, 0 to 65535' --port 65536
refused 'No such file' --serial "$TMP/none"

start
alive 1 boot-one 2 10 | send
is "$(until_said "$TMP/out" 'db1: first sign of life, boot boot-one' && echo told)" told \
	'the first sign of life is told at once'
alive 2 boot-one 3 9950 | send
is "$(until_said "$TMP/out" 'SILENT; its last sign of life \(2\) was 9.95 to 10.05 s after its last keepalive' && echo told)" \
	told 'silence is told while it lasts, with what the machine said last'
record 1 back hostname=db1 boot_id=boot-two was=boot-one when=in-fault cause=watchdog \
	who=i6300ESB%20timer from_ms=9950 to_ms=10600 | send
is "$(until_said "$TMP/out" 'back after .* it says: in-fault, watchdog, i6300ESB timer' && echo told)" \
	told 'and what it says when it is back'
head -c 700 /dev/urandom | send
alive 3 boot-one 3 10 | tr 3 4 | send
printf 'x' | send
# Behind all of it, so that it is known to have come
alive 9 'boot-%1b[31mthree' 1 5 | send
until_said "$TMP/out" 'boot-' || true
stop
is "$RC" 0 'ended by Ctrl-C'
is "$(tr -d '\n' <"$TMP/out" | LC_ALL=C grep -c '[[:cntrl:]]' || true)" 0 \
	'nothing that comes can write to a terminal'
like "$(<"$TMP/err")" '3 that were no records of ours' 'rubbish is counted'

start --json
for n in {1..200}; do alive "$n" b1 2 "$((n * 100))"; done >"$TMP/many"
while IFS= read -r line; do printf '%s\n' "$line" | send; done <"$TMP/many"
# At once: what lies in the socket then has come
stop
is "$(grep -c '"event":"\(first\|alive\|same-boot\)".*"from":"127.0.0.1"' "$TMP/out")" 200 \
	'Ctrl-C loses nothing that has come'

# pug-node's own word, by UDP: of a run whose journal tells nothing
start --json
printf 'rubbish\n' >"$TMP/verify.journal"
"${NODE:-build/bin/pug-node}" verify --verdict --dir "$TMP" --beacon "udp:127.0.0.1:$PORT" \
	>"$TMP/verdict" 2>&1 || true
is "$(until_said "$TMP/out" '"event":"back".*"from":"127.0.0.1".*"when":"cannot tell"' && echo told)" \
	told 'pug-node verify --verdict --beacon udp'
stop

# A serial port: lines, one too long, one torn by a reset
{ alive 1 b1 2 10; head -c 5000 /dev/zero | tr '\0' x; echo; alive 2 b1 3 20 | head -c 30; echo
  alive 3 b1 3 30; } >"$TMP/serial"
RC=0
"$PUG" listen --serial "$TMP/serial" --json >"$TMP/out" 2>"$TMP/err" || RC=$?
is "$RC $(grep -o '"event":"[a-z-]*"' "$TMP/out" | cut -d'"' -f4 | xargs)" '0 first bad bad phase' \
	'a serial line, with what a reset leaves on it'
RC=0
"$PUG" listen --serial /dev/null >"$TMP/out" 2>"$TMP/err" || RC=$?
is "$RC" 1 'nothing was heard'
RC=0
"$PUG" listen --serial "$TMP/serial" --json >/dev/full 2>"$TMP/err" || RC=$?
is "$RC" 2 'output that cannot be written'
finish
