#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug drill without a cluster: what it refuses, and what it says then. And a
# drill's folder that is damaged, foreign or incomplete, to pug explain.

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$(realpath "${PUG:-./pug}")
T=$(mktemp -d -t pug-drill.XXXXXX)
trap 'rm -rf -- "$T"' EXIT

plan 66

# refuses REGEX ARGUMENT...: two results
refuses() {
	local regex=$1 out rc=0

	shift
	out=$("$PUG" drill "$@" 2>&1 </dev/null) || rc=$?
	is "$rc" 2 "drill $*: exit status"
	like "$out" "$regex" "drill $*: says why"
}

refuses 'which drill' --ttl 30
refuses "no drill 'freeze-replica'" freeze-replica
refuses "no 'poodle'" freeze-leader --watchdog poodle
refuses "no 'rusty'" freeze-leader --unit rusty
refuses "no 'flood'; .pug drill list. names" freeze-leader --fault flood
refuses 'nobody may lead' freeze-leader --mode required
refuses 'ttl >= loop_wait' freeze-leader --ttl 25
refuses 'whole number from 1 to 600' freeze-leader --freeze 0s
refuses 'nothing is expected' freeze-leader --freeze 20 --out "$T/short"
refuses "no 'poodle'" freeze-leader --fence poodle
# A fence has its grace: the fault must not be over before
refuses 'nothing is expected' freeze-leader --freeze 54 --fence strict --out "$T/shorter"
refuses '--outside 0: a whole number from 1 to 600' freeze-leader --outside 0
refuses 'live-migration is not played with --fence sbd' freeze-leader --fault live-migration \
	--fence sbd
refuses 'nothing is expected' freeze-leader --fault live-migration --fence talk --freeze 90 \
	--out "$T/moved"
refuses 'live-migration is not played with --outside' freeze-leader --fault live-migration \
	--outside 15
refuses 'nothing is expected' freeze-leader --fault live-migration --freeze 20 --out "$T/half"
refuses 'new-leader is played with' freeze-leader --fault new-leader --fence strict --freeze 90 \
	--out "$T/next"
# It might come when the fault is over
refuses 'nothing is expected' freeze-leader --outside 58 --out "$T/late"
refuses 'which sbd feeds' freeze-leader --fence sbd --watchdog softdog
refuses '--mode is off' freeze-leader --fence sbd --mode required
refuses 'stop-machine is no fault of hang-postgres' hang-postgres --fault stop-machine
refuses 'stop-all is no fault of freeze-leader' freeze-leader --fault stop-all
refuses 'are for hang-postgres' freeze-leader --alone
refuses "no 'cat'" hang-postgres --keeper cat
refuses 'the patch wants --alone' hang-postgres --keeper patch --out "$T/patch"

# A tree without an image, and with no room for evidence
mkdir -p "$T/empty"
qemu=$PWD/build/guest/qemu/qemu-system-x86_64
[ -x "$qemu" ] || qemu='qemu-system-x86_64'
out=$(PUG_TOPDIR=$T/empty "$PUG" drill freeze-leader --qemu "$qemu" --out "$T/none" 2>&1)
is $? 2 'without an image: exit status'
like "$out" "make cluster" 'without an image: says what makes it'
is "$(grep -c '"verdict": "ERROR"' "$T/none/freeze-leader.1/result.json")" 1 \
	'and the kept result is an error'
out=$("$PUG" drill freeze-leader --out "$T/none" 2>&1)
like "$out" 'has a drill.s evidence already' 'evidence is not written over'

# The image's maker, on a machine without mmdebstrap
mkdir "$T/bin"
for tool in /usr/bin/* /usr/sbin/mke2fs; do
	[ "${tool##*/}" = mmdebstrap ] || ln -s "$tool" "$T/bin/"
done
out=$(PATH=$T/bin PUG_BUILD=$T/build vm/cluster/build 2>&1)
is $? 1 'no mmdebstrap: exit status'
like "$out" 'mmdebstrap is not there' 'no mmdebstrap: says so'
like "$out" 'make deps' 'no mmdebstrap: says what to do'

# explain
out=$("$PUG" explain "$T/none/freeze-leader.1" 2>&1)
is $? 2 'explain: a drill that could not be run: exit status'
like "$out" 'make cluster' 'explain: says why'
sed -i 's/"none"/"poodle"/' "$T/none/freeze-leader.1/drill.json"
like "$("$PUG" explain "$T/none/freeze-leader.1" 2>&1)" 'does not know' \
	'explain: an unknown watchdog'
: >"$T/none/freeze-leader.1/drill.json"
like "$("$PUG" explain "$T/none/freeze-leader.1" 2>&1)" 'drill.json: ' \
	'explain: an empty drill.json'
is "$("$PUG" drill list | sed -n 's/^  \([a-z0-9-]*\) .*/\1/p' | paste -sd ' ')" \
	'stop-machine vm-pause vm-snapshot rt-hog disk-full partition clean-stop silent-stop patroni-hang kill-patroni kill-postgres etcd-pause two-freezes rt-hog-50 new-leader live-migration stop-postmaster stop-backend stop-checkpointer stop-walwriter stop-worker stop-all disk-hang data-full slots-full lock-held lock-wal-held crash-recovery basebackup checkpoint stop-patroni' \
	'drill list'

# The relay of a guest's connections to the hypervisor, without a guest
cat >"$T/echo.py" <<-'END'
	import socket
	server = socket.create_server(('127.0.0.1', 0))
	print(server.getsockname()[1], flush=True)
	one = server.accept()[0]
	said = b''
	while more := one.recv(65536):
	    said += more
	server.close()
	one.sendall(said[::-1])
END
exec 7< <(python3 "$T/echo.py")
read -r port <&7
echo "$port" >"$T/port"
head -c 300000 /dev/urandom | base64 -w 0 >"$T/said"
rev "$T/said" >"$T/wanted"
out=$(timeout 60 "$PUG" relay "$T/port" <"$T/said" | cmp - "$T/wanted" && echo same)
is "$out" same 'relay: all of it, there and back, after the end of one side'
"$PUG" relay "$T/port" >"$T/out" 2>&1 </dev/null
is $? 2 'relay: nobody listens: exit status'
is "$(cat "$T/out")" '' 'and the guest gets no word of that'
echo poodle >"$T/port"
"$PUG" relay "$T/port" >"$T/out" 2>&1 </dev/null
is $? 2 'relay: no port: exit status'
finish
