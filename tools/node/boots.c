// SPDX-License-Identifier: GPL-2.0
/*
 * What the file of boots tells: pure, from the text alone.
 *
 * The kernel counts no boots. A unit that writes a record at each is what makes
 * "the boot before this one" more than a guess.
 */
#include <string.h>

#include "boots.h"

/* Each boot's record is kept until the next: it may be the one before ours. */
struct reader {
	struct boots *boots;
	const char *boot_id;
	const char *from_boot_id;
	bool done;
};

/* An ordered reboot that was followed by a boot: how long did that take? */
static void learn_turnaround(struct boots *boots,
			     const struct record_view *view)
{
	struct moment now;
	struct span span;

	if (strcmp(boots->stop, "reboot"))
		return;
	moment_get(view, &now);
	moment_to_start(&boots->stop_at, 0, &now, &span);
	if (span.to_ms > boots->turnaround_ms && !span.apart_ms)
		boots->turnaround_ms = span.to_ms;
}

static void read_words(const struct record_view *view,
		       struct last_words *words)
{
	int64_t which = record_get(view, "words");

	if (which < WORDS_NONE || which > WORDS_OTHER)
		return;
	words->words = which;
	words->at_s = record_get(view, "words_s");
	record_get_text(view, "words_line", words->line, sizeof(words->line));
}

static void read_boot(struct reader *reader, const struct record_view *view)
{
	struct boots *boots = reader->boots;
	char boot_id[sizeof(boots->boot_id)];

	record_get_text(view, "boot_id", boot_id, sizeof(boot_id));
	learn_turnaround(boots, view);
	if (!strcmp(boot_id, reader->boot_id)) {
		boots->recorded = true;
		read_words(view, &boots->words);
		reader->done = true;
		return;
	}
	if (boots->between >= 0)
		boots->between++;
	if (*reader->from_boot_id && !strcmp(boot_id, reader->from_boot_id))
		boots->between = 0;
	boots->known = true;
	boots->damaged = false;
	strcpy(boots->boot_id, boot_id);
	moment_get(view, &boots->at);
	dogs_get(view, &boots->dogs);
	boots->stop[0] = '\0';
}

static void read_stop(struct reader *reader, const struct record_view *view)
{
	struct boots *boots = reader->boots;
	char boot_id[sizeof(boots->boot_id)];

	record_get_text(view, "boot_id", boot_id, sizeof(boot_id));
	/* an order that a boot without a record was given */
	if (!boots->known || strcmp(boot_id, boots->boot_id))
		return;
	record_get_text(view, "how", boots->stop, sizeof(boots->stop));
	moment_get(view, &boots->stop_at);
}

static void take(struct reader *reader, const struct record_view *view)
{
	if (!strcmp(view->event, "proven"))
		record_get_text(view, "identity", reader->boots->proven,
				sizeof(reader->boots->proven));
	else if (reader->done)
		return;
	else if (!strcmp(view->event, "boot"))
		read_boot(reader, view);
	else if (!strcmp(view->event, "stop"))
		read_stop(reader, view);
}

/* What is missing may be a boot. */
static void note_damage(struct boots *boots)
{
	boots->damaged = true;
	boots->between = -1;
}

/**
 * boots_read() - what is known of the boot before this one
 * @text: the file, whole
 * @len: its length
 * @boot_id: this boot's
 * @from_boot_id: count the boots after this one; "": do not
 * @boots: the result
 */
void boots_read(const char *text, size_t len, const char *boot_id,
		const char *from_boot_id, struct boots *boots)
{
	const char *end = text + len;
	const char *cursor = text;
	struct record_view view;
	enum record_found found;
	struct reader reader = {
		.boots = boots,
		.boot_id = boot_id,
		.from_boot_id = from_boot_id,
	};

	memset(boots, 0, sizeof(*boots));
	boots->turnaround_ms = -1;
	boots->between = -1;
	boots->words.at_s = -1;
	boots->at = (struct moment){ -1, -1, -1 };
	boots->stop_at = boots->at;
	while ((found = record_next(&cursor, end, &view)) != RECORD_END) {
		if (found == RECORD_GOOD)
			take(&reader, &view);
		else if (!reader.done)
			note_damage(boots);
	}
}
