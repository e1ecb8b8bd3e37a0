#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug-node's command line: what it says, what it refuses, how it exits. Runs on
# the machine that builds: no watchdog is opened, nothing is loaded, and the
# machine's own hostname is never typed.

set -euo pipefail

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

NODE=$PWD/${PUG_NODE:-build/bin/pug-node}
TMP=$(mktemp -d -t pug-cli.XXXXXX)
trap 'rm -rf -- "$TMP"' EXIT
cd "$TMP"

COMMANDS=(list check keepalive freeze beacon canary mark verify last-reboot)

# run ARGUMENT...: sets RC, OUT and ERR
run() {
	RC=0
	timeout 20 "$NODE" "$@" >out 2>err </dev/null || RC=$?
	OUT=$(<out)
	ERR=$(<err)
}

# refused REGEX ARGUMENT...: exit status 2, the reason, nothing on stdout. What
# runs plug-ins takes a 2 for "critical": so check has 3 for that
refused() {
	local regex=$1 wanted=2

	shift
	[ "${1:-}" != check ] || wanted=3
	run "$@"
	if [ "$RC" -eq "$wanted" ] && [ -z "$OUT" ] && grep -qE -- "$regex" <<<"$ERR"; then
		ok 0 "refused: $*"
		return
	fi
	ok 1 "refused: $*"
	note "exit status $RC, output '$OUT', errors: $ERR"
}

check_help() {
	local command

	run --help
	is "$RC" 0 'pug-node --help'
	is "$(sed -n 's/^  \([a-z-][a-z-]*\)  *[a-z].*/\1/p' out | xargs)" \
		"${COMMANDS[*]}" '--help names the commands'
	for command in "${COMMANDS[@]}"; do
		run "$command" --help
		is "$RC $(grep -cE '^  [012]  ' out) ${OUT%% \[*}" \
			"0 3 Usage: pug-node $command" "$command --help"
		is "$(awk 'length > 80' out)" '' "$command --help fits 80 columns"
	done
	run --version
	like "$OUT" '^pug-node [0-9]' --version
}

check_usage() {
	local command

	refused 'which command'
	refused 'no such command: --?dance|no such command: dance' dance
	refused 'unrecognized option' --dance
	for command in "${COMMANDS[@]}"; do
		refused 'unrecognized option|which event' "$command" --dance
	done
	refused 'Too many arguments' list extra
}

check_keepalive() {
	local device=$TMP/no-watchdog

	: >"$device"
	refused 'which device' keepalive --timeout 10 --interval 1
	refused 'needed' keepalive "$device"
	refused 'needed' keepalive "$device" --timeout 10
	refused 'one device' keepalive "$device" x --timeout 10 --interval 1
	for bad in 0 -1 1.5 ten '' 86401 99999999999999999999; do
		refused 'timeout: whole seconds' keepalive "$device" \
			--interval 1 --timeout="$bad"
	done
	for bad in 0 -1 .5 1. 1e3 '' 0.009 86401 1.0000000001; do
		refused 'interval: seconds' keepalive "$device" --timeout 10 \
			--interval="$bad"
	done
	refused 'count: 1 or more' keepalive "$device" --timeout 10 \
		--interval 1 --count 0
	refused 'shorter than the timeout' keepalive "$device" --timeout 10 \
		--interval 10
	refused 'shorter than the timeout' keepalive "$device" --timeout 10 \
		--interval 10.5
	refused 'no character device' keepalive "$device" --timeout 10 \
		--interval 1
	refused 'no character device' keepalive "$TMP" --timeout 10 --interval 1
	refused 'no such device' keepalive "$TMP/none" --timeout 10 --interval 1
	refused 'not a watchdog' keepalive /dev/null --timeout 10 --interval 1
	run keepalive "$TMP/none" --timeout 10 --interval 1 --json
	is "$RC" 2 'keepalive --json on nothing'
	like "$OUT" '^\{"event":"error","hpet":(null|[0-9]+),"message":".*no such device' \
		'keepalive --json has an error event'
}

