#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 240
#
# pug watch beside a real QEMU without a machine in it: what it does to one that is
# paused, silent, hangs, ends or answers half; and what it leaves alone.

set -euo pipefail

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$PWD/${PUG:-build/bin/pug}
NODE=$PWD/build/bin/pug-node
QEMU=build/guest/qemu/qemu-system-x86_64
[ -x "$QEMU" ] || QEMU=qemu-system-x86_64
TMP=$(mktemp -d -t pug-watch.XXXXXX)
VM=
WATCH=
OTHERS=
cleanup() {
	for pid in $WATCH $OTHERS $VM; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	rm -rf -- "$TMP"
}
trap cleanup EXIT

# until_said REGEX [TIMES]: the limit ends what hangs
until_said() {
	for _ in {1..300}; do
		[ "$(grep -cE -- "$1" "$TMP/out")" -lt "${2:-1}" ] || return 0
		sleep 0.1
	done
	return 1
}

start_vm() {
	rm -f "$TMP"/[qc]
	"$QEMU" -M none -nodefaults -display none \
		-qmp "unix:$TMP/q,server=on,wait=off" \
		-qmp "unix:$TMP/c,server=on,wait=off" 2>"$TMP/qemu" &
	VM=$!
	for _ in {1..300}; do
		[ ! -S "$TMP/c" ] || return 0
		sleep 0.1
	done
}

end_vm() {
	kill -KILL "$VM"
	wait "$VM" 2>/dev/null || true
	VM=
}

# monitor COMMAND...: as an operator; says the last answer
monitor() {
	python3 - "$TMP/c" "$@" <<-'END'
	import json, socket, sys, time
	for n in range(300):
	    s = socket.socket(socket.AF_UNIX)
	    try:
	        s.connect(sys.argv[1])
	        break
	    except ConnectionRefusedError:  # It is bound before it is listened to
	        time.sleep(0.1)
	f = s.makefile('rw')
	f.readline()
	for command in ['qmp_capabilities'] + sys.argv[2:]:
	    f.write(json.dumps({'execute': command}) + '\n')
	    f.flush()
	    answer = {}
	    while 'return' not in answer and 'error' not in answer:
	        answer = json.loads(f.readline())
	print(json.dumps(answer))
	END
}

start_watch() {
	# What the last one told would be taken for this one's
	: >"$TMP/out"
	"$PUG" watch --name vm --json "$@" >"$TMP/out" 2>"$TMP/err" &
	WATCH=$!
}

# until_known: the watch knows the VM's state, which it says of one that stands only
until_known() {
	monitor stop >/dev/null
	until_said '"event":"ill","[^}]*"cause":"paused"'
	monitor cont >/dev/null
	until_said '"event":"well"'
}

# stop_watch [SIGNAL]: sets RC
stop_watch() {
	[ "${1:-}" = none ] || kill "-${1:-INT}" "$WATCH"
	RC=0
	wait "$WATCH" || RC=$?
	WATCH=
}

# events: what was told, but for what depends on the host's load
events() { grep -o '"event":"[a-z-]*"' "$TMP/out" | cut -d'"' -f4 | grep -v stalled | xargs; }

refused() {
	local rc=0 regex=$1

	shift
	timeout 20 "$PUG" watch "$@" >"$TMP/out" 2>"$TMP/err" </dev/null || rc=$?
	is "$rc" 2 "refused: $*"
	like "$(<"$TMP/err")" "$regex" 'and why'
}

plan 35
refused 'what is to be watched' --action reset
refused 'what is to be done' --qmp "$TMP/q"
refused 'wants --qmp' --heartbeat "$TMP/h" --action stop
refused 'of paused, io-error, dead' --qmp "$TMP/q" --action none --after sleepy=3
refused 'reset, stop or none' --qmp "$TMP/q" --action explode

# Paused: reset, and runs again. QEMU 10.0 system/runstate.c:main_loop_should_exit
# leaves a VM that stood in prelaunch, so the watch must let it go on itself
start_vm
start_watch --qmp "$TMP/q" --action reset --after 2 --once
until_said '"event":"watching"'
monitor stop >/dev/null
stop_watch none
# Whether it looks once more before its end is a matter of the host's load
is "$RC $(events | sed 's/ well end/ end/')" '1 watching ill acts was-reset end' \
	'a paused VM is reset, in this order'
like "$(monitor query-status)" '"status": "running"' 'and runs then'

# The operator is faster
start_watch --qmp "$TMP/q" --action reset --after 60
until_said '"event":"watching"'
sleep 1
monitor stop >/dev/null
until_said '"event":"ill","[^}]*"cause":"paused"'
monitor cont >/dev/null
until_said '"event":"well"'
stop_watch
is "$RC $(events)" '0 watching ill well end' 'a VM that goes on in time is left alone'

