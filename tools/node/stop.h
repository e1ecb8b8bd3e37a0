/* SPDX-License-Identifier: GPL-2.0 */
/* The signals that end a subcommand in an orderly way. */
#ifndef PUG_STOP_H
#define PUG_STOP_H

#include <signal.h>

void stop_signals_block(sigset_t *stop, sigset_t *old);

#endif /* PUG_STOP_H */
