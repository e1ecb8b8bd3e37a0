#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug drill --inventory on a cluster that is made up: two PostgreSQL servers, a
# Patroni that says what its files say, or views of repmgr or BiHA that are tables, and
# an ssh that runs everything here. The freeze is a failover.
# limit: 600
#
# What a freeze does is a script of its own, so it is not expanded here:
# shellcheck disable=SC2016

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh
# shellcheck source=tools/lab/tests/inventory-lib.sh
. tools/lab/tests/inventory-lib.sh

plan 171
SYSID=
export D PG_HOME PUG

INVENTORY=(inventory)

# --- the machines -----------------------------------------------------------

mkdir "$D/rest" "$D/bin"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/key.pem" -out "$D/ca.pem" -days 2 \
	-subj /CN=patroni -addext subjectAltName=IP:127.0.0.1 2>/dev/null || exit 1
cat >"$D/rest.py" <<'END'
import http.server, os, ssl, sys, threading
D = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f'{D}/ca.pem', f'{D}/key.pem')

class Patroni(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.strip('/')
        name = self.server.member
        file = f'{D}/rest/{name}.patroni' if path == 'patroni' else f'{D}/rest/{path}'
        try:
            body = open(file, 'rb').read()
        except FileNotFoundError:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    def finish_request(self, request, client_address):
        if os.path.exists(f'{D}/tls'):
            request = context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    # A poll that was ended does not wait for its answer
    def handle_error(self, request, client_address):
        pass

for member in ('a', 'b'):
    server = Server(('127.0.0.1', 0), Patroni)
    server.member = member
    open(f'{D}/{member}.port.new', 'w').write(str(server.server_port))
    os.rename(f'{D}/{member}.port.new', f'{D}/{member}.port')
    threading.Thread(target=server.serve_forever).start()
END
python3 "$D/rest.py" "$D" &
OURS=($!)
until_true test -s "$D/b.port"

# What the other side's shell is given is run by a shell, as sshd does it
cat >"$D/ssh" <<'END'
#!/bin/bash
[ ! -e "$D/no-ssh" ] || { echo 'ssh: connect to host a: Connection refused' >&2; exit 255; }
printf '%s: %s\n' "$1" "$2" >>"$D/ssh.log"
PUG_MEMBER=${1#pug@} PATH=$D/bin:$PATH exec sh -c "$2"
END
cat >"$D/bin/sudo" <<'END'
#!/bin/bash
shift
exec "$@"
END
cat >"$D/bin/hostname" <<'END'
#!/bin/bash
echo "host of $PUG_MEMBER; it's"
END
cat >"$D/bin/cat" <<'END'
#!/bin/bash
case $1 in
*/boot_id) exec /bin/cat "$D/$PUG_MEMBER.boot" ;;
*/max_ms) exec /bin/cat "$D/max_ms" ;;
/proc/*) [ ! -e "$D/other-machine" ] || exit 1 ;;
esac
exec /bin/cat "$@"
END
cat >"$D/bin/test" <<'END'
#!/bin/bash
[ -e "$D/module" ]
END
cat >"$D/bin/pgrep" <<'END'
#!/bin/bash
[ -e "$D/$PUG_MEMBER.etcd" ] && echo 77
END
cat >"$D/bin/grep" <<'END'
#!/bin/bash
case ${!#} in
*/repmgr.conf) exec /bin/grep "$@" ;;
esac
[ ! -e "$D/pre_promote" ] || exec /bin/cat "$D/pre_promote"
exit 1
END
cat >"$D/bin/pug-fence" <<'END'
#!/bin/bash
[ -e "$D/pug-fence" ] || exit 2
END
cat >"$D/bin/pug-node" <<'END'
#!/bin/bash
case $1 in
check | list) exec /bin/cat "$D/$1" ;;
freeze) exec bash "$D/freeze" "$@" ;;
esac
exit 2
END
chmod +x "$D/ssh" "$D"/bin/*

pg_begin "$D" || exit 1
PG_OPTIONS+=(-c wal_level=replica -c max_wal_senders=4 -c hot_standby=on)
if ! pg_init a || ! pg_start a; then
	echo "Bail out! no server: $(tail -n 3 "$D/a/log" "$D/initdb.log" 2>&1)"
	exit 1
fi
SYSID=$(pg_sql a 'SELECT system_identifier FROM pg_control_system()')

# follow NAME LEADER: its data anew, from the leader's
follow() {
	rm -rf "${D:?}/$1/data"
	mkdir -p "$D/$1/socket"
	[ ${#PG_AS[@]} -eq 0 ] || chown -R 65534:65534 "$D/$1"
	pg_as "$PG_HOME/bin/pg_basebackup" -U postgres \
		-d "host=$D/$2/socket application_name=$1" -D "$D/$1/data" -R -c fast \
		--no-sync >>"$D/follow.log" 2>&1 && pg_start "$1"
}
follow b a || { echo "Bail out! no standby: $(tail -n 3 "$D/follow.log")"; exit 1; }
well
inventory

# --- refusals ---------------------------------------------------------------

drill --dry-run
is "$RC:$(froze):$(schemas a)" 0:0: 'a dry run does nothing'
like "$OUT" 'leads now +a: machine host of a; it.s' 'the plan says who leads'
like "$OUT" "sudo -n pug-node freeze --msecs 3000 --yes-freeze 'host of a; it'\\\\''s' --json" \
	'what is run there, quoted for a shell'
like "$OUT" 'DROP SCHEMA pug_drill_[0-9a-f]{8} CASCADE' 'and how it is removed'
like "$OUT" 'protection +a watchdog' 'what protects it'

drill --yes-drill tset --out "$D/refused"
is "$RC:$(froze):$(schemas a)" 2:0: 'a wrong scope does nothing'
like "$ERR" 'not the scope' 'and says so'
drill --out "$D/refused"
is "$RC:$(froze)" 2:0 'without a terminal the scope has to be given'

# terminal TEXT: typed at one
terminal() {
	RC=0
	OUT=$(printf '%s\n' "$1" | python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$PUG" drill --inventory "$D/inventory" \
		--freeze 3 --out "$D/refused" 2>&1) || RC=$?
}
terminal tset
like "$RC $(tail -n 1 <<<"$OUT")" '^2 .*not the scope of this cluster: nothing was done' \
	'a wrong scope at a terminal'
like "$OUT" 'Type the cluster.s scope' 'where it is asked for'

patroni b primary 1
refuses '2 members say that they lead' 'two leaders'
patroni a replica 1
refuses 'nobody leads' 'no leader'
listed '"nofailover": true'
refuses 'no standby would take over: b must not be promoted' 'nobody to be promoted'
listed '' stopped 4000000
refuses 'no standby would take over: b lags' 'a standby that lags'
patroni b replica 7
refuses 'b is on another timeline' 'a standby on another timeline'
patroni b replica 1 '"pause": true'
refuses 'maintenance mode' 'a cluster in maintenance mode'
rm "$D/rest/b.patroni"
refuses 'the Patroni of b does not answer' 'a silent Patroni'
sed -i 's/scope = test/scope = other/' "$D/inventory"
refuses "belongs to the cluster 'test'" 'another scope' --yes-drill other
sed -i '/"name": "b"/s/"b"/"c"/' "$D/rest/cluster"
refuses 'members that the inventory does not have: c' 'a member that is not listed'
sed -i 's/"protected":"yes"/"protected":"by luck"/' "$D/check"
refuses 'no watchdog is confirmed .*--without-protection' 'a watchdog that fires by luck'
sed -i 's/"active"/"inactive"/' "$D/list"
refuses 'armed by Patroni is not confirmed' 'a watchdog that is not armed'
: >"$D/a.etcd"
refuses 'an etcd runs on the machine of a' 'a leader that is an etcd member' --without-protection
rm "$D/module"
refuses 'stop-machine.ko is not loaded on a.*nothing is loaded' 'no module'
echo 2000 >"$D/max_ms"
refuses 'allows 2000 ms' 'a freeze that the module refuses'
sed -i 's/"ttl": 2/"ttl": 20/' "$D/rest/config"
refuses '--freeze 21 is the least' 'a freeze that is too short'
: >"$D/other-machine"
refuses 'leads to a machine where its PostgreSQL does not run|that the ssh of a leads' 'another machine'
cp "$D/a.boot" "$D/b.boot"
refuses 'a and b are on one machine' 'two members on one machine'
: >"$D/no-ssh"
refuses 'over ssh \(pug@a\): ssh: connect to host a' 'no ssh'
rm -f "$D/no-ssh"
inventory 'adapter = pacemaker'
refuses "inventory:3: 'adapter' must be patroni, repmgr or biha" 'another adapter'

pg_sql a 'CREATE SCHEMA pug_drill_00c0ffee'
drill --yes-drill test
is "$RC:$(froze)" 2:0 'what an earlier drill has left: refused'
like "$ERR" 'DROP SCHEMA pug_drill_00c0ffee CASCADE' 'and it says what removes it'
pg_sql a 'DROP SCHEMA pug_drill_00c0ffee'

# https is verified: by the authority that is named, and by name
sed -i 's/= http:/= https:/' "$D/inventory"
touch "$D/tls"
drill --dry-run
like "$RC $(grep 'Patroni of a' <<<"$ERR")" '^2 .*[Cc]ertificate|^2 .*SSL' 'a certificate of nobody: refused'
inventory "cacert = $D/ca.pem"
sed -i 's/= http:/= https:/' "$D/inventory"
drill --dry-run
is "$RC" 0 'with its authority it is fine'
sed -i 's/127.0.0.1/localhost/' "$D/inventory"
drill --dry-run
is "$RC" 2 'for another name it is not'
rm "$D/tls"
inventory

# A fence instead of a watchdog, where it can be seen
sed -i 's/"yes"/"no"/' "$D/check"
echo '    pre_promote: /usr/bin/pug-fence pre-promote' >"$D/pre_promote"
inventory 'patroni_config = /etc/patroni.yml'
drill --dry-run
is "$RC" 2 'a fence that does not work is none'
: >"$D/pug-fence"
drill --dry-run
like "$RC $(grep protection <<<"$OUT")" '^0 +protection +pug-fence' 'a fence that works is one'
well
inventory

# --- drills -----------------------------------------------------------------

# fails_over COMMAND...: what a freeze does; it runs as the fake pug-node
fails_over() {
	{
		declare -p PG_HOME PG_DIR PG_AS PG_OPTIONS SYSID
		declare -f pg_as pg_start pg_stop pg_pid pg_sql follow patroni
		echo 'echo "{\"event\":\"freeze\",\"asked_ms\":$3}"'
		printf '%s\n' "$@"
	} >"$D/freeze"
}

# What every failover ends with: the connection breaks; b leads on the second timeline, and
# a follows it, however long that takes
TAKE_OVER='{
		pg_as "$PG_HOME/bin/pg_ctl" -D "$D/b/data" -s -w promote; patroni b primary 2
		echo 33333333-cccc >"$D/a.boot"; follow a b; patroni a replica 2
	} & exit 255'

fails_over 'exit 2'
drill --yes-drill test --out "$D/refusing"
is "$RC:$(schemas a):$(schemas b)" 2:: 'a freeze that is refused: not told, and all is removed'
like "$OUT" 'ERROR: a could not be frozen as asked: .*"event":"freeze"' 'and says what pug-node said'

# Ctrl-C in the freeze
fails_over 'touch "$D/frozen"; sleep 600'
: >"$D/ssh.log"
"$PUG" drill --inventory "$D/inventory" --freeze 3 --yes-drill test --out "$D/interrupted" \
	>"$D/run.out" 2>"$D/stderr" </dev/null &
RUN=$!
until_true test -e "$D/frozen"
like "$(schemas a)" '^pug_drill_[0-9a-f]{8}$' 'while it drills the schema is there'
is "$(pg_sql a "SELECT count(*) FROM pg_class WHERE relname = 'pug_ledger'")" 0 'and nothing else'
kill -INT "$RUN"
RC=0
wait "$RUN" || RC=$?
is "$RC:$(schemas a)" 2: 'after Ctrl-C the schema is removed'
like "$(cat "$D/run.out")" 'ERROR: interrupted' 'and the drill is not judged'
OUT=$(cat "$D/interrupted/result.json")
is "$(json "o['schema_removed'], o['verdict']")" 'True ERROR' 'which is in the result, too'

# A schema that can't be removed, and somebody who does not want to wait
rm "$D/frozen"
"$PUG" drill --inventory "$D/inventory" --freeze 3 --yes-drill test --out "$D/left" \
	>"$D/run.out" 2>"$D/stderr" </dev/null &
RUN=$!
until_true test -e "$D/frozen"
mv "$D/rest/a.patroni" "$D/rest/a.away"
# What it said last counts for some seconds, from when it was heard
still() { [ "$(tail -n 8 "$D/left/a.rest.jsonl" | grep -c '"state":"running"')" -eq 0 ]; }
until_true still
sleep 5
insist() { kill -INT "$RUN" 2>/dev/null; sleep 0.5; ! kill -0 "$RUN" 2>/dev/null; }
until_true insist
RC=0
wait "$RUN" || RC=$?
left=$(schemas a)
is "$RC" 2 'a schema that stays behind: exit status'
like "$(cat "$D/stderr")" "psql -c 'DROP SCHEMA $left CASCADE'" 'it says what removes it'
mv "$D/rest/a.away" "$D/rest/a.patroni"
drill --yes-drill test
like "$RC $(grep behind <<<"$ERR")" "^2 .*left something behind: $left;" 'and the next drill refuses'
pg_sql a "SET client_min_messages = error" "DROP SCHEMA $left CASCADE"

# All that a has acknowledged is on b
fails_over 'sleep 1; mv "$D/rest/a.patroni" "$D/rest/a.away"; pg_stop a fast' "$TAKE_OVER"
drill --yes-drill test --out "$D/safe" --json "$D/safe.json"
is "$RC" 0 'no row is lost: exit status'
like "$OUT" 'SAFE: a was frozen for 3 s, and it was reset; b leads now\. None of [0-9]+ acknowledged rows is lost' \
	'and a verdict'
[ "$RC" -eq 0 ] || note "$ERR"
OUT=$(cat "$D/safe.json")
is "$(json "o['verdict'], o['leader_reset'], o['leader_before'], o['leader_after'], o['lost'], o['schema_removed']")" \
	'SAFE True a b 0 True' 'the result for programs'
is "$(json "o['acked'] > 60 and o['outage_ms'] > 0")" True 'with rows and an outage'
valid() {
	python3 - "$1" 2>&1 <<-'EOF'
		import json, jsonschema, sys
		schema = json.load(open('Documentation/schema/inventory-1.json'))
		jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[1])))
	EOF
}
is "$(for kept in safe interrupted left refusing; do valid "$D/$kept/result.json"; done)" '' \
	'which is as its schema says, and so are those that were not judged'
is "$(cd "$D/safe" && echo *)" \
	'a.rest.jsonl b.rest.jsonl freeze.log inventory.json lab.jsonl ledger result.json seen.json settle.json' \
	'the evidence'
# explained NAME STATUS: what is kept of that drill says the same, without the cluster
explained() {
	local rc=0

	"$PUG" explain --json "$D/$1" >"$D/again.json" 2>"$D/again.err" || rc=$?
	is "$rc:$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1])) == json.load(open(sys.argv[2])))' \
		"$D/again.json" "$D/$1/result.json" 2>&1):$(<"$D/again.err")" "$2:True:" "explain: $1"
}
explained safe 0
explained interrupted 2
explained left 2
explained refusing 2
OUT=$("$PUG" explain "$D/safe" 2>&1)
like "$OUT" 'fault: stop-machine for 3000? ms on a' 'explain: what was done'
like "$OUT" 'server +acknowledges [0-9]+ rows, timeline 2' 'and who acknowledged'
like "$OUT" 'SAFE: a was frozen for 3 s, and it was reset; b leads now' 'and the verdict'
cp -r "$D/safe" "$D/forged"
sed -i 's/"verdict": "SAFE"/"verdict": "LOST"/' "$D/forged/result.json"
like "$("$PUG" explain "$D/forged" 2>&1)" "the stored verdict was 'LOST'" \
	'explain: another verdict than is kept'
for damage in 's/"leader_before": 0/"leader_before": 7/' 's/"freeze_ms": [0-9]*/"freeze_ms": -1/' \
	's/"ttl_s"/"tt_s"/' '3q'; do
	sed "$damage" "$D/safe/seen.json" >"$D/forged/seen.json"
	OUT=$("$PUG" explain "$D/forged" 2>&1)
	is "$?:$(grep -c 'do not tell of a drill that was played' <<<"$OUT")" 2:1 "explain: $damage"
