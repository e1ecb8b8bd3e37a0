// SPDX-License-Identifier: GPL-2.0
/* QEMU's word, and what the lab asked of it: qmp.jsonl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "evidence.h"
#include "util.h"

/**
 * struct qmp_state - while the stream is read
 * @boot: counts the resets that were carried out
 * @standing: the VM is stopped
 * @shutdown: a SHUTDOWN came, so that the STOP behind it is its doing
 * @io_error: QEMU stops the VM for a disk, which is nobody's firing
 * @lab_stop: the lab asked for the next STOP
 * @exact: the lab's last reading of the counter was asked for while it stood
 * @fired_us: when a device fired, by QEMU's stamp (host time); 0 not yet
 * @late: the VM stood still so long after it that it ran on meanwhile
 * @sent: events up to here were seen when that reading was asked for
 * @greeted: by a QEMU; by the second the machine may have gone back to a snapshot
 * @shift_ns: what is to be added to its clock then
 * @timed: events up to here have their time, or will never have one
 */
struct qmp_state {
	int boot;
	bool standing;
	bool shutdown;
	bool io_error;
	bool lab_stop;
	bool exact;
	int64_t fired_us;
	bool late;
	size_t sent;
	size_t timed;
	bool greeted;
	int64_t shift_ns;
};

/**
 * evidence_hpet_reply() - the counter in the answer to "xp /1gx 0xfed000f0"
 * @text: QEMU's answer, "00000000fed000f0: 0x0000000012345678"
 *
 * Return: virtual time in ns, TIME_UNKNOWN where the text is something else.
 */
int64_t evidence_hpet_reply(const char *text)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	unsigned long long ticks;

	if (!colon || sscanf(colon, ": 0x%llx", &ticks) != 1)
		return TIME_UNKNOWN;
	if (ticks > HPET_TICKS_MAX)
		return TIME_UNKNOWN;
	return (int64_t)ticks * HPET_NS_PER_TICK;
}

static bool is_hpet_id(json_t *msg)
{
	const char *id = json_string_value(json_object_get(msg, "id"));

	return id && !strncmp(id, "hpet", 4);
}

static void lab_asked(struct timeline *tl, struct qmp_state *state, json_t *msg)
{
	const char *command = json_string_value(json_object_get(msg, "execute"));

	if (!command)
		return;
	if (is_hpet_id(msg)) {
		state->sent = tl->n;
		state->exact = state->standing;
	} else if (!strcmp(command, "stop")) {
		state->lab_stop = true;
	} else if (!strcmp(command, "cont")) {
		state->standing = false;
	}
}

/* What took the machine away is dated; when QEMU resumed it is of no interest */
static bool is_dated(const struct event *event)
{
	return event->source == SOURCE_QMP && event->kind >= EVENT_WATCHDOG &&
	       event->kind <= EVENT_PANICKED;
}

/* The counter's answer dates all that was seen before it was asked for */
static void counter_read(struct timeline *tl, struct qmp_state *state, json_t *msg)
{
	int64_t t = evidence_hpet_reply(json_string_value(json_object_get(msg, "return")));

	if (t == TIME_UNKNOWN) {
		timeline_broken(tl, "QEMU's answer holds no HPET counter");
		return;
	}
	t += state->shift_ns;
	for (size_t i = state->timed; i < state->sent; i++) {
		if (!is_dated(&tl->events[i]) || tl->events[i].boot != state->boot)
			continue;
		tl->events[i].t_ns = t;
		tl->events[i].upper_bound = !state->exact || state->late;
	}
	state->timed = state->sent;
}

