// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

static void *or_die(void *p)
{
	if (p)
		return p;
	fputs("pug: out of memory\n", stderr);
	exit(2);
}

/**
 * xrealloc() - realloc() that does not return on failure
 * @p: may be NULL
 * @size: in bytes
 *
 * Return: the memory. The lab holds megabytes at most: with none left there is
 * nothing better to do than to stop, and the evidence is on disk by then.
 */
void *xrealloc(void *p, size_t size)
{
	return or_die(realloc(p, size));
}

/**
 * xcalloc() - calloc() that does not return on failure
 * @n: members
 * @size: of each, in bytes
 *
 * Return: zeroed memory.
 */
void *xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n, size));
}

/**
 * xstrdup() - strdup() that does not return on failure
 * @s: copied
 *
 * Return: the copy.
 */
char *xstrdup(const char *s)
{
	return or_die(strdup(s));
}

/**
 * xvasprintf() - vasprintf() that does not return on failure
 * @fmt: as vprintf()
 * @ap: as vprintf()
 *
 * Return: the string, to be freed.
 */
char *xvasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		or_die(NULL);
	return s;
}

/**
 * xasprintf() - asprintf() that does not return on failure
 * @fmt: and what follows: as printf()
 *
 * Return: the string, to be freed.
 */
char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void (*before_warning)(void);

/**
 * warn_line() - one line on stderr, with the program's name
 * @fmt: and what follows: as printf(), without a newline
 */
void warn_line(const char *fmt, ...)
{
	va_list ap;

	if (before_warning)
		before_warning();
	fputs("pug: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/**
 * wants_colour() - are there eyes for colours?
 * @fd: written to
 *
 * Return: whether it is a terminal that knows more than text, and NO_COLOR is not set.
 */
bool wants_colour(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !getenv("NO_COLOR") && (!term || strcmp(term, "dumb"));
}

/**
 * now_s() - the host's monotonic clock
 *
 * Return: seconds; good for order and wall time, never for a guest's times.
 */
double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * today() - the host's day, where it is
 * @text: set to YYYY-MM-DD
 * @len: room in @text, 11 at least
 *
 * Return: @text.
 */
const char *today(char *text, size_t len)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(text, len, "%Y-%m-%d", localtime_r(&now, &tm));
	return text;
}

/**
 * path_join() - DIR/NAME
 * @dir: a folder
 * @name: in it
 *
 * Return: the path, to be freed.
 */
char *path_join(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static int make_dir(const char *path)
{
	struct stat st;

	if (!mkdir(path, 0777))
		return 0;
	if (errno != EEXIST)
		return -1;
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

/**
 * make_dirs() - mkdir -p
 * @path: a folder, with those above it
 *
 * Return: 0, or -1 with errno set.
 */
int make_dirs(const char *path)
{
	char *copy = xstrdup(path);
	int ret = 0;

	for (char *p = copy + 1; !ret; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		ret = make_dir(copy);
		*p = c;
		if (!c)
			break;
	}
	free(copy);
	return ret;
}

/**
 * free_bytes() - room on the file system that holds a path
 * @path: exists
 *
 * Return: bytes that this user may still write, or -1 with errno set.
 */
int64_t free_bytes(const char *path)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return -1;
	return (int64_t)st.f_bavail * (int64_t)st.f_frsize;
}

/**
 * json_text() - a JSON string of text from anywhere
 * @text: what QEMU or a guest printed, maybe cut off inside a character
 *
 * Return: a new string; where @text is no UTF-8, with question marks for all
 * that is not ASCII. json_string() gives none then, and json_pack() would drop
 * the whole object.
 */
json_t *json_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = xstrdup(text);
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

/**
 * write_text() - a small file of our own
 * @dir: folder
 * @name: of the file, which is made or emptied
 * @text: all of it
 *
 * Return: 0, or -1 with errno set.
 */
int write_text(const char *dir, const char *name, const char *text)
{
	char *path = path_join(dir, name);
	FILE *out = fopen(path, "we");
	int ret = -1;

	if (out) {
		ret = fputs(text, out) < 0 ? -1 : 0;
		if (fclose(out))
			ret = -1;
	}
	free(path);
	return ret;
}

/**
 * text_escape() - text from anywhere, harmless to a terminal
 * @text: what QEMU or a guest printed
 *
 * All but printable ASCII is written as \xNN, also the bytes of UTF-8: some
 * of its characters move the cursor or turn the direction of writing, and what
 * kernels print is ASCII. What must be exact is in the JSON.
 *
 * Return: the text, to be freed.
 */
char *text_escape(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *copy = xcalloc(4, strlen(text) + 1), *to = copy;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p >= ' ' && *p <= '~') {
			*to++ = *p;
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[*p >> 4];
		*to++ = digits[*p & 15];
	}
	return copy;
}

/**
 * warn_text() - warn_line() of text that may hold something from anywhere
 * @text: the message
 */
void warn_text(const char *text)
{
	char *escaped = text_escape(text);

	warn_line("%s", escaped);
	free(escaped);
}

/**
 * warn_safe() - warn_line() with something from anywhere in it
 * @fmt: and what follows: as printf()
 */
void warn_safe(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	warn_text(text);
	free(text);
}