done
is "$(schemas a):$(schemas b)" : 'and the schema is gone, on both'
is "$(grep -c 'password' "$D/safe/inventory.json")" 0 'no secret is kept'

# What is kept is not written over
pg_stop b fast >/dev/null
pg_stop a fast >/dev/null
rm -rf "${D:?}/a/data" "${D:?}/b/data"
pg_init a && pg_start a
SYSID=$(pg_sql a 'SELECT system_identifier FROM pg_control_system()')
follow b a
well
drill --yes-drill test --out "$D/safe"
is "$RC:$(froze)" 2:0 'a folder with evidence is refused'

# b has not got what a acknowledged last
fails_over 'pg_stop b immediate; sleep 1.5; mv "$D/rest/a.patroni" "$D/rest/a.away"
	pg_stop a immediate; pg_start b' "$TAKE_OVER"
drill --yes-drill test --out "$D/lost" --json -
is "$RC" 1 'rows are lost: exit status'
is "$(json "o['verdict'], o['lost'] > 5, o['leader_after'], o['schema_removed']")" \
	'LOST True b True' 'and a verdict'
[ "$RC" -eq 1 ] || note "$ERR"
explained lost 1
is "$(schemas a):$(schemas b)" : 'and the schema is gone'

# --- without Patroni --------------------------------------------------------

