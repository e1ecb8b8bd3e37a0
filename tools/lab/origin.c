// SPDX-License-Identifier: GPL-2.0
/* What a cell was run with: written beside its evidence, compared where results are joined. */
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "hash.h"
#include "origin.h"
#include "util.h"

#ifndef PUG_VERSION
#define PUG_VERSION "unknown"
#endif

#define TEXT_MAX 128

enum kind { TEXT, WHOLE, TRUTH };

/* Of what is to be equal */
enum scope {
	ANY,		/* nothing: it is for people */
	RUN,		/* all cells of a run */
	KERNEL,		/* those with the same kernel */
};

/**
 * struct field - a member of an origin
 * @name: of it
 * @kind: of its value
 * @scope: in which it is the same everywhere
 * @label: for people
 */
struct field {
	const char *name;
	enum kind kind;
	enum scope scope;
	const char *label;
};

static const struct field fields[] = {
	{ "pug", TEXT, RUN, "the version of pug" },
	{ "list", TEXT, RUN, "the list of cells (preset and options)" },
	{ "cells", WHOLE, RUN, "the number of cells in the list" },
	{ "qemu", TEXT, RUN, "the version of QEMU" },
	{ "accel", TEXT, RUN, "what guests run on (accel)" },
	{ "time", TEXT, RUN, "how time runs (--warp, --real-time)" },
	{ "icount_shift", WHOLE, RUN, "PUG_ICOUNT_SHIFT" },
	{ "forked", TRUTH, RUN, "whether cells are forks of a warm guest (--boot, --init)" },
	{ "see_return", TRUTH, RUN, "whether the way back is seen (--return, --no-return)" },
	{ "kernel", TEXT, ANY, "the kernel" },
	{ "release", TEXT, KERNEL, "the kernel's release" },
	{ "image", TEXT, KERNEL, "the kernel's image" },
	{ "initramfs", TEXT, KERNEL, "the guest's initramfs (pug-node, modules, /init)" },
	{ "host", TEXT, ANY, "the host" },
};

static int sum(const char *path, char text[SUM_LEN])
{
	uint64_t hash = HASH_START;

	if (hash_file(&hash, path)) {
		warn_line("%s can't be read", path);
		return -1;
	}
	snprintf(text, SUM_LEN, "%016llx", (unsigned long long)hash);
	return 0;
}

/**
 * origin_sum_guest() - sum up what a guest boots
 * @guest: found; gets @image and @init
 *
 * Return: 0; -1 after saying what can't be read.
 */
int origin_sum_guest(struct guest *guest)
{
	if (sum(guest->vmlinuz, guest->image))
		return -1;
	return sum(guest->initramfs, guest->init);
}

/**
 * origin_of() - what a cell is run with
 * @run: complete but for the results
 * @result: of the cell
 *
 * Return: a new object (Documentation/schema/origin-1.json).
 */
json_t *origin_of(const struct run *run, const struct result *result)
{
	const struct guest *guest = result->guest;
	char host[TEXT_MAX] = "";

	gethostname(host, sizeof(host) - 1);
	return json_pack("{s:i s:s s:s s:I s:s s:s s:s s:i s:b s:b s:s s:s s:s s:s s:o}",
			 "version", ORIGIN_VERSION, "pug", PUG_VERSION, "list", run->list,
			 "cells", (json_int_t)run->list_n, "qemu", run->host->qemu_version,
			 "accel", host_accel(run->host), "time", host_time(run->host),
			 "icount_shift", run->host->time == TIME_WARP ?
				(int)run->host->icount_shift : 0,
			 "forked", run->fork, "see_return", result->cell.see_return,
			 "kernel", guest->name, "release", guest->release,
			 "image", guest->image, "initramfs", guest->init,
			 "host", json_text(host));
}

static bool is_fine(const json_t *value, enum kind kind)
{
	switch (kind) {
	case TEXT:
		return json_is_string(value) && json_string_length(value) < TEXT_MAX;
	case WHOLE:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       json_integer_value(value) <= 65536;
	default:
		return json_is_boolean(value);
	}
}

/**
 * origin_check() - is this one?
 * @json: from anywhere
 * @why: if not, what is wrong with it, a phrase
 * @len: size of @why
 *
 * Return: 0, or -1.
 */
int origin_check(json_t *json, char *why, size_t len)
{
	json_int_t version = json_integer_value(json_object_get(json, "version"));

	if (version != ORIGIN_VERSION) {
		snprintf(why, len, "it is of version %lld; this program knows %d",
			 (long long)version, ORIGIN_VERSION);
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (is_fine(json_object_get(json, fields[i].name), fields[i].kind))
			continue;
		snprintf(why, len, "'%s' is missing, or not what it should be", fields[i].name);
		return -1;
	}
	return 0;
}

/**
 * origin_differs() - do two cells belong to one run?
 * @a: checked
 * @b: checked
 *
 * Return: NULL when they do; else the name of what differs. origin_label() has words for
 * it.
 */
const char *origin_differs(const json_t *a, const json_t *b)
{
	bool same_kernel = json_equal(json_object_get(a, "kernel"), json_object_get(b, "kernel"));

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];

		if (f->scope == ANY || (f->scope == KERNEL && !same_kernel))
			continue;
		if (!json_equal(json_object_get(a, f->name), json_object_get(b, f->name)))
			return f->name;
	}
	return NULL;
}

/**
 * origin_label() - what a member of an origin is, for people
 * @name: from origin_differs()
 *
 * Return: words.
 */
const char *origin_label(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, name))
			return fields[i].label;
	return name;
}