static enum event_kind shutdown_kind(const char *reason)
{
	static const struct {
		const char *reason;
		enum event_kind kind;
	} rows[] = {
		{ "guest-reset", EVENT_RESET_REQUEST },
		/* Not the lab's: before it resets, it has QEMU say RESET instead */
		{ "host-qmp-system-reset", EVENT_RESET_REQUEST },
		{ "guest-shutdown", EVENT_POWEROFF },
		{ "guest-panic", EVENT_PANICKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (reason && !strcmp(rows[i].reason, reason))
			return rows[i].kind;
	/* host-...: the lab's or an operator's, never anyone's firing */
	return EVENT_OTHER;
}

static enum event_kind on_shutdown(struct qmp_state *state, const char *reason)
{
	state->shutdown = true;
	return shutdown_kind(reason);
}

static enum event_kind on_reset(struct qmp_state *state, const char *reason)
{
	state->shutdown = false;
	if (!reason || strncmp(reason, "host-", 5))
		return EVENT_RESET_REQUEST;
	state->boot++;
	return EVENT_RESET_DONE;
}

static enum event_kind on_stop(struct qmp_state *state, const char *reason)
{
	bool asked = state->shutdown || state->lab_stop || state->io_error;

	(void)reason;
	state->standing = true;
	state->io_error = false;
	state->lab_stop = false;
	return asked ? EVENT_OTHER : EVENT_PAUSED;
}

static enum event_kind on_resume(struct qmp_state *state, const char *reason)
{
	(void)reason;
	state->standing = false;
	return EVENT_OTHER;
}

static enum event_kind on_io_error(struct qmp_state *state, const char *reason)
{
	(void)reason;
	state->io_error = true;
	return EVENT_OTHER;
}

static enum event_kind on_watchdog(struct qmp_state *state, const char *reason)
{
	(void)state;
	(void)reason;
	return EVENT_WATCHDOG;
}

static enum event_kind on_panicked(struct qmp_state *state, const char *reason)
{
	(void)reason;
	state->shutdown = true;
	return EVENT_PANICKED;
}

static const struct {
	const char *event;
	enum event_kind (*on)(struct qmp_state *state, const char *reason);
} handlers[] = {
	{ "WATCHDOG", on_watchdog },
	{ "SHUTDOWN", on_shutdown },
	{ "RESET", on_reset },
	{ "STOP", on_stop },
	{ "RESUME", on_resume },
	{ "GUEST_PANICKED", on_panicked },
	{ "BLOCK_IO_ERROR", on_io_error },
};

/*
 * QEMU's main loop stops the VM, which runs on until then, in warp up to 120
 * times as fast as the host. In six cells whose STOP was stamped less than 1 ms
 * behind WATCHDOG the counter was at most 0.4 ms late; 1.1 s where it was 10 ms.
 */
#define STOPPED_AT_ONCE_US 1000

static int64_t stamp_us(json_t *msg)
{
	json_t *stamp = json_object_get(msg, "timestamp");
	json_int_t s = json_integer_value(json_object_get(stamp, "seconds"));
	json_int_t us = json_integer_value(json_object_get(stamp, "microseconds"));

	if (s <= 0 || s > INT64_MAX / 2000000 || us < 0 || us > 999999)
		return 0;
	return s * 1000000 + us;
}

static void note_lateness(struct qmp_state *state, json_t *msg, const char *name)
{
	if (!strcmp(name, "WATCHDOG") && !state->fired_us)
		state->fired_us = stamp_us(msg);
	else if (!strcmp(name, "STOP") && state->fired_us)
		state->late = stamp_us(msg) - state->fired_us > STOPPED_AT_ONCE_US;
	else if (!strcmp(name, "RESET"))
		state->late = false;
}

static void qemu_event(struct timeline *tl, struct qmp_state *state, json_t *msg, const char *name)
{
	json_t *data = json_object_get(msg, "data");
	const char *reason = json_string_value(json_object_get(data, "reason"));
	const char *action = json_string_value(json_object_get(data, "action"));
	enum event_kind kind = EVENT_OTHER;
	struct event *event;
	size_t i;

	note_lateness(state, msg, name);
	for (i = 0; i < ARRAY_SIZE(handlers); i++)
		if (!strcmp(handlers[i].event, name))
			kind = handlers[i].on(state, reason);
	event = timeline_add(tl, kind, SOURCE_QMP, state->boot, TIME_UNKNOWN,
			     data ? json_incref(data) : NULL);
	event_text(event, "%s%s%s%s%s", name, reason ? " reason " : "", reason ? reason : "",
		   action ? " action " : "", action ? action : "");
}

/* Another QEMU speaks: what the first was about is over */
static void on_greeting(const struct timeline *tl, struct qmp_state *state)
{
	if (state->greeted) {
		state->shutdown = false;
		state->lab_stop = false;
		state->io_error = false;
		/* And has no time that the second could tell */
		state->sent = tl->n;
		state->timed = tl->n;
		state->shift_ns = tl->travel.from_ns - tl->travel.to_ns;
	}
	state->greeted = true;
}

static void qmp_line(struct timeline *tl, json_t *line, void *data)
{
	const char *from = json_string_value(json_object_get(line, "from"));
	json_t *msg = json_object_get(line, "msg");
	struct qmp_state *state = data;
	const char *name;

	if (!from || !json_is_object(msg)) {
		timeline_broken(tl, "%s has a line that is no QMP message", EVIDENCE_QMP);
		return;
	}
	if (!strcmp(from, "lab")) {
		lab_asked(tl, state, msg);
		return;
	}
	name = json_string_value(json_object_get(msg, "event"));
	if (json_object_get(msg, "QMP"))
		on_greeting(tl, state);
	else if (name)
		qemu_event(tl, state, msg, name);
	else if (is_hpet_id(msg))
		counter_read(tl, state, msg);
}

/**
 * evidence_qmp() - QEMU's events, dated by the HPET counter where it was read
 * @tl: gets an event for each of QEMU's
 * @in: qmp.jsonl
 *
 * A reading dates all events that came before it was asked for; it is exact
 * when the VM stood still by then, else an upper bound.
 */
void evidence_qmp(struct timeline *tl, FILE *in)
{
	struct qmp_state state = { .boot = 1, .timed = tl->n, .sent = tl->n };

	evidence_json_lines(tl, in, EVIDENCE_QMP, qmp_line, &state);
}