# again: a leads, b follows, as at first
again() {
	pg_stop b fast >/dev/null 2>&1
	pg_stop a fast >/dev/null 2>&1
	rm -rf "${D:?}/a/data" "${D:?}/b/data"
	pg_init a && pg_start a
	SYSID=$(pg_sql a 'SELECT system_identifier FROM pg_control_system()')
	well
}

# Its extension's tables, and functions that say what files say
repmgr_views() {
	pg_sql a 'CREATE SCHEMA repmgr' \
		"CREATE TABLE repmgr.nodes (node_id int, upstream_node_id int, active bool, node_name text,
			type text, location text DEFAULT 'default', priority int DEFAULT 100, config_file text)" \
		"INSERT INTO repmgr.nodes VALUES (1, NULL, true, 'a', 'primary', 'default', 100, '$D/repmgr.conf'),
			(2, 1, true, 'b', 'standby', 'default', 100, '$D/repmgr.conf')" \
		"CREATE TABLE repmgr.monitoring_history (standby_node_id int, last_monitor_time timestamptz,
			replication_lag bigint, apply_lag bigint)" \
		"CREATE FUNCTION repmgr.get_local_node_id() RETURNS int LANGUAGE sql AS
			\$\$SELECT CASE WHEN current_setting('data_directory') LIKE '%/b/data' THEN 2 ELSE 1 END\$\$" \
		"CREATE FUNCTION repmgr.repmgrd_is_running() RETURNS bool LANGUAGE sql AS
			\$\$SELECT (pg_stat_file('$D/repmgrd.' || repmgr.get_local_node_id(), true)).size IS NOT NULL\$\$" \
		"CREATE FUNCTION repmgr.repmgrd_is_paused() RETURNS bool LANGUAGE sql AS
			\$\$SELECT (pg_stat_file('$D/repmgrd.paused', true)).size IS NOT NULL\$\$"
	printf "failover='automatic'\nreconnect_attempts=1\nreconnect_interval=2\nmonitor_interval_secs=1\n" \
		>"$D/repmgr.conf"
	sed -i 's/pid 7 (patroni) holds it: Patroni uses it/pid 1 (systemd) holds it/; s/"pass"/"warn"/' "$D/check"
}

