/* SPDX-License-Identifier: GPL-2.0 */
/* What the sources say of a drill: file:function with the version, and what it does. */
#ifndef PUG_DRILL_EXPECT_WHY_H
#define PUG_DRILL_EXPECT_WHY_H

#define TAKEN_BACK \
	"patroni/dcs/etcd3.py:_update_leader (3.0.2): a put without a condition; the thawed leader's loop is overdue and its view of etcd stale (KVCache), so it takes the lock back, and the new leader is rewound with all that was acknowledged meanwhile"

#define GIVEN_UP \
	"patroni/dcs/etcd3.py:_update_leader (4.0): since 3.1 a transaction that wants the key to name it, so the thawed leader's overdue loop finds another in the lock, and demotes it; PostgreSQL takes writes until then, and they are rewound away, as is what was not shipped before the freeze"

#define ZOMBIE \
	"patroni/ha.py:_run_cycle (3.0.2): the thawed leader does not know that time has passed, so PostgreSQL takes writes until Patroni's next loop, up to loop_wait later; the client that clings gets them acknowledged, and they are rewound away"

#define UNACKED \
	"src/backend/replication/syncrep.c:SyncRepWaitForLSN (15): the thawed leader's commits wait for its synchronous standby, which leads by now and streams from it no more; Patroni's next loop demotes it before one is acknowledged"

#define OVERDUE \
	"drivers/watchdog/softdog.c:softdog_fire (6.1): an hrtimer, overdue since the freeze held off its interrupt, runs at the thaw before user space of its CPU"

#define ESB_TIMER \
	"hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired (10.0): a timer on QEMU's virtual clock, which a frozen guest does not stop"

#define TCO_TIMER \
	"hw/acpi/ich9_tco.c:tco_timer_expired (10.0): a timer on QEMU's virtual clock whose second expiry resets, each after as many ticks of 0.6 s as drivers/watchdog/iTCO_wdt.c:iTCO_wdt_set_timeout (6.1) makes of the whole timeout: it fires at twice what Patroni asked for"

#define TCO_LATE \
	TAKEN_BACK "; hw/acpi/ich9_tco.c:tco_timer_expired (10.0): after such a freeze it has expired once, which does nothing"

#define STARVED \
	"hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired (10.0): nobody gets to feed it"

#define HARD_TIMER \
	"drivers/watchdog/softdog.c:softdog_fire (6.1): an hrtimer in hard interrupt context, which a FIFO task does not hold off; nobody gets to feed it"

/*
 * One might think that a Patroni above the hog keeps the key, and the watchdog quiet,
 * for a PostgreSQL below it
 */
#define ASKS_FIRST \
	"patroni/ha.py:update_lock (3.0.2) asks PostgreSQL (last_operation) before it updates the key and feeds the watchdog, by psycopg2's blocking execute (patroni/postgresql/__init__.py:_query); statement_timeout is kept by the backend (src/backend/tcop/postgres.c:ProcessInterrupts, 15), which gets no CPU: CPUSchedulingResetOnFork takes FIFO from all that Patroni starts. So Patroni waits at 99 as it would starve below the hog"

#define SHOT \
	"tools/fence/decide.c, rows shoot and talk-shoot: the leader's REST API is silent for grace (5 s), and so is ping, so its VM is ended, and read to be off, before pre_promote says yes; Patroni promotes only then (patroni/postgresql/__init__.py:promote, 3.0.2)"

#define PINGED \
	TAKEN_BACK "; with a fence, too: tools/fence/decide.c, row talk-ping: a FIFO hog does not hold off the network's softirq, so ping is answered, which the talk's script takes for a proof"

#define ALIVE \
	TAKEN_BACK "; until then its PostgreSQL takes writes beside the new leader's"

#define ALIVE_PINGED \
	ALIVE ", and the talk's script has promoted that one because ping is answered (tools/fence/decide.c, row talk-ping)"

#define ALIVE_SHOT \
	SHOT "; what it acknowledged in the last milliseconds may not have been shipped"

#define CUT_OFF_GUARDED \
	CUT_OFF "; patroni/ha.py:demote (3.0.2) stops PostgreSQL before patroni/watchdog/base.py:Watchdog.disable, so where that takes long the watchdog fires meanwhile"

#define CUT_OFF_SYNC \
	CUT_OFF_GUARDED "; with synchronous replication nothing is: src/backend/replication/syncrep.c:SyncRepWaitForLSN (15) waits for a standby that is cut off, which Patroni can't take from synchronous_standby_names without etcd (ha.py:process_sync_replication), and who is terminated there tells its client nothing"