check_check() {
	local before

	for bad in 0 -1 1.5 ten ''; do
		refused 'ttl: whole seconds' check --ttl="$bad"
	done
	refused 'safety-margin: whole seconds' check --safety-margin=-2
	refused 'observe: whole seconds' check --observe=0
	refused 'mode: required, automatic or off' check --mode=maybe
	refused 'no such folder' check --root "$TMP/none"
	refused 'not for --root' check --root "$TMP" --observe 1
	refused 'Too many arguments' check extra

	mkdir empty
	run check --root "$TMP/empty"
	is "$RC $ERR" '2 ' 'a tree without a watchdog is not protected'
	like "$(tail -n 1 out)" '^NOT PROTECTED against a kernel that freezes, .* \(fail: device\)$' \
		'and its last line says so'
	run check --root "$TMP/empty" --json
	is "$(tail -n 1 out | grep -c '^{"event":"checked",.*"protected":"not-protected","status":2,')" 1 \
		'the same as JSON'
	RC=0
	"$NODE" check --root "$TMP/empty" >/dev/full 2>err || RC=$?
	is "$RC" 3 'check cannot write'

	# it changes nothing, also not on the machine that builds
	before=$(cat /sys/class/watchdog/watchdog*/state 2>/dev/null || true)
	run check
	is "$(cat /sys/class/watchdog/watchdog*/state 2>/dev/null || true)" "$before" \
		'check arms and disarms nothing'
	is "$(strace -f -e trace=open,openat "$NODE" check 2>&1 >/dev/null |
		grep -cE '"/dev/(watchdog|hpet)|O_(WRONLY|RDWR|CREAT)')" 0 \
		'check opens no device and writes to no file'
}

check_freeze() {
	local wrong

	wrong=not-$(uname -n)
	refused 'msecs is missing' freeze --yes-freeze "$wrong"
	refused 'yes-freeze is missing' freeze --msecs 10
	for bad in 0 1 -1 1.5 '' 86400001; do
		refused 'msecs: milliseconds, 2 to' freeze --msecs="$bad" \
			--yes-freeze "$wrong"
	done
	refused 'delay-ms: milliseconds' freeze --msecs 10 --delay-ms=soon \
		--yes-freeze "$wrong"
	refused "not '$wrong': not frozen" freeze --msecs 10 \
		--yes-freeze "$wrong"
	refused "not '': not frozen" freeze --msecs 10 --yes-freeze ''
}

check_mark() {
	local tail

	refused 'which event' mark
	refused 'no name' mark ''
	refused 'not of the form key=value' mark x a
	refused 'a key is' mark x A=1
	refused 'a key is' mark x =1
	refused 'has a meaning' mark x hpet=1
	refused 'given twice' mark x a=1 b=2 a=3
	run mark 'the "event"' n=-5 s=007 t=$'a\tb\\' u=ж e= x=a=b
	is "$RC" 0 mark
	tail='"n":-5,"s":"007","t":"a\tb\\","u":"ж","e":"","x":"a=b"}'
	is "$(sed -E 's/("hpet[a-z_]*":)(null|[0-9]+)/\1T/g' out)" \
		'{"event":"the \"event\"","hpet":T,"hpet_period_fs":T,'"$tail" \
		'mark writes what it was given'
	RC=0
	"$NODE" mark x >/dev/full 2>err || RC=$?
	is "$RC" 1 'mark cannot write'
	RC=0
	"$NODE" mark x >&- 2>err || RC=$?
	is "$RC" 1 'mark has no output'
}

# Lines of each CPU, from 1 on without a gap?
judge_canary() {
	awk '!/^\{"event":"canary","hpet":(null|[0-9]+),"cpu":[0-9]+,"n":[0-9]+\}$/ { bad++ }
	     { cpu = $0; sub(/.*"cpu":/, "", cpu); sub(/,.*/, "", cpu)
	       n = $0; sub(/.*"n":/, "", n); sub(/}.*/, "", n)
	       if (n + 0 != ++last[cpu]) bad++ }
	     END { for (cpu in last) cpus++; print cpus + 0, bad + 0 }' "$1"
}

children_of() {
	local stat

	for stat in /proc/[0-9]*/stat; do
		# pid (comm) state ppid: our comm has no blanks
		awk -v parent="$1" '$4 == parent && $3 != "Z" { print $1 }' \
			"$stat" 2>/dev/null || true
	done
}

alive() {
	local pid state

	for pid; do
		state=$(awk '{ print $3 }' "/proc/$pid/stat" 2>/dev/null || true)
		[ -z "$state" ] || [ "$state" = Z ] || return 0
	done
	return 1
}

start_canary() {
	"$NODE" canary --out "$1" --interval-ms 20 2>err &
	CANARY=$!
	sleep 0.6
}

