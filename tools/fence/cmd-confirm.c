// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence confirm: the way out when the hypervisor is dead.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "state.h"

enum { KEY_OFF = 1, KEY_BY };

static const struct argp_option options[] = {
	COMMAND_CONFIG,
	{ "off", KEY_OFF, NULL, 0, "You have made sure that it is off, and stays off", 0 },
	{ "by", KEY_BY, "NAME", 0, "Who says so; for the log", 0 },
	{ 0 }
};

static struct {
	const char *config, *member, *by;
	bool off;
} args = { .config = CONFIG_DEFAULT };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_OFF:
		args.off = true;
		return 0;
	case KEY_BY:
		args.by = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args.member)
			argp_error(state, "one member at a time");
		args.member = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args.member || !args.off || !args.by)
			argp_error(state, "MEMBER, --off and --by NAME are all needed");
		return 0;
	default:
		return command_option(key, arg, state, &args.config);
	}
}

static const struct argp argp = {
	options, parse, "MEMBER",
	"Tells pre-promote that a member is off when neither it nor its hypervisor can. It is good for the member and the incident that pre-promote has refused, until a promotion has used it, a role changes (note-role), or it expires (confirm_valid). A member that answers, or a VM that is not off, overrides it.",
	NULL, NULL, NULL,
};

static bool is_printable(const char *text)
{
	size_t len = strlen(text);

	if (!len || len >= 60)
		return false;
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static bool is_in(const struct incident *incident, const char *member)
{
	char list[sizeof(incident->members) + 2], word[80];

	snprintf(list, sizeof(list), " %s ", incident->members);
	snprintf(word, sizeof(word), " %s ", member);
	return strstr(list, word);
}

static int fail(const char *text)
{
	fprintf(stderr, "pug-fence: %s\n", text);
	return EXIT_USAGE;
}

/**
 * cmd_confirm() - pug-fence confirm
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0, or 2.
 */
int cmd_confirm(int argc, char **argv)
{
	static struct config config;
	struct incident incident;
	struct trouble why;
	char line[300];

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!is_printable(args.by))
		return fail("--by wants a name: at most 59 printable characters");
	if (config_load(&config, args.config, &why))
		return fail(why.text);
	if (config_member(&config, args.member) < 0)
		return fail("there is no such member in the configuration");
	if (config_member(&config, args.member) == config.me)
		return fail("that is this machine");
	if (state_get_incident(&config, &incident))
		return fail("there is no open incident: pre-promote has refused nothing here in the last 15 minutes. Confirm on the machine whose log says NO promotion");
	if (!is_in(&incident, args.member))
		return fail("the open incident is not about that member: see pug-fence status");
	if (state_confirm(&config, &incident, args.member, args.by, &why))
		return fail(why.text);
	snprintf(line, sizeof(line), "confirmed: %s is off, by %s, for incident %s, for %llu s",
		 args.member, args.by, incident.id, (unsigned long long)config.confirm_ms / 1000);
	state_log(&config, line);
	printf("%s\nThe next promotion may use it, and uses it up.\n", line);
	return 0;
}
