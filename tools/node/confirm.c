// SPDX-License-Identifier: GPL-2.0
/*
 * Asks whoever sits at the terminal for the name of the machine.
 *
 * A "y" is typed before it is thought. A hostname makes one look which machine's
 * terminal this is.
 */
#include <string.h>
#include <unistd.h>

#include "confirm.h"
#include "io.h"

#define QUESTION "this machine's hostname, to go on: "

/**
 * confirm_is_possible() - does somebody sit at a terminal?
 *
 * Return: true if a question would be seen, and its answer be typed.
 */
bool confirm_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/**
 * confirm_ask() - ask for the name of the machine
 * @in: where it is typed
 * @out: where it is asked for
 * @name: what was typed, without the newline; "" if nothing was, or too much
 * @size: room in @name
 */
void confirm_ask(int in, int out, char *name, size_t size)
{
	ssize_t len;

	name[0] = '\0';
	if (io_write_all(out, QUESTION, strlen(QUESTION)))
		return;
	/* a terminal gives one line at a time */
	len = read(in, name, size);
	if (len <= 0 || name[len - 1] != '\n')
		len = 1;
	name[len - 1] = '\0';
}
