// SPDX-License-Identifier: GPL-2.0
/*
 * pug listen: the witness outside of a machine under test.
 *
 * Each line is written as soon as there is something to tell: what was heard
 * before this is ended is on the output, however it ends.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "command.h"
#include "io.h"
#include "jsonl.h"
#include "util.h"
#include "witness.h"

#define SECONDS_MAX	86400

struct listener {
	sd_event *loop;
	struct witness witness;
	bool json;
	int ret;
	/* the serial line that is being read */
	char line[RECORD_MAX];
	size_t len;
	bool too_long;
};

struct listen_options {
	const char *address;
	const char *serial;
	int port;
	int seconds;
	bool json;
};

enum { OPT_SECONDS = 0x100, OPT_JSON };

static const struct argp_option options[] = {
	{ "port", 'p', "N", 0, "listen on this UDP port; 0: any, and say which", 0 },
	{ "address", 'a', "ADDRESS", 0, "and on this address only (all)", 0 },
	{ "serial", 's', "PATH", 0, "read a serial port, a pipe or a file instead; '-' is standard input", 0 },
	{ "seconds", OPT_SECONDS, "N", 0, "end after so many seconds", 0 },
	{ "json", OPT_JSON, NULL, 0, "a line of JSON for everything that comes", 0 },
	{ 0 }
};

static int parse_int(const char *name, const char *arg, int max, struct argp_state *state)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno || *end || end == arg || value < 0 || value > max)
		argp_error(state, "%s: a number, 0 to %d, not %s", name, max, arg);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct listen_options *o = state->input;

	switch (key) {
	case 'p':
		o->port = parse_int("--port", arg, 65535, state);
		return 0;
	case 'a':
		o->address = arg;
		return 0;
	case 's':
		o->serial = arg;
		return 0;
	case OPT_SECONDS:
		o->seconds = parse_int("--seconds", arg, SECONDS_MAX, state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_END:
		if ((o->port < 0) == !o->serial)
			argp_error(state, "either --port or --serial");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Listen to the signs of life of machines under test (pug-node verify --beacon).\n"
	       "\vTells when a machine falls silent, comes back, and what it says then of its\n"
	       "reset. Ends by Ctrl-C with a summary.\n\n"
	       "Exit status: 0 something was heard, 1 nothing, 2 could not listen.",
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / NSEC_PER_MSEC;
}

static const char * const news_names[] = {
	[WITNESS_NOTHING] = "alive",	 [WITNESS_FIRST] = "first",
	[WITNESS_PHASE] = "phase",	 [WITNESS_SAME_BOOT] = "same-boot",
	[WITNESS_NEW_BOOT] = "new-boot", [WITNESS_BACK] = "back",
	[WITNESS_SILENT] = "silent",	 [WITNESS_BAD] = "bad",
	[WITNESS_STRANGER] = "stranger",
};

/* As pug-node's enum story_phase counts */
static const char * const phases[] = {
	"getting ready", "getting ready", "armed", "last keepalive given, the fault begins",
	"the fault is over", "ended", "failed",
};

static void put(struct listener *l, const char *text, size_t len)
{
	if (!io_write_all(STDOUT_FILENO, text, len))
		return;
	warn_line("listen: standard output can't be written");
	l->ret = PUG_COULD_NOT_RUN;
	sd_event_exit(l->loop, 0);
}

static void known(struct jsonl *line, const char *key, int64_t value)
{
	if (value < 0)
		jsonl_null(line, key);
	else
		jsonl_i64(line, key, value);
}

static void put_json(struct listener *l, const struct witness_tale *tale, const char *from)
{
	const struct witness_machine *m = tale->machine;
	struct jsonl line;
	size_t len;

	jsonl_begin(&line);
	jsonl_string(&line, "event", news_names[tale->news]);
	jsonl_i64(&line, "at_ms", clock_ms(CLOCK_REALTIME));
	if (from)
		jsonl_string(&line, "from", from);
	if (m) {
		jsonl_string(&line, "hostname", m->hostname);
		jsonl_string(&line, "boot_id", m->boot_id);
		jsonl_u64(&line, "n", m->n);
		known(&line, "phase", m->phase);
		known(&line, "since_keepalive_ms", tale->news == WITNESS_SILENT ?
		      tale->last_since_keepalive_ms : m->since_keepalive_ms);
		known(&line, "gap_ms", tale->gap_ms);
	}
	if (tale->news == WITNESS_BACK) {
		known(&line, "last_since_keepalive_ms", tale->last_since_keepalive_ms);
		jsonl_string(&line, "when", tale->when);
		jsonl_string(&line, "cause", tale->cause);
		jsonl_string(&line, "who", tale->who);
		known(&line, "from_ms", tale->from_ms);
		known(&line, "to_ms", tale->to_ms);
	}
	len = jsonl_end(&line);
	put(l, line.buf, len);
}

static char *news_text(const struct witness_tale *tale)
{
	const struct witness_machine *m = tale->machine;
	double gap = tale->gap_ms / 1000.0;

	switch (tale->news) {
	case WITNESS_FIRST:
		return xasprintf("first sign of life, boot %.8s", m->boot_id);
	case WITNESS_PHASE:
		return xasprintf("%s", m->phase < 0 || m->phase >= (int)ARRAY_SIZE(phases) ?
				 "something new" : phases[m->phase]);
	case WITNESS_SAME_BOOT:
		return xasprintf("ALIVE AGAIN after %.2f s, the same boot: it was not reset", gap);
	case WITNESS_NEW_BOOT:
		return xasprintf("alive after %.2f s, another boot: it was reset", gap);
	case WITNESS_BACK:
		return xasprintf("back after %.2f s; it says: %s, %s%s%s", gap, tale->when,
				 tale->cause, *tale->who ? ", " : "", tale->who);
	case WITNESS_SILENT:
		if (tale->last_since_keepalive_ms < 0)
			return xasprintf("SILENT since its sign of life %llu",
					 (unsigned long long)m->n);
		return xasprintf("SILENT; its last sign of life (%llu) was %.2f to %.2f s after its last keepalive",
				 (unsigned long long)m->n, tale->last_since_keepalive_ms / 1000.0,
				 (tale->last_since_keepalive_ms + WITNESS_INTERVAL_MS) / 1000.0);
	default:
		return NULL;
	}
}

static void put_text(struct listener *l, const struct witness_tale *tale)
{
	time_t now = time(NULL);
	char clock[16];
	struct tm tm;
	char *text, *line;

	text = news_text(tale);
	if (!text)
		return;
	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	line = xasprintf("%s.%03d %s: %s", clock, (int)(clock_ms(CLOCK_REALTIME) % 1000),
			 tale->machine->hostname, text);
	free(text);
	io_clean_text(line);
	text = xasprintf("%s\n", line);
	put(l, text, strlen(text));
	free(text);
	free(line);
}

static void tell(struct listener *l, const struct witness_tale *tale, const char *from)
{
	if (l->json)
		put_json(l, tale, from);
	else
		put_text(l, tale);
}

static void take(struct listener *l, const char *text, size_t len, const char *from)
{
	struct witness_tale tale;

	witness_take(&l->witness, text, len, clock_ms(CLOCK_MONOTONIC), &tale);
	tell(l, &tale, from);
}

/* Return: false if there is none. */
static bool take_datagram(struct listener *l, int fd)
{
	char text[RECORD_MAX + 1], from[INET6_ADDRSTRLEN + 8] = "";
	struct sockaddr_storage addr;
	socklen_t size = sizeof(addr);
	ssize_t len;

	len = recvfrom(fd, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&addr, &size);
	if (len < 0)
		return false;
	if (addr.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&addr)->sin6_addr, from, sizeof(from));
	else
		inet_ntop(AF_INET, &((struct sockaddr_in *)&addr)->sin_addr, from, sizeof(from));
	take(l, text, len, from);
	return true;
}

