// SPDX-License-Identifier: GPL-2.0
/*
 * One decision. Workers ask; what they report is judged again and again by the
 * table in decide.c until every member is proven or the deadline has come.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "decision.h"

/* How often everything is looked at */
#define TICK_MS		50

static struct worker *add_worker(struct decision *d, enum worker_kind kind, int member)
{
	struct worker *worker = &d->workers[d->n_workers++];

	worker->kind = kind;
	worker->member = member;
	/* Beyond the deadline, when they are ended: none must say at last that it had no time */
	worker_start(d->config, worker, d->sysid,
		     d->begun_ms + d->config->pace.deadline_ms + d->config->try_ms);
	return worker;
}

static bool is_settled(unsigned int fact)
{
	return fact == API_RECOVERY || fact == API_STOPPED;
}

/*
 * One lost answer is no silence: neither does it take back a proof that was given
 * a moment ago, nor make silent a leader whose VM is said to be off.
 */
static void take_api(struct seat *seat, const struct report *report)
{
	/* Whoever was seen alive was not off when somebody said so */
	if (report->fact == API_LEADER || report->fact == API_DEMOTING)
		seat->confirmed_by[0] = '\0';
	seat->api_tries++;
	seat->silences = report->fact == API_SILENT ? seat->silences + 1 : 0;
	if (seat->silences && is_settled(seat->api.fact) &&
	    report->ended_ms - seat->api.ended_ms < FRESH_MS)
		return;
	if (seat->silences == 1)
		return;
	seat->api = *report;
}

static void take_vm(struct seat *seat, const struct report *report)
{
	if (report->shot == SHOT_NONE) {
		seat->vm = *report;
		if (report->fact == VM_RUNNING || report->fact == VM_NOT_OFF)
			seat->confirmed_by[0] = '\0';
		return;
	}
	seat->shot_ms = report->ended_ms;
	snprintf(seat->shot_why, sizeof(seat->shot_why), "%s", report->why);
}

static void take_own(struct decision *d, struct worker *worker, const struct report *report)
{
	d->own = report->fact;
	if (report->fact != API_RECOVERY)
		return;
	d->own_timeline = report->timeline;
	if (!d->sysid[0])
		snprintf(d->sysid, sizeof(d->sysid), "%s", report->sysid);
	worker_end(worker);
}

static void take(struct decision *d, struct worker *worker, const struct report *report)
{
	struct seat *seat = &d->seats[worker->member];

	switch (worker->kind) {
	case WORKER_OWN:
		take_own(d, worker, report);
		break;
	case WORKER_API:
		take_api(seat, report);
		break;
	case WORKER_VM:
		take_vm(seat, report);
		break;
	case WORKER_WITNESS:
		seat->witness = *report;
		if (report->fact == VM_RUNNING || report->fact == VM_NOT_OFF)
			seat->confirmed_by[0] = '\0';
		break;
	case WORKER_PING:
		seat->ping = *report;
		break;
	}
}

static bool take_all(struct decision *d)
{
	struct report report;
	bool any = false;

	for (unsigned int i = 0; i < d->n_workers; i++) {
		while (worker_read(&d->workers[i], &report) == 1) {
			take(d, &d->workers[i], &report);
			any = true;
		}
	}
	return any;
}

static uint64_t deadline_of(const struct decision *d)
{
	return d->begun_ms + d->config->pace.deadline_ms;
}

static void wait_for_reports(struct decision *d)
{
	struct pollfd fds[CONFIG_MEMBERS_MAX * 4];
	uint64_t now = now_ms(), deadline = deadline_of(d);

	for (unsigned int i = 0; i < d->n_workers; i++) {
		fds[i].fd = d->workers[i].fd;
		fds[i].events = POLLIN;
		fds[i].revents = 0;
	}
	poll(fds, d->n_workers, deadline > now ? min_u64(TICK_MS, deadline - now) : 0);
}

