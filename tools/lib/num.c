// SPDX-License-Identifier: GPL-2.0
/*
 * Strict number parsing.
 *
 * strtoul() takes leading blanks, signs (a minus wraps around silently) and
 * trailing text. A watchdog's timeout is no place for any of these.
 */
#include <errno.h>
#include <string.h>

#include "num.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Append one decimal digit to *value, not beyond max. */
static int add_digit(uint64_t *value, char c, uint64_t max)
{
	unsigned int digit = c - '0';

	if (digit > max || *value > (max - digit) / 10)
		return -ERANGE;
	*value = *value * 10 + digit;
	return 0;
}

/**
 * num_u64() - parse an unsigned decimal number
 * @text: digits only: no blanks, no sign, nothing behind
 * @max: greatest value accepted
 * @value: result, written only on success
 *
 * Return: 0, -EINVAL if @text is not a number, -ERANGE if it exceeds @max.
 */
int num_u64(const char *text, uint64_t max, uint64_t *value)
{
	bool over = false;
	uint64_t sum = 0;
	const char *p;

	if (!*text)
		return -EINVAL;
	for (p = text; *p; p++) {
		if (!is_digit(*p))
			return -EINVAL;
		if (!over && add_digit(&sum, *p, max))
			over = true;
	}
	if (over)
		return -ERANGE;
	*value = sum;
	return 0;
}

/**
 * num_seconds_ns() - parse seconds with up to nine decimals
 * @text: such as "10", "0.5" or "2.25"; a digit is wanted on both sides
 * @max_ns: greatest value accepted, in nanoseconds
 * @ns: result in nanoseconds, written only on success
 *
 * Return: 0, -EINVAL if @text is not such a number, -ERANGE if it exceeds
 * @max_ns.
 */
int num_seconds_ns(const char *text, uint64_t max_ns, uint64_t *ns)
{
	const char *dot = strchr(text, '.');
	size_t whole = dot ? (size_t)(dot - text) : strlen(text);
	size_t decimals = dot ? strlen(dot + 1) : 0;
	bool over = false;
	uint64_t sum = 0;
	size_t i;

	if (!whole || (dot && !decimals) || decimals > 9)
		return -EINVAL;
	for (i = 0; i < whole + 9; i++) {
		/* skip the dot; missing decimals are zeros */
		size_t at = i < whole ? i : i + 1;
		char c = i < whole + decimals ? text[at] : '0';

		if (!is_digit(c))
			return -EINVAL;
		if (!over && add_digit(&sum, c, max_ns))
			over = true;
	}
	if (over)
		return -ERANGE;
	*ns = sum;
	return 0;
}

/**
 * num_is_json_integer() - may this text stand in JSON as a number as it is?
 * @text: bytes, not necessarily terminated
 * @len: how many
 *
 * True for plain decimal integers that fit a signed 64-bit integer (what JSON
 * readers in C hold). "007", "+1", "-0" and "1e3" are left to be strings, so
 * that what is read is what was written.
 *
 * Return: true if so.
 */
bool num_is_json_integer(const char *text, size_t len)
{
	uint64_t max = INT64_MAX;
	uint64_t sum = 0;
	size_t i = 0;

	if (len && text[0] == '-') {
		max = (uint64_t)INT64_MAX + 1;
		i = 1;
	}
	if (i == len)
		return false;
	if (text[i] == '0')
		return len == 1;
	for (; i < len; i++) {
		if (!is_digit(text[i]) || add_digit(&sum, text[i], max))
			return false;
	}
	return true;
}

/**
 * num_put_u64() - write a number in decimal, without stdio
 * @out: room for NUM_U64_TEXT bytes; not terminated
 * @value: the number
 *
 * Return: number of bytes written.
 */
size_t num_put_u64(char *out, uint64_t value)
{
	char digits[NUM_U64_TEXT];
	size_t n = 0;
	size_t i;

	do {
		digits[n++] = '0' + value % 10;
		value /= 10;
	} while (value);
	for (i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}
