#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Servers that stop, die, hang, never answer, turn read-only or wait for a
# standby: what the clients write down, and what is settled then.
# limit: 180

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh

plan 36
servers a b
for node in a b; do
	ledger init --dsn "$(dsn $node)"
done

# begin NAME ARGUMENT...: pug ledger run in the background; sets RUN
begin() {
	local name=$1

	shift
	J=$D/j/$name.jsonl
	rm -rf "$D/j"
	"$PUG" ledger run --journal "$D/j" --interval 0.01 --statement-timeout 0.5 \
		--connect-timeout 0.5 "$@" >"$D/run.out" 2>"$D/run.err" &
	RUN=$!
	OURS=("$RUN")
	until_true has ack 3
}

# has EVENT NUMBER: at least so many in the journal
has() { [ "$(events "$J" "$1")" -ge "$2" ]; }

# until_more EVENT N: so many more from now on
until_more() { until_true has "$1" $(($(events "$J" "$1") + $2)); }

end() {
	kill -TERM "$RUN"
	RC=0
	wait "$RUN" || RC=$?
	OURS=()
}

# least_wait EVENT STATUS: seconds from the try to such an answer, the least
least_wait() {
	python3 - "$J" "$1" "$2" <<-'EOF'
	import json, sys
	tries, waits = {}, []
	for line in open(sys.argv[1]):
	    o = json.loads(line)
	    if o["event"] == "try":
	        tries[o["id"]] = o["t_ns"]
	    elif o["event"] == sys.argv[2] and o.get("status", "") == sys.argv[3]:
	        waits.append((o["t_ns"] - tries[o["id"]]) / 1e9)
	print(min(waits) if waits else -1)
	EOF
}

at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

# Stopped and started again, in three ways
begin one --client one="$(dsn a)"
for mode in fast immediate; do
	pg_stop a $mode
	until_more no-connect 2
	pg_start a
	until_more ack 3
	ok $? "after a stop ($mode) the client goes on"
done
kill -KILL "$(pg_pid a)"
gone() { ! kill -0 "$1" 2>/dev/null; }
until_more no-connect 1
ok $? 'it sees that the server was killed'
# The children of a killed postmaster notice; the new one waits for them
started() { pg_start a >/dev/null 2>&1 || pg_sql a 'SELECT' >/dev/null 2>&1; }
until_true started
until_more ack 3
ok $? 'and goes on when it is back'
end
is "$RC" 0 'the run ends well'
like "$(settle_found)" '^0:( phantom one:[0-9]+)*$' 'and no acknowledged row is lost'
is "$(events "$J" connect)" 4 'it has connected four times'

# Every process of the server stands still
stop_all() {
	local pid

	for pid in $(pg_pid a) $(pgrep -P "$(pg_pid a)"); do
		kill "-$1" "$pid"
	done
}
ledger init --dsn "$(dsn a)" --empty
begin one --client one="$(dsn a)"
stop_all STOP
until_true has unknown 1
ok $? 'a server that stands still: no answer'
until_more no-connect 2
ok $? 'and no connection either'
stop_all CONT
until_more ack 3
ok $? 'the client goes on when the server does'
end
is "$RC" 0 'the run ends well'
at_least "$(least_wait unknown timeout)" 0.5
ok $? 'the time limit was kept, not cut short'
like "$(settle_found)" '^0:( phantom one:[0-9]+)*$' 'all there'

# The one that clings waits, and hears the answer of the server that thawed
ledger init --dsn "$(dsn a)" --empty
begin old --cling old="$(dsn a)"
stop_all STOP
until_true has slow 1
ok $? 'the clinging client notes that it waits'
stop_all CONT
until_more ack 3
end
is "$(events "$J" connect):$(events "$J" unknown):$(events "$J" refused)" 1:0:0 'on one connection, with no answer missing'
slow=$(sed -nE 's/.*"event":"slow","id":([0-9]+),.*/\1/p' "$J" | head -n 1)
is "$(grep -c "\"event\":\"ack\",\"id\":$slow," "$J")" 1 'the row it waited for was acknowledged'
is "$(settle_found)" 0: 'and is there'

# A socket that takes connections and never says a word, before a good server
mkdir "$D/silent"
python3 - "$D/silent/.s.PGSQL.5432" <<-'EOF' &
	import socket, sys, time
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen(100)
	time.sleep(600)
