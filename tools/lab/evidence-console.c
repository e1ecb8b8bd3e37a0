// SPDX-License-Identifier: GPL-2.0
/* Signatures on the guest's console. All else there is kept, and unread. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "evidence.h"
#include "evidence-limit.h"
#include "util.h"

/**
 * struct signature - a kernel message that is evidence
 * @prefix: how the message begins, after the time stamp
 * @kind: of what
 * @by: who says so, of a watchdog in the guest's kernel
 */
struct signature {
	const char *prefix;
	enum event_kind kind;
	const char *by;
};

static const struct signature signatures[] = {
	{ "Linux version ", EVENT_OTHER, NULL },
	{ "stop-machine: freeze ", EVENT_FREEZE, NULL },
	{ "stop-machine: thaw ", EVENT_THAW, NULL },
	{ "lockup: freeze ", EVENT_FREEZE, NULL },
	{ "lockup: thaw ", EVENT_THAW, NULL },
	{ "hang: freeze ", EVENT_FREEZE, NULL },
	{ "hang: thaw ", EVENT_THAW, NULL },
	{ "crash: freeze ", EVENT_FREEZE, NULL },
	{ "memory: freeze ", EVENT_FREEZE, NULL },
	{ "memory: thaw ", EVENT_THAW, NULL },
	{ "softdog: Initiating system reboot", EVENT_DOG_FIRES, "softdog" },
	{ "softdog: Initiating panic", EVENT_DOG_FIRES, "softdog" },
	{ "softdog: Triggered - Reboot ignored", EVENT_DOG_FIRES_DRY, "softdog" },
	{ "Hangcheck: hangcheck is restarting the machine", EVENT_DOG_FIRES, "hangcheck-timer" },
	{ "Hangcheck: hangcheck value past margin", EVENT_DOG_FIRES_DRY, "hangcheck-timer" },
	/* kernel.panic: the machine reboots itself */
	{ "Rebooting in ", EVENT_DOG_FIRES, "panic" },
	{ "Uhhuh. NMI received for unknown reason", EVENT_OTHER, NULL },
	{ "Kernel panic - not syncing: watchdog pretimeout event", EVENT_PANIC_LINE, "pretimeout" },
	{ "Kernel panic - not syncing: softlockup: hung tasks", EVENT_PANIC_LINE, "softlockup" },
	{ "Kernel panic - not syncing: hung_task: blocked tasks", EVENT_PANIC_LINE, "hung-task" },
	{ "Kernel panic - not syncing: RCU Stall", EVENT_PANIC_LINE, "rcu-stall" },
	{ "Kernel panic - not syncing: Hard LOCKUP", EVENT_PANIC_LINE, "hardlockup-buddy" },
	{ "Kernel panic - not syncing: ", EVENT_PANIC_LINE, NULL },
	{ "watchdog: BUG: soft lockup", EVENT_OTHER, NULL },
	{ "rcu: INFO: rcu_", EVENT_OTHER, NULL },
	{ "clocksource: timekeeping watchdog", EVENT_OTHER, NULL },
	{ "clocksource: Switched to ", EVENT_OTHER, NULL },
	{ "stop-machine: ", EVENT_OTHER, NULL },
	{ "lockup: ", EVENT_OTHER, NULL },
	{ "hang: ", EVENT_OTHER, NULL },
	{ "crash: ", EVENT_OTHER, NULL },
	{ "memory: ", EVENT_OTHER, NULL },
};

/*
 * Only what stands behind printk's own "[   12.345678] " at the start of a
 * line is the kernel's. User space can print that too, so a signature decides
 * nothing alone: verdict() wants QMP's word beside it.
 */
static const char *kernel_message(const char *line)
{
	const char *p = line;

	if (*p++ != '[')
		return NULL;
	p += strspn(p, " 0123456789.");
	if (p[0] != ']' || p[1] != ' ')
		return NULL;
	return p + 2;
}

static const struct signature *signature_of(const char *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (!strncmp(message, signatures[i].prefix, strlen(signatures[i].prefix)))
			return &signatures[i];
	return NULL;
}

/* KEY=ticks in a module's line; TIME_UNKNOWN for hpet=none or rubbish */
static int64_t hpet_field(const char *message, const char *key)
{
	const char *p = strstr(message, key);
	uint64_t ticks;
	char *end;

	if (!p)
		return TIME_UNKNOWN;
	p += strlen(key);
	if (*p < '0' || *p > '9')
		return TIME_UNKNOWN;
	ticks = strtoull(p, &end, 10);
	if (ticks > HPET_TICKS_MAX)
		return TIME_UNKNOWN;
	return (int64_t)ticks * HPET_NS_PER_TICK;
}

