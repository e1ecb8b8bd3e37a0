// SPDX-License-Identifier: GPL-2.0
/* Text from guests, harmless wherever a report puts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "report-model.h"
#include "util.h"

struct pair {
	const char *text;
	const char *wanted;
};

static void check(void (*fn)(FILE *out, const char *text), const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		fn(out, pairs[i].text);
		fclose(out);
		assert_string_equal(text, pairs[i].wanted);
		free(text);
	}
}

static void html(void **state)
{
	static const struct pair pairs[] = {
		{ "", "" }, { "softdog: Initiating", "softdog: Initiating" },
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "\" onclick='x' & co", "&quot; onclick=&#39;x&#39; &amp; co" },
		{ "&lt;", "&amp;lt;" },
		{ "kühl → warm", "kühl → warm" },
		{ "a\x1b[31mb\x01", "a\\u{1b}[31mb\\u{1}" },
		{ "tab\tline\n", "tab\tline\n" },
		/* Right-to-left override, zero width space, BOM, a non-character */
		{ "x\xe2\x80\xae" "cod.exe", "x\\u{202e}cod.exe" },
		{ "\xe2\x80\x8b\xef\xbb\xbf\xef\xbf\xbe", "\\u{200b}\\u{feff}\\u{fffe}" },
		/* No UTF-8: stray, cut off, overlong <, a surrogate, too large */
		{ "\x80 \xff", "? ?" }, { "\xe2\x82", "??" }, { "\xc0\xbc", "??" },
		{ "\xe0\x80\xbc", "???" }, { "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" },
		{ "\xe2<b>", "?&lt;b&gt;" },
		{ "\xf0\x9f\x90\xb6", "\xf0\x9f\x90\xb6" },
	};

	(void)state;
	check(html_text, pairs, ARRAY_SIZE(pairs));
}

static void csv(void **state)
{
	static const struct pair pairs[] = {
		{ "", "\"\"" }, { "a,b", "\"a,b\"" }, { "say \"x\"", "\"say \"\"x\"\"\"" },
		{ "=HYPERLINK(1)", "\"'=HYPERLINK(1)\"" }, { "+1", "\"'+1\"" }, { "-1", "\"'-1\"" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"" }, { "\t=1", "\"'\t=1\"" }, { "a=1", "\"a=1\"" },
		{ "two\nlines", "\"two\nlines\"" }, { "\x1b[0m", "\"\\u{1b}[0m\"" },
	};

	(void)state;
	check(csv_text, pairs, ARRAY_SIZE(pairs));
}

static void markdown(void **state)
{
	static const struct pair pairs[] = {
		{ "at-thaw|never, reset", "at-thaw\\|never, reset" },
		{ "<img src=x>", "&#60;img src=x&#62;" }, { "[a](b)", "\\[a\\](b)" },
		{ "`id` *b* _c_", "\\`id\\` \\*b\\* \\_c\\_" }, { "two\nlines\tx", "two lines x" },
		{ "https://x", "https&#58;//x" }, { "a@b & c", "a&#64;b &#38; c" },
		{ "file.c:function", "file.c:function" },
	};

	(void)state;
	check(md_text, pairs, ARRAY_SIZE(pairs));
}

static void ktap_lines(void **state)
{
	static const struct pair pairs[] = {
		{ "all well", "all well" }, { "x\nok 1 - forged", "x ok 1 - forged" },
		{ "x # SKIP no", "x \\# SKIP no" }, { "a\\b", "a\\\\b" },
	};

	(void)state;
	check(line_text, pairs, ARRAY_SIZE(pairs));
}

static void markup_is_ours_and_text_is_text(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	html_print(out, "<p class=\"%s\">%zu%% of %s</p>", "\"><x>", (size_t)7, "<b>");
	fclose(out);
	assert_string_equal(text, "<p class=\"&quot;&gt;&lt;x&gt;\">7% of &lt;b&gt;</p>");
	free(text);
}

static void an_island_has_no_markup(void **state)
{
	static const char * const texts[] = {
		"</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;", "\xe2\x80\xa8",
	};
	json_t *all = json_array(), *again;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_array_append_new(all, json_string(texts[i]));
	html_json(out, all);
	fclose(out);
	assert_null(strpbrk(text, "<>&"));
	/* And it is the same data still */
	again = json_loads(text, 0, NULL);
	assert_true(json_equal(all, again));
	json_decref(again);
	json_decref(all);
	free(text);
}

static void links(void **state)
{
	static const struct pair pairs[] = {
		{ "./a/b-1.2_c", "./a/b-1.2_c" }, { "./a b?c#d%", "./a%20b%3Fc%23d%25" },
		{ "javascript:alert(1)", "javascript%3Aalert%281%29" },
		{ "../\"><x>", "../%22%3E%3Cx%3E" }, { "\xc3\xbc", "%C3%BC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char *url = url_path(pairs[i].text);

		assert_string_equal(url, pairs[i].wanted);
		free(url);
	}
}

static void ways_between_folders(void **state)
{
	static const struct {
		const char *from;
		const char *to;
		const char *wanted;
	} ways[] = {
		/* None of these is there: paths are taken as they are */
		{ "/no/a", "/no/a", "." }, { "/no/a", "/no/a/b/c", "./b/c" },
		{ "/no/a/b", "/no/a", "./.." }, { "/no/a/b", "/no/a/c", "./../c" },
		{ "/no/ab", "/no/a", "./../a" }, { "/no/a", "/no/ab", "./../ab" },
		{ "/", "/no/a", "./no/a" }, { "/no/x/y", "/other/z", "./../../../other/z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		char *way = report_relative(ways[i].from, ways[i].to);

		assert_string_equal(way, ways[i].wanted);
		free(way);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html),
		cmocka_unit_test(csv),
		cmocka_unit_test(markdown),
		cmocka_unit_test(ktap_lines),
		cmocka_unit_test(markup_is_ours_and_text_is_text),
		cmocka_unit_test(an_island_has_no_markup),
		cmocka_unit_test(links),
		cmocka_unit_test(ways_between_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