EOF
SILENT=$!
until_true test -S "$D/silent/.s.PGSQL.5432"
ledger init --dsn "$(dsn a)" --empty
two="host=$D/silent,$D/a/socket user=postgres target_session_attrs=read-write connect_timeout=1"
begin multi --client multi="$two"
end
OURS=("$SILENT")
is "$RC" 0 'a silent first server is passed over'
is "$(sed -nE 's/.*"event":"no-connect".*"status":"([a-z]*)".*/\1/p' "$J")" timeout \
	'after its time limit'
RC=0
"$PUG" ledger run --journal "$D/j2" --duration 1 --connect-timeout 0.2 \
	--client one="host=$D/silent user=postgres" >"$D/run.out" 2>&1 || RC=$?
is "$RC:$(cat "$D/run.out")" \
	'0:one: tried 0, acknowledged 0, refused 0, no answer 0' \
	'with only a silent one, the run ends as asked'
J=$D/j2/one.jsonl
has no-connect 2
ok $? 'after more than one try'
kill "$SILENT"
OURS=()

# The leader turns read-only: one looks for another, one clings
both="host=$D/a/socket,$D/b/socket user=postgres target_session_attrs=read-write"
read_only() { pg_sql a "ALTER SYSTEM SET default_transaction_read_only = $1" 'SELECT pg_reload_conf()' >/dev/null; }
ledger init --dsn "$(dsn a)" --empty
begin multi --client multi="$both" --cling old="$both"
read_only on
on_b() { grep '"event":"ack"' "$J" | tail -n 1 | grep -q "$D/b/socket"; }
until_true on_b
ok $? 'the leader turns read-only: the client goes to another'
is "$(grep '"event":"refused"' "$J" | grep -c '"sqlstate":"25006"')" 1 'after one refusal, with its SQLSTATE'
J=$D/j/old.jsonl
until_true has refused 3
end
is "$(grep -c "$D/b/socket" "$J"):$(events "$J" connect)" 0:1 'the other clings, and is refused'
PGOPTIONS='-c default_transaction_read_only=off' read_only off
settle_found --node b="$(dsn b)" --leader b >"$D/found"
like "$(cat "$D/found")" '^1:.* lost multi:1 .* lost old:1 ' 'what one acknowledged and the other leads without is lost'
is "$(json "o['lost'][0]['server']")" "$D/a/socket:5432" 'and by whom it was acknowledged is known'

# No standby answers: the wait is cancelled, and the row is on one node only
sync() { pg_sql a "ALTER SYSTEM SET synchronous_standby_names = '$1'" 'SELECT pg_reload_conf()' >/dev/null; }
waits() { [ -n "$(pg_sql a "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")" ]; }
cut_wait() {
	until_true waits
	pg_sql a "SELECT $1(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" >/dev/null
}
ledger init --dsn "$(dsn a)" --empty
begin one --client one="$(dsn a)" --statement-timeout 20
sync nobody
cut_wait pg_cancel_backend
until_true has unknown 1
ok $? 'a commit whose wait for the standby was cancelled is no acknowledgment'
like "$(grep '"event":"unknown"' "$J")" '"status":"warning".*"error":"01000 canceling wait for synchronous replication due to user request: The transaction has already committed locally' \
	'and the warning is in the journal'
cut_wait pg_terminate_backend
until_true has unknown 2
ok $? 'nor is one whose server process was ended in it'
sync ''
until_more ack 3
end
like "$(settle_found)" '^0: phantom one:[0-9]+ phantom one:[0-9]+$' 'both rows are there: phantoms'
rows=$(pg_sql a 'SELECT count(*) FROM pug_ledger')
is "$rows" "$(($(events "$J" ack) + 2))" 'all else was acknowledged'

# The wait outlasts the client's time limit
ledger init --dsn "$(dsn a)" --empty
begin one --client one="$(dsn a)" --retry
sync nobody
until_true has unknown 2
ok $? 'a commit that waits for longer than the limit has no answer'
sync ''
until_more ack 3
end
settle_found >"$D/found"
like "$(cat "$D/found")" '^1: twice one:[0-9]+$' 'and an application that tries again has the row twice'
is "$(json "o['twice'][0]['times']['a'] == o['twice'][0]['tries']")" True 'as often as it tried'
is "$(json "o['twice'][0]['outcome']")" acknowledged 'and was acknowledged once'
is "$(json "len(o['lost']) + len(o['phantom'])")" 0 'nothing else is wrong'

finish