static int on_datagram(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	(void)source;
	(void)revents;
	take_datagram(data, fd);
	return 0;
}

/* A line that is too long is bad once, not once a buffer. */
static void take_byte(struct listener *l, char c)
{
	if (l->len < sizeof(l->line))
		l->line[l->len++] = c;
	else
		l->too_long = true;
	if (c != '\n')
		return;
	take(l, l->line, l->too_long ? 0 : l->len, NULL);
	l->len = 0;
	l->too_long = false;
}

/* Return: false if there is nothing now; *end: and never will be. */
static bool take_bytes(struct listener *l, int fd, bool *end)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	*end = !n || (n < 0 && errno != EAGAIN && errno != EINTR);
	for (ssize_t i = 0; i < n; i++)
		take_byte(l, buf[i]);
	return n > 0;
}

static int on_serial(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct listener *l = data;
	bool end;

	(void)source;
	(void)revents;
	take_bytes(l, fd, &end);
	return end ? sd_event_exit(l->loop, 0) : 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *data)
{
	struct listener *l = data;
	struct witness_tale tale;

	while (witness_miss(&l->witness, clock_ms(CLOCK_MONOTONIC), &tale))
		tell(l, &tale, NULL);
	sd_event_source_set_time(source, usec + WITNESS_INTERVAL_MS * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_end(sd_event_source *source, uint64_t usec, void *data)
{
	struct listener *l = data;

	(void)source;
	(void)usec;
	return sd_event_exit(l->loop, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct listener *l = data;

	(void)source;
	(void)info;
	return sd_event_exit(l->loop, 0);
}

static int bind_to(int family, const struct sockaddr *addr, socklen_t len)
{
	int fd, off = 0;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, addr, len))
		return fd;
	off = -errno;
	close(fd);
	return off;
}

static int open_udp(const struct listen_options *o)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(o->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(o->port) };
	int fd;

	if (o->address && inet_pton(AF_INET, o->address, &in.sin_addr) == 1)
		return bind_to(AF_INET, (struct sockaddr *)&in, sizeof(in));
	if (o->address && inet_pton(AF_INET6, o->address, &in6.sin6_addr) != 1)
		return -EINVAL;
	fd = bind_to(AF_INET6, (struct sockaddr *)&in6, sizeof(in6));
	/* a machine without IPv6 */
	if (fd == -EAFNOSUPPORT && !o->address)
		fd = bind_to(AF_INET, (struct sockaddr *)&in, sizeof(in));
	return fd;
}