# Who has just connected has not said yet how far it is
heard() {
	[ -n "$(pg_sql a 'SELECT replay_lsn FROM pg_stat_replication WHERE replay_lsn IS NOT NULL')" ]
}

running() { touch "$D/repmgrd.1" "$D/repmgrd.2"; rm -f "$D/repmgrd.paused"; }
chmod 755 "$D"
again
repmgr_views
follow b a && until_true heard
running
INVENTORY=(managed_by repmgr)
managed_by repmgr

# nodes SQL...: on a, and b has it, too
nodes() {
	pg_sql a "$@"
	until_true replayed
}
replayed() {
	[ "$(pg_sql b "SELECT pg_last_wal_replay_lsn() >= '$(pg_sql a 'SELECT pg_current_wal_lsn()')'")" = t ]
}

drill --dry-run
is "$RC:$(froze)" 0:0 'repmgr: nothing is against it'
[ "$RC" -eq 0 ] || note "$ERR"
like "$OUT" 'leads now +a: .*timeline 1' 'repmgr: who leads is known by SQL'
like "$OUT" 'may take over +b' 'and who may take over'
like "$OUT" 'reconnect_attempts \* reconnect_interval \+ monitor_interval_secs: 3 s' 'and when'
like "$OUT" 'afterwards +nothing of repmgr makes a follow the new leader' 'and what nobody does afterwards'
rm "$D/repmgrd.2"
refuses 'repmgrd does not run on b' 'repmgr: no repmgrd'
running
: >"$D/repmgrd.paused"
refuses 'a is in maintenance mode: .*repmgr service unpause' 'repmgr: paused'
running
sed -i 's/automatic/manual/' "$D/repmgr.conf"
refuses 'no standby would take over: b does not promote by itself' 'repmgr: failover by hand'
sed -i 's/manual/automatic/' "$D/repmgr.conf"
pg_stop b fast >/dev/null
refuses 'the PostgreSQL of b can.t be asked' 'repmgr: no standby'
pg_start b
until_true heard
until_true replayed
sed -i 's/"active"/"inactive"/' "$D/list"
refuses 'no watchdog is confirmed .*by whom, is not confirmed' 'repmgr: no watchdog'
rm "$D/check"
refuses 'no watchdog is confirmed' 'repmgr: no word of a watchdog' --yes-drill test
managed_by repmgr
sed -i '/^system_id/d' "$D/inventory"
refuses "system_identifier = $SYSID, says a" 'repmgr: an inventory of any cluster'
sed -i 's/^system_identifier = ./&1/' "$D/inventory"
refuses 'a belongs to another cluster' 'repmgr: an inventory of another cluster'
nodes "UPDATE repmgr.nodes SET priority = 0 WHERE node_id = 2"
refuses 'its priority in repmgr.nodes is 0' 'repmgr: a standby that is never promoted'
nodes "UPDATE repmgr.nodes SET priority = 100, type = 'witness' WHERE node_id = 2"
refuses 'b is a witness: the drill never touches one' 'repmgr: a witness'
nodes "UPDATE repmgr.nodes SET type = 'standby', location = 'far' WHERE node_id = 2"
refuses 'no other node is in the location of the primary' 'repmgr: a standby in another location'
nodes "UPDATE repmgr.nodes SET location = 'default' WHERE node_id = 2" \
	"INSERT INTO repmgr.nodes VALUES (3, 1, true, 'w', 'witness', 'default', 0, '/w')"
