/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A temporary copy of recorded evidence, and ways to spoil it. Each way asserts
 * that it found what it was to change: a test whose mutation has gone stale
 * fails instead of proving nothing.
 */
#ifndef PUG_TESTS_FIXTURE_H
#define PUG_TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "evidence.h"
#include "expect.h"
#include "util.h"
#include "verdict.h"

#define FIXTURES "tools/lab/tests/evidence"

static const char * const fixture_files[] = {
	EVIDENCE_CELL, EVIDENCE_CMDLINE, EVIDENCE_QMP, EVIDENCE_CONSOLE, EVIDENCE_AGENT,
	EVIDENCE_CANARY, EVIDENCE_LAB, EVIDENCE_STDERR, EVIDENCE_TRACE, EVIDENCE_WATCH,
};

#define FIXTURE_FILES ARRAY_SIZE(fixture_files)

/**
 * struct fixture - evidence under a test's hands, and what is made of it
 * @dir: temporary copy
 * @cell: read from it by fixture_judge()
 * @expected: of that cell
 * @seen: in that evidence
 * @met: both agree
 */
struct fixture {
	char dir[32];
	struct cell cell;
	struct expectation expected;
	struct verdict seen;
	bool met;
};

static inline char *fixture_read(const char *dir, const char *name, size_t *len)
{
	char *path = path_join(dir, name);
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;

	if (!in)
		fail_msg("%s can't be opened; run this from the top folder", path);
	*len = 0;
	do {
		cap = 2 * cap + 4096;
		text = xrealloc(text, cap + 1);
		*len += fread(text + *len, 1, cap - *len, in);
	} while (*len == cap);
	text[*len] = '\0';
	fclose(in);
	free(path);
	return text;
}

static inline void fixture_write(const char *dir, const char *name, const char *bytes, size_t len)
{
	char *path = path_join(dir, name);
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	free(path);
}

/* One file of recording NAME, in the place of the copy's own */
static inline void fixture_take(struct fixture *fx, const char *name, const char *file)
{
	char *from = path_join(FIXTURES, name);
	char *path = path_join(from, file);
	char *text;
	size_t len;

	/* Recordings of a QEMU that did not trace have none, and nobody stood beside it */
	if ((strcmp(file, EVIDENCE_TRACE) && strcmp(file, EVIDENCE_WATCH)) ||
	    !access(path, F_OK)) {
		text = fixture_read(from, file, &len);
		fixture_write(fx->dir, file, text, len);
		free(text);
	}
	free(path);
	free(from);
}

static inline void fixture_remove(struct fixture *fx, const char *file)
{
	char *path = path_join(fx->dir, file);

	assert_int_equal(unlink(path), 0);
	free(path);
}

/* For tests' teardown: harmless on what was never opened or is closed */
static inline void fixture_close(struct fixture *fx)
{
	if (!fx->dir[0])
		return;
	for (size_t i = 0; i < FIXTURE_FILES; i++) {
		char *path = path_join(fx->dir, fixture_files[i]);

		unlink(path);
		free(path);
	}
	rmdir(fx->dir);
	fx->dir[0] = '\0';
}

static inline void fixture_open_empty(struct fixture *fx)
{
	fixture_close(fx);
	memset(fx, 0, sizeof(*fx));
	strcpy(fx->dir, "/tmp/pug-test-XXXXXX");
	if (!mkdtemp(fx->dir)) {
		fx->dir[0] = '\0';
		fail_msg("no temporary folder");
	}
}

static inline void fixture_open(struct fixture *fx, const char *name)
{
	fixture_open_empty(fx);
	for (size_t i = 0; i < FIXTURE_FILES; i++)
		fixture_take(fx, name, fixture_files[i]);
}

/* The same cell with the evidence of another one */
static inline void fixture_swap(struct fixture *fx, const char *evidence)
{
	for (size_t i = 0; i < FIXTURE_FILES; i++)
		if (strcmp(fixture_files[i], EVIDENCE_CELL))
			fixture_take(fx, evidence, fixture_files[i]);
}

typedef bool (*fixture_line_fn)(const char *line, const void *data);

static inline void fixture_drop_if(struct fixture *fx, const char *file, fixture_line_fn drop,
				   const void *data)
{
	size_t len, kept = 0, dropped = 0;
	char *text = fixture_read(fx->dir, file, &len);
	char *out = xcalloc(1, len + 1);
	char *line = text;

	while (*line) {
		char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) + 1 : strlen(line);
		char *copy = strndup(line, n);

		if (drop(copy, data)) {
			dropped++;
		} else {
			memcpy(out + kept, line, n);
			kept += n;
		}
		free(copy);
		line += n;
	}
	fixture_write(fx->dir, file, out, kept);
	free(text);
	free(out);
	if (!dropped)
		fail_msg("nothing to drop from %s", file);
}

static inline bool fixture_has(const char *line, const void *needle)
{
	return strstr(line, needle);
}

/* Drop all lines with NEEDLE in them */
static inline void fixture_drop(struct fixture *fx, const char *file, const char *needle)
{
	fixture_drop_if(fx, file, fixture_has, needle);
}

