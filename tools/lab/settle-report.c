// SPDX-License-Identifier: GPL-2.0
/* What was settled, for people and for programs. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "settle.h"
#include "util.h"

#define LINES_MAX 20

/**
 * settle_kind_word() - a kind, as the JSON names its list
 * @kind: asked
 *
 * Return: the word.
 */
const char *settle_kind_word(enum settle_kind kind)
{
	static const char * const words[SETTLE_KINDS] = {
		[SETTLE_LOST] = "lost", [SETTLE_TWICE] = "twice", [SETTLE_FOREIGN] = "foreign",
		[SETTLE_DIFFERS] = "differs", [SETTLE_PHANTOM] = "phantom",
	};

	return words[kind];
}

static const char * const outcome_words[] = {
	[OUTCOME_OPEN] = "open", [OUTCOME_REFUSED] = "refused", [OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_ACKED] = "acknowledged",
};

static const char * const titles[SETTLE_KINDS] = {
	[SETTLE_LOST] = "LOST: acknowledged, and the leader does not have them",
	[SETTLE_TWICE] = "TWICE: the leader has them more than once",
	[SETTLE_FOREIGN] = "FOREIGN: no journal tried them",
	[SETTLE_DIFFERS] = "DIFFERENT: the nodes disagree",
	[SETTLE_PHANTOM] = "phantoms: not acknowledged, and the leader has them (this is allowed)",
};

/**
 * settle_words() - the verdict in words
 * @s: judged
 *
 * Return: one line, to be freed.
 */
char *settle_words(const struct settle *s)
{
	static const char * const words[] = {
		[SETTLE_LOST] = "LOST", [SETTLE_TWICE] = "TWICE", [SETTLE_FOREIGN] = "FOREIGN",
		[SETTLE_DIFFERS] = "DIFFERENT",
	};
	char *text, *longer;

	if (s->verdict == SETTLE_ALL_THERE)
		return xasprintf("ALL THERE: %llu acknowledged", (unsigned long long)s->acked);
	if (s->verdict == SETTLE_CANNOT_TELL)
		return xstrdup("COULD NOT TELL");
	text = xstrdup("");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!s->counts[i])
			continue;
		longer = xasprintf("%s%s%s %llu", text, *text ? ", " : "", words[i],
				   (unsigned long long)s->counts[i]);
		free(text);
		text = longer;
	}
	longer = xasprintf("%s of %llu acknowledged rows", text, (unsigned long long)s->acked);
	free(text);
	return longer;
}

static void format_wall(int64_t ns, char *text, size_t size)
{
	time_t seconds = ns / NSEC_PER_SEC;
	struct tm tm;
	size_t len;

	if (ns < 0 || !gmtime_r(&seconds, &tm)) {
		snprintf(text, size, "?");
		return;
	}
	len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, size - len, ".%03dZ", (int)(ns % NSEC_PER_SEC / NSEC_PER_MSEC));
}

static const struct journal_server *server_of(const struct settle *s,
					      const struct settle_finding *f)
{
	return &s->journals[f->client].servers[f->key->server];
}

static bool same_times(const struct settle *s, const struct settle_finding *a,
		       const struct settle_finding *b)
{
	return !memcmp(a->times, b->times, s->nodes_n * sizeof(*a->times));
}

/* Do they go into one line? */
static bool is_run(const struct settle *s, const struct settle_finding *a,
		   const struct settle_finding *b)
{
	if (a->kind != b->kind || a->client != b->client || a->id + 1 != b->id ||
	    !a->key != !b->key || !same_times(s, a, b))
		return false;
	return !a->key || (a->key->server == b->key->server && a->key->outcome == b->key->outcome);
}

static void print_escaped(FILE *out, const char *text)
{
	char *escaped = text_escape(text);

	fputs(escaped, out);
	free(escaped);
}

static void print_who(const struct settle *s, const struct settle_finding *first,
		      const struct settle_finding *last, FILE *out)
{
	const struct journal_server *server = server_of(s, first);
	char from[40], to[40];

	format_wall(first->key->wall_ns, from, sizeof(from));
	format_wall(last->key->wall_ns, to, sizeof(to));
	fprintf(out, ", %s %s", outcome_words[first->key->outcome], from);
	if (first != last)
		fprintf(out, " to %s", to);
	if (server->server[0]) {
		fputs(" by ", out);
		print_escaped(out, server->server);
	}
	if (server->timeline)
		fprintf(out, " on timeline %u", server->timeline);
}

