// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a journal. It may end in the middle of a line, where its client was
 * killed; anything else that is not as a client writes it is damage, counted
 * and never guessed at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "compiler.h"
#include "journal.h"
#include "jsonl.h"
#include "util.h"

#define SERVERS_MAX 4096

/**
 * journal_init() - an empty one
 * @j: set; journal_free() it
 */
void journal_init(struct journal *j)
{
	memset(j, 0, sizeof(*j));
	j->servers = xcalloc(1, sizeof(*j->servers));
	j->servers_n = 1;
	j->rest = xcalloc(1, JSONL_MAX);
}

/**
 * journal_free() - free what was read
 * @j: initialised
 */
void journal_free(struct journal *j)
{
	free(j->keys);
	free(j->servers);
	free(j->rest);
	memset(j, 0, sizeof(*j));
}

static int event_of(const json_t *line)
{
	const char *word = json_string_value(json_object_get(line, "event"));
	const char *known;

	for (int i = 0; word && (known = journal_event_word(i)); i++)
		if (!strcmp(word, known))
			return i;
	return -1;
}

static void copy_text(char *to, size_t size, const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	snprintf(to, size, "%s", text ? text : "");
}

/* Remembers who it is; 0 if the line does not say, or there are too many */
static uint32_t server_of(struct journal *j, const json_t *line)
{
	json_int_t timeline = json_integer_value(json_object_get(line, "timeline"));
	struct journal_server s = { 0 };

	copy_text(s.server, sizeof(s.server), line, "server");
	copy_text(s.system, sizeof(s.system), line, "system");
	if (timeline > 0 && timeline <= UINT32_MAX)
		s.timeline = timeline;
	for (uint32_t i = j->servers_n; i-- > 0;)
		if (!strcmp(j->servers[i].server, s.server) &&
		    !strcmp(j->servers[i].system, s.system) &&
		    j->servers[i].timeline == s.timeline)
			return i;
	if (j->servers_n == SERVERS_MAX)
		return 0;
	j->servers = xrealloc(j->servers, (j->servers_n + 1) * sizeof(*j->servers));
	j->servers[j->servers_n] = s;
	return j->servers_n++;
}

static struct journal_key *last_key(struct journal *j)
{
	return j->n ? &j->keys[j->n - 1] : NULL;
}

static const char *on_start(struct journal *j, const json_t *line)
{
	const char *client = json_string_value(json_object_get(line, "client"));

	if (!client || !journal_name_is_good(client))
		return "no client's name";
	if (j->client[0] && strcmp(j->client, client))
		return "another client's line";
	snprintf(j->client, sizeof(j->client), "%s", client);
	if (j->pending)
		last_key(j)->doubt = true;
	j->pending = false;
	j->starts++;
	return NULL;
}

static const char *on_try(struct journal *j, uint64_t id, int64_t t_ns, int64_t wall_ns)
{
	struct journal_key *key = last_key(j);

	if (!id)
		return "no id";
	if (j->pending)
		return "a try before the last one's end";
	if (key && id < key->id)
		return "ids go backwards";
	if (key && id == key->id && key->outcome == OUTCOME_ACKED)
		return "tries what was acknowledged";
	j->pending = true;
	if (key && id == key->id) {
		key->tries++;
		if (!key->doubt)
			key->outcome = OUTCOME_OPEN;
		return NULL;
	}
	if (j->n == j->cap) {
		j->cap = j->cap ? 2 * j->cap : 1024;
		j->keys = xrealloc(j->keys, j->cap * sizeof(*j->keys));
	}
	j->keys[j->n++] = (struct journal_key) {
		.id = id, .tries = 1, .outcome = OUTCOME_OPEN, .try_ns = t_ns, .t_ns = t_ns,
		.wall_ns = wall_ns,
	};
	return NULL;
}

static enum journal_outcome outcome_of(int event)
{
	switch (event) {
	case JOURNAL_ACK:
		return OUTCOME_ACKED;
	case JOURNAL_REFUSED:
		return OUTCOME_REFUSED;
	default:
		return OUTCOME_UNKNOWN;
	}
}

static const char *on_outcome(struct journal *j, const json_t *line, int event, uint64_t id,
			      int64_t t_ns, int64_t wall_ns)
{
	struct journal_key *key = last_key(j);
	enum journal_outcome outcome = outcome_of(event);

	if (!j->pending || !key || id != key->id)
		return "answers what was not tried";
	j->pending = false;
	key->t_ns = t_ns;
	key->wall_ns = wall_ns;
	key->server = server_of(j, line);
	copy_text(key->sqlstate, sizeof(key->sqlstate), line, "sqlstate");
	/* A refusal does not undo what an earlier try may have done */
	if (outcome != OUTCOME_REFUSED)
		key->doubt = true;
	key->outcome = outcome == OUTCOME_REFUSED && key->doubt ? OUTCOME_UNKNOWN : outcome;
	return NULL;
}

