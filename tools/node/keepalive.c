// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node keepalive: arm a watchdog and keep it from firing.
 */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "holder.h"
#include "io.h"
#include "keepalive.h"
#include "node.h"
#include "num.h"
#include "stop.h"
#include "wdev.h"

/* The kernel's timeout is a signed int of seconds, most drivers take less. */
#define MAX_TIMEOUT	86400
#define MAX_INTERVAL_NS	(MAX_TIMEOUT * NSEC_PER_SEC)
#define MIN_INTERVAL_NS	(10 * NSEC_PER_MSEC)

struct arguments {
	struct keepalive_options opts;
	bool json;
};

/* What keepalive_ops works on in real life. */
struct device {
	int fd;
	int signal_fd;
	int timer_fd;
	dev_t dev;
};

static int parse_timeout(const char *arg, struct argp_state *state, const char *option)
{
	uint64_t seconds;

	if (num_u64(arg, MAX_TIMEOUT, &seconds) || !seconds)
		argp_error(state, "--%s: whole seconds, 1 to %d, not %s",
			   option, MAX_TIMEOUT, arg);
	return seconds;
}

static uint64_t parse_interval(const char *arg, struct argp_state *state)
{
	uint64_t ns;

	if (num_seconds_ns(arg, MAX_INTERVAL_NS, &ns) || ns < MIN_INTERVAL_NS)
		argp_error(state, "--interval: seconds, 0.01 to %d, not %s",
			   MAX_TIMEOUT, arg);
	return ns;
}

static uint64_t parse_count(const char *arg, struct argp_state *state)
{
	uint64_t count;

	if (num_u64(arg, UINT32_MAX, &count) || !count)
		argp_error(state, "--count: 1 or more, not %s", arg);
	return count;
}

static void check(const struct keepalive_options *opts,
		  struct argp_state *state)
{
	if (!opts->device)
		argp_error(state, "which device? `pug-node list' shows them");
	if (!opts->timeout || !opts->interval_ns)
		argp_error(state, "--timeout and --interval are needed");
	if (opts->pretimeout >= opts->timeout)
		argp_error(state, "the pretimeout must be shorter than the timeout");
	if (opts->interval_ns >= opts->timeout * NSEC_PER_SEC)
		argp_error(state,
			   "the interval must be shorter than the timeout");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	struct keepalive_options *opts = &args->opts;