static bool is_fresh(const struct report *report, uint64_t now)
{
	return report->ended_ms && now - report->ended_ms < FRESH_MS;
}

/* "off" holds only while it is being said */
static enum vm_fact vm_fact(const struct report *report, uint64_t now)
{
	return report->fact != VM_OFF || is_fresh(report, now) ? report->fact : VM_UNKNOWN;
}

/**
 * decision_facts() - what is known of a member at a moment
 * @decision: as it stands
 * @member: whom
 * @now: the moment
 * @facts: for decide_member()
 */
void decision_facts(const struct decision *decision, int member, uint64_t now,
		    struct facts *facts)
{
	const struct config *config = decision->config;
	const struct member *who = &config->members[member];
	const struct seat *seat = &decision->seats[member];

	memset(facts, 0, sizeof(*facts));
	facts->policy = config->policy;
	facts->never_primary = who->never_primary;
	facts->may_shoot = seat->may_shoot;
	facts->ping = seat->ping.fact;
	facts->api = is_fresh(&seat->api, now) ? seat->api.fact :
		     seat->silences > 1 ? API_SILENT : API_UNASKED;
	facts->vm = vm_fact(&seat->vm, now);
	if (who->witness != NO_HYPERVISOR)
		facts->vm = decide_witnesses(facts->vm, vm_fact(&seat->witness, now));
	facts->stage = decide_stage(&config->pace, facts->api, seat->api_tries,
				    now - decision->begun_ms);
	/*
	 * An operator's word counts where the hypervisor was asked and is at a loss, and
	 * nobody has been promoted since
	 */
	facts->confirmed = seat->confirmed_by[0] && seat->confirmed_on == decision->own_timeline &&
			   (seat->vm.ended_ms || who->hypervisor == NO_HYPERVISOR);
}

static void narrow(struct decision *d, int member)
{
	const struct config *config = d->config;
	bool known = config->narrow && d->has_leader && d->own_timeline;

	d->seats[member].may_shoot =
		decide_may_shoot(config->members[member].name, known ? d->leader.name : NULL,
				 d->leader.timeline, d->own_timeline);
}

static void order_shot(struct decision *d, int member, uint64_t now)
{
	struct seat *seat = &d->seats[member];

	if (seat->shots && now - seat->shot_ms < RETRY_SHOT_MS)
		return;
	for (unsigned int i = 0; i < d->n_workers; i++) {
		struct worker *worker = &d->workers[i];

		if (worker->kind != WORKER_VM || worker->member != member)
			continue;
		if (worker_shoot(worker, deadline_of(d)))
			continue;
		seat->shot_ms = now;
		seat->shots++;
	}
}

/* Progress goes to Patroni's log, a line whenever a member's row changes */
static void say_progress(const struct decision *d, int member, const struct rule *rule)
{
	char words[700];

	if (rule->outcome != OUTCOME_SHOOT && rule->outcome != OUTCOME_PROVEN)
		return;
	decision_words(d, member, words, sizeof(words));
	fprintf(stderr, "pug-fence: %s: %s [%s]\n", d->config->members[member].name, words,
		rule->id);
}

/* Return: true when every other member is proven */
static bool judge(struct decision *d, uint64_t now)
{
	bool proven = true;

	for (unsigned int i = 0; i < d->config->n_members; i++) {
		struct seat *seat = &d->seats[i];
		const struct rule *rule;
		struct facts facts;

		if ((int)i == d->config->me)
			continue;
		narrow(d, i);
		decision_facts(d, i, now, &facts);
		rule = decide_member(&facts);
		if (rule != seat->rule) {
			seat->rule = rule;
			say_progress(d, i, rule);
		}
		proven = proven && rule->outcome == OUTCOME_PROVEN;
		if (rule->outcome == OUTCOME_SHOOT)
			order_shot(d, i, now);
	}
	/* A copied configuration would take the old leader for ourselves */
	return proven && (d->config->policy == POLICY_TALK || d->own == API_RECOVERY);
}

