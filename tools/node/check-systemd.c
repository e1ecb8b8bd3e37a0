// SPDX-License-Identifier: GPL-2.0
/*
 * systemd's own use of the watchdog: system.conf and its drop-ins, and the
 * kernel's command line.
 *
 * This is what it is configured to do; who holds the device is another finding.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check-systemd.h"
#include "compiler.h"
#include "io.h"
#include "num.h"
#include "sysfs.h"

/* The first of these that exists is the main file. */
static const char * const main_files[] = {
	"/etc/systemd/system.conf", "/run/systemd/system.conf",
	"/usr/local/lib/systemd/system.conf", "/usr/lib/systemd/system.conf",
};

static const char * const drop_in_dirs[] = {
	"/etc/systemd/system.conf.d", "/run/systemd/system.conf.d",
	"/usr/local/lib/systemd/system.conf.d",
	"/usr/lib/systemd/system.conf.d", NULL,
};

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
	{ "ms", 1 }, { "msec", 1 },
	{ "", 1000 }, { "s", 1000 }, { "sec", 1000 }, { "second", 1000 },
	{ "seconds", 1000 },
	{ "m", 60000 }, { "min", 60000 }, { "minute", 60000 },
	{ "minutes", 60000 },
	{ "h", 3600000 }, { "hr", 3600000 }, { "hour", 3600000 },
	{ "hours", 3600000 },
	{ "d", 86400000 }, { "day", 86400000 }, { "days", 86400000 },
};

static int64_t unit_ms(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (len == strlen(units[i].name) &&
		    !memcmp(text, units[i].name, len))
			return units[i].ms;
	}
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Digits, perhaps decimals (which are dropped), a unit; -1 if it is none. */
static int64_t one_part(struct line *rest)
{
	int64_t number = 0, unit;
	size_t i = 0, begin;

	while (i < rest->len && is_digit(rest->text[i])) {
		number = number * 10 + rest->text[i++] - '0';
		if (number > 1000000000)
			return -1;
	}
	if (!i)
		return -1;
	if (i < rest->len && rest->text[i] == '.')
		for (i++; i < rest->len && is_digit(rest->text[i]);)
			i++;
	while (i < rest->len && rest->text[i] == ' ')
		i++;
	begin = i;
	while (i < rest->len && is_letter(rest->text[i]))
		i++;
	unit = unit_ms(rest->text + begin, i - begin);
	while (i < rest->len && rest->text[i] == ' ')
		i++;
	rest->text += i;
	rest->len -= i;
	return unit < 0 ? -1 : number * unit;
}

/**
 * sdconf_span() - a time span as systemd writes it, in seconds
 * @text: such as "30", "1min 30s", "off", "infinity"; no terminating zero needed
 * @len: its length
 *
 * Return: seconds, rounded up (0: off); SPAN_DEFAULT, SPAN_INFINITY, SPAN_UNSET
 * where it is empty, or SPAN_BAD.
 */
int64_t sdconf_span(const char *text, size_t len)
{
	struct line rest = { text, len };
	int64_t ms = 0;

	if (!len)
		return SPAN_UNSET;
	if (line_is(&rest, "off"))
		return 0;
	if (line_is(&rest, "default"))
		return SPAN_DEFAULT;
	if (line_is(&rest, "infinity"))
		return SPAN_INFINITY;
	while (rest.len) {
		int64_t part = one_part(&rest);

		if (part < 0 || ms > INT64_MAX / 4)
			return SPAN_BAD;
		ms += part;
	}
	return (ms + 999) / 1000;
}

/**
 * sdconf_init() - nothing is configured yet
 * @conf: cleared
 */
void sdconf_init(struct sdconf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->runtime_s = SPAN_UNSET;
	conf->reboot_s = SPAN_UNSET;
}

static void assign(struct sdconf *conf, const char *path, struct line *key,
		   struct line *value)
{
	if (line_is(key, "RuntimeWatchdogSec")) {
		conf->runtime_s = sdconf_span(value->text, value->len);
		snprintf(conf->runtime_from, sizeof(conf->runtime_from), "%s",
			 path);
	} else if (line_is(key, "RebootWatchdogSec") ||
		   line_is(key, "ShutdownWatchdogSec")) {
		conf->reboot_s = sdconf_span(value->text, value->len);
		snprintf(conf->reboot_from, sizeof(conf->reboot_from), "%s",
			 path);
	} else if (line_is(key, "WatchdogDevice")) {
		line_copy(value, conf->device, sizeof(conf->device));
	}
}

static void parse_pair(struct sdconf *conf, const char *path,
		       const struct line *line)
{
	const char *equals = memchr(line->text, '=', line->len);
	struct line key, value;

	if (!equals)
		return;
	key.text = line->text;
	key.len = equals - line->text;
	while (key.len && (key.text[key.len - 1] == ' ' ||
			   key.text[key.len - 1] == '\t'))
		key.len--;
	value.text = equals + 1;
	value.len = line->len - (equals + 1 - line->text);
	while (value.len && (*value.text == ' ' || *value.text == '\t')) {
		value.text++;
		value.len--;
	}
	assign(conf, path, &key, &value);
}

/**
 * sdconf_parse() - one file; what it sets replaces what was set before
 * @path: its path, for messages
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @conf: a struct sdconf
 */
void sdconf_parse(const char *path, const char *text, size_t len, void *conf)
{
	const char *cursor = text;
	bool manager = false;
	struct line line;

	while (line_next(&cursor, text + len, &line)) {
		if (line.text[0] == '[')
			manager = line_is(&line, "[Manager]");
		else if (manager)
			parse_pair(conf, path, &line);
	}
}

/* systemd.watchdog_sec= and systemd.watchdog_device=, since systemd 251 */
static void parse_cmdline(const char *text, size_t len, struct sdconf *conf)
{
	static const char sec[] = "systemd.watchdog_sec=";
	static const char device[] = "systemd.watchdog_device=";
	struct line rest = { text, len };
	struct line word;

	while (line_word(&rest, &word)) {
		if (line_starts(&word, sec)) {
			conf->runtime_s = sdconf_span(word.text + sizeof(sec) - 1,
						      word.len - (sizeof(sec) - 1));
			strcpy(conf->runtime_from, "the kernel's command line");
		} else if (line_starts(&word, device)) {
			word.text += sizeof(device) - 1;
			word.len -= sizeof(device) - 1;
			line_copy(&word, conf->device, sizeof(conf->device));
		}
	}
}

/**
 * sdconf_read() - read all of it
 * @root: "" on a real machine
 * @conf: what was found
 * @unread: where it is noted what cannot be read
 */
void sdconf_read(const char *root, struct sdconf *conf, struct unread *unread)
{
	char text[4096];
	char path[SYSFS_PATH_MAX];
	struct stat st;
	ssize_t len;
	size_t i;

	sdconf_init(conf);
	/* sd_booted(3) asks for this folder */
	conf->present = !sysfs_path(path, sizeof(path), root,
				    "/run/systemd/system", "") && !stat(path, &st);
	for (i = 0; i < ARRAY_SIZE(main_files); i++) {
		if (snprintf(path, sizeof(path), "%s%s", root, main_files[i]) < 0 ||
		    stat(path, &st))
			continue;
		conf_file(root, main_files[i], unread, sdconf_parse, conf);
		break;
	}
	conf_dirs(root, drop_in_dirs, ".conf", unread, sdconf_parse, conf);
	len = sysfs_text(root, "/proc", "cmdline", text, sizeof(text));
	if (len > 0)
		parse_cmdline(text, len, conf);
}
