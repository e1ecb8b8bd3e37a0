// SPDX-License-Identifier: GPL-2.0
/* The event loop of a drill on somebody's cluster: polls, signals, and who leads. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-play.h"
#include "inventory-watch.h"
#include "keep.h"

#define POLL_MS 400
#define STALE_S 4
#define CALM_S 5
#define TICK_US 50000
#define GIVE_UP 2

/**
 * play_log() - a line of lab.jsonl, and on standard error
 * @p: the drill
 * @event: what happened, a word
 * @fmt: and what follows: as printf()
 */
void play_log(struct watch_play *p, const char *event, const char *fmt, ...)
{
	va_list ap;
	char *text, *clean;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	clean = text_escape(text);
	fprintf(stderr, "%s: %s\n", event, clean);
	free(clean);
	keep_event(p->lab, event, text);
	free(text);
}

/**
 * play_fail() - say what went wrong, once
 * @p: the drill
 * @fmt: a sentence; what was said first stays
 *
 * Return: -1.
 */
int play_fail(struct watch_play *p, const char *fmt, ...)
{
	va_list ap;

	if (*p->drill->error)
		return -1;
	va_start(ap, fmt);
	vsnprintf(p->drill->error, sizeof(p->drill->error), fmt, ap);
	va_end(ap);
	return -1;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	struct watch_play *p = data;

	(void)source;
	p->drill->interrupted = true;
	play_fail(p, "interrupted by %s", strsignal(si->ssi_signo));
	if (!p->cleaning)
		return 0;
	/* Who wants to go may go, but not by a slip */
	if (++p->hurries < GIVE_UP)
		warn_line("the drill's schema is being removed; once more leaves it there");
	return 0;
}

/* Stopped it would leave a table behind, and clients that insert */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	(void)source;
	(void)si;
	(void)data;
	warn_line("not stopped: a drill can't stand still (Ctrl-C ends it)");
	return 0;
}

static int catch_signals(struct watch_play *p)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	int ret = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; ret >= 0 && i < ARRAY_SIZE(signals); i++)
		ret = sd_event_add_signal(p->loop, NULL, signals[i], on_signal, p);
	return ret < 0 ? ret : sd_event_add_signal(p->loop, NULL, SIGTSTP, on_stop, p);
}

static void note_silence(struct watch_play *p)
{
	double from = p->seen[p->drill->facts->leader].at_s, silent;

	if (!p->drill->fault_s || p->cleaning)
		return;
	if (from < p->drill->fault_s)
		from = p->drill->fault_s;
	silent = now_s() - from;
	if (silent > p->silent_s)
		p->silent_s = silent;
}

static void on_answer(struct lines *lines, const char *text, void *data)
{
	json_t *answer = json_loads(text, 0, NULL);
	struct member_facts facts = { .lag = -1 };
	struct watch_seen *seen = data;

	(void)lines;
	facts_member(&facts, answer);
	json_decref(answer);
	note_silence(seen->play);
	if (*facts.self_why)
		return;
	seen->facts = facts;
	seen->at_s = now_s();
}

static int start_polls(struct watch_play *p)
{
	const struct inventory *inv = p->drill->inv;
	int ret = 0;

	for (size_t i = 0; i < inv->n && ret >= 0; i++) {
		char *path = xasprintf("%s/%s.%s.jsonl", p->drill->dir, inv->members[i].name,
				       inv->adapter->polled);

		p->seen[i].play = p;
		p->polls[i].lines.on_line = on_answer;
		p->polls[i].lines.data = &p->seen[i];
		ret = adapter_poll(inv, i, &p->polls[i], p->loop, POLL_MS, path);
		free(path);
	}
	return ret < 0 ? play_fail(p, "the polls can't be started: %s", strerror(-ret)) : 0;
}

/**
 * play_open() - the loop, its signals, the log and the polls
 * @p: its @drill is set, all else is zero
 *
 * Return: 0; -1 after play_fail(). play_close() is due in any case.
 */
int play_open(struct watch_play *p)
{
	char *path = path_join(p->drill->dir, DRILL_LAB);

	p->lab = fopen(path, "wxe");
	if (!p->lab)
		play_fail(p, "%s can't be written: %s", path, strerror(errno));
	else if (sd_event_new(&p->loop) < 0 || catch_signals(p) < 0)
		play_fail(p, "the event loop can't be set up");
	else
		start_polls(p);
	free(path);
	return *p->drill->error ? -1 : 0;
}

/**
 * play_check() - is the evidence whole?
 * @p: the drill; play_fail() says if it is not
 */
void play_check(struct watch_play *p)
{
	bool bad = ferror(p->lab);

	for (size_t i = 0; i < p->drill->inv->n; i++) {
		bad |= p->polls[i].lines.log && ferror(p->polls[i].lines.log);
		if (!poller_runs(&p->polls[i]))
			play_fail(p, "a poll ended before the drill: what came then is not known");
	}
	if (bad)
		play_fail(p, "the disk is full: evidence is lost");
}