static void say_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	/* the port is at the same place in both families */
	if (!getsockname(fd, (struct sockaddr *)&addr, &len))
		warn_line("listen: on UDP port %d", ntohs(((struct sockaddr_in *)&addr)->sin_port));
}

static int open_serial(const char *path)
{
	struct termios tio;
	int fd;

	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) :
				   STDIN_FILENO;
	if (fd < 0)
		return -errno;
	/* bytes as they come; its speed is left as it is */
	if (!tcgetattr(fd, &tio)) {
		cfmakeraw(&tio);
		tcsetattr(fd, TCSANOW, &tio);
	}
	return fd;
}

/* What had come before the signal is told as well; a file is read to its end. */
static void drain(struct listener *l, const struct listen_options *o, int fd)
{
	bool end;

	if (o->serial)
		while (take_bytes(l, fd, &end))
			;
	else
		while (take_datagram(l, fd))
			;
}

static int run_loop(struct listener *l, const struct listen_options *o, int fd)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ret = sd_event_add_io(l->loop, NULL, fd, EPOLLIN, o->serial ? on_serial : on_datagram, l);
	/* a file is no source of events */
	if (ret == -EPERM && o->serial)
		return 0;
	if (ret >= 0)
		ret = sd_event_add_signal(l->loop, NULL, SIGTERM, on_signal, l);
	if (ret >= 0)
		ret = sd_event_add_signal(l->loop, NULL, SIGINT, on_signal, l);
	if (ret >= 0)
		ret = sd_event_add_time_relative(l->loop, NULL, CLOCK_MONOTONIC,
						 WITNESS_INTERVAL_MS * 1000, 1, on_tick, l);
	if (ret >= 0 && o->seconds)
		ret = sd_event_add_time_relative(l->loop, NULL, CLOCK_MONOTONIC,
						 o->seconds * 1000000ULL, 1, on_end, l);
	return ret < 0 ? ret : sd_event_loop(l->loop);
}

static void summarize(const struct listener *l)
{
	for (int i = 0; i < l->witness.n; i++) {
		const struct witness_machine *m = &l->witness.list[i];
		char *text = xasprintf("%s: %llu signs of life, %llu lost, longest silence %.2f s",
				       m->hostname, (unsigned long long)m->heard,
				       (unsigned long long)m->lost, m->longest_ms / 1000.0);

		io_clean_text(text);
		warn_line("listen: %s", text);
		free(text);
	}
	if (l->witness.bad)
		warn_line("listen: %llu that were no records of ours",
			  (unsigned long long)l->witness.bad);
	if (l->witness.strangers)
		warn_line("listen: %llu of more than %d machines",
			  (unsigned long long)l->witness.strangers, WITNESS_MAX);
}

/**
 * cmd_listen() - pug listen
 * @argc: as main()
 * @argv: as main(), from "listen" on
 *
 * Return: exit status.
 */
int cmd_listen(int argc, char **argv)
{
	struct listen_options o = { .port = -1 };
	static struct listener l;
	int fd, ret;

	argv[0] = (char *)"pug listen";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	l.json = o.json;
	fd = o.serial ? open_serial(o.serial) : open_udp(&o);
	if (fd < 0) {
		warn_line("listen: %s: %s", o.serial ? o.serial : o.address ? o.address : "UDP",
			  strerror(-fd));
		return PUG_COULD_NOT_RUN;
	}
	if (!o.serial)
		say_port(fd);
	ret = sd_event_new(&l.loop);
	if (ret >= 0)
		ret = run_loop(&l, &o, fd);
	drain(&l, &o, fd);
	if (ret < 0) {
		warn_line("listen: %s", strerror(-ret));
		l.ret = PUG_COULD_NOT_RUN;
	}
	summarize(&l);
	sd_event_unref(l.loop);
	close(fd);
	return l.ret ? l.ret : l.witness.n ? PUG_AS_EXPECTED : PUG_SURPRISE;
}
