// SPDX-License-Identifier: GPL-2.0
/*
 * A look at evidence while it is being written. A guest is not asked: that would be
 * something that happens to it, and it might be frozen.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "evidence.h"
#include "glance.h"
#include "util.h"

#define TAIL_BYTES 4096

/**
 * glance_reset() - nothing was heard yet
 * @g: set
 */
void glance_reset(struct glance *g)
{
	memset(g, 0, sizeof(*g));
	g->ns = -1;
}

/**
 * glance_note() - something was heard by other means
 * @g: gets it
 * @event: its name
 */
void glance_note(struct glance *g, const char *event)
{
	snprintf(g->last, sizeof(g->last), "%s", event);
}

/**
 * glance_tail() - the last complete line of a file that is being written
 * @path: of it
 *
 * Return: the line without its end, to be freed; NULL where there is none.
 */
char *glance_tail(const char *path)
{
	char buf[TAIL_BYTES + 1], *end, *begin;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t len = -1;
	off_t from;

	if (fd >= 0 && !fstat(fd, &st)) {
		from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
		len = pread(fd, buf, TAIL_BYTES, from);
	}
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return NULL;
	end = memrchr(buf, '\n', (size_t)len);
	if (!end)
		return NULL;
	begin = memrchr(buf, '\n', (size_t)(end - buf));
	*end = '\0';
	return xstrdup(begin ? begin + 1 : buf);
}

static void take(struct glance *g, const char *line)
{
	json_t *json = json_loads(line, 0, NULL);
	json_int_t ticks = json_integer_value(json_object_get(json, "hpet"));
	const char *event = json_string_value(json_object_get(json, "event"));

	if (ticks > 0 && ticks < HPET_TICKS_MAX)
		g->ns = ticks * HPET_NS_PER_TICK;
	if (event)
		glance_note(g, event);
	json_decref(json);
}

/**
 * glance_look() - what has come since?
 * @g: gets it
 * @dir: the cell's folder
 */
void glance_look(struct glance *g, const char *dir)
{
	static const char * const names[] = { EVIDENCE_CANARY, EVIDENCE_AGENT };

	for (size_t i = 0; i < 2; i++) {
		char *path = path_join(dir, names[i]), *line = NULL;
		struct stat st;

		if (!stat(path, &st) && st.st_size != g->size[i]) {
			g->size[i] = st.st_size;
			line = glance_tail(path);
		}
		if (line)
			take(g, line);
		free(line);
		free(path);
	}
}