static void print_run(const struct settle *s, const struct settle_finding *first,
		      const struct settle_finding *last, FILE *out)
{
	fputs("  ", out);
	print_escaped(out, s->clients[first->client]);
	fprintf(out, " %lld", (long long)first->id);
	if (first != last)
		fprintf(out, "-%lld (%td rows)", (long long)last->id, last - first + 1);
	if (first->key)
		print_who(s, first, last, out);
	for (size_t i = 0; first->kind != SETTLE_LOST && first->kind != SETTLE_PHANTOM &&
	     i < s->nodes_n; i++)
		if (s->nodes[i].known)
			fprintf(out, "%s %s %u", i ? "," : ";", s->nodes[i].name, first->times[i]);
	fputc('\n', out);
}

static void print_findings(const struct settle *s, FILE *out)
{
	size_t lines = 0, hidden = 0;

	for (size_t i = 0, end; i < s->findings_n; i = end) {
		const struct settle_finding *f = &s->findings[i];

		if (!i || f->kind != f[-1].kind) {
			fprintf(out, "%s: %llu\n", titles[f->kind],
				(unsigned long long)s->counts[f->kind]);
			lines = 0;
		}
		for (end = i + 1; end < s->findings_n &&
		     is_run(s, &s->findings[end - 1], &s->findings[end]); end++)
			;
		if (lines++ < LINES_MAX)
			print_run(s, f, &s->findings[end - 1], out);
		else
			hidden += end - i;
		if (hidden && (end == s->findings_n || s->findings[end].kind != f->kind)) {
			fprintf(out, "  ... and %zu more: --json has them all\n", hidden);
			hidden = 0;
		}
	}
}

static void count_outcomes(const struct journal *j, uint64_t counts[OUTCOME_ACKED + 1])
{
	memset(counts, 0, (OUTCOME_ACKED + 1) * sizeof(*counts));
	for (size_t i = 0; i < j->n; i++)
		counts[j->keys[i].outcome]++;
}

static void print_journal(const struct journal *j, FILE *out)
{
	uint64_t counts[OUTCOME_ACKED + 1];

	count_outcomes(j, counts);
	fprintf(out, "client %s: tried %zu, acknowledged %llu, refused %llu, no answer %llu\n",
		j->client, j->n, (unsigned long long)counts[OUTCOME_ACKED],
		(unsigned long long)counts[OUTCOME_REFUSED],
		(unsigned long long)(counts[OUTCOME_UNKNOWN] + counts[OUTCOME_OPEN]));
	if (j->damaged)
		fprintf(out, "  DAMAGED: %llu lines can't be understood, the first is line %llu: %s\n",
			(unsigned long long)j->damaged, (unsigned long long)j->damaged_line,
			j->damage);
}

/* As in the talk: how many, and their sum. False if it does not fit */
static bool sum_of(const struct settle_node *node, int64_t *sum)
{
	*sum = 0;
	for (size_t i = 0; i < node->n; i++)
		if (__builtin_add_overflow(*sum, node->rows[i].id, sum))
			return false;
	return true;
}

static void print_node(const struct settle *s, size_t i, FILE *out)
{
	const struct settle_node *node = &s->nodes[i];
	int64_t sum;

	fprintf(out, "node %s: ", node->name);
	if (!node->known) {
		fputs("NOT KNOWN: ", out);
		print_escaped(out, node->why);
		fputc('\n', out);
		return;
	}
	fprintf(out, "%s, timeline %u, count %zu, sum ", node->standby ? "standby" :
		(ssize_t)i == s->leader ? "leader" : "TAKES WRITES TOO", node->timeline, node->n);
	if (sum_of(node, &sum))
		fprintf(out, "%lld\n", (long long)sum);
	else
		fputs("too large\n", out);
}

/**
 * settle_print() - all of it, for people
 * @s: judged
 * @out: where to
 */
void settle_print(const struct settle *s, FILE *out)
{
	char *words = settle_words(s);

	for (size_t i = 0; i < s->journals_n; i++)
		print_journal(&s->journals[i], out);
	for (size_t i = 0; i < s->nodes_n; i++)
		print_node(s, i, out);
	if (s->leader < 0)
		fprintf(out, "no leader: %s\n", s->leader_why);
	print_findings(s, out);
	fprintf(out, "%s\n", words);
	free(words);
}