drill --dry-run
is "$RC" 0 'repmgr: a witness that is not in the inventory is right there'
pg_as "$PG_HOME/bin/pg_ctl" -D "$D/b/data" -s -w promote
refuses '2 members say that they lead' 'repmgr: two leaders'
pg_stop b fast >/dev/null
follow b a && until_true heard

# The old leader is reset, and its PostgreSQL stays down: nobody makes it follow
fails_over 'sleep 1; pg_stop a fast' \
	'pg_as "$PG_HOME/bin/pg_ctl" -D "$D/b/data" -s -w promote; echo 33333333-cccc >"$D/a.boot"; exit 255'
drill --yes-drill test --out "$D/repmgr-safe" --json "$D/repmgr.json"
is "$RC" 0 'repmgr: a failover in which no row is lost'
[ "$RC" -eq 0 ] || note "$ERR $OUT"
OUT=$(cat "$D/repmgr.json")
is "$(json "o['verdict'], o['adapter'], o['leader_reset'], o['leader_after'], o['two_lead'], o['schema_removed']")" \
	'SAFE repmgr True b False True' 'with its result'
is "$(valid "$D/repmgr-safe/result.json")" '' 'as its schema says'
is "$(cd "$D/repmgr-safe" && echo *.jsonl)" 'a.sql.jsonl b.sql.jsonl lab.jsonl' 'and the evidence'

