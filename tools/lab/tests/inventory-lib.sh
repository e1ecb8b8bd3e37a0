# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The cluster of inventory.sh: what its members say, its inventory, and a drill on it.
# The caller has sourced ledger-lib.sh.
#
# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # D and PG_HOME are ledger-lib.sh's; ERR and OUT are looked at there

# patroni NAME ROLE TIMELINE [JSON...]: what GET /patroni of it says
patroni() {
	local name=$1 role=$2 timeline=$3 more=''

	shift 3
	[ $# -eq 0 ] || more=", $1"
	cat >"$D/rest/$name.new" <<-END
		{"state": "running", "role": "$role", "timeline": $timeline,
		 "database_system_identifier": "$SYSID", "server_version": 150000,
		 "patroni": {"version": "4.0.4", "scope": "test", "name": "$name"}$more}
	END
	mv "$D/rest/$name.new" "$D/rest/$name.patroni"
}

# listed [TAGS [STATE [LAG]]]: b in GET /cluster, with a that leads
listed() {
	cat >"$D/rest/cluster" <<-END
		{"members": [{"name": "a", "role": "leader", "state": "running", "timeline": 1},
		 {"name": "b", "role": "replica", "state": "${2:-streaming}", "timeline": 1,
		  "lag": ${3:-0}, "tags": {${1-}}}], "scope": "test"}
	END
}

# All as it should be before a drill: a leads, b follows, a watchdog is armed
well() {
	patroni a primary 1
	patroni b replica 1
	listed
	echo '{"ttl": 2, "loop_wait": 1, "retry_timeout": 10, "maximum_lag_on_failover": 1048576}' \
		>"$D/rest/config"
	echo 11111111-aaaa >"$D/a.boot"
	echo 22222222-bbbb >"$D/b.boot"
	echo 600000 >"$D/max_ms"
	: >"$D/module"
	rm -f "$D"/*.etcd "$D/other-machine" "$D/pug-fence" "$D/pre_promote"
	cat >"$D/check" <<-'END'
		{"event":"finding","hpet":null,"name":"holder","grade":"pass","why":"pid 7 (patroni) holds it: Patroni uses it"}
		{"event":"danger","hpet":null,"name":"a kernel that freezes","protected":"yes","watchdogs_task":true,"why":"i6300esb fires in the freeze"}
		{"event":"checked","hpet":null,"protected":"protected","status":0}
	END
	echo '{"event":"watchdog","device":"/dev/watchdog0","state":"active","holders":[{"pid":7,"command":"patroni"}]}' \
		>"$D/list"
}

# inventory [LINE...]: that of the test, with more in [cluster]
inventory() {
	{
		printf '[cluster]\nscope = test\n'
		printf '%s\n' "$@"
		printf '\n[ssh]\ncommand = %s\n' "$D/ssh"
		for name in a b; do
			printf '\n[member %s]\nssh = pug@%s\ndsn = %s\napi = http://127.0.0.1:%s\nbecome = sudo -n\n' \
				"$name" "$name" "$(dsn "$name")" "$(cat "$D/$name.port")"
		done
	} >"$D/inventory"
	chmod 600 "$D/inventory"
}

# managed_by ADAPTER [LINE...]: the same cluster, without a Patroni
managed_by() {
	local adapter=$1

	shift
	inventory "adapter = $adapter" "system_identifier = $SYSID" "$@"
	sed -i '/^api = /d' "$D/inventory"
	[ "$adapter" != biha ] || sed -i 's/^\[member a\]/[member biha_node_1]/
		s/^\[member b\]/[member biha_node_2]/' "$D/inventory"
}

# drill ARGUMENT...: sets RC, OUT and ERR; refuses REGEX NAME [ARGUMENT...]: three results
drill() {
	RC=0
	: >"$D/ssh.log"
	OUT=$("$PUG" drill --inventory "$D/inventory" --freeze 3 --out "$D/other" "$@" \
		2>"$D/stderr" </dev/null) || RC=$?
	ERR=$(cat "$D/stderr")
}

schemas() { pg_sql "$1" "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pug\_drill\_%'"; }
froze() { grep -c ' freeze ' "$D/ssh.log"; }

refuses() {
	local regex=$1 name=$2

	shift 2
	drill --yes-drill test --out "$D/refused" "$@"
	is "$RC" 2 "$name: refused"
	like "$ERR" "$regex" "$name: says why"
	is "$(froze):$(schemas a):$(ls -d "$D/refused" 2>/dev/null)" 0:: "$name: nothing was done"
	well
	"${INVENTORY[@]}"
}