/* All of FROM become TO */
static inline void fixture_replace(struct fixture *fx, const char *file, const char *from,
				   const char *to)
{
	size_t len, used = 0, n = 0;
	char *text = fixture_read(fx->dir, file, &len);
	char *out = NULL;
	FILE *mem = open_memstream(&out, &used);
	char *p = text;
	char *found;

	while ((found = strstr(p, from))) {
		fwrite(p, 1, found - p, mem);
		fputs(to, mem);
		p = found + strlen(from);
		n++;
	}
	fwrite(p, 1, text + len - p, mem);
	fclose(mem);
	fixture_write(fx->dir, file, out, used);
	free(out);
	free(text);
	if (!n)
		fail_msg("'%s' is not in %s", from, file);
}

/* Put TEXT before the first line with NEEDLE in it; NULL: at the file's end */
static inline void fixture_insert(struct fixture *fx, const char *file, const char *needle,
				  const char *text)
{
	size_t len, used = 0;
	char *old = fixture_read(fx->dir, file, &len);
	char *at = needle ? strstr(old, needle) : old + len;
	char *out = NULL;
	FILE *mem = open_memstream(&out, &used);

	if (at)
		while (at > old && at[-1] != '\n' && needle)
			at--;
	if (at) {
		fwrite(old, 1, at - old, mem);
		fputs(text, mem);
		fwrite(at, 1, old + len - at, mem);
	}
	fclose(mem);
	fixture_write(fx->dir, file, out, used);
	free(out);
	free(old);
	if (!at)
		fail_msg("'%s' is not in %s", needle ? needle : "", file);
}

static inline void fixture_append(struct fixture *fx, const char *file, const char *text)
{
	fixture_insert(fx, file, NULL, text);
}

static inline size_t fixture_size(const struct fixture *fx, const char *file)
{
	size_t len;

	free(fixture_read(fx->dir, file, &len));
	return len;
}

/* Keep the first BYTES */
static inline void fixture_cut(struct fixture *fx, const char *file, size_t bytes)
{
	size_t len;
	char *text = fixture_read(fx->dir, file, &len);

	assert_true(bytes < len);
	fixture_write(fx->dir, file, text, bytes);
	free(text);
}

/* From line TO on all is lost: keep what stands before the first NEEDLE */
static inline void fixture_cut_at(struct fixture *fx, const char *file, const char *needle)
{
	size_t len;
	char *text = fixture_read(fx->dir, file, &len);
	char *at = strstr(text, needle);

	if (!at)
		fail_msg("'%s' is not in %s", needle, file);
	while (at > text && at[-1] != '\n')
		at--;
	fixture_write(fx->dir, file, text, at - text);
	free(text);
}

/* As cmd_explain() and result_derive() do it */
static inline void fixture_judge(struct fixture *fx)
{
	struct timeline tl = { 0 };
	char why[512] = "";

	if (evidence_cell(&fx->cell, fx->dir, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(expect(&fx->expected, &fx->cell), 0);
	evidence_read(&tl, fx->dir);
	verdict(&fx->seen, &fx->cell, &tl);
	fx->met = expect_met(&fx->expected, &fx->seen);
	timeline_free(&tl);
}

/* The HPET's counter in ns, as FIELD of the console line that has NEEDLE */
static inline int64_t fixture_console_ns(const struct fixture *fx, const char *needle,
					 const char *field)
{
	size_t len;
	char *text = fixture_read(fx->dir, EVIDENCE_CONSOLE, &len);
	char *line = strstr(text, needle);
	char *value = line ? strstr(line, field) : NULL;
	int64_t ns;

	if (!value)
		fail_msg("%s has no '%s' with '%s'", EVIDENCE_CONSOLE, needle, field);
	ns = strtoll(value + strlen(field), NULL, 10) * HPET_NS_PER_TICK;
	free(text);
	return ns;
}

/* When the CPUs stopped: exact where the module lived to say it, else asked */
static inline int64_t fixture_freeze_ns(const struct fixture *fx)
{
	return fixture_console_ns(fx, "stop-machine: freeze", " hpet=");
}

/* The first answer with the HPET's counter, and all equal ones, say T_NS */
static inline void fixture_fire_at(struct fixture *fx, int64_t t_ns)
{
	static const char reply[] = "\"return\":\"00000000fed000f0: 0x";
	size_t len;
	char *text = fixture_read(fx->dir, EVIDENCE_QMP, &len);
	char *found = strstr(text, reply);
	char from[17] = "", to[17];

	if (!found)
		fail_msg("%s has no answer with the HPET's counter", EVIDENCE_QMP);
	memcpy(from, found + strlen(reply), 16);
	free(text);
	snprintf(to, sizeof(to), "%016llx", (unsigned long long)t_ns / HPET_NS_PER_TICK);
	fixture_replace(fx, EVIDENCE_QMP, from, to);
}

static inline void fixture_canary(struct fixture *fx, int64_t t_ns, int cpu)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"event\":\"canary\",\"hpet\":%lld,\"cpu\":%d,\"n\":1}\n",
		 (long long)t_ns / HPET_NS_PER_TICK, cpu);
	fixture_append(fx, EVIDENCE_CANARY, line);
}

static inline bool fixture_canary_since(const char *line, const void *data)
{
	const char *hpet = strstr(line, "\"hpet\":");
	int64_t since = *(const int64_t *)data;

	return hpet && strtoll(hpet + 7, NULL, 10) * HPET_NS_PER_TICK >= since;
}

/* Nothing of the canaries got out from T_NS on */
static inline void fixture_silence(struct fixture *fx, int64_t t_ns)
{
	fixture_drop_if(fx, EVIDENCE_CANARY, fixture_canary_since, &t_ns);
}

#endif
