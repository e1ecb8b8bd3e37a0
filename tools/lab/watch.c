// SPDX-License-Identifier: GPL-2.0
/*
 * When a watchdog outside of a VM is to act. Nothing here looks at a clock or a
 * socket: what came, and when, is handed in, so that each decision can be tested.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "plan.h"
#include "record.h"
#include "util.h"
#include "watch.h"

/* Greater limits are mistakes: a day */
#define LIMIT_MAX_S 86400

static const char * const cause_names[WATCH_CAUSES] = {
	[WATCH_WELL] = "well",
	[WATCH_PAUSED] = "paused",
	[WATCH_IO_ERROR] = "io-error",
	[WATCH_DEAD] = "dead",
	[WATCH_FROZEN] = "frozen",
	[WATCH_UNREACHABLE] = "unreachable",
};

/*
 * QAPI's RunState, as far as it means that a machine which should run does not. The
 * others are somebody's doing that ends by itself or was wanted: being migrated or
 * saved, not started yet, shut down, suspended, stopped by a debugger.
 */
static const struct {
	const char *status;
	enum watch_cause cause;
} bad_states[] = {
	{ "paused", WATCH_PAUSED },
	{ "io-error", WATCH_IO_ERROR },
	{ "guest-panicked", WATCH_DEAD },
	{ "internal-error", WATCH_DEAD },
	{ "watchdog", WATCH_DEAD },
};

/**
 * watch_cause_name() - a cause in a word
 * @cause: any
 *
 * Return: as on the command line and in results.
 */
const char *watch_cause_name(enum watch_cause cause)
{
	return cause_names[cause];
}

/**
 * watch_init() - nothing is known of it yet
 * @w: @limits, @has_heart and @has_qmp are set
 * @now_ms: now
 */
void watch_init(struct watch *w, int64_t now_ms)
{
	w->status[0] = '\0';
	w->status_ms = now_ms;
	w->lost_ms = WATCH_UNKNOWN;
	w->gone = false;
	w->heard = false;
	w->alive_ms = now_ms;
	w->boot_id[0] = '\0';
	w->n = 0;
	w->quiet_until_ms = now_ms;
	w->acted_ms = WATCH_UNKNOWN;
	w->tried = 0;
	w->maintenance = false;
}

static bool runs(const struct watch *w)
{
	return !strcmp(w->status, "running");
}

/* It is well as far as can be seen: what was tried before has helped */
static void helped(struct watch *w)
{
	w->tried = 0;
	w->acted_ms = WATCH_UNKNOWN;
}

/**
 * watch_status() - QEMU said in what state the VM is
 * @w: watched
 * @status: its word
 * @now_ms: now
 */
void watch_status(struct watch *w, const char *status, int64_t now_ms)
{
	bool stood = *w->status && !runs(w);

	watch_answers(w);
	if (!strcmp(w->status, status) || strlen(status) >= sizeof(w->status))
		return;
	strcpy(w->status, status);
	w->status_ms = now_ms;
	/* Its signs of life could not come while it stood still */
	if (runs(w) && stood)
		w->alive_ms = now_ms;
	if (runs(w) && !w->has_heart)
		helped(w);
}

/**
 * watch_answers() - QEMU said something
 * @w: watched
 */
void watch_answers(struct watch *w)
{
	w->lost_ms = WATCH_UNKNOWN;
	w->gone = false;
}

/**
 * watch_lost() - QEMU is there and does not answer
 * @w: watched
 * @now_ms: since then, unless that is known already
 */
void watch_lost(struct watch *w, int64_t now_ms)
{
	w->gone = false;
	if (w->lost_ms == WATCH_UNKNOWN)
		w->lost_ms = now_ms;
}

/**
 * watch_gone() - nobody is there: a VM that has ended does no harm
 * @w: watched; what comes up there later is another boot
 */
void watch_gone(struct watch *w)
{
	w->gone = true;
	w->lost_ms = WATCH_UNKNOWN;
	w->status[0] = '\0';
	w->heard = false;
	helped(w);
}

/**
 * watch_was_reset() - QEMU says that the machine was reset, by whomever
 * @w: watched
 * @now_ms: now
 */
void watch_was_reset(struct watch *w, int64_t now_ms)
{
	w->quiet_until_ms = now_ms + w->limits.boot_ms;
}

static enum watch_beat take_alive(struct watch *w, const struct record_view *view,
				  int64_t now_ms)
{
	enum watch_beat beat = w->heard ? BEAT_ALIVE : BEAT_FIRST;
	char boot_id[sizeof(w->boot_id)];

	record_get_text(view, "boot_id", boot_id, sizeof(boot_id));
	if (strcmp(boot_id, w->boot_id))
		beat = BEAT_FIRST;
	else if (view->n <= w->n)
		beat = BEAT_REWOUND;
	strcpy(w->boot_id, boot_id);
	w->n = view->n;
	w->heard = true;
	w->alive_ms = now_ms;
	w->quiet_until_ms = now_ms;
	helped(w);
	return beat;
}

/**
 * watch_beat() - a line of the heartbeat
 * @w: watched
 * @line: with its newline, if it has one
 * @len: its length
 * @now_ms: now
 *
 * Return: what it was. Only one that is alive is a sign of life.
 */
enum watch_beat watch_beat(struct watch *w, const char *line, size_t len, int64_t now_ms)
{
	const char *cursor = line;
	struct record_view view;

