// SPDX-License-Identifier: GPL-2.0
/* From the raw evidence in a cell's folder to its timeline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "evidence.h"
#include "util.h"

static const struct {
	const char *name;
	bool optional;
	void (*read)(struct timeline *tl, FILE *in);
} sources[] = {
	{ EVIDENCE_LAB, false, evidence_lab },
	{ EVIDENCE_WATCH, true, evidence_watch },
	{ EVIDENCE_QMP, false, evidence_qmp },
	{ EVIDENCE_TRACE, true, evidence_trace },
	{ EVIDENCE_CONSOLE, false, evidence_console },
	{ EVIDENCE_MEMORY, true, evidence_memory },
	{ EVIDENCE_AGENT, false, evidence_agent },
	{ EVIDENCE_CANARY, false, evidence_canary },
};

/**
 * evidence_json_lines() - hand each line of a file over as JSON
 * @tl: marked broken at the first line that is none
 * @in: one object a line
 * @name: of the file, for the reason
 * @fn: called with each object
 * @state: for @fn
 *
 * A last line without its newline was being written when the VM or the lab
 * ended; it is passed over.
 */
void evidence_json_lines(struct timeline *tl, FILE *in, const char *name,
			 evidence_line_fn fn, void *state)
{
	size_t number = 0, cap = 0;
	char *line = NULL;
	ssize_t len;

	tl->read = 0;
	while ((len = getline(&line, &cap, in)) > 0) {
		json_error_t error;
		json_t *json;

		number++;
		tl->read += len;
		if (line[len - 1] != '\n')
			break;
		json = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
		if (!json_is_object(json)) {
			timeline_broken(tl, "%s, line %zu is no JSON object", name, number);
			json_decref(json);
			break;
		}
		fn(tl, json, state);
		json_decref(json);
	}
	free(line);
}

/**
 * evidence_cell() - which cell is this the evidence of?
 * @cell: filled in
 * @dir: the cell's folder
 * @why: on error the reason, a sentence
 * @len: size of @why
 *
 * Return: 0, or -1.
 */
int evidence_cell(struct cell *cell, const char *dir, char *why, size_t len)
{
	char *path = path_join(dir, EVIDENCE_CELL);
	const char *fault = NULL;
	json_error_t error;
	json_t *json = json_load_file(path, 0, &error);
	int ret = -1;

	if (!json)
		snprintf(why, len, "%s: %s", path, error.text);
	else if (cell_from_json(cell, json, &fault))
		snprintf(why, len, "%s: %s", path, fault);
	else
		ret = 0;
	json_decref(json);
	free(path);
	return ret;
}

/**
 * evidence_read() - the whole timeline of a cell
 * @tl: empty; sorted afterwards, marked broken where evidence is missing or
 *	makes no sense
 * @dir: the cell's folder
 */
void evidence_read(struct timeline *tl, const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		char *path = path_join(dir, sources[i].name);
		FILE *in = fopen(path, "re");

		if (in) {
			sources[i].read(tl, in);
			if (ferror(in))
				timeline_broken(tl, "%s can't be read", sources[i].name);
			fclose(in);
		} else if (!sources[i].optional || errno != ENOENT) {
			timeline_broken(tl, "%s can't be opened: %s", sources[i].name,
					strerror(errno));
		}
		free(path);
	}
	timeline_sort(tl);
}
