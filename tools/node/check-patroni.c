// SPDX-License-Identifier: GPL-2.0
/*
 * Reads Patroni's configuration: YAML, by libyaml.
 *
 * There are passwords in that file. Nothing of it is kept or printed but the
 * handful of settings below, and neither are libyaml's messages, which may quote.
 *
 * ttl and loop_wait are not in that file: Patroni takes them from the DCS alone
 * (config.py:_build_effective_configuration() lets the file override none of its
 * defaults but `watchdog'). It keeps a copy of what the DCS says in its data
 * folder, patroni.dynamic.json. JSON is YAML enough for libyaml.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "check-patroni.h"
#include "compiler.h"
#include "io.h"
#include "num.h"

#define DEPTH_MAX	64
#define PATH_MAX_LEN	64

/* Where we are: keys of the mappings around, joined by dots. */
struct walk {
	struct patroni *patroni;
	enum setting_source source;
	int depth;		/* open mappings and sequences */
	bool in_mapping[DEPTH_MAX];
	bool dull[DEPTH_MAX];	/* inside a sequence: nothing of interest */
	bool want_key[DEPTH_MAX];
	size_t path_len[DEPTH_MAX];	/* of the path when it was opened */
	char path[PATH_MAX_LEN + 1];
	bool too_deep;
};

static const struct {
	const char *text;
	enum patroni_mode mode;
} modes[] = {
	{ "require", MODE_REQUIRED }, { "required", MODE_REQUIRED },
	{ "auto", MODE_AUTOMATIC }, { "automatic", MODE_AUTOMATIC },
	{ "off", MODE_OFF }, { "disable", MODE_OFF }, { "disabled", MODE_OFF },
};

/**
 * patroni_mode_of() - a mode as Patroni understands it
 * @text: as written; upper and lower case are the same
 * @plain: not in quotes: then `no' and `false' are YAML's false, which is off
 *
 * Return: the mode; MODE_UNRECOGNIZED for anything else.
 */
enum patroni_mode patroni_mode_of(const char *text, bool plain)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcasecmp(text, modes[i].text))
			return modes[i].mode;
	}
	if (plain && (!strcasecmp(text, "no") || !strcasecmp(text, "false")))
		return MODE_OFF;
	return MODE_UNRECOGNIZED;
}

/**
 * patroni_mode_name() - a mode in a word
 * @mode: the mode
 *
 * Return: the word.
 */
const char *patroni_mode_name(enum patroni_mode mode)
{
	static const char * const names[] = {
		[MODE_UNKNOWN] = "not known",
		[MODE_OFF] = "off",
		[MODE_AUTOMATIC] = "automatic",
		[MODE_REQUIRED] = "required",
		[MODE_UNRECOGNIZED] = "not recognized",
	};

	return names[mode];
}

/**
 * setting_source_name() - where a setting is from, in words
 * @source: the source
 *
 * Return: the words.
 */
const char *setting_source_name(enum setting_source source)
{
	static const char * const names[] = {
		[FROM_NOWHERE] = "not known",
		[FROM_DEFAULT] = "Patroni's default",
		[FROM_FILE] = "the file",
		[FROM_DYNAMIC] = "patroni.dynamic.json",
		[FROM_OPTION] = "the option",
	};

	return names[source];
}

static void set_number(struct walk *walk, struct setting *setting,
		       const char *text)
{
	uint64_t number;
	bool minus = *text == '-';

	if (setting->from > walk->source)
		return;
	if (num_u64(text + minus, INT32_MAX, &number)) {
		walk->patroni->unclear = true;
		return;
	}
	setting->value = minus ? -(int64_t)number : (int64_t)number;
	setting->from = walk->source;
}

static void set_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
	io_clean_text(out);
}

/* One scalar at walk->path; what is not of interest is not looked at. */
static void scalar(struct walk *walk, const char *text, bool plain)
{
	struct patroni *p = walk->patroni;
	const char *path = walk->path;

	if (walk->source == FROM_DYNAMIC) {
		if (!strcmp(path, "ttl"))
			set_number(walk, &p->ttl, text);
		else if (!strcmp(path, "loop_wait"))
			set_number(walk, &p->loop_wait, text);
		return;
	}
	if (!strcmp(path, "watchdog.mode")) {
		if (p->mode_from > walk->source)
			return;
		p->mode = patroni_mode_of(text, plain);
		p->mode_from = walk->source;
	} else if (!strcmp(path, "watchdog.safety_margin")) {
		set_number(walk, &p->safety_margin, text);
	} else if (!strcmp(path, "watchdog.device")) {
		set_text(p->device, sizeof(p->device), text);
	} else if (!strcmp(path, "watchdog.driver")) {
		set_text(p->driver, sizeof(p->driver), text);
	} else if (!strcmp(path, "postgresql.data_dir")) {
		set_text(p->data_dir, sizeof(p->data_dir), text);
	} else if (!strcmp(path, "bootstrap.dcs.ttl")) {
		set_number(walk, &p->boot_ttl, text);
	}
}

static void add_key(struct walk *walk, const char *key)
{
	size_t len = walk->path_len[walk->depth - 1];

	walk->path[len] = '\0';
	/* a path that is cut is none of ours, nor is a key with a dot in it */
	snprintf(walk->path + len, sizeof(walk->path) - len, "%s%s",
		 len ? "." : "", strchr(key, '.') ? "?" : key);
}

/* A value has ended, be it a scalar or a whole mapping. */
static void value_done(struct walk *walk)
{
	if (walk->depth && walk->in_mapping[walk->depth - 1]) {
		walk->want_key[walk->depth - 1] = true;
		walk->path[walk->path_len[walk->depth - 1]] = '\0';
	}
}