static json_t *journal_json(const struct journal *j)
{
	uint64_t counts[OUTCOME_ACKED + 1];

	count_outcomes(j, counts);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "client", j->client,
			 "tried", (json_int_t)j->n,
			 "acknowledged", (json_int_t)counts[OUTCOME_ACKED],
			 "refused", (json_int_t)counts[OUTCOME_REFUSED],
			 "unknown", (json_int_t)counts[OUTCOME_UNKNOWN],
			 "open", (json_int_t)counts[OUTCOME_OPEN],
			 "starts", (json_int_t)j->starts, "torn_lines", (json_int_t)j->torn,
			 "damaged_lines", (json_int_t)j->damaged, "stopped", j->stopped);
}

static json_t *node_json(const struct settle *s, size_t i)
{
	const struct settle_node *node = &s->nodes[i];
	json_t *o = json_pack("{s:s, s:b}", "name", node->name, "known", node->known);
	int64_t sum;

	json_object_set_new(o, "role", json_string(node->standby ? "standby" :
						   (ssize_t)i == s->leader ? "leader" : "primary"));
	if (!node->known) {
		json_object_set_new(o, "why", json_text(node->why));
		return o;
	}
	json_object_set_new(o, "system", json_text(node->system));
	json_object_set_new(o, "timeline", json_integer(node->timeline));
	json_object_set_new(o, "count", json_integer(node->n));
	json_object_set_new(o, "sum", sum_of(node, &sum) ? json_integer(sum) : json_null());
	return o;
}

static void add_key(json_t *o, const struct settle *s, const struct settle_finding *f)
{
	const struct journal_server *server = server_of(s, f);

	json_object_set_new(o, "outcome", json_string(outcome_words[f->key->outcome]));
	json_object_set_new(o, "tries", json_integer(f->key->tries));
	json_object_set_new(o, "t_ns", json_integer(f->key->t_ns));
	json_object_set_new(o, "wall_ns", json_integer(f->key->wall_ns));
	if (server->server[0])
		json_object_set_new(o, "server", json_text(server->server));
	if (server->system[0])
		json_object_set_new(o, "system", json_text(server->system));
	if (server->timeline)
		json_object_set_new(o, "timeline", json_integer(server->timeline));
	if (f->key->sqlstate[0])
		json_object_set_new(o, "sqlstate", json_text(f->key->sqlstate));
}

static json_t *finding_json(const struct settle *s, const struct settle_finding *f)
{
	json_t *o = json_object(), *times = json_object();

	json_object_set_new(o, "client", json_text(s->clients[f->client]));
	json_object_set_new(o, "id", json_integer(f->id));
	if (f->key)
		add_key(o, s, f);
	for (size_t i = 0; i < s->nodes_n; i++)
		if (s->nodes[i].known)
			json_object_set_new(times, s->nodes[i].name, json_integer(f->times[i]));
	json_object_set_new(o, "times", times);
	return o;
}

/**
 * settle_json() - all of it, for programs
 * @s: judged
 *
 * Return: a new object.
 */
json_t *settle_json(const struct settle *s)
{
	static const char * const words[] = {
		[SETTLE_ALL_THERE] = "all-there", [SETTLE_WRONG] = "wrong",
		[SETTLE_CANNOT_TELL] = "could-not-tell",
	};
	json_t *o = json_pack("{s:s, s:I, s:I}", "verdict", words[s->verdict], "acked_rows",
			      (json_int_t)s->acked, "present_rows", (json_int_t)s->present);
	json_t *clients = json_array(), *nodes = json_array();
	char *said = settle_words(s);

	json_object_set_new(o, "words", json_text(said));
	free(said);
	if (s->leader >= 0)
		json_object_set_new(o, "leader", json_string(s->nodes[s->leader].name));
	else
		json_object_set_new(o, "no_leader", json_text(s->leader_why));
	for (size_t i = 0; i < s->journals_n; i++)
		json_array_append_new(clients, journal_json(&s->journals[i]));
	for (size_t i = 0; i < s->nodes_n; i++)
		json_array_append_new(nodes, node_json(s, i));
	json_object_set_new(o, "clients", clients);
	json_object_set_new(o, "nodes", nodes);
	for (int kind = 0; kind < SETTLE_KINDS; kind++)
		json_object_set_new(o, settle_kind_word(kind), json_array());
	for (size_t i = 0; i < s->findings_n; i++)
		json_array_append_new(json_object_get(o, settle_kind_word(s->findings[i].kind)),
				      finding_json(s, &s->findings[i]));
	return o;
}