check_canary() {
	local children rc before

	refused 'out is missing' canary
	refused 'interval-ms: 1 to' canary --out x --interval-ms 0
	refused 'interval-ms: 1 to' canary --out x --interval-ms=1.5
	refused 'Is a directory' canary --out "$TMP"
	refused 'No such file' canary --out "$TMP/none/x"

	start_canary lines
	kill -TERM "$CANARY"
	rc=0
	wait "$CANARY" || rc=$?
	is "$rc" 0 'SIGTERM ends canary with 0'
	is "$(judge_canary lines)" "$(getconf _NPROCESSORS_ONLN) 0" \
		'canary: every CPU, no line torn, none left out'
	before=$(wc -l <lines)
	sleep 0.2
	is "$(wc -l <lines)" "$before" 'SIGTERM ends its children too'

	# failing-case proof of the judge
	{ sed 3d lines; echo '{"event":"canary","hpet":null,"cpu":0'; } >torn
	is "$(judge_canary torn | cut -d' ' -f2 | grep -c '^0$' || true)" 0 \
		'a missing and a torn line would be noticed'

	start_canary killed
	mapfile -t children < <(children_of "$CANARY")
	is "${#children[@]}" "$(getconf _NPROCESSORS_ONLN)" 'one child for each CPU'
	kill -KILL "$CANARY"
	wait "$CANARY" 2>/dev/null || true
	sleep 0.2
	rc=0
	alive "${children[@]}" || rc=1
	is "$rc" 1 'SIGKILL of canary ends its children'

	rc=0
	timeout 10 "$NODE" canary --out /dev/full 2>err || rc=$?
	is "$rc" 1 'canary ends when it cannot write'
	like "$(<err)" 'No space left' 'and says why'
	rc=0
	timeout 10 "$NODE" canary --out - 2>err | head -n 1 >/dev/null || rc=$?
	is "$rc" 1 'canary ends when nobody reads'
}

check_verify() {
	local wrong base

	wrong=not-$(uname -n)
	base=(verify --watchdog "$TMP/none" --timeout 10 --msecs 30000 --dir "$TMP")
	refused 'watchdog is missing' verify --timeout 10 --msecs 30000
	refused 'timeout and --msecs are needed' verify --watchdog x --timeout 10
	refused 'fault: stop-machine or no-keepalive' "${base[@]}" --fault unplug
	for bad in 0 -1 1.5 '' 86401; do
		refused 'timeout: a whole number' "${base[@]}" --timeout="$bad"
	done
	refused 'interval-ms must be shorter' "${base[@]}" --interval-ms 10000
	refused 'would end the run before it is over: 83 at least' "${base[@]}" --dead-man 82
	refused 'fsfreeze: 8 at most' "${base[@]}" --fsfreeze={1,2,3,4,5,6,7,8,9}
	refused 'yes-reset is missing' "${base[@]}"
	refused "not '$wrong'" "${base[@]}" --yes-reset "$wrong"
	refused 'no such device' "${base[@]}" --yes-reset "$wrong"
	refused '21000 at least' "${base[@]}" --msecs 20999 --yes-reset "$wrong"
	refused 'fsfreeze .*: the journal is written there' "${base[@]}" --fsfreeze "$TMP"
	# Guards that stand before a dry run do so before the real one
	run "${base[@]}" --dry-run
	is "$RC" 2 'a dry run asks the guards'
	like "$OUT" 'poweroff +it goes and STAYS OFF' 'and tells what will happen'
	# On a terminal the name is asked for, when nothing else is in the way
	script -qec "$NODE ${base[*]}" /dev/null </dev/null >out 2>&1 || true
	like "$(<out)" 'STAYS OFF' 'on a terminal it tells the plan first'
	like "$(<out)" 'no such device' 'and asks the guards'
	is "$(grep -c 'to go on' out || true)" 0 'and not for the name, with one in the way'
	is "$(compgen -G "$TMP/verify*" || true)" '' 'no guard let anything be written'
	refused 'no journal in' verify --verdict --dir "$TMP"
	printf 'rubbish\n' >verify.journal
	run verify --verdict --dir "$TMP"
	is "$RC" 3 'a journal that is none: cannot tell'
	like "$OUT" 'CANNOT TELL' 'and says so'
	rm verify.journal
}

check_last_reboot() {
	refused 'record: boot, reboot' last-reboot --record crash
	run last-reboot --dir "$TMP" --record boot
	is "$RC $(wc -l <boots)" '0 1' 'a boot is recorded'
	run last-reboot --dir "$TMP" --record boot
	is "$RC $(wc -l <boots)" '0 1' 'once'
	run last-reboot --dir "$TMP" --json
	like "$OUT" '^\{"event":"last-reboot","hpet":null,"cause":"[a-z ]+","who":' \
		'last-reboot --json'
	run last-reboot --dir /proc --record boot
	is "$RC" 1 'a record that cannot be written'
	rm boots
}

check_list() {
	local wanted=1

	if compgen -G '/dev/watchdog*' >/dev/null ||
	   compgen -G '/sys/class/watchdog/watchdog*' >/dev/null; then
		wanted=0
	fi
	run list
	is "$RC" "$wanted" 'list finds a watchdog where there is one'
	run list --json
	is "$RC" "$wanted" 'list --json'
	is "$(grep -cvE '^\{"event":"watchdog",.*\}$' out || true)" 0 \
		'list --json: lines of JSON, if any'
}

check_binary() {
	is "$(readelf -lW "$NODE" | grep -c INTERP || true)" 0 \
		'pug-node is static'
}

plan 150
check_help
check_usage
check_keepalive
check_check
check_freeze
check_mark
check_canary
check_verify
check_last_reboot
check_list
check_binary
finish
