// SPDX-License-Identifier: GPL-2.0
/*
 * What modprobe.d, modules-load.d and the kernel's command line say of watchdog
 * modules.
 *
 * A blacklisted module is not loaded for a device that is found (modprobe -b),
 * and systemd-modules-load does not load it either
 * (src/shared/module-util.c: KMOD_PROBE_APPLY_BLACKLIST). An explicit modprobe
 * does.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check-modules.h"
#include "compiler.h"
#include "io.h"
#include "sysfs.h"

static const char * const names[N_MODULES] = {
	[MODULE_I6300ESB] = "i6300esb",
	[MODULE_SOFTDOG] = "softdog",
	[MODULE_ITCO] = "iTCO_wdt",
	[MODULE_IB700] = "ib700wdt",
};

static const char * const modprobe_dirs[] = {
	"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/lib/modprobe.d", "/usr/lib/modprobe.d", NULL,
};

static const char * const load_dirs[] = {
	"/etc/modules-load.d", "/run/modules-load.d",
	"/usr/local/lib/modules-load.d", "/lib/modules-load.d",
	"/usr/lib/modules-load.d", NULL,
};

/**
 * module_name() - a module's name
 * @id: the module
 *
 * Return: as the kernel has it.
 */
const char *module_name(enum module_id id)
{
	return names[id];
}

/* To modprobe '-' and '_' are the same. */
static bool same_module(const char *a, size_t len, const char *b)
{
	size_t i;

	if (len != strlen(b))
		return false;
	for (i = 0; i < len; i++) {
		if ((a[i] == '-' ? '_' : a[i]) != b[i])
			return false;
	}
	return true;
}

/**
 * module_id_of() - a module by its name
 * @name: the name; no terminating zero is needed
 * @len: its length
 *
 * Return: the module, -1 if it is none of them.
 */
int module_id_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (same_module(name, len, names[i]))
			return i;
	}
	return -1;
}

static void add_options(struct modconf_entry *entry, const struct line *rest)
{
	size_t len = strlen(entry->options);

	snprintf(entry->options + len, sizeof(entry->options) - len, "%s%.*s",
		 len ? " " : "", (int)(rest->len < 150 ? rest->len : 150),
		 rest->text);
}

/* "install softdog /bin/true" keeps it out as well */
static bool loads_nothing(const struct line *command)
{
	return line_has(command, "bin/false") || line_has(command, "bin/true");
}

static void modprobe_line(const char *path, struct line *line,
			  struct modconf *modconf)
{
	struct modconf_entry *entry;
	struct line verb, module;
	int id;

	if (!line_word(line, &verb) || !line_word(line, &module))
		return;
	id = module_id_of(module.text, module.len);
	if (id < 0)
		return;
	entry = &modconf->module[id];
	if (line_is(&verb, "blacklist") ||
	    (line_is(&verb, "install") && loads_nothing(line)))
		snprintf(entry->blacklisted_by, sizeof(entry->blacklisted_by),
			 "%s", path);
	else if (line_is(&verb, "options"))
		add_options(entry, line);
}

/**
 * modconf_parse_modprobe() - one file of modprobe.d
 * @path: its path, for messages
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @modconf: a struct modconf, to which it is added
 */
void modconf_parse_modprobe(const char *path, const char *text, size_t len,
			    void *modconf)
{
	const char *cursor = text;
	struct line line;

	while (line_next(&cursor, text + len, &line))
		modprobe_line(path, &line, modconf);
}

/**
 * modconf_parse_load() - one file of modules-load.d
 * @path: its path, for messages
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @modconf: a struct modconf, to which it is added
 */
void modconf_parse_load(const char *path, const char *text, size_t len,
			void *modconf)
{
	struct modconf *conf = modconf;
	const char *cursor = text;
	struct line line, module;
	int id;

	while (line_next(&cursor, text + len, &line)) {
		if (!line_word(&line, &module))
			continue;
		id = module_id_of(module.text, module.len);
		if (id >= 0)
			snprintf(conf->module[id].loaded_by,
				 sizeof(conf->module[id].loaded_by), "%s", path);
	}
}

static void blacklist_list(struct line list, struct modconf *modconf)
{
	while (list.len) {
		const char *comma = memchr(list.text, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.text) : list.len;
		int id = module_id_of(list.text, len);

		if (id >= 0)
			strcpy(modconf->module[id].blacklisted_by,
			       "the kernel's command line");
		list.text += comma ? len + 1 : len;
		list.len -= comma ? len + 1 : len;
	}
}

/**
 * modconf_parse_cmdline() - the kernel's command line
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @modconf: to which it is added
 */
void modconf_parse_cmdline(const char *text, size_t len,
			   struct modconf *modconf)
{
	static const char * const keys[] = {
		"module_blacklist=", "modprobe.blacklist=",
	};
	struct line rest = { text, len };
	struct line word;
	size_t i;

	while (line_word(&rest, &word)) {
		for (i = 0; i < ARRAY_SIZE(keys); i++) {
			struct line list = word;

			if (!line_starts(&word, keys[i]))
				continue;
			list.text += strlen(keys[i]);
			list.len -= strlen(keys[i]);
			blacklist_list(list, modconf);
		}
	}
}

static bool is_loaded(const char *root, const char *name)
{
	char path[SYSFS_PATH_MAX];
	struct stat st;

	return !sysfs_path(path, sizeof(path), root, "/sys/module", name) &&
	       !stat(path, &st);
}

/**
 * modconf_read() - read all of it
 * @root: "" on a real machine
 * @modconf: what was found
 * @unread: where it is noted what cannot be read
 */
void modconf_read(const char *root, struct modconf *modconf,
		  struct unread *unread)
{
	char cmdline[4096];
	ssize_t len;
	int i;

	memset(modconf, 0, sizeof(*modconf));
	conf_dirs(root, modprobe_dirs, ".conf", unread, modconf_parse_modprobe,
		  modconf);
	conf_dirs(root, load_dirs, ".conf", unread, modconf_parse_load, modconf);
	/* Debian links it from modules-load.d; others may not */
	conf_file(root, "/etc/modules", unread, modconf_parse_load, modconf);
	len = sysfs_text(root, "/proc", "cmdline", cmdline, sizeof(cmdline));
	if (len > 0)
		modconf_parse_cmdline(cmdline, len, modconf);
	for (i = 0; i < N_MODULES; i++)
		modconf->module[i].loaded = is_loaded(root, names[i]);
}