# The old leader thaws and leads on
again
repmgr_views
follow b a && until_true heard
managed_by repmgr
fails_over 'sleep 1; pg_as "$PG_HOME/bin/pg_ctl" -D "$D/b/data" -s -w promote; sleep 2' \
	'echo "{\"event\":\"thawed\"}"; exit 0'
drill --yes-drill test --out "$D/repmgr-two" --json "$D/repmgr.json"
is "$RC" 1 'repmgr: two leaders after it: rows are lost'
OUT=$(cat "$D/repmgr.json")
is "$(json "o['verdict'], o['leader_after'], o['two_lead'], o['lost'] > 5, o['schema_removed']")" \
	'LOST b True True True' 'with its result'
like "$(json "o['reason']")" 'a leads on beside it: nothing of repmgr ends that' 'and the reason'
explained repmgr-two 1
is "$(schemas a):$(schemas b)" : 'and the schema is gone, on both'

# BiHA, as its documentation has it: nobody has one to try
again
pg_sql a 'CREATE SCHEMA biha' 'CREATE TABLE biha.status_v (id int, state text)' \
	"INSERT INTO biha.status_v VALUES (1, 'LEADER_RW'), (2, 'FOLLOWER'), (3, 'REFEREE')"
# biha ID NAME: settings that BiHA has
biha() {
	printf "biha.id = %s\nbiha.heartbeat_max_lost = 2\nbiha.heartbeat_send_period = 1000\n" "$1" \
		>>"$D/$2/data/postgresql.auto.conf"
}
biha 1 a
pg_stop a fast >/dev/null && pg_start a
follow biha_node_2 a && pg_stop biha_node_2 fast >/dev/null
rm -rf "${D:?}/b" && mv "$D/biha_node_2" "$D/b"
biha 2 b
pg_start b
until_true heard
until_true replayed
INVENTORY=(managed_by biha)
managed_by biha
drill --dry-run
is "$RC:$(froze)" 0:0 'BiHA: nothing is against it'
[ "$RC" -eq 0 ] || note "$ERR"
like "$OUT" 'UNTESTED +no BiHA was ever drilled' 'BiHA: that nobody has tried it is said first'
like "$OUT" 'leads now +biha_node_1: ' 'BiHA: who leads'
like "$OUT" 'may take over +biha_node_2' 'and who may take over'
like "$OUT" 'heartbeats, and one: 3 s' 'and when'
nodes "UPDATE biha.status_v SET state = 'LEADER_RO' WHERE id = 1"
refuses 'no node is in the state LEADER_RW' 'BiHA: a leader without a quorum'
nodes "UPDATE biha.status_v SET state = 'LEADER_RW' WHERE id = 1"
sed -i 's/"active"/"inactive"/' "$D/list"
refuses 'no watchdog is confirmed' 'BiHA: no watchdog'

finish
