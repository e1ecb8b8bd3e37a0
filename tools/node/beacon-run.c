// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node beacon: signs of life for a watchdog outside of this machine.
 *
 * As ordinary a process as those that serve users: what keeps them from running
 * keeps it, too. Ended in order it says so, so that nobody takes its silence for a
 * machine that hangs; killed, or ended with its machine, it can't.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "beacon.h"
#include "emit.h"
#include "io.h"
#include "node.h"
#include "num.h"
#include "pace.h"
#include "stop.h"

struct beacon_options {
	const char *to;
	uint64_t interval_ns;
	bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct beacon_options *opts = state->input;
	uint64_t ms;

	switch (key) {
	case OPT_TO:
		opts->to = arg;
		return 0;
	case OPT_INTERVAL_MS:
		if (num_u64(arg, 3600000, &ms) || !ms)
			argp_error(state, "--interval-ms: 1 to 3600000, not %s",
				   arg);
		opts->interval_ns = ms * NSEC_PER_MSEC;
		return 0;
	case OPT_JSON:
		opts->json = true;
		return 0;
	case ARGP_KEY_END:
		if (!opts->to)
			argp_error(state, "--to is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "to", OPT_TO, "WHERE", 0, "serial:PATH, such as a virtio-serial port, or udp:ADDRESS:PORT",
	  0 },
	{ "interval-ms", OPT_INTERVAL_MS, "N", 0,
	  "milliseconds between two of them (default 1000)", 0 },
	{ "json", OPT_JSON, NULL, 0, "write a line for each, with a stamp of the HPET", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Send signs of life to a watchdog outside of this machine (pug watch).\n"
	       "\vWhat nobody takes is lost, and none is sent later on. SIGTERM ends it with the\n"
	       "word that no more will come: silence from then on is not missed.\n\n"
	       NODE_EXIT_DOC("ended by SIGTERM, SIGINT or SIGHUP", "never",
			     "WHERE cannot be opened"),
};

static void read_boot_id(char *boot_id, size_t size)
{
	ssize_t len = io_read_file("/proc/sys/kernel/random/boot_id", boot_id, size);

	boot_id[len > 0 ? strcspn(boot_id, "\n") : 0] = '\0';
}

/* Return: whether a signal came before the next is due */
static bool is_told_to_end(const sigset_t *stop, const struct pace *pace)
{
	uint64_t now = pace_now(), left = pace->due_ns > now ? pace->due_ns - now : 0;
	struct timespec wait = {
		.tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC,
	};
	int sig;

	do {
		sig = sigtimedwait(stop, NULL, &wait);
	} while (sig < 0 && errno == EINTR);
	return sig > 0;
}

/* As of a watchdog: this is one, but for where it is */
static void tell(struct emitter *em, const struct beacon_options *opts, const char *event,
		 struct stamp stamp)
{
	if (!opts->json)
		return;
	emit_begin(em, event, stamp);
	emit_end(em);
}

static void send_all(struct emitter *em, int fd, const struct beacon_options *opts)
{
	struct beacon_state state = { 0 };
	char boot_id[40], hostname[65] = "";
	struct pace pace;
	sigset_t stop;
	uint64_t n = 0;

	read_boot_id(boot_id, sizeof(boot_id));
	gethostname(hostname, sizeof(hostname) - 1);
	stop_signals_block(&stop, NULL);
	pace_start(&pace, opts->interval_ns, pace_now());
	do {
		struct stamp now = emit_stamp(em);

		beacon_send(fd, "alive", &state, ++n, boot_id, hostname);
		tell(em, opts, "keepalive", now);
		pace_next(&pace, pace_now());
	} while (!is_told_to_end(&stop, &pace));
	tell(em, opts, "disarmed", emit_stamp(em));
	beacon_send(fd, "leaving", &state, ++n, boot_id, hostname);
}

/**
 * cmd_beacon() - pug-node beacon
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node beacon"
 *
 * Return: exit status.
 */
int cmd_beacon(int argc, char **argv)
{
	struct beacon_options opts = { .interval_ns = NSEC_PER_SEC };
	struct emitter em;
	int fd;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opts))
		return NODE_USAGE;
	emit_init(&em, argv[0], opts.json);
	fd = beacon_open(opts.to, &em);
	if (fd < 0)
		return NODE_USAGE;
	ruler_open(&em.ruler);
	send_all(&em, fd, &opts);
	ruler_close(&em.ruler);
	close(fd);
	return NODE_OK;
}
