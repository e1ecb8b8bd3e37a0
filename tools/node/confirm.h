/* SPDX-License-Identifier: GPL-2.0 */
/* Asks whoever sits at the terminal for the name of the machine. */
#ifndef PUG_CONFIRM_H
#define PUG_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>

bool confirm_is_possible(void);
void confirm_ask(int in, int out, char *name, size_t size);

#endif /* PUG_CONFIRM_H */