/**
 * play_close() - end what play_open() began
 * @p: the drill
 */
void play_close(struct watch_play *p)
{
	for (size_t i = 0; i < p->drill->inv->n; i++)
		poller_stop(&p->polls[i]);
	sd_event_unref(p->loop);
	if (p->lab)
		fclose(p->lab);
}

/**
 * play_gives_up() - is somebody tired of waiting?
 * @p: the drill, which is being cleaned up
 * @data: not used
 *
 * Return: whether.
 */
bool play_gives_up(struct watch_play *p, void *data)
{
	(void)data;
	return p->hurries >= GIVE_UP;
}

/**
 * play_wait() - serve the event loop until something holds
 * @p: the drill
 * @seconds: at most
 * @cond: that
 * @data: for it
 *
 * Return: 0; -ETIMEDOUT; -EINTR after a signal, unless all is being cleaned up.
 */
int play_wait(struct watch_play *p, double seconds, play_cond cond, void *data)
{
	double end = now_s() + seconds;

	for (;;) {
		if (cond(p, data))
			return 0;
		if (p->drill->interrupted && !p->cleaning)
			return -EINTR;
		if (now_s() >= end)
			return -ETIMEDOUT;
		if (sd_event_run(p->loop, TICK_US) < 0)
			return -EIO;
		note_silence(p);
	}
}

static bool is_fresh(const struct watch_seen *seen)
{
	return seen->at_s && now_s() - seen->at_s < STALE_S;
}

static bool says_leads(const struct watch_seen *seen)
{
	return is_fresh(seen) && facts_leads(&seen->facts) &&
	       !strcmp(seen->facts.state, "running");
}

/* The old leader, once another leads, where nothing makes it follow that one */
static bool stays_alone(const struct watch_play *p, size_t member)
{
	bool another = false;

	if ((int)member != p->drill->facts->leader || !p->drill->fault_s ||
	    p->drill->inv->adapter->rejoins)
		return false;
	for (size_t i = 0; i < p->drill->inv->n; i++)
		another |= i != member && says_leads(&p->seen[i]);
	return another && !(is_fresh(&p->seen[member]) && !facts_leads(&p->seen[member].facts));
}

/**
 * play_leader() - who leads, by what was said just now
 * @p: the drill
 *
 * Return: its index; -1 where nobody or several say that they do.
 */
int play_leader(struct watch_play *p)
{
	int leader = -1, n = 0;

	for (size_t i = 0; i < p->drill->inv->n; i++) {
		if (!says_leads(&p->seen[i]) || stays_alone(p, i))
			continue;
		leader = (int)i;
		n++;
	}
	return n == 1 ? leader : -1;
}

/**
 * play_old_is_back() - has the old leader said something just now?
 * @p: the drill
 * @data: not used
 *
 * Return: whether.
 */
bool play_old_is_back(struct watch_play *p, void *data)
{
	(void)data;
	return is_fresh(&p->seen[p->drill->facts->leader]);
}

/**
 * play_two_lead() - does the old leader lead on, beside the new one?
 * @p: the drill
 *
 * Return: whether; only where the manager does not end that by itself.
 */
bool play_two_lead(const struct watch_play *p)
{
	return stays_alone(p, p->drill->facts->leader) &&
	       says_leads(&p->seen[p->drill->facts->leader]);
}

/**
 * play_is_out() - is it of no account any more?
 * @p: the drill
 * @member: which
 *
 * Return: whether; only of the old leader: where it was ended by a fence, and stays so,
 * and where nobody makes it follow the new one.
 */
bool play_is_out(const struct watch_play *p, size_t member)
{
	if ((int)member != p->drill->facts->leader || !p->drill->fault_s)
		return false;
	return stays_alone(p, member) ||
	       (facts_fenced(p->drill->facts, p->drill->inv) && !is_fresh(&p->seen[member]));
}

/**
 * play_is_well() - one leads, the others follow on its timeline, all said so just now
 * @p: the drill
 * @data: not used
 *
 * Return: whether.
 */
bool play_is_well(struct watch_play *p, void *data)
{
	int leader = play_leader(p);

	(void)data;
	for (size_t i = 0; leader >= 0 && i < p->drill->inv->n; i++) {
		const struct member_facts *m = &p->seen[i].facts;

		if (play_is_out(p, i))
			continue;
		if (!is_fresh(&p->seen[i]) ||
		    (strcmp(m->state, "running") && strcmp(m->state, "streaming")) ||
		    m->timeline != p->seen[leader].facts.timeline)
			return false;
	}
	return leader >= 0;
}

/**
 * play_is_calm() - has it been well for some seconds?
 * @p: the drill
 * @data: not used
 *
 * Return: whether.
 */
bool play_is_calm(struct watch_play *p, void *data)
{
	if (!play_is_well(p, data))
		p->calm_s = 0;
	else if (!p->calm_s)
		p->calm_s = now_s();
	return p->calm_s && now_s() - p->calm_s > CALM_S;
}
