// SPDX-License-Identifier: GPL-2.0
/*
 * What goes on, on a terminal: a block below the last line, drawn again and again.
 *
 * Lines go up into the scrollback as ever, so that nothing is lost when it ends, and no
 * mode of the terminal is changed, so that nothing has to be put back however it ends.
 * The size is asked for each time it is drawn: that is all a resize needs.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "live.h"
#include "util.h"

#define ROWS_MIN 2
#define COLUMNS_MIN 20
#define STAGE_WIDTH 8
#define CLOCK_WIDTH 12
/* What is left for a name, when the last event has its due */
#define NAME_RESERVE 40
#define NAME_MIN 8

/* There is one terminal */
static struct {
	enum progress progress;
	unsigned int drawn;	/* rows of the block on the screen */
} live = { .progress = PROGRESS_LINES };

/**
 * live_progress() - a value of --progress, or the end with a usage error
 * @state: of argp
 * @text: given
 *
 * Return: it.
 */
enum progress live_progress(const struct argp_state *state, const char *text)
{
	static const char * const names[] = {
		[PROGRESS_AUTO] = "auto", [PROGRESS_LIVE] = "live", [PROGRESS_LINES] = "lines",
		[PROGRESS_OFF] = "off",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], text))
			return (enum progress)i;
	argp_error(state, "--progress %s: there are auto, live, lines, off", text);
	return PROGRESS_AUTO;
}

static bool is_able(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb");
}

/**
 * live_begin() - from now on
 * @progress: asked for
 *
 * Return: 0; -1 after saying that there is no terminal to draw on.
 */
int live_begin(enum progress progress)
{
	if (progress == PROGRESS_LIVE && !is_able()) {
		warn_line("--progress live wants a terminal on standard error, and TERM other than dumb");
		return -1;
	}
	live.progress = progress != PROGRESS_AUTO ? progress :
			is_able() ? PROGRESS_LIVE : PROGRESS_LINES;
	if (live.progress == PROGRESS_LIVE)
		before_warning = live_clear;
	return 0;
}

/* In the background the terminal belongs to somebody else, who types there */
static bool is_ours(void)
{
	return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/**
 * live_is_on() - is there somebody to draw for?
 *
 * Return: whether.
 */
bool live_is_on(void)
{
	return live.progress == PROGRESS_LIVE && is_ours();
}

static void put(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(STDERR_FILENO, text, left);

		/* Of a terminal that is gone, a signal tells */
		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

static void erase(FILE *out)
{
	fputc('\r', out);
	if (live.drawn > 1)
		fprintf(out, "\033[%uA", live.drawn - 1);
	fputs("\033[J", out);
	live.drawn = 0;
}

/**
 * live_clear() - take the block off the screen; the next live_show() puts it there again
 */
void live_clear(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (!live.drawn)
		return;
	if (!is_ours()) {
		/* What is above the cursor now is not ours to erase */
		live.drawn = 0;
		return;
	}
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	erase(out);
	fclose(out);
	put(text);
	free(text);
}

/**
 * live_line() - a line that stays
 * @fmt: and what follows: as printf()
 */
void live_line(const char *fmt, ...)
{
	va_list ap;

	if (live.progress == PROGRESS_OFF)
		return;
	live_clear();
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static unsigned int from_env(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);
	unsigned long value = text ? strtoul(text, NULL, 10) : 0;

	return value && value < 10000 ? (unsigned int)value : otherwise;
}

static void size_of_terminal(unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size))
		memset(&size, 0, sizeof(size));
	*rows = size.ws_row ? size.ws_row : from_env("LINES", 24);
	*columns = size.ws_col ? size.ws_col : from_env("COLUMNS", 80);
	if (*rows < ROWS_MIN)
		*rows = ROWS_MIN;
	if (*columns < COLUMNS_MIN)
		*columns = COLUMNS_MIN;
}

/* One column stays free: a full line would wrap */
static void put_line(FILE *out, const char *text, unsigned int columns, const char *colour)
{
	fprintf(out, "%s%s%.*s%s", live.drawn ? "\r\n" : "", colour, (int)columns - 1, text,
		*colour ? "\033[0m" : "");
	live.drawn++;
}

static int name_width(const struct live_row *rows, size_t n, unsigned int columns)
{
	int room = (int)columns - NAME_RESERVE, width = NAME_MIN;

	for (size_t i = 0; i < n; i++)
		if ((int)strlen(rows[i].name) > width)
			width = (int)strlen(rows[i].name);
	if (width > room)
		width = room;
	return width > NAME_MIN ? width : NAME_MIN;
}

static char *row_text(const struct live_row *row, int width)
{
	char *last = text_escape(row->last ? row->last : "");
	char clock[32] = "";
	char *text;

	if (row->seconds >= 0)
		snprintf(clock, sizeof(clock), "%.3f s", row->seconds);
	text = xasprintf("  %-*.*s %-*s %*s  %s", width, width, row->name, STAGE_WIDTH, row->stage,
			 CLOCK_WIDTH, clock, last);
	free(last);
	return text;
}

static void put_rows(FILE *out, const struct live_row *rows, size_t n, unsigned int room,
		     unsigned int columns)
{
	size_t shown = n <= room ? n : room - 1;
	int width = name_width(rows, n, columns);
	char more[64];

	for (size_t i = 0; i < shown; i++) {
		char *text = row_text(&rows[i], width);

		put_line(out, text, columns, "");
		free(text);
	}
	if (shown == n)
		return;
	snprintf(more, sizeof(more), "  and %zu more", n - shown);
	put_line(out, more, columns, "");
}

/**
 * live_show() - draw the block anew
 * @head: its first line: totals
 * @bad: there is something in it that is not as it should be
 * @rows: what goes on
 * @n: how many
 */
void live_show(const char *head, bool bad, const struct live_row *rows, size_t n)
{
	unsigned int height, columns;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (!live_is_on())
		return;
	size_of_terminal(&height, &columns);
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	erase(out);
	put_line(out, head, columns, getenv("NO_COLOR") ? "" : bad ? "\033[33m" : "\033[1m");
	if (height > ROWS_MIN)
		put_rows(out, rows, n, height - ROWS_MIN, columns);
	fclose(out);
	put(text);
	free(text);
}
