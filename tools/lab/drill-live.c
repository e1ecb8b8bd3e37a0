// SPDX-License-Identifier: GPL-2.0
/*
 * What goes on in a drill, for who looks on: what each node said last, and how many rows
 * were acknowledged. It is read from the evidence; a drill's clock is the host's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drill-live.h"
#include "drill-play.h"
#include "glance.h"
#include "util.h"

#define DRAW_USEC 500000

static const char *word_of(json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "text"));
	json_t *msg = json_object_get(line, "msg");

	return text ? text : json_string_value(json_object_get(msg, "event"));
}

/**
 * drill_live_node() - what a node was heard of last
 * @dir: the drill's folder
 * @node: its name
 * @host_s: set to the host's time of that, -1 where there was nothing
 *
 * Return: text from the guest or of QEMU, to be freed; NULL where there was nothing.
 */
char *drill_live_node(const char *dir, const char *node, double *host_s)
{
	static const char * const kinds[] = { "console", "agent", "log", "qmp" };
	char *last = NULL;

	*host_s = -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *path = xasprintf("%s/%s.%s.jsonl", dir, node, kinds[i]);
		char *text = glance_tail(path);
		json_t *line = text ? json_loads(text, 0, NULL) : NULL;
		double at = json_number_value(json_object_get(line, "host_s"));
		const char *word = word_of(line);

		if (word && at > *host_s) {
			*host_s = at;
			free(last);
			last = xstrdup(word);
		}
		json_decref(line);
		free(text);
		free(path);
	}
	return last;
}

static size_t count_acks(const char *path, off_t *from)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, n = 0;
	ssize_t len;

	if (in && fseeko(in, *from, SEEK_SET)) {
		fclose(in);
		return 0;
	}
	while (in && (len = getline(&line, &cap, in)) > 0 && line[len - 1] == '\n') {
		n += !!strstr(line, "\"event\":\"ack\"");
		*from += len;
	}
	free(line);
	if (in)
		fclose(in);
	return n;
}

/**
 * drill_live_count() - rows that were acknowledged
 * @live: of the drill; counts on where it ended last time
 *
 * Return: so many until now.
 */
size_t drill_live_count(struct drill_live *live)
{
	const char * const *clients = drill_clients(live->drill);

	for (size_t i = 0; i < DRILL_CLIENTS_MAX && clients[i]; i++) {
		char *path = xasprintf("%s/" DRILL_LEDGER "/%s.jsonl", live->dir, clients[i]);

		live->acks += count_acks(path, &live->read[i]);
		free(path);
	}
	return live->acks;
}

static char *stage(const char *dir)
{
	char *path = path_join(dir, DRILL_LAB), *text = glance_tail(path);
	json_t *line = text ? json_loads(text, 0, NULL) : NULL;
	const char *event = json_string_value(json_object_get(line, "event"));
	const char *word = word_of(line);
	char *words = xasprintf("%s%s%s", event ? event : "starts", word ? ": " : "",
				word ? word : "");

	json_decref(line);
	free(text);
	free(path);
	return words;
}

static void draw(struct drill_live *live, const struct cluster *c)
{
	struct live_row rows[NODES] = { 0 };
	char *last[NODES] = { NULL }, *now = stage(live->dir), *head;

	for (int i = 0; i < c->n; i++) {
		double at;

		last[i] = drill_live_node(live->dir, c->nodes[i].name, &at);
		rows[i].name = c->nodes[i].name;
		rows[i].stage = c->nodes[i].pid > 0 ? "runs" : "is off";
		rows[i].seconds = at < 0 ? -1 : at - live->start_s;
		rows[i].last = last[i];
	}
	head = xasprintf("%s; %s; %zu rows acknowledged; %.0f s", live->before, now,
			 drill_live_count(live), now_s() - live->start_s);
	live_show(head, false, rows, (size_t)c->n);
	for (int i = 0; i < c->n; i++)
		free(last[i]);
	free(head);
	free(now);
}

static int on_time(sd_event_source *source, uint64_t usec, void *data)
{
	struct drill_live *live = data;

	if (live_is_on())
		draw(live, live->cluster);
	sd_event_source_set_time(source, usec + DRAW_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/**
 * drill_live_begin() - somebody may be looking
 * @live: its @dir, @drill and @before are set
 * @c: the cluster, with its loop
 */
void drill_live_begin(struct drill_live *live, const struct cluster *c)
{
	uint64_t now;

	live->start_s = now_s();
	live->cluster = c;
	sd_event_now(c->loop, CLOCK_MONOTONIC, &now);
	sd_event_add_time(c->loop, &live->source, CLOCK_MONOTONIC, now, 0, on_time, live);
}

/**
 * drill_live_end() - it is over
 * @live: begun, or not
 */
void drill_live_end(struct drill_live *live)
{
	live->source = sd_event_source_disable_unref(live->source);
	live_clear();
}