	if (record_next(&cursor, line + len, &view) != RECORD_GOOD || cursor != line + len)
		return BEAT_BAD;
	if (!strcmp(view.event, "alive"))
		return take_alive(w, &view, now_ms);
	if (strcmp(view.event, "leaving"))
		return BEAT_BAD;
	w->heard = false;
	return BEAT_LEAVING;
}

/**
 * watch_maintain() - maintenance begins or ends
 * @w: watched
 * @on: which; what lasted before its end does not count
 * @now_ms: now
 */
void watch_maintain(struct watch *w, bool on, int64_t now_ms)
{
	if (w->maintenance && !on) {
		w->status_ms = now_ms;
		w->alive_ms = now_ms;
		if (w->lost_ms != WATCH_UNKNOWN)
			w->lost_ms = now_ms;
	}
	w->maintenance = on;
}

/**
 * watch_skip() - we did not run ourselves: what we did not see proves nothing
 * @w: watched
 * @ms: for so long
 */
void watch_skip(struct watch *w, int64_t ms)
{
	w->status_ms += ms;
	w->alive_ms += ms;
	w->quiet_until_ms += ms;
	if (w->lost_ms != WATCH_UNKNOWN)
		w->lost_ms += ms;
	if (w->acted_ms != WATCH_UNKNOWN)
		w->acted_ms += ms;
}

/**
 * watch_acted() - something was done about it
 * @w: watched
 * @now_ms: now
 */
void watch_acted(struct watch *w, int64_t now_ms)
{
	w->tried++;
	w->acted_ms = now_ms;
	w->quiet_until_ms = now_ms + w->limits.boot_ms;
}

static bool is_silent(const struct watch *w, int64_t now_ms)
{
	return w->has_heart && w->heard && now_ms > w->quiet_until_ms &&
	       now_ms > w->alive_ms;
}

static enum watch_cause cause_of(const struct watch *w, int64_t now_ms, int64_t *since_ms)
{
	*since_ms = w->status_ms;
	if (w->maintenance || w->gone)
		return WATCH_WELL;
	for (size_t i = 0; i < ARRAY_SIZE(bad_states); i++)
		if (w->lost_ms == WATCH_UNKNOWN && !strcmp(bad_states[i].status, w->status))
			return bad_states[i].cause;
	*since_ms = w->alive_ms;
	/* A QEMU that starts takes its time: who was never seen is not missed */
	if (w->lost_ms != WATCH_UNKNOWN && (*w->status || w->heard)) {
		if (w->lost_ms > *since_ms || !w->heard)
			*since_ms = w->lost_ms;
		return WATCH_UNREACHABLE;
	}
	if (is_silent(w, now_ms) && (!w->has_qmp || runs(w)))
		return WATCH_FROZEN;
	return WATCH_WELL;
}

/**
 * watch_cause() - what is the matter with it?
 * @w: watched
 * @now_ms: now
 * @since_ms: set to since when
 *
 * A machine between two signs of life is frozen since the last: how long that may
 * be is for the limit to say.
 *
 * Return: WATCH_WELL where nothing is, as far as can be seen.
 */
enum watch_cause watch_cause(struct watch *w, int64_t now_ms, int64_t *since_ms)
{
	enum watch_cause cause = cause_of(w, now_ms, since_ms);

	/* Each action gets the whole time again to help */
	if (w->acted_ms != WATCH_UNKNOWN && w->acted_ms > *since_ms)
		*since_ms = w->acted_ms;
	return cause;
}

/**
 * watch_due() - is something to be done now?
 * @w: watched
 * @now_ms: now
 *
 * Return: whether, as its limit is reached, and it was not tried too often already.
 */
bool watch_due(struct watch *w, int64_t now_ms)
{
	int64_t since_ms;
	enum watch_cause cause = watch_cause(w, now_ms, &since_ms);
	int64_t after_ms = w->limits.after_ms[cause];

	if (cause == WATCH_WELL || after_ms == WATCH_NEVER || w->tried >= w->limits.tries)
		return false;
	return now_ms - since_ms >= after_ms;
}

static int set_limit(struct watch_limits *limits, const char *name, const char *value)
{
	unsigned int seconds = 0;
	int64_t ms = WATCH_NEVER;

	if (strcmp(value, "never")) {
		if (plan_number(value, 1, LIMIT_MAX_S, &seconds))
			return -1;
		ms = seconds * 1000LL;
	}
	for (int cause = WATCH_WELL + 1; cause < WATCH_CAUSES; cause++) {
		/* Of what can't be told from outside only who names it is sure */
		if (name ? strcmp(name, cause_names[cause]) : cause == WATCH_UNREACHABLE)
			continue;
		limits->after_ms[cause] = ms;
		if (name)
			return 0;
	}
	return name ? -1 : 0;
}

/**
 * watch_set_limits() - limits from the command line
 * @limits: changed
 * @text: "30", for all but an unreachable QEMU, or "paused=never,io-error=10"; seconds
 *
 * Return: 0, or -1 for what is not understood.
 */
int watch_set_limits(struct watch_limits *limits, const char *text)
{
	char *copy = xstrdup(text), *save = NULL;
	int ret = *text ? 0 : -1;

	for (char *part = strtok_r(copy, ",", &save); part && !ret;
	     part = strtok_r(NULL, ",", &save)) {
		char *value = strchr(part, '=');

		if (value)
			*value++ = '\0';
		ret = set_limit(limits, value ? part : NULL, value ? value : part);
	}
	free(copy);
	return ret;
}