static const char *take_event(struct journal *j, const json_t *line, int event)
{
	const json_t *number = json_object_get(line, "id");
	const json_t *t = json_object_get(line, "t_ns"), *wall = json_object_get(line, "wall_ns");
	const char *client = json_string_value(json_object_get(line, "client"));
	uint64_t id = json_integer_value(number) > 0 ? json_integer_value(number) : 0;

	if (!json_is_integer(t) || !json_is_integer(wall))
		return "no time";
	if (event != JOURNAL_START && !j->starts)
		return "before the first start";
	if (client && event != JOURNAL_START && strcmp(client, j->client))
		return "another client's line";
	switch (event) {
	case JOURNAL_START:
		return on_start(j, line);
	case JOURNAL_TRY:
		return on_try(j, id, json_integer_value(t), json_integer_value(wall));
	case JOURNAL_ACK:
	case JOURNAL_REFUSED:
	case JOURNAL_UNKNOWN:
		return on_outcome(j, line, event, id, json_integer_value(t),
				  json_integer_value(wall));
	default:
		return NULL;
	}
}

static void damage(struct journal *j, uint64_t line, const char *why)
{
	if (!j->damaged++) {
		j->damaged_line = line;
		snprintf(j->damage, sizeof(j->damage), "%s", why);
	}
}

/* Was the bad line before this one only cut off? The client says so itself. */
static void settle_bad(struct journal *j, bool torn)
{
	if (!j->bad_before)
		return;
	j->bad_before = false;
	if (torn)
		j->torn++;
	else
		damage(j, j->lines - 1, j->bad_why);
}

static void bad_line(struct journal *j, const char *why)
{
	settle_bad(j, false);
	j->bad_before = true;
	snprintf(j->bad_why, sizeof(j->bad_why), "%s", why);
}

static void take_line(struct journal *j, const char *text, size_t len)
{
	const char *why;
	json_t *line;
	int event;

	j->lines++;
	line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(line)) {
		json_decref(line);
		bad_line(j, "no JSON object");
		return;
	}
	event = event_of(line);
	why = event < 0 ? "no event that is known" : take_event(j, line, event);
	if (why) {
		settle_bad(j, false);
		damage(j, j->lines, why);
	} else {
		settle_bad(j, event == JOURNAL_START &&
			   json_is_true(json_object_get(line, "torn")));
		j->stopped = event == JOURNAL_STOP;
	}
	json_decref(line);
}

static void keep_rest(struct journal *j, const char *bytes, size_t len)
{
	if (j->rest_len + len > JSONL_MAX) {
		j->too_long = true;
		return;
	}
	memcpy(j->rest + j->rest_len, bytes, len);
	j->rest_len += len;
}

static void end_line(struct journal *j)
{
	if (j->too_long) {
		j->lines++;
		bad_line(j, "a line that is too long");
	} else {
		take_line(j, j->rest, j->rest_len);
	}
	j->rest_len = 0;
	j->too_long = false;
}

/**
 * journal_feed() - take some more of a journal's bytes
 * @j: initialised
 * @bytes: any; lines may be spread over calls
 * @len: how many
 */
void journal_feed(struct journal *j, const char *bytes, size_t len)
{
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t n = newline ? (size_t)(newline - bytes) : len;

		keep_rest(j, bytes, n);
		if (!newline)
			return;
		end_line(j);
		bytes += n + 1;
		len -= n + 1;
	}
}

/**
 * journal_end() - there is no more
 * @j: fed
 *
 * What stands after the last newline was cut off, and says nothing: a client
 * goes on only after its line was written whole.
 */
void journal_end(struct journal *j)
{
	settle_bad(j, false);
	if (j->rest_len || j->too_long)
		j->torn++;
	j->rest_len = 0;
	j->too_long = false;
	if (j->pending)
		last_key(j)->doubt = true;
	j->pending = false;
}

/**
 * journal_read() - read a journal from a file
 * @j: set on success; journal_free() it then
 * @path: of the file
 * @why: set if it can't be read, to be freed
 *
 * A journal with damage in it is read all the same: see @j.
 *
 * Return: 0 or -1.
 */
int journal_read(struct journal *j, const char *path, char **why)
{
	char buf[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = -1;

	if (fd >= 0) {
		journal_init(j);
		while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
			if (n > 0)
				journal_feed(j, buf, n);
	}
	if (n < 0) {
		*why = xasprintf("%s: %s", path, strerror(errno));
		if (fd >= 0) {
			journal_free(j);
			close(fd);
		}
		return -1;
	}
	close(fd);
	journal_end(j);
	return 0;
}
