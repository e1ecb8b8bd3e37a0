// SPDX-License-Identifier: GPL-2.0
/*
 * Text from anywhere made harmless, for each place where a report puts it. What
 * guests print ends in pages, in spreadsheets and on CI servers: nothing else
 * writes such text there, and no other function here or elsewhere escapes HTML.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

/* The character that begins at *@p; what is no UTF-8 is taken as a question mark */
static uint32_t next_char(const unsigned char **p)
{
	const unsigned char *s = *p;
	int n = *s < 0x80 ? 0 : *s >= 0xc2 && *s < 0xe0 ? 1 : *s >= 0xe0 && *s < 0xf0 ? 2 :
		*s >= 0xf0 && *s < 0xf5 ? 3 : -1;
	uint32_t c = n <= 0 ? *s : *s & (0x3fu >> n);

	*p = s + 1;
	if (n < 0)
		return '?';
	for (int i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return '?';
		c = c << 6 | (s[i] & 0x3f);
	}
	/* Overlong, a surrogate, beyond the last */
	if ((n == 2 && c < 0x800) || (n == 3 && c < 0x10000) || (c >= 0xd800 && c < 0xe000) ||
	    c > 0x10ffff)
		return '?';
	*p = s + n + 1;
	return c;
}

/* Shows nothing, turns the direction of writing, or is none of XML's characters */
static bool is_hidden(uint32_t c)
{
	return (c < ' ' && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x61c || c == 0xad ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static void put_char(FILE *out, uint32_t c)
{
	if (c < 0x80) {
		fputc((int)c, out);
	} else if (c < 0x800) {
		fputc((int)(0xc0 | c >> 6), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	} else if (c < 0x10000) {
		fputc((int)(0xe0 | c >> 12), out);
		fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	} else {
		fputc((int)(0xf0 | c >> 18), out);
		fputc((int)(0x80 | (c >> 12 & 0x3f)), out);
		fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
		fputc((int)(0x80 | (c & 0x3f)), out);
	}
}

static void put_visible(FILE *out, uint32_t c)
{
	if (is_hidden(c))
		fprintf(out, "\\u{%x}", (unsigned int)c);
	else
		put_char(out, c);
}

/**
 * html_text() - text as HTML or XML has it, between tags and in quotes
 * @out: written to
 * @text: from anywhere
 *
 * Also characters that are seen by nobody, but turn a line around or are
 * forbidden in XML, are written as \u{HEX}.
 */
void html_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t c = next_char(&p);

		switch (c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			put_visible(out, c);
		}
	}
}

/* %s and %zu, and a %% for a per cent sign */
static const char *print_one(FILE *out, const char *at, va_list *ap)
{
	if (at[1] == 's') {
		html_text(out, va_arg(*ap, const char *));
		return at + 2;
	}
	if (at[1] == 'z' && at[2] == 'u') {
		fprintf(out, "%zu", va_arg(*ap, size_t));
		return at + 3;
	}
	if (at[1] != '%')
		abort();
	fputc('%', out);
	return at + 2;
}

/**
 * html_print() - markup of ours with text of others in it
 * @out: written to
 * @fmt: markup; %s is escaped as by html_text(), %zu is a size_t; no other
 *	conversion is there
 */
void html_print(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	while (*fmt) {
		if (*fmt == '%')
			fmt = print_one(out, fmt, &ap);
		else
			fputc(*fmt++, out);
	}
	va_end(ap);
}

/**
 * html_json() - data inside a page's script element
 * @out: written to
 * @json: data
 *
 * HTML looks for the element's end, and for comments, before anybody looks for
 * JSON: so no character is in it that means something to HTML.
 */
void html_json(FILE *out, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));

	for (const char *p = text; p && *p; p++)
		if (strchr("<>&", *p))
			fprintf(out, "\\u%04x", (unsigned int)*p);
		else
			fputc(*p, out);
	free(text);
}

/**
 * md_text() - text in a cell of a Markdown table
 * @out: written to
 * @text: from anywhere
 *
 * Markdown lets HTML and links through: what could begin either is escaped.
 */
void md_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t c = next_char(&p);

		if (c == '\n' || c == '\t')
			c = ' ';
		/* An entity: some renderers take a backslash before < for text */
		if (c == '<' || c == '>' || c == '&' || c == '@' || (c == ':' && *p == '/')) {
			fprintf(out, "&#%u;", (unsigned int)c);
			continue;
		}
		if (c < 0x80 && strchr("\\`*_{}[]|~#!", (int)c))
			fputc('\\', out);
		put_visible(out, c);
	}
}

/**
 * csv_text() - a field as RFC 4180 has it
 * @out: written to
 * @text: from anywhere
 *
 * Spreadsheets take a field for a formula by its first character, quoted or
 * not: such a field gets an apostrophe before it.
 */
void csv_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', out);
	if (*text && strchr("=+-@\t\r\n", *text))
		fputc('\'', out);
	while (*p) {
		uint32_t c = next_char(&p);

		if (c == '"')
			fputc('"', out);
		put_visible(out, c);
	}
	fputc('"', out);
}

/**
 * line_text() - text in a line of KTAP
 * @out: written to
 * @text: from anywhere
 *
 * A newline would begin a line of its own, and a # a directive.
 */
void line_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t c = next_char(&p);

		if (c == '\n' || c == '\t')
			c = ' ';
		if (c == '#' || c == '\\')
			fputc('\\', out);
		put_visible(out, c);
	}
}

/**
 * url_path() - a path in a relative link
 * @path: from anywhere
 *
 * Return: a new string, all but what is never special as %XX. A colon before
 * the first slash would make a scheme of what is before it: it is one of these.
 */
char *url_path(const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	char *url = xcalloc(3, strlen(path) + 1), *to = url;

	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || strchr("/._-~+", *p);

		if (plain) {
			*to++ = (char)*p;
			continue;
		}
		*to++ = '%';
		*to++ = digits[*p >> 4];
		*to++ = digits[*p & 15];
	}
	return url;
}