	switch (key) {
	case OPT_TIMEOUT:
		opts->timeout = parse_timeout(arg, state, "timeout");
		return 0;
	case OPT_PRETIMEOUT:
		opts->pretimeout = parse_timeout(arg, state, "pretimeout");
		return 0;
	case OPT_INTERVAL:
		opts->interval_ns = parse_interval(arg, state);
		return 0;
	case OPT_COUNT:
		opts->count = parse_count(arg, state);
		return 0;
	case OPT_CHECK:
		opts->check = arg;
		return 0;
	case OPT_REALTIME:
		opts->realtime = true;
		return 0;
	case OPT_VERBOSE:
		opts->verbose = true;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (opts->device)
			argp_error(state, "one device only");
		opts->device = arg;
		return 0;
	case ARGP_KEY_END:
		check(opts, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "timeout", OPT_TIMEOUT, "SECONDS", 0,
	  "ask the driver for this timeout (whole seconds)", 0 },
	{ "pretimeout", OPT_PRETIMEOUT, "SECONDS", 0,
	  "so long before the timeout the device's pretimeout governor acts; shorter than the timeout",
	  0 },
	{ "interval", OPT_INTERVAL, "SECONDS", 0,
	  "from one keepalive to the next (decimals allowed); shorter than the timeout",
	  0 },
	{ "count", OPT_COUNT, "N", 0, "disarm after N keepalives", 0 },
	{ "check", OPT_CHECK, "FILE", 0,
	  "read FILE before each keepalive; none is given where that fails, or hangs", 0 },
	{ "realtime", OPT_REALTIME, NULL, 0,
	  "run as SCHED_FIFO, priority 99, with all memory locked", 0 },
	{ "verbose", OPT_VERBOSE, NULL, 0, "a line for each keepalive", 0 },
	{ "json", OPT_JSON, NULL, 0,
	  "lines of JSON: armed, keepalive (each), disarmed, error", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "DEVICE",
	.doc = "Arm the watchdog DEVICE and keep it from firing.\n"
	       "\vTHIS CAN RESET THE MACHINE. SIGTERM, SIGINT and SIGHUP disarm by the magic\n"
	       "close. SIGKILL, a crash or a hang leave the watchdog armed: it fires when\n"
	       "the timeout has passed since the last keepalive. Where nowayout is set,\n"
	       "nothing disarms it; a message says so and the exit status is 1.\n\n"
	       "The first keepalive is given at once. After a late wake-up one is given at\n"
	       "once; those missed are not caught up. Output that nobody reads does not\n"
	       "hold up a keepalive: lines without room are dropped and counted.\n\n"
	       NODE_EXIT_DOC("disarmed; no keepalive failed",
			     "still armed, a keepalive failed, or output was lost",
			     "no such\n"
			     "     device, it is in use, or it refuses the timeout"),
};

static int dev_support(void *self, struct watchdog_info *info)
{
	return wdev_support(((struct device *)self)->fd, info);
}

static int dev_set_timeout(void *self, int *seconds)
{
	return wdev_set_timeout(((struct device *)self)->fd, seconds);
}

static int dev_get_timeout(void *self, int *seconds)
{
	return wdev_get_timeout(((struct device *)self)->fd, seconds);
}

static int dev_set_pretimeout(void *self, int seconds)
{
	return wdev_set_pretimeout(((struct device *)self)->fd, seconds);
}

static int dev_get_pretimeout(void *self, int *seconds)
{
	return wdev_get_pretimeout(((struct device *)self)->fd, seconds);
}

static int dev_get_bootstatus(void *self, int *flags)
{
	return wdev_get_bootstatus(((struct device *)self)->fd, flags);
}

static int dev_check(void *self, const char *path)
{
	char text[256];
	ssize_t n;

	(void)self;
	n = io_read_file(path, text, sizeof(text));
	return n < 0 ? n : 0;
}

static int dev_ping(void *self)
{
	return wdev_ping(((struct device *)self)->fd);
}

static int dev_magic(void *self)
{
	return wdev_magic(((struct device *)self)->fd);
}

static int dev_close(void *self)
{
	struct device *device = self;

	return close(device->fd) ? -errno : 0;
}

static int dev_still_active(void *self)
{
	struct device *device = self;
	struct watchdog list[WATCHDOGS_MAX];
	const struct watchdog *dog;
	int n;

	n = watchdog_scan("", list, WATCHDOGS_MAX);
	dog = watchdog_find(list, n, device->dev);
	if (!dog || !*dog->state)
		return SYSFS_UNKNOWN;
	return !strcmp(dog->state, "active");
}

static uint64_t dev_now(void *self)
{
	(void)self;
	return pace_now();
}

static enum wait_result dev_wait(void *self, uint64_t until_ns)
{
	struct device *device = self;
	struct pollfd fds[] = {
		{ .fd = device->signal_fd, .events = POLLIN },
		{ .fd = device->timer_fd, .events = POLLIN },
	};
	struct itimerspec due = {
		.it_value.tv_sec = until_ns / NSEC_PER_SEC,
		.it_value.tv_nsec = until_ns % NSEC_PER_SEC,
	};

	/* setting it anew also takes back what it has to report */
	timerfd_settime(device->timer_fd, TFD_TIMER_ABSTIME, &due, NULL);
	while (poll(fds, 2, -1) < 0)
		;
	return fds[0].revents ? WAIT_STOP : WAIT_DUE;
}

static const struct keepalive_ops device_ops = {
	.support = dev_support,
	.set_timeout = dev_set_timeout,
	.get_timeout = dev_get_timeout,
	.set_pretimeout = dev_set_pretimeout,
	.get_pretimeout = dev_get_pretimeout,
	.get_bootstatus = dev_get_bootstatus,
	.check = dev_check,
	.ping = dev_ping,
	.magic = dev_magic,
	.close = dev_close,
	.still_active = dev_still_active,
	.now = dev_now,
	.wait = dev_wait,
};

static int go_realtime(struct emitter *em)
{
	struct sched_param param = {
		.sched_priority = sched_get_priority_max(SCHED_FIFO),
	};

	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		emit_err(em, "cannot lock memory: %s", strerror(errno));
		return -1;
	}
	if (sched_setscheduler(0, SCHED_FIFO, &param)) {
		emit_err(em, "cannot run as SCHED_FIFO: %s",
			 strerror(errno));
		return -1;
	}
	return 0;
}

static int open_waiters(struct device *device, struct emitter *em)
{
	sigset_t stop;

	stop_signals_block(&stop, NULL);
	device->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC);
	device->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (device->signal_fd >= 0 && device->timer_fd >= 0)
		return 0;
	emit_err(em, "no signalfd or timerfd: %s", strerror(errno));
	return -1;
}

