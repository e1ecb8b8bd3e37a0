// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's own trace: what its watchdogs did, in order with each reading of the
 * HPET's counter. QMP dates a firing when the VM has come to stand still, which
 * in warp is up to seconds later; here it lies between two readings, 0.6 ms
 * apart while the module holds the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "evidence.h"
#include "evidence-limit.h"
#include "util.h"

/* The counter starts again at a reset; readings of two CPUs may change places */
#define BACKWARDS_NS NSEC_PER_SEC

/**
 * struct trace_state - while the file is read
 * @last_ns: the counter as it was read last, TIME_UNKNOWN before the first time
 * @pending: events from here on wait for the reading behind them
 * @boot: counts what the counter's steps backwards tell
 */
struct trace_state {
	int64_t last_ns;
	size_t pending;
	int boot;
};

static int64_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	unsigned long long value;
	char *end;

	if (!at)
		return -1;
	at += strlen(key);
	value = strtoull(at, &end, 0);
	return end == at || value > INT64_MAX ? -1 : (int64_t)value;
}

/* Readings are what is certain; within them the middle is as good as any */
static void date_pending(struct timeline *tl, struct trace_state *state, int64_t now_ns)
{
	for (; state->pending < tl->n; state->pending++) {
		struct event *event = &tl->events[state->pending];

		if (state->last_ns == TIME_UNKNOWN || event->boot != state->boot)
			continue;
		event->t_ns = state->last_ns + (now_ns - state->last_ns) / 2;
		json_object_set_new(event->data, "after_ns", json_integer(state->last_ns));
		json_object_set_new(event->data, "before_ns", json_integer(now_ns));
	}
}

static void on_reading(struct timeline *tl, struct trace_state *state, const char *name,
		       const char *args)
{
	int64_t ticks = number_after(args, "= ");
	int64_t now_ns;

	(void)name;
	if (ticks < 0 || ticks > HPET_TICKS_MAX)
		return;
	now_ns = ticks * HPET_NS_PER_TICK;
	if (state->last_ns != TIME_UNKNOWN && now_ns < state->last_ns) {
		if (state->last_ns - now_ns < BACKWARDS_NS)
			return;
		state->boot++;
		state->last_ns = TIME_UNKNOWN;
	}
	date_pending(tl, state, now_ns);
	state->last_ns = now_ns;
}

static void add_event(struct timeline *tl, struct trace_state *state, enum event_kind kind,
		      const char *name, const char *args)
{
	struct event *event = timeline_add(tl, kind, SOURCE_TRACE, state->boot, TIME_UNKNOWN, NULL);

	event_text(event, "%s %s", name, args);
}

static void on_action(struct timeline *tl, struct trace_state *state, const char *name,
		      const char *args)
{
	add_event(tl, state, EVENT_DEVICE_FIRES, name, args);
}

static void on_tco_reload(struct timeline *tl, struct trace_state *state, const char *name,
			  const char *args)
{
	add_event(tl, state, EVENT_RELOAD, name, args);
}

/* Which write to which device starts its countdown anew */
static const struct {
	const char *name;
	unsigned int mask;
	unsigned int addr;
	int64_t value;
} reloads[] = {
	/* hw/watchdog/wdt_i6300esb.c:i6300esb_mem_writew, the last of three */
	{ "name 'i6300esb'", 0xf, 0xc, 0x100 },
	/* hw/watchdog/wdt_ib700.c:ib700_write_enable_reg: any value */
	{ "name 'ib700'", 0xfff, 0x443, -1 },
};

static void on_write(struct timeline *tl, struct trace_state *state, const char *name,
		     const char *args)
{
	int64_t addr = number_after(args, " addr ");
	int64_t value = number_after(args, " value ");

	for (size_t i = 0; i < ARRAY_SIZE(reloads); i++) {
		if (!strstr(args, reloads[i].name) || addr < 0)
			continue;
		if ((addr & reloads[i].mask) == reloads[i].addr &&
		    (reloads[i].value < 0 || value == reloads[i].value))
			add_event(tl, state, EVENT_RELOAD, name, args);
	}
}

static const struct {
	const char *name;
	void (*on)(struct timeline *tl, struct trace_state *state, const char *name,
		   const char *args);
} handlers[] = {
	{ TRACE_HPET, on_reading },
	{ TRACE_ACTION, on_action },
	{ TRACE_TCO_RELOAD, on_tco_reload },
	{ TRACE_WRITE, on_write },
};

/**
 * evidence_trace() - what QEMU's watchdogs did, between readings of the counter
 * @tl: gets an event for each firing and each keepalive that reached a device
 * @in: trace.log; absent where QEMU does not trace
 *
 * Lines of other events are passed over, as is what is no such line: QEMU writes
 * other messages to the same file.
 */
void evidence_trace(struct timeline *tl, FILE *in)
{
	struct trace_state state = { .last_ns = TIME_UNKNOWN, .pending = tl->n, .boot = 1 };
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, in) > 0 && !evidence_is_too_much(tl)) {
		char *args;

		line[strcspn(line, "\n")] = '\0';
		args = line + strcspn(line, " ");
		if (*args)
			*args++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
			if (!strcmp(handlers[i].name, line))
				handlers[i].on(tl, &state, line, args);
	}
	free(line);
}

/* Is it worth keeping by itself? A write to another device is not. */
static bool tells(const char *line)
{
	if (strncmp(line, TRACE_WRITE " ", sizeof(TRACE_WRITE)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(reloads); i++)
		if (strstr(line, reloads[i].name))
			return true;
	return false;
}

/**
 * trace_thin() - keep of a trace what dates something
 * @in: trace.log as QEMU wrote it: a line for each reading of the counter
 * @out: gets each line that is none, the readings before and behind it, and the
 *	first and the last one, unchanged
 *
 * Return: 0, -1 when reading or writing failed.
 */
int trace_thin(FILE *in, FILE *out)
{
	char *line = NULL, *held = NULL;
	size_t cap = 0, held_cap = 0;
	bool keep_next = true, holding = false;

	while (getline(&line, &cap, in) > 0) {
		bool reading = !strncmp(line, TRACE_HPET " ", sizeof(TRACE_HPET));
		char *spare = held;
		size_t spare_cap = held_cap;

		if (!reading && !tells(line))
			continue;
		if (reading && !keep_next) {
			held = line;
			held_cap = cap;
			line = spare;
			cap = spare_cap;
			holding = true;
			continue;
		}
		if (holding)
			fputs(held, out);
		holding = false;
		fputs(line, out);
		keep_next = !reading;
	}
	if (holding)
		fputs(held, out);
	free(line);
	free(held);
	return ferror(in) || ferror(out) ? -1 : 0;
}

/**
 * trace_keep() - thin a cell's trace when its QEMU is gone
 * @dir: the cell's folder; what can't be thinned stays as it is. QEMU writes five
 *	megabytes for a frozen minute, and a few lines of them date something.
 *
 * Return: 0, also where QEMU did not trace; -1 when it failed.
 */
int trace_keep(const char *dir)
{
	char *path = path_join(dir, EVIDENCE_TRACE);
	char *thin = path_join(dir, EVIDENCE_TRACE ".thin");
	FILE *in = fopen(path, "re");
	FILE *out = in ? fopen(thin, "we") : NULL;
	int ret = out ? trace_thin(in, out) : 0;

	if (in)
		fclose(in);
	if (in && (!out || fclose(out) || ret || rename(thin, path))) {
		unlink(thin);
		ret = -1;
	}
	free(path);
	free(thin);
	return ret;
}
