// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "command.h"

const char *argp_program_version = "pug-fence " PUG_VERSION;

/**
 * command_option() - what all commands have in common
 * @key: as an argp parser has it
 * @arg: likewise
 * @state: likewise
 * @path: of the configuration
 *
 * Return: 0 if it was that.
 */
error_t command_option(int key, char *arg, struct argp_state *state, const char **path)
{
	switch (key) {
	case 'c':
		*path = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is nothing to be done with '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}
