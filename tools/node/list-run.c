// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the watchdogs of a machine, as table or as lines of JSON.
 */
#include <stdio.h>
#include <string.h>

#include "holder.h"
#include "io.h"
#include "list.h"
#include "node.h"
#include "watchdog.h"

enum column {
	COL_DEVICE,
	COL_IDENTITY,
	COL_DRIVER,
	COL_TIMEOUT,
	COL_PRETIMEOUT,
	COL_TIMELEFT,
	COL_NOWAYOUT,
	COL_STATE,
	COL_BOOT,
	COL_HOLDER,
	N_COLUMNS,
};

static const char * const headings[N_COLUMNS] = {
	[COL_DEVICE] = "DEVICE",
	[COL_IDENTITY] = "IDENTITY",
	[COL_DRIVER] = "DRIVER",
	[COL_TIMEOUT] = "TIMEOUT",
	[COL_PRETIMEOUT] = "PRE",
	[COL_TIMELEFT] = "LEFT",
	[COL_NOWAYOUT] = "NOWAYOUT",
	[COL_STATE] = "STATE",
	[COL_BOOT] = "BOOT",
	[COL_HOLDER] = "HELD BY",
};

#define CELL_SIZE 160

struct row {
	char cell[N_COLUMNS][CELL_SIZE];
};

static void put_number(char *cell, int64_t value, const char *unit)
{
	if (value < 0)
		strcpy(cell, "-");
	else
		snprintf(cell, CELL_SIZE, "%lld%s", (long long)value, unit);
}

static void put_flags(char *cell, int64_t value)
{
	if (value < 0)
		strcpy(cell, "-");
	else
		snprintf(cell, CELL_SIZE, "0x%llx", (long long)value);
}

static void put_name(char *cell, const char *name)
{
	snprintf(cell, CELL_SIZE, "%s", *name ? name : "-");
	io_clean_text(cell);
}

static void fill_row(struct row *row, const struct watchdog *dog,
		     const struct holders *holders)
{
	char (*cell)[CELL_SIZE] = row->cell;

	snprintf(cell[COL_DEVICE], CELL_SIZE, "%s%s", dog->device,
		 dog->is_dev_watchdog ? " (=/dev/watchdog)" : "");
	put_name(cell[COL_IDENTITY], dog->identity);
	put_name(cell[COL_DRIVER], dog->driver);
	put_number(cell[COL_TIMEOUT], dog->timeout, " s");
	put_number(cell[COL_PRETIMEOUT], dog->pretimeout, " s");
	put_number(cell[COL_TIMELEFT], dog->timeleft, " s");
	put_number(cell[COL_NOWAYOUT], dog->nowayout, "");
	put_name(cell[COL_STATE], dog->state);
	put_flags(cell[COL_BOOT], dog->bootstatus);
	holders_describe(holders, cell[COL_HOLDER], CELL_SIZE);
	io_clean_text(cell[COL_HOLDER]);
}

static void print_row(const struct row *row, const int *widths,
		      struct emitter *em)
{
	char text[sizeof(*row) + 2 * N_COLUMNS];
	size_t len = 0;
	int i;

	for (i = 0; i < COL_HOLDER; i++)
		len += snprintf(text + len, sizeof(text) - len, "%-*s  ",
				widths[i], row->cell[i]);
	emit_print(em, "%s%s\n", text, row->cell[COL_HOLDER]);
}

static void widen(int *widths, const struct row *row)
{
	int i;

	for (i = 0; i < N_COLUMNS; i++) {
		int len = strlen(row->cell[i]);

		if (len > widths[i])
			widths[i] = len;
	}
}

static void print_table(const struct row *rows, int n, struct emitter *em)
{
	int widths[N_COLUMNS] = { 0 };
	int i;

	for (i = 0; i < n; i++)
		widen(widths, &rows[i]);
	for (i = 0; i < n; i++)
		print_row(&rows[i], widths, em);
}

static void report_holders(struct jsonl *line, const struct holders *holders)
{
	int i;

	/* null: cannot tell; an empty array: nobody */
	if (!holders->n && !holders->complete) {
		jsonl_null(line, "holders");
		return;
	}
	jsonl_array(line, "holders");
	for (i = 0; i < holders->n; i++) {
		jsonl_object(line, "");
		jsonl_i64(line, "pid", holders->list[i].pid);
		jsonl_string(line, "command", holders->list[i].command);
		jsonl_close(line);
	}
	jsonl_close(line);
}

static void report(const struct watchdog *dog, const struct holders *holders,
		   struct emitter *em)
{
	struct jsonl *line = emit_begin(em, "watchdog", emit_stamp(em));

	jsonl_string(line, "device", dog->device);
	jsonl_bool(line, "is_dev_watchdog", dog->is_dev_watchdog ||
		   !strcmp(dog->device, "/dev/watchdog"));
	jsonl_bool(line, "legacy", dog->legacy);
	emit_name(line, "identity", dog->identity);
	emit_name(line, "driver", dog->driver);
	emit_name(line, "driver_known_by",
		  driver_source_name(dog->driver_source));
	emit_known(line, "timeout", dog->timeout);
	emit_known(line, "min_timeout", dog->min_timeout);
	emit_known(line, "max_timeout", dog->max_timeout);
	emit_known(line, "pretimeout", dog->pretimeout);
	emit_known(line, "timeleft", dog->timeleft);
	if (dog->nowayout < 0)
		jsonl_null(line, "nowayout");
	else
		jsonl_bool(line, "nowayout", dog->nowayout);
	emit_name(line, "state", dog->state);
	emit_known(line, "bootstatus", dog->bootstatus);
	report_holders(line, holders);
	emit_end(em);
}

/**
 * list_run() - print the watchdogs of a machine
 * @root: "" on a real machine; tests give a directory with sys, dev and proc
 * @em: where to
 *
 * Return: NODE_OK if there is one, NODE_NEGATIVE if there is none or the output
 * was lost.
 */
int list_run(const char *root, struct emitter *em)
{
	struct watchdog list[WATCHDOGS_MAX];
	struct row rows[WATCHDOGS_MAX + 1];
	struct holders holders;
	int i, n;

	n = watchdog_scan(root, list, WATCHDOGS_MAX);
	if (!n) {
		emit_notice(em, "this machine has no watchdog device");
		return NODE_NEGATIVE;
	}
	for (i = 0; i < N_COLUMNS; i++)
		strcpy(rows[0].cell[i], headings[i]);
	for (i = 0; i < n; i++) {
		holders_find(root, list[i].devs, list[i].n_devs, &holders);
		if (em->json)
			report(&list[i], &holders, em);
		else
			fill_row(&rows[i + 1], &list[i], &holders);
	}
	if (!em->json)
		print_table(rows, n + 1, em);
	return em->failed ? NODE_NEGATIVE : NODE_OK;
}
