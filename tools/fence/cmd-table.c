// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence table: the decision table, as it stands in Documentation/fencing.rst.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "decide.h"

static const struct argp argp = {
	NULL, NULL, NULL,
	"Prints the decision table by which pre-promote judges each member: the first row that matches counts.",
	NULL, NULL, NULL,
};

static void mask(const char *title, unsigned int bits, const char *const names[], unsigned int n)
{
	const char *separator = "";

	if (!bits)
		return;
	printf(" %s", title);
	for (unsigned int i = 0; i < n; i++) {
		if (!(bits & 1U << i))
			continue;
		printf("%s%s", separator, names[i]);
		separator = " or ";
	}
	putchar(';');
}

static void flag(const char *title, char wanted)
{
	if (wanted)
		printf(" %s %s;", title, wanted == 'y' ? "yes" : "no");
}

/**
 * cmd_table() - pug-fence table
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0.
 */
int cmd_table(int argc, char **argv)
{
	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	for (size_t i = 0; i < decide_rules_n; i++) {
		const struct rule *rule = &decide_rules[i];
		bool strict = rule->policy & 1U << POLICY_STRICT;

		printf("%s | %s |", rule->id, policy_names[strict ? POLICY_STRICT : POLICY_TALK]);
		mask("Patroni ", rule->api, api_names, API_N);
		mask("VM ", rule->vm, vm_names, VM_N);
		mask("ping ", rule->ping, ping_names, PING_N);
		mask("stage ", rule->stage, stage_names, STAGE_N);
		flag("never_primary", rule->never_primary);
		flag("confirmed", rule->confirmed);
		flag("may shoot", rule->may_shoot);
		if (!(rule->api | rule->vm | rule->ping | rule->stage) && !rule->never_primary)
			printf(" whatever is left");
		printf(" | %s | %s\n", outcome_names[rule->outcome], rule->why);
	}
	return 0;
}
