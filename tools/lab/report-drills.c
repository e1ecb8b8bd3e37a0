// SPDX-License-Identifier: GPL-2.0
/* The table of a folder's drills, and that of two runs' differences. */
#include <string.h>

#include "report-page.h"
#include "util.h"

static const char *look(const json_t *drill, const char **symbol)
{
	static const struct {
		const char *verdict;
		const char *class;
		const char *symbol;
	} looks[] = {
		{ "SAFE", "yes", "✔" }, { "LOST", "no", "✘" }, { "SPLIT-BRAIN", "no", "✘" },
		{ "OUTAGE", "luck", "◐" }, { "ERROR", "error", "?" },
	};
	const char *verdict = report_text(drill, "observed", "verdict");

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		if (strcmp(looks[i].verdict, verdict))
			continue;
		*symbol = looks[i].symbol;
		return looks[i].class;
	}
	*symbol = "•";
	return "other";
}

static void print_seconds(const json_t *drill, const char *name, FILE *out)
{
	double ms;

	if (report_number(drill, "observed", name, &ms))
		fprintf(out, "<td class=\"number\">%.1f s</td>", ms / 1000);
	else
		fputs("<td class=\"number\">–</td>", out);
}

static void print_drill(const struct report_item *item, FILE *out, size_t run, size_t number)
{
	static const char * const asked[] = { "fault", "watchdog", "sync", "clock" };
	static const char * const times[] = {
		"fenced_after_ms", "new_leader_after_ms", "outage_ms", "two_leaders_ms",
	};
	const char *symbol, *class = look(item->result, &symbol);
	const char *outcome = report_outcome(item->result);

	html_print(out, "<tr><th scope=\"row\">%s</th>\n<td><button type=\"button\" class=\"cell %s\" data-run=\"%zu\" data-drill=\"%zu\">",
		   item->name, class, run, number);
	html_print(out, "<span class=\"symbol\" aria-hidden=\"true\">%s</span> <b>%s</b>%s</button></td>\n",
		   symbol, report_text(item->result, "observed", "sentence"),
		   strcmp(outcome, "surprise") ? "" : " ! surprise");
	html_print(out, "<td>%s</td>", report_text(item->result, "expected", "verdict"));
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		html_print(out, "<td>%s</td>", report_text(item->result, NULL, asked[i]));
	html_print(out, "<td>%s</td>", report_text(item->result, "observed", "fired_by"));
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		print_seconds(item->result, times[i], out);
	html_print(out, "<td>%s</td></tr>\n", report_text(item->result, "observed", "old_leader"));
}

/**
 * page_drills() - a folder's drills as a table
 * @run: with drills
 * @out: written to
 * @number: of the run
 */
void page_drills(const struct report_run *run, FILE *out, size_t number)
{
	static const char * const headings[] = {
		"Drill", "Seen", "Expected", "Fault", "Watchdog", "Sync", "Clock", "Fired by",
		"Fenced", "New leader", "Outage", "Two leaders", "Old leader",
	};

	fputs("<div class=\"scroll\"><table class=\"drills\">\n<caption>What became of the rows that clients were told are safe</caption>\n<thead><tr>",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		html_print(out, "<th scope=\"col\">%s</th>", headings[i]);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < run->drills.n; i++)
		print_drill(&run->drills.item[i], out, number, i);
	fputs("</tbody></table></div>\n", out);
}

static void print_value(const json_t *value, FILE *out)
{
	char *text = json_is_string(value) ? xstrdup(json_string_value(value)) :
		     json_dumps(value, JSON_ENCODE_ANY);

	html_print(out, "<b>%s</b>", text ? text : "");
	free(text);
}

static void print_about(const struct report *r, FILE *out)
{
	json_t *about = json_object_get(r->changes, "about"), *one;
	size_t i;

	html_print(out, "<p>From <b>%s</b> to <b>%s</b>", r->runs[0].name, r->runs[1].name);
	json_array_foreach(about, i, one) {
		html_print(out, i ? ", %s from " : ": %s from ", report_text(one, NULL, "what"));
		print_value(json_object_get(one, "from"), out);
		fputs(" to ", out);
		print_value(json_object_get(one, "to"), out);
	}
	html_print(out, ". %zu cells are in both", json_array_size(json_object_get(r->changes,
										  "pairs")));
	html_print(out, ", %zu only in the first, %zu only in the second.</p>\n",
		   json_array_size(json_object_get(r->changes, "only_a")),
		   json_array_size(json_object_get(r->changes, "only_b")));
}

static void print_pair(const struct report *r, const json_t *pair, FILE *out)
{
	size_t a = (size_t)json_integer_value(json_object_get(pair, "a"));
	size_t b = (size_t)json_integer_value(json_object_get(pair, "b"));
	json_t *one;
	size_t i;

	html_print(out, "<tr><th scope=\"row\"><button type=\"button\" class=\"link\" data-run=\"1\" data-cell=\"%zu\" data-with=\"%zu\">%s</button></th><td><ul>",
		   b, a, r->runs[1].cells.item[b].name);
	json_array_foreach(json_object_get(pair, "changed"), i, one)
		html_print(out, "<li>%s: %s → <b>%s</b></li>", report_text(one, NULL, "what"),
			   *report_text(one, NULL, "from") ? report_text(one, NULL, "from") : "nobody",
			   *report_text(one, NULL, "to") ? report_text(one, NULL, "to") : "nobody");
	json_array_foreach(json_object_get(pair, "moved"), i, one) {
		double from, to;

		report_number(one, NULL, "from_ms", &from);
		report_number(one, NULL, "to_ms", &to);
		html_print(out, "<li>%s: ", report_text(one, NULL, "what"));
		fprintf(out, "%.2f s → <b>%.2f s</b> (%+.2f s)</li>", from / 1000, to / 1000,
			(to - from) / 1000);
	}
	fputs("</ul></td></tr>\n", out);
}

static void print_pairs(const struct report *r, const char *which, const char *caption, FILE *out)
{
	json_t *pairs = json_object_get(r->changes, which), *pair;
	size_t i;

	if (!json_array_size(pairs)) {
		html_print(out, "<p>%s: none.</p>\n", caption);
		return;
	}
	html_print(out, "<div class=\"scroll\"><table class=\"changes\" id=\"%s\"><caption>%s</caption>\n<thead><tr><th scope=\"col\">Cell</th><th scope=\"col\">What is different</th></tr></thead><tbody>\n",
		   which, caption);
	json_array_foreach(pairs, i, pair)
		print_pair(r, pair, out);
	fputs("</tbody></table></div>\n", out);
}

/**
 * page_changes() - what is different in the second of two runs
 * @r: with two runs, and report_compare() of them
 * @out: written to
 */
void page_changes(const struct report *r, FILE *out)
{
	fputs("<section class=\"comparison\"><h2>What changed</h2>\n", out);
	print_about(r, out);
	print_pairs(r, "changed", "Another verdict", out);
	print_pairs(r, "moved", "The same verdict, at another time (by 0.25 s or more)", out);
	fputs("</section>\n", out);
}