static int64_t message_time(const char *message, enum event_kind kind)
{
	if (kind == EVENT_FREEZE)
		return hpet_field(message, " hpet=");
	if (kind == EVENT_THAW)
		return hpet_field(message, " hpet_due=");
	return TIME_UNKNOWN;
}

/**
 * struct anchor - a line that has both times
 * @stamp_ns: printk's, by the guest's scheduler clock
 * @t_ns: by the HPET; TIME_UNKNOWN before there is such a line
 * @thaw_ns: by the HPET, once the thaw's line has come: what stands below it came later,
 *	also where printk's clock lags, as 5.10's does by 20 ms after a long freeze
 */
struct anchor {
	int64_t stamp_ns;
	int64_t t_ns;
	int64_t thaw_ns;
};

#define NO_ANCHOR ((struct anchor){ .t_ns = TIME_UNKNOWN, .thaw_ns = TIME_UNKNOWN })

/* printk's "[  seconds.micros] "; the scheduler's clock is the TSC in our guests */
static int64_t stamp_ns(const char *line)
{
	double stamp = strtod(line + 1, NULL) * NSEC_PER_SEC;

	/* What nobody has been up for would overflow: before all else then */
	return stamp < (double)(HPET_TICKS_MAX * HPET_NS_PER_TICK) ? (int64_t)stamp : INT64_MIN / 2;
}

static void estimate(struct event *event, const struct anchor *anchor, int64_t stamp)
{
	if (event->kind != EVENT_DOG_FIRES && event->kind != EVENT_DOG_FIRES_DRY)
		return;
	if (anchor->t_ns == TIME_UNKNOWN || stamp < anchor->stamp_ns)
		return;
	event->t_ns = anchor->t_ns + (stamp - anchor->stamp_ns);
	if (anchor->thaw_ns != TIME_UNKNOWN && event->t_ns < anchor->thaw_ns)
		event->t_ns = anchor->thaw_ns;
	event->estimated = true;
}

static struct event *add_message(struct timeline *tl, enum event_source source,
				 const char *message, const struct signature *signature, int boot)
{
	int64_t entry = hpet_field(message, " hpet_entry=");
	int64_t t = message_time(message, signature->kind);
	struct event *event;
	json_t *data = json_object();

	if (signature->kind == EVENT_THAW && entry != TIME_UNKNOWN)
		json_object_set_new(data, "entry_ns", json_integer(entry));
	if (signature->by)
		json_object_set_new(data, "by", json_string(signature->by));
	/* Console bytes may be anything; JSON takes UTF-8 only */
	json_object_set_new(data, "line", json_text(message));
	event = timeline_add(tl, signature->kind, source, boot, t, data);
	event_text(event, "%s", message);
	return event;
}

/* Lines that have both times date those that have printk's only */
static void set_anchor(struct anchor *anchor, const struct event *event, const char *line)
{
	if (event->kind == EVENT_THAW)
		anchor->thaw_ns = event->t_ns;
	if (event->kind != EVENT_FREEZE || event->t_ns == TIME_UNKNOWN)
		return;
	*anchor = (struct anchor){ stamp_ns(line), event->t_ns, TIME_UNKNOWN };
}

/**
 * evidence_console() - what the guest's kernel said
 * @tl: gets an event for each signature
 * @in: console.log, any bytes
 */
void evidence_console(struct timeline *tl, FILE *in)
{
	struct anchor anchor = NO_ANCHOR;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int boot = 0;

	while ((len = getline(&line, &cap, in)) > 0 && !evidence_is_too_much(tl)) {
		const struct signature *signature;
		const char *message;
		struct event *event;

		line[strcspn(line, "\r\n")] = '\0';
		message = kernel_message(line);
		signature = message ? signature_of(message) : NULL;
		if (!signature)
			continue;
		if (signature == &signatures[0]) {
			boot++;
			anchor = NO_ANCHOR;
		}
		event = add_message(tl, SOURCE_CONSOLE, message, signature, boot ? boot : 1);
		set_anchor(&anchor, event, line);
		estimate(event, &anchor, stamp_ns(line));
	}
	free(line);
}

/**
 * evidence_memory() - what the guest's kernel said and could not print
 * @tl: gets an event for each record that the console does not have
 * @in: memory.log, a record a line; absent where the console had it all
 */
void evidence_memory(struct timeline *tl, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, in) > 0) {
		const struct signature *signature;

		line[strcspn(line, "\r\n")] = '\0';
		signature = signature_of(line);
		if (signature && !timeline_first(tl, signature->kind, 1))
			add_message(tl, SOURCE_MEMORY, line, signature, 1);
	}
	free(line);
}