static void on_scalar(struct walk *walk, const char *text, bool plain)
{
	int top = walk->depth - 1;

	if (top >= 0 && walk->want_key[top]) {
		add_key(walk, text);
		walk->want_key[top] = false;
		/* what is merged into a mapping is not followed */
		if (!strcmp(text, "<<"))
			walk->patroni->unclear = true;
		return;
	}
	if (top >= 0 && walk->in_mapping[top] && !walk->dull[top])
		scalar(walk, text, plain);
	value_done(walk);
}

static void on_open(struct walk *walk, bool mapping)
{
	int top = walk->depth - 1;

	/* a key that is itself a mapping: YAML has that, Patroni does not */
	if (walk->depth == DEPTH_MAX || (top >= 0 && walk->want_key[top])) {
		walk->too_deep = true;
		return;
	}
	walk->in_mapping[walk->depth] = mapping;
	walk->dull[walk->depth] = top >= 0 && (walk->dull[top] ||
					       !walk->in_mapping[top]);
	walk->want_key[walk->depth] = mapping;
	walk->path_len[walk->depth] = strlen(walk->path);
	walk->depth++;
}

static void on_close(struct walk *walk)
{
	walk->depth--;
	walk->path[walk->path_len[walk->depth]] = '\0';
	value_done(walk);
}

/* Is the value that an alias stands for one that we want to know? */
static void on_alias(struct walk *walk)
{
	const char *path = walk->path;

	if (walk->depth && walk->want_key[walk->depth - 1])
		walk->too_deep = true;
	if (!strncmp(path, "watchdog", 8) || !strncmp(path, "postgresql", 10))
		walk->patroni->unclear = true;
	value_done(walk);
}

/* Return: false where nothing of interest can follow. */
static bool on_event(struct walk *walk, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		on_scalar(walk, (const char *)event->data.scalar.value,
			  event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
		return true;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		on_open(walk, event->type == YAML_MAPPING_START_EVENT);
		return !walk->too_deep;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		on_close(walk);
		return true;
	case YAML_ALIAS_EVENT:
		on_alias(walk);
		return !walk->too_deep;
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return false;
	default:
		return true;
	}
}

/**
 * patroni_parse() - take the settings of interest out of a file
 * @patroni: gets them, but for those that have a better source already
 * @text: YAML or JSON; no terminating zero is needed
 * @len: its length
 * @source: FROM_FILE or FROM_DYNAMIC
 */
void patroni_parse(struct patroni *patroni, const char *text, size_t len,
		   enum setting_source source)
{
	struct walk walk = { .patroni = patroni, .source = source };
	char *error = source == FROM_FILE ? patroni->error :
					    patroni->dynamic_error;
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	if (!yaml_parser_initialize(&parser)) {
		strcpy(error, "no memory");
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			snprintf(error, sizeof(patroni->error),
				 "line %zu is no YAML",
				 parser.problem_mark.line + 1);
			break;
		}
		more = on_event(&walk, &event);
		yaml_event_delete(&event);
	}
	if (walk.too_deep)
		strcpy(error, "it is nested in a way that Patroni's is not");
	yaml_parser_delete(&parser);
}

static void default_setting(struct setting *setting, int64_t value)
{
	if (setting->from != FROM_NOWHERE)
		return;
	setting->from = FROM_DEFAULT;
	setting->value = value;
}

/* What the copy of the DCS lacks is not in the DCS: the default counts. */
static void read_dynamic(const char *root, struct patroni *patroni, char *text)
{
	char path[256];
	ssize_t len;

	if (!*patroni->data_dir) {
		strcpy(patroni->dynamic_error, "the file has no postgresql.data_dir");
		return;
	}
	snprintf(path, sizeof(path), "%s/patroni.dynamic.json",
		 patroni->data_dir);
	len = conf_read(root, path, text, CONF_FILE_MAX);
	if (len < 0) {
		snprintf(patroni->dynamic_error, sizeof(patroni->dynamic_error),
			 "%.150s: %s", path, strerror(-len));
		return;
	}
	patroni_parse(patroni, text, len, FROM_DYNAMIC);
	if (*patroni->dynamic_error)
		return;
	default_setting(&patroni->ttl, PATRONI_TTL);
	default_setting(&patroni->loop_wait, PATRONI_LOOP_WAIT);
}

/**
 * patroni_read() - read Patroni's configuration, and its copy of the DCS's
 * @root: "" on a real machine
 * @path: the configuration file
 * @patroni: what options say; completed. @patroni->error says what went wrong
 */
void patroni_read(const char *root, const char *path, struct patroni *patroni)
{
	char *text = malloc(CONF_FILE_MAX);
	ssize_t len = -ENOMEM;

	patroni->asked = true;
	snprintf(patroni->file, sizeof(patroni->file), "%s", path);
	if (text)
		len = conf_read(root, path, text, CONF_FILE_MAX);
	if (len < 0)
		snprintf(patroni->error, sizeof(patroni->error), "%s",
			 strerror(-len));
	else
		patroni_parse(patroni, text, len, FROM_FILE);
	if (!*patroni->error) {
		default_setting(&patroni->safety_margin, PATRONI_SAFETY_MARGIN);
		if (patroni->mode_from == FROM_NOWHERE) {
			patroni->mode = MODE_AUTOMATIC;
			patroni->mode_from = FROM_DEFAULT;
		}
		read_dynamic(root, patroni, text);
	}
	free(text);
}
