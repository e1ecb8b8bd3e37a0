// SPDX-License-Identifier: GPL-2.0
/* Signatures on the guest's console. All else there is kept, and unread. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "util.h"

/**
 * struct signature - a kernel message that is evidence
 * @prefix: how the message begins, after the time stamp
 * @kind: of what
 */
struct signature {
	const char *prefix;
	enum event_kind kind;
};

static const struct signature signatures[] = {
	{ "Linux version ", EVENT_OTHER },
	{ "stop-machine: freeze ", EVENT_FREEZE },
	{ "stop-machine: thaw ", EVENT_THAW },
	{ "softdog: Initiating system reboot", EVENT_SOFTDOG_FIRES },
	{ "softdog: Triggered - Reboot ignored", EVENT_SOFTDOG_NOBOOT },
	{ "Kernel panic - not syncing: ", EVENT_PANIC_LINE },
	{ "watchdog: BUG: soft lockup", EVENT_OTHER },
	{ "rcu: INFO: rcu_", EVENT_OTHER },
	{ "clocksource: timekeeping watchdog", EVENT_OTHER },
	{ "clocksource: Switched to ", EVENT_OTHER },
	{ "stop-machine: ", EVENT_OTHER },
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
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
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

static void add_message(struct timeline *tl, const char *message, enum event_kind kind, int boot)
{
	int64_t entry = hpet_field(message, " hpet_entry=");
	int64_t t = message_time(message, kind);
	struct event *event;
	json_t *data = json_object();

	if (kind == EVENT_THAW && entry != TIME_UNKNOWN)
		json_object_set_new(data, "entry_ns", json_integer(entry));
	/* Console bytes may be anything; JSON takes UTF-8 only */
	json_object_set_new(data, "line", json_text(message));
	event = timeline_add(tl, kind, SOURCE_CONSOLE, boot, t, data);
	event_text(event, "%s", message);
}

/**
 * evidence_console() - what the guest's kernel said
 * @tl: gets an event for each signature
 * @in: console.log, any bytes
 */
void evidence_console(struct timeline *tl, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int boot = 0;

	while ((len = getline(&line, &cap, in)) > 0) {
		const struct signature *signature;
		const char *message;

		line[strcspn(line, "\r\n")] = '\0';
		message = kernel_message(line);
		signature = message ? signature_of(message) : NULL;
		if (!signature)
			continue;
		if (signature == &signatures[0])
			boot++;
		add_message(tl, message, signature->kind, boot ? boot : 1);
	}
	free(line);
}