#define ALIVE_UNTIL \
	ESB_TIMER ": a Patroni that stands still feeds it no more, but until it fires PostgreSQL goes on, and what it acknowledged in the last milliseconds may not have been shipped"

/* The key was refreshed right before the last keepalive, and ttl is safety_margin longer */
#define ESB_FIRST \
	ESB_TIMER "; patroni/watchdog/base.py:WatchdogConfig.timeout (3.0.2): ttl - safety_margin, so it fires before the key expires, and pug-fence is asked later, about a machine that boots"

#define TAKEN_BACK_TWICE \
	TAKEN_BACK "; so does the new leader, when it is thawed in its turn, from the first"

#define NEXT_ASYNC \
	ESB_TIMER ", also of the new leader; patroni/ha.py:_is_healthiest_node (3.0.2): who was reset first is back by then, but was not before the second stood, so it is on the old timeline, which check_timeline (off by default) would have it refuse for; is_lagging lets it lead, for it lags by less than maximum_lag_on_failover (1 MB), and the third node, which has all, is not asked since it is nofailover: what the new leader acknowledged is lost"

#define NEXT_CHECKED \
	ESB_TIMER ", also of the new leader; patroni/ha.py:_is_healthiest_node (3.0.2) with check_timeline: who was reset first is on the old timeline, so it does not lead, and who was reset second does once it has booted, with all that it acknowledged; until then nobody"

#define NEXT_SYNC \
	ESB_TIMER ", also of the new leader; patroni/ha.py:process_sync_replication (3.0.2) names the first a synchronous standby once it streams again, and only who is named may lead (is_healthiest_node, SyncState.matches): so it is that one, with all rows, or the new leader itself once it has booted, and until then nobody"

#define MOVED \
	"migration/migration.c:migration_completion (10.0): the VM stands from the source's stop to the destination's start, and its clocks with it: patroni/ha.py:_run_cycle (3.0.2) goes on as if nothing had been, and the key has not expired yet"

#define LOCKED \
	"PVE/QemuServer.pm:vm_stop (8) refuses a VM that is locked, and one that is migrated is (PVE/AbstractMigrate.pm); tools/fence/pve-answers.c: what is locked is not off, so pug-fence says no, and nobody leads until the VM has arrived"

#define STOPPED \
	"patroni/ha.py:shutdown (3.0.2): PostgreSQL is stopped and its last WAL shipped before the leader key is deleted"

#define STOPPED_PINGED \
	STOPPED "; tools/fence/decide.c, row talk-ping: the machine answers, and here that does no harm"

#define STOPPED_SHOT \
	STOPPED "; patroni/__main__.py:_shutdown ends the REST API first, so nobody is left who could say so: tools/fence/decide.c, rows shoot and talk-shoot"

#define PG_AGAIN \
	"patroni/ha.py:recover (3.0.2): the leader's Patroni finds in its next loop that the postmaster is gone, turns its watchdog off, and starts it again under the key that it keeps; what was acknowledged is in the WAL"

#define PATRONI_AGAIN \
	"patroni.service has Restart=on-failure and KillMode=process: PostgreSQL goes on, systemd starts Patroni again within seconds, which finds its own name in the leader key (patroni/ha.py:has_lock, 3.0.2) and opens the watchdog again before it fires"

#define NO_DCS \
	"patroni/ha.py:_handle_dcs_error (3.0.2): a leader that does not reach etcd demotes itself within retry_timeout of its next loop, and nobody can take over: nothing is written until etcd is back"

#define FAILSAFE \
	"patroni/ha.py:check_failsafe_topology (3.0.2): with failsafe_mode the leader asks all members by REST, and leads on while they answer"

#define TWO_PRIMARIES \
	"repmgrd-physical.c:do_primary_failover (repmgr 5.3.3) promotes after reconnect_attempts, and check_primary_status() of the thawed leader's repmgrd asks only whether its own PostgreSQL is in recovery, and goes on: nothing compares it with the others, so both take writes until a person acts; libpq tries hosts in their order (fe-connect.c:PQconnectPoll, 15), so who connects anew writes to the old one again"

#define COMES_BACK \
	"hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired (10.0) resets it in the freeze: systemd pings at half of RuntimeWatchdogSec (src/shared/watchdog.c:watchdog_runtime_wait, 252). But it boots, and PostgreSQL comes up as what it was (xlogrecovery.c:readRecoverySignalFile, 15: no standby.signal), a primary beside the one that was promoted meanwhile: repmgr node rejoin is for a person to call (repmgr-action-node.c:do_node_rejoin, 5.3.3)"

#endif
