// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence status: what is remembered.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "jsonl.h"
#include "state.h"

#define LAST_LINES	10

enum { KEY_JSON = 1 };

static const struct argp_option options[] = {
	COMMAND_CONFIG,
	{ "json", KEY_JSON, NULL, 0, "One line of JSON, without the log", 0 },
	{ 0 }
};

static const char *config_path = CONFIG_DEFAULT;
static bool as_json;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == KEY_JSON) {
		as_json = true;
		return 0;
	}
	return command_option(key, arg, state, &config_path);
}

static const struct argp argp = {
	options, parse, NULL,
	"Shows the record of the last leader, the open incident, confirmations and the last decisions. Asks nobody.",
	NULL, NULL, NULL,
};

static void print_log(const struct config *config)
{
	static char tail[16384];
	char path[300];
	off_t size;
	ssize_t len;
	char *from;
	int fd, lines = 0;

	snprintf(path, sizeof(path), "%s/log", config->state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		puts("decisions:     none");
		return;
	}
	size = lseek(fd, 0, SEEK_END);
	len = pread(fd, tail, sizeof(tail) - 1,
		    size > (off_t)sizeof(tail) - 1 ? size - (off_t)sizeof(tail) + 1 : 0);
	close(fd);
	if (len <= 0)
		return;
	tail[len] = '\0';
	for (from = tail + len - 1; from > tail; from--)
		if (from[-1] == '\n' && ++lines == LAST_LINES)
			break;
	printf("decisions:\n%s", from);
}

static void print_json(const struct config *config, const struct leader *leader,
		       const struct incident *incident)
{
	struct jsonl line;
	char by[64];

	jsonl_begin(&line);
	jsonl_string(&line, "scope", config->scope);
	jsonl_string(&line, "me", config->me_name);
	jsonl_string(&line, "policy", policy_names[config->policy]);
	jsonl_string(&line, "leader", leader ? leader->name : "");
	jsonl_u64(&line, "timeline", leader ? leader->timeline : 0);
	jsonl_string(&line, "incident", incident ? incident->id : "");
	jsonl_string(&line, "unproven", incident ? incident->members : "");
	jsonl_object(&line, "confirmed");
	for (unsigned int i = 0; i < config->n_members; i++)
		if (state_is_confirmed(config, config->members[i].name, by, sizeof(by), NULL))
			jsonl_string(&line, config->members[i].name, by);
	jsonl_close(&line);
	fwrite(line.buf, 1, jsonl_end(&line), stdout);
}

static void print_text(const struct config *config, const struct leader *leader,
		       const struct incident *incident)
{
	char by[64];

	printf("cluster:       %s, this is %s, policy %s\n", config->scope, config->me_name,
	       policy_names[config->policy]);
	if (leader)
		printf("last leader:   %s, timeline %llu\n", leader->name,
		       (unsigned long long)leader->timeline);
	else
		puts("last leader:   unknown");
	if (incident)
		printf("incident:      %s, no proof for %s, last refused %llu s ago\n",
		       incident->id,
		       incident->members,
		       (unsigned long long)(now_ms() - incident->last_ms) / 1000);
	else
		puts("incident:      none");
	for (unsigned int i = 0; i < config->n_members; i++)
		if (state_is_confirmed(config, config->members[i].name, by, sizeof(by), NULL))
			printf("confirmed off: %s, by %s\n", config->members[i].name, by);
	print_log(config);
}

/**
 * cmd_status() - pug-fence status
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0, or 2.
 */
int cmd_status(int argc, char **argv)
{
	static struct config config;
	struct incident incident;
	struct leader leader;
	struct trouble why;
	bool known, open;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (config_load(&config, config_path, &why) || state_check(&config, &why)) {
		fprintf(stderr, "pug-fence: %s\n", why.text);
		return EXIT_USAGE;
	}
	known = !state_get_leader(&config, &leader);
	open = !state_get_incident(&config, &incident);
	if (as_json)
		print_json(&config, known ? &leader : NULL, open ? &incident : NULL);
	else
		print_text(&config, known ? &leader : NULL, open ? &incident : NULL);
	return 0;
}