# On purpose
touch "$TMP/mark"
start_watch --qmp "$TMP/q" --action reset --after 1 --maintenance "$TMP/mark"
until_said '"event":"maintenance"'
monitor stop >/dev/null
sleep 3
is "$(events)" 'watching maintenance' 'nothing is done during maintenance'
rm "$TMP/mark"
is "$(until_said '"event":"acts"' && echo acts)" acts 'after it the time counts from its end'
stop_watch
monitor cont >/dev/null
start_watch --qmp "$TMP/q" --action reset --after 1,paused=never
monitor stop >/dev/null
until_said '"event":"ill"'
sleep 3
stop_watch
is "$RC $(events)" '0 watching ill end' 'paused=never'

# A dry run, told to people
"$PUG" watch --name vm --qmp "$TMP/q" --action reset --after 1 --dry-run --once \
	>"$TMP/out" && RC=0 || RC=$?
is "$RC" 1 'a dry run says by its status that it would have acted'
like "$(<"$TMP/out")" 'vm: paused for [1-9][0-9]*\.[0-9] s: would do this: reset' 'and what it would do'
like "$(monitor query-status)" '"status": "paused"' 'and does nothing'

# A QEMU that hangs is not one that is paused; it is told only
monitor cont >/dev/null
start_watch --qmp "$TMP/q" --action reset --after 1,paused=never
until_known
kill -STOP "$VM"
is "$(until_said '"event":"ill","[^}]*"cause":"unreachable"' && echo told)" told \
	'a QEMU that does not answer is told'
kill -CONT "$VM"
is "$(until_said '"event":"well"' 2 && echo well)" well 'and that it answers again'
stop_watch TERM
is "$RC" 0 'and nothing was done'
start_watch --qmp "$TMP/q" --action none --after unreachable=4 --once \
	--run "echo \"\$PUG_WATCH_CAUSE of \$PUG_WATCH_VM\" >$TMP/ran"
until_known
kill -STOP "$VM"
stop_watch none
is "$RC $(<"$TMP/ran")" '1 unreachable of vm' 'a command can be run then'
kill -CONT "$VM"

# It ends, and another one comes up
start_watch --qmp "$TMP/q" --action stop --after 8
until_known
end_vm
is "$(until_said '"event":"gone"' && echo gone)" gone 'a VM that has ended is told'
start_vm
monitor stop >/dev/null
is "$(until_said '"event":"acts"' && echo acts)" acts 'the next one at the same place is watched'
for _ in {1..300}; do
	kill -0 "$VM" 2>/dev/null || break
	sleep 0.1
done
is "$(kill -0 "$VM" 2>/dev/null && echo there || echo gone)" gone 'stop ends QEMU'
stop_watch
VM=

# Signs of life: through a pipe, as through any line
mkfifo "$TMP/h"
start_vm
start_watch --qmp "$TMP/q" --heartbeat "$TMP/h" --action reset --after 3 --boot 5 --tries 2
# A pipe can be opened to write only when somebody reads: one that came too early has ended
for _ in {1..100}; do
	kill -0 "$OTHERS" 2>/dev/null || {
		"$NODE" beacon --to "serial:$TMP/h" --interval-ms 200 2>/dev/null &
		OTHERS=$!
	}
	sleep 0.3
	! grep -q '"event":"alive"' "$TMP/out" || break
done
is "$(until_said '"event":"alive"' && echo alive)" alive 'signs of life are heard'
kill -STOP "$OTHERS"
is "$(until_said '"event":"acts".*"cause":"frozen"|"event":"acts".*frozen' && echo acts)" acts \
	'a machine that falls silent while QEMU says running is reset'
is "$(until_said '"event":"gave-up"' && echo up)" up 'and not for ever'
kill -CONT "$OTHERS"
kill -TERM "$OTHERS"
is "$(until_said '"event":"leaving"' && echo left)" left 'who ends in order says so'
sleep 4
stop_watch
is "$(grep -c '"event":"acts"' "$TMP/out")" 2 'and is not missed then'
OTHERS=
end_vm

# What is at the path answers half, or rubbish
python3 - "$TMP/q" <<-'END' &
import socket, sys, time, os
os.path.exists(sys.argv[1]) and os.unlink(sys.argv[1])
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
for reply in (b'{"QMP": {', b'no JSON\n', b'[1]\n', b'{"QMP": {}}\n{"return": {}}\n{"ret'):
    c = s.accept()[0]
    c.sendall(reply)
    time.sleep(1)
    c.close()
time.sleep(100)
END
OTHERS=$!
for _ in {1..300}; do [ ! -S "$TMP/q" ] || break; sleep 0.1; done
start_watch --qmp "$TMP/q" --action reset --after 1
until_said '"event":"closed"' 4 || true
sleep 2
stop_watch
is "$RC" 0 'half an answer and rubbish lead to no action'
is "$(grep -c '"event":"closed"' "$TMP/out")" 4 'and each is told'
like "$(<"$TMP/out")" 'no JSON object' 'with what was wrong'
RC=0
"$PUG" watch --qmp "$TMP/q" --action none --seconds 1 >/dev/full 2>"$TMP/err" || RC=$?
is "$RC" 2 'output that cannot be written'
finish
