// SPDX-License-Identifier: GPL-2.0
/*
 * The signals that end a subcommand in an orderly way.
 */
#include <stddef.h>

#include "stop.h"

/**
 * stop_signals_block() - from now on collect signals instead of dying of them
 * @stop: the signals that ask to stop; may be added to
 * @old: the mask before; NULL if not wanted
 *
 * SIGTERM, SIGINT and, unless it is ignored (nohup), SIGHUP. Blocked, they are
 * read at a time of our choosing (signalfd, sigwait): none can come between a
 * check and a sleep. A pipe that nobody reads any more is an error of write(2).
 */
void stop_signals_block(sigset_t *stop, sigset_t *old)
{
	struct sigaction hangup = { 0 };

	sigemptyset(stop);
	sigaddset(stop, SIGTERM);
	sigaddset(stop, SIGINT);
	sigaction(SIGHUP, NULL, &hangup);
	if (hangup.sa_handler != SIG_IGN)
		sigaddset(stop, SIGHUP);
	sigprocmask(SIG_BLOCK, stop, old);
	signal(SIGPIPE, SIG_IGN);
}
