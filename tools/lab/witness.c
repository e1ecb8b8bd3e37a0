// SPDX-License-Identifier: GPL-2.0
/*
 * What the signs of life of other machines tell.
 *
 * A datagram may be lost, doubled, late or forged. Nothing is made of one that is
 * lost alone, a late one is no sign of life, and a forged one is as good as a true
 * one: this is a witness for tests, in a network that can be trusted.
 */
#include <string.h>

#include "witness.h"

static struct witness_machine *find(struct witness *w, const char *hostname)
{
	for (int i = 0; i < w->n; i++)
		if (!strcmp(w->list[i].hostname, hostname))
			return &w->list[i];
	return NULL;
}

static struct witness_machine *add(struct witness *w, const char *hostname)
{
	struct witness_machine *m;

	if (w->n == WITNESS_MAX)
		return NULL;
	m = &w->list[w->n++];
	memset(m, 0, sizeof(*m));
	strcpy(m->hostname, hostname);
	m->since_keepalive_ms = -1;
	m->phase = -1;
	return m;
}

/* A late or doubled one is counted, and no more. */
static bool is_old(const struct witness_machine *m, const char *boot_id, uint64_t n)
{
	return !strcmp(m->boot_id, boot_id) && n <= m->n;
}

static void take_alive(struct witness_machine *m, const struct record_view *view, int64_t at_ms,
		       struct witness_tale *tale)
{
	int64_t phase = record_get(view, "phase");
	char boot_id[sizeof(m->boot_id)];
	bool same;

	record_get_text(view, "boot_id", boot_id, sizeof(boot_id));
	m->heard++;
	if (is_old(m, boot_id, view->n))
		return;
	same = !strcmp(m->boot_id, boot_id);
	tale->gap_ms = *m->boot_id ? at_ms - m->at_ms : 0;
	tale->last_since_keepalive_ms = m->since_keepalive_ms;
	if (!*m->boot_id)
		tale->news = WITNESS_FIRST;
	else if (!same)
		tale->news = WITNESS_NEW_BOOT;
	else if (tale->gap_ms > WITNESS_SILENT_MS)
		tale->news = WITNESS_SAME_BOOT;
	else if (phase != m->phase)
		tale->news = WITNESS_PHASE;
	if (same)
		m->lost += view->n - m->n - 1;
	if (tale->gap_ms > m->longest_ms)
		m->longest_ms = tale->gap_ms;
	strcpy(m->boot_id, boot_id);
	m->n = view->n;
	m->phase = phase;
	m->since_keepalive_ms = record_get(view, "since_keepalive_ms");
	m->at_ms = at_ms;
	m->silent = false;
	m->told_back = m->told_back && same;
}

/* It is sent three times, in case one is lost. */
static void take_back(struct witness_machine *m, const struct record_view *view, int64_t at_ms,
		      struct witness_tale *tale)
{
	char boot_id[sizeof(m->boot_id)];

	record_get_text(view, "boot_id", boot_id, sizeof(boot_id));
	if (m->told_back && !strcmp(m->boot_id, boot_id))
		return;
	tale->news = WITNESS_BACK;
	tale->gap_ms = m->heard ? at_ms - m->at_ms : -1;
	tale->last_since_keepalive_ms = m->since_keepalive_ms;
	record_get_text(view, "when", tale->when, sizeof(tale->when));
	record_get_text(view, "cause", tale->cause, sizeof(tale->cause));
	record_get_text(view, "who", tale->who, sizeof(tale->who));
	tale->from_ms = record_get(view, "from_ms");
	tale->to_ms = record_get(view, "to_ms");
	if (tale->gap_ms > m->longest_ms)
		m->longest_ms = tale->gap_ms;
	strcpy(m->boot_id, boot_id);
	m->n = 0;
	m->at_ms = at_ms;
	m->silent = true;
	m->told_back = true;
	m->phase = -1;
	m->since_keepalive_ms = -1;
}

/**
 * witness_take() - something came
 * @w: what is known so far
 * @text: a datagram, or a line
 * @len: its length
 * @at_ms: when it came; never less than the time before
 * @tale: what there is to tell
 */
void witness_take(struct witness *w, const char *text, size_t len, int64_t at_ms,
		  struct witness_tale *tale)
{
	const char *cursor = text;
	struct witness_machine *m;
	struct record_view view;
	char hostname[sizeof(m->hostname)];

	memset(tale, 0, sizeof(*tale));
	if (record_next(&cursor, text + len, &view) != RECORD_GOOD || cursor != text + len ||
	    !record_get_text(&view, "hostname", hostname, sizeof(hostname)) || !*hostname ||
	    (strcmp(view.event, "alive") && strcmp(view.event, "back"))) {
		w->bad++;
		tale->news = WITNESS_BAD;
		return;
	}
	m = find(w, hostname);
	if (!m)
		m = add(w, hostname);
	if (!m) {
		w->strangers++;
		tale->news = WITNESS_STRANGER;
		return;
	}
	tale->machine = m;
	if (!strcmp(view.event, "alive"))
		take_alive(m, &view, at_ms, tale);
	else
		take_back(m, &view, at_ms, tale);
}

/**
 * witness_miss() - whose signs of life are missing?
 * @w: what is known so far
 * @now_ms: now
 * @tale: what there is to tell of one machine
 *
 * Return: true if there is something to tell; ask again then.
 */
bool witness_miss(struct witness *w, int64_t now_ms, struct witness_tale *tale)
{
	memset(tale, 0, sizeof(*tale));
	for (int i = 0; i < w->n; i++) {
		struct witness_machine *m = &w->list[i];

		if (m->silent || !m->heard || now_ms - m->at_ms <= WITNESS_SILENT_MS)
			continue;
		m->silent = true;
		tale->news = WITNESS_SILENT;
		tale->machine = m;
		tale->gap_ms = now_ms - m->at_ms;
		tale->last_since_keepalive_ms = m->since_keepalive_ms;
		return true;
	}
	return false;
}