static void explain_busy(const char *path, const struct watchdog *dog,
			 struct emitter *em)
{
	struct holders holders = { 0 };
	char text[512];

	if (dog)
		holders_find("", dog->devs, dog->n_devs, &holders);
	holders_describe(&holders, text, sizeof(text));
	io_clean_text(text);
	if (holders.n)
		emit_err(em, "%s is in use, by %s", path, text);
	else
		emit_err(em, "%s is in use, by whom: %s", path, text);
}

static void explain_open(const char *path, int rc, const struct watchdog *dog,
			 struct emitter *em)
{
	if (rc == -EBUSY)
		explain_busy(path, dog, em);
	else if (rc == -ENOTTY)
		emit_err(em, "%s is not a watchdog: no character device",
			 path);
	else if (rc == -ENOENT)
		emit_err(em, "%s: no such device; `pug-node list' shows those there are",
			 path);
	else
		emit_err(em, "cannot open %s: %s", path, strerror(-rc));
}

static int open_and_run(struct keepalive *run, struct device *device)
{
	const char *path = run->opts->device;
	struct watchdog list[WATCHDOGS_MAX];
	struct stat st;
	int n;

	n = watchdog_scan("", list, WATCHDOGS_MAX);
	if (!stat(path, &st) && S_ISCHR(st.st_mode)) {
		device->dev = st.st_rdev;
		run->facts = watchdog_find(list, n, st.st_rdev);
	}
	if (run->facts && run->facts->nowayout == 1)
		emit_notice(run->em, "nowayout is set: once armed, %s CANNOT BE DISARMED",
			    path);
	run->opened = emit_stamp(run->em);
	device->fd = wdev_open(path);
	if (device->fd < 0) {
		explain_open(path, device->fd, run->facts, run->em);
		return NODE_USAGE;
	}
	return keepalive_run(run);
}

/**
 * cmd_keepalive() - pug-node keepalive
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node keepalive"
 *
 * Return: exit status.
 */
int cmd_keepalive(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct device device = { 0 };
	struct emitter em;
	struct keepalive run = {
		.opts = &args.opts,
		.ops = &device_ops,
		.self = &device,
		.em = &em,
	};

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return NODE_USAGE;
	emit_init(&em, argv[0], args.json);
	/* held open: text has no use for it, others may */
	if (args.json)
		ruler_open(&em.ruler);
	if (open_waiters(&device, &em))
		return NODE_USAGE;
	if (args.opts.realtime && go_realtime(&em))
		return NODE_USAGE;
	return open_and_run(&run, &device);
}