/*
 * Without a system identifier in the configuration our own Patroni has to say
 * first what the others must match.
 */
static void learn_sysid(struct decision *d)
{
	uint64_t until = min_u64(deadline_of(d),
				 d->begun_ms + d->config->try_ms + d->config->poll_ms);

	while (!d->sysid[0] && now_ms() < until) {
		wait_for_reports(d);
		take_all(d);
	}
}

static void start_workers(struct decision *d)
{
	const struct config *config = d->config;

	add_worker(d, WORKER_OWN, config->me);
	for (int i = 0; i < (int)config->n_members; i++) {
		const struct member *member = &config->members[i];

		if (i == config->me)
			continue;
		if (member->hypervisor != NO_HYPERVISOR)
			add_worker(d, WORKER_VM, i);
		if (member->witness != NO_HYPERVISOR)
			add_worker(d, WORKER_WITNESS, i);
		if (config->policy == POLICY_TALK && member->ping[0])
			add_worker(d, WORKER_PING, i);
	}
	learn_sysid(d);
	for (int i = 0; i < (int)config->n_members; i++)
		if (i != config->me)
			add_worker(d, WORKER_API, i);
}

static void begin(const struct config *config, struct decision *d)
{
	memset(d, 0, sizeof(*d));
	d->config = config;
	d->begun_ms = now_ms();
	strcpy(d->sysid, config->system_identifier);
	d->has_leader = !state_get_leader(config, &d->leader);
	for (unsigned int i = 0; i < config->n_members; i++) {
		struct seat *seat = &d->seats[i];

		strcpy(seat->api.why, "no answer yet");
		strcpy(seat->vm.why, "no answer yet");
		/* Nobody to ping: what the talk's script would have found */
		if (!config->members[i].ping[0])
			seat->ping.fact = PING_NO;
		if (!state_is_confirmed(config, config->members[i].name, seat->confirmed_by,
					sizeof(seat->confirmed_by), &seat->confirmed_on))
			seat->confirmed_by[0] = '\0';
	}
}

/**
 * decision_make() - find out, act, and decide
 * @config: by what
 * @decision: the result; @promote is true only with a proof for every member
 */
void decision_make(const struct config *config, struct decision *decision)
{
	uint64_t deadline, now;
	bool proven;

	begin(config, decision);
	deadline = deadline_of(decision);
	start_workers(decision);
	do {
		wait_for_reports(decision);
		take_all(decision);
		/* Read once: a process that stood still must not judge by an old time */
		now = now_ms();
		proven = judge(decision, now);
	} while (!proven && now < deadline);
	decision->promote = proven && now < deadline;
	decision->ended_ms = now;
	workers_end(decision->workers, decision->n_workers);
}

/**
 * decision_words() - why a member is or is not proven
 * @decision: as it stands
 * @member: whom
 * @out: text
 * @size: room in @out
 *
 * Return: length of the text.
 */
size_t decision_words(const struct decision *decision, int member, char *out, size_t size)
{
	const struct seat *seat = &decision->seats[member];
	const struct member *who = &decision->config->members[member];
	int len;

	if (!seat->rule)
		return snprintf(out, size, "not judged");
	if (seat->confirmed_by[0] && !strcmp(seat->rule->id, "confirmed"))
		return snprintf(out, size, "%s (by %s)", seat->rule->why, seat->confirmed_by);
	len = snprintf(out, size, "%s (Patroni: %s; VM %s: %s", seat->rule->why, seat->api.why,
		       who->vm[0] ? who->vm : "none", seat->vm.why);
	if (who->witness != NO_HYPERVISOR && len > 0 && len < (int)size)
		len += snprintf(out + len, size - len, "; witness: %s", seat->witness.why);
	if (seat->shot_why[0] && len > 0 && len < (int)size)
		len += snprintf(out + len, size - len, "; stopping it: %s", seat->shot_why);
	if (len > 0 && len < (int)size)
		len += snprintf(out + len, size - len, ")");
	return len;
}
