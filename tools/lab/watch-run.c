// SPDX-License-Identifier: GPL-2.0
/*
 * pug watch: a watchdog beside a VM. It sees what no watchdog inside can see, a VM
 * that is paused or stands because a disk is full, and acts after a stated time.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "command.h"
#include "io.h"
#include "jsonl.h"
#include "session.h"
#include "util.h"
#include "watch-run.h"

#define TICK_MS 200
/* So late that we did not run: what was not seen then proves nothing */
#define STALL_MS 2000
#define RUN_S 60
#define SECONDS_MAX 86400

static const char * const action_names[WATCH_ACTIONS] = {
	[WATCH_TELL] = "none", [WATCH_RESET] = "reset", [WATCH_STOP] = "stop",
};

enum {
	OPT_QMP = 0x100, OPT_HEARTBEAT, OPT_NAME, OPT_AFTER, OPT_ACTION, OPT_RUN, OPT_MAINTENANCE,
	OPT_BOOT, OPT_TRIES, OPT_SECONDS, OPT_ONCE, OPT_DRY_RUN, OPT_JSON,
};

static const struct argp_option options[] = {
	{ "qmp", OPT_QMP, "PATH", 0, "QEMU's QMP socket, one that nobody else uses", 0 },
	{ "heartbeat", OPT_HEARTBEAT, "PATH", 0,
	  "where signs of life (pug-node beacon) come: a socket, a pipe or a serial device", 0 },
	{ "name", OPT_NAME, "NAME", 0, "of the VM, for what is told (its path)", 0 },
	{ "after", OPT_AFTER, "[CAUSE=]S,...", 0,
	  "act when it has lasted S seconds (30), or never. CAUSE is paused, io-error, dead, frozen or unreachable; without one, all but the last",
	  0 },
	{ "action", OPT_ACTION, "ACTION", 0, "reset, stop (end QEMU) or none", 0 },
	{ "run", OPT_RUN, "COMMAND", 0, "run this by sh too, first; PUG_WATCH_CAUSE says why", 0 },
	{ "maintenance", OPT_MAINTENANCE, "FILE", 0, "do nothing while FILE is there", 0 },
	{ "boot", OPT_BOOT, "S", 0, "after a reset it may be silent for S seconds (120)", 0 },
	{ "tries", OPT_TRIES, "N", 0, "act so often before a sign that it helps (3)", 0 },
	{ "seconds", OPT_SECONDS, "S", 0, "end after so many seconds", 0 },
	{ "once", OPT_ONCE, NULL, 0, "end when it has acted, or the VM has ended", 0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0, "say what would be done, do nothing", 0 },
	{ "json", OPT_JSON, NULL, 0, "a line of JSON for everything that is told", 0 },
	{ 0 }
};

/**
 * watch_action_name() - an action in a word
 * @action: any
 *
 * Return: as on the command line.
 */
const char *watch_action_name(enum watch_action action)
{
	return action_names[action];
}

/**
 * watch_now_ms() - the clock that counts
 *
 * Return: milliseconds of CLOCK_MONOTONIC, which stands while the host sleeps.
 */
int64_t watch_now_ms(void)
{
	return (int64_t)(now_s() * 1000);
}

static void parse_action(struct watcher *r, const char *arg, const struct argp_state *state)
{
	for (int i = 0; i < WATCH_ACTIONS; i++) {
		if (strcmp(arg, action_names[i]))
			continue;
		r->o.action = i;
		return;
	}
	argp_error(state, "--action %s: reset, stop or none", arg);
}

static void check_options(const struct watcher *r, const struct argp_state *state)
{
	const struct watch_options *o = &r->o;

	if (!o->qmp && !o->heartbeat)
		argp_error(state, "what is to be watched? --qmp, --heartbeat, or both");
	if ((int)o->action < 0 && !o->run)
		argp_error(state, "what is to be done? --action reset, stop or none, or --run");
	if (!o->qmp && o->action > WATCH_TELL)
		argp_error(state, "--action %s wants --qmp", action_names[o->action]);
	if (o->qmp && strlen(o->qmp) > 107)
		argp_error(state, "--qmp: a socket's path has 107 bytes at most");
}

static error_t parse_text(int key, const char *arg, struct watch_options *o)
{
	const struct {
		int key;
		const char **text;
	} rows[] = {
		{ OPT_QMP, &o->qmp }, { OPT_HEARTBEAT, &o->heartbeat }, { OPT_NAME, &o->name },
		{ OPT_RUN, &o->run }, { OPT_MAINTENANCE, &o->maintenance },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		*rows[i].text = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watcher *r = state->input;
	unsigned int n;

	switch (key) {
	case OPT_AFTER:
		if (watch_set_limits(&r->w.limits, arg))
			argp_error(state, "--after %s: [CAUSE=]SECONDS or never, of paused, io-error, dead, frozen, unreachable",
				   arg);
		return 0;
	case OPT_ACTION:
		parse_action(r, arg, state);
		return 0;
	case OPT_BOOT:
		session_number(state, "--boot", arg, 1, SECONDS_MAX, &n);
		r->w.limits.boot_ms = n * 1000LL;
		return 0;
	case OPT_TRIES:
		session_number(state, "--tries", arg, 1, 1000, &n);
		r->w.limits.tries = n;
		return 0;
	case OPT_SECONDS:
		session_number(state, "--seconds", arg, 1, SECONDS_MAX, &r->o.seconds);
		return 0;
	case OPT_ONCE:
		r->o.once = true;
		return 0;
	case OPT_DRY_RUN:
		r->o.dry_run = true;
		return 0;
	case OPT_JSON:
		r->o.json = true;
		return 0;
	case ARGP_KEY_END:
		check_options(r, state);
		return 0;
	default:
		return parse_text(key, arg, &r->o);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "A watchdog beside a VM: sees it paused, stopped by a disk that is full, dead or\n"
	       "frozen, and acts after a stated time.\n"
	       "\vIt never acts on a VM that is being migrated or saved, has not been started,\n"
	       "was shut down, sleeps, or has ended. Who has paused one QEMU does not say: who\n"
	       "pauses VMs on purpose gives --maintenance, or --after paused=never.\n\n"
	       "Exit status: 0 there was nothing to do, 1 it acted (or would have), 2 could not\n"
	       "run.",
};

static void put(struct watcher *r, const char *text, size_t len)
{
	if (!io_write_all(STDOUT_FILENO, text, len))
		return;
	/* Who can't tell goes on all the same: to act is what it is for */
	if (r->ret != PUG_COULD_NOT_RUN)
		warn_line("watch: standard output can't be written");
	r->ret = PUG_COULD_NOT_RUN;
}

static void put_json(struct watcher *r, const char *event, const char *why)
{
	struct timespec ts;
	struct jsonl line;
	int64_t since_ms, now_ms = watch_now_ms();
	enum watch_cause cause = watch_cause(&r->w, now_ms, &since_ms);

	clock_gettime(CLOCK_REALTIME, &ts);
	jsonl_begin(&line);
	jsonl_string(&line, "event", event);
	jsonl_i64(&line, "at_ms", ts.tv_sec * 1000LL + ts.tv_nsec / NSEC_PER_MSEC);
	jsonl_string(&line, "vm", r->o.name);
	jsonl_string(&line, "cause", watch_cause_name(cause));
	if (cause == WATCH_WELL)
		jsonl_null(&line, "for_ms");
	else
		jsonl_i64(&line, "for_ms", now_ms - since_ms);
	jsonl_string(&line, "status", r->w.status);
	jsonl_string(&line, "why", why);
	put(r, line.buf, jsonl_end(&line));
}

static void put_text(struct watcher *r, const char *why)
{
	char clock[16], *line, *clean;
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	line = xasprintf("%s.%03d %s: %s", clock, (int)(ts.tv_nsec / NSEC_PER_MSEC), r->o.name,
			 why);
	clean = text_escape(line);
	free(line);
	line = xasprintf("%s\n", clean);
	put(r, line, strlen(line));
	free(line);
	free(clean);
}

/**
 * watch_tell() - one line of what was seen or done, at once
 * @r: watches
 * @event: a word, for --json
 * @fmt: and what follows: for people, as printf()
 */
void watch_tell(struct watcher *r, const char *event, const char *fmt, ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	if (r->o.json)
		put_json(r, event, why);
	else
		put_text(r, why);
	free(why);
}

static int end(struct watcher *r)
{
	return sd_event_exit(r->loop, 0);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *data)
{
	struct watcher *r = data;

	(void)source;
	r->child = 0;
	r->child_source = sd_event_source_disable_unref(r->child_source);
	watch_tell(r, si->si_status ? "run-failed" : "run-ended", "the command ended with %s %d",
		   si->si_code == CLD_EXITED ? "status" : "signal", si->si_status);
	if (r->o.once && r->acted)
		end(r);
	return 0;
}

static void __noreturn
run_command(const struct watcher *r, const char *cause, pid_t parent)
{
	char * const argv[] = { (char *)"sh", (char *)"-c", (char *)r->o.run, NULL };

	child_begin(parent);
	setenv("PUG_WATCH_CAUSE", cause, 1);
	setenv("PUG_WATCH_VM", r->o.name, 1);
	setenv("PUG_WATCH_STATUS", r->w.status, 1);
	/* Standard output is ours, and may be read by a program */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	child_exec(argv);
}

static void run(struct watcher *r, const char *cause)
{
	pid_t parent = getpid();

	if (r->child) {
		watch_tell(r, "run-failed", "the command of last time runs still: not run again");
		return;
	}
	r->child = fork();
	if (!r->child)
		run_command(r, cause, parent);
	r->child_ms = watch_now_ms();
	if (r->child > 0 && sd_event_add_child(r->loop, &r->child_source, r->child, WEXITED,
					       on_child, r) >= 0)
		return;
	watch_tell(r, "run-failed", "the command can't be run: %s", strerror(errno));
	r->child = r->child > 0 ? r->child : 0;
}

static void check_child(struct watcher *r, int64_t now_ms)
{
	if (r->child <= 0 || now_ms - r->child_ms < RUN_S * 1000LL)
		return;
	watch_tell(r, "run-failed", "the command has not ended in %d s: killed", RUN_S);
	r->child_ms = now_ms;
	kill(-r->child, SIGKILL);
}

static void act(struct watcher *r, int64_t now_ms)
{
	int64_t since_ms;
	enum watch_cause cause = watch_cause(&r->w, now_ms, &since_ms);
	const char *name = watch_cause_name(cause);

	watch_tell(r, "acts", "%s for %.1f s%s: %s%s%s%s", name, (now_ms - since_ms) / 1000.0,
		   *r->w.status ? "" : ", its state is not known",
		   r->o.dry_run ? "would do this: " : "",
		   r->o.action > WATCH_TELL ? action_names[r->o.action] : "",
		   r->o.action > WATCH_TELL && r->o.run ? " and " : "",
		   r->o.run ? "run the command" : r->o.action > WATCH_TELL ? "" : "told only");
	watch_acted(&r->w, now_ms);
	if (!r->o.dry_run && r->o.run)
		run(r, name);
	if (r->o.dry_run || r->o.action == WATCH_TELL || watch_qmp_act(r) || r->o.run)
		r->acted = true;
}

static void tell_cause(struct watcher *r, int64_t now_ms)
{
	int64_t since_ms, after_ms;
	enum watch_cause cause = watch_cause(&r->w, now_ms, &since_ms);

	/* Between two signs of life it is silent for a while */
	if (cause == WATCH_FROZEN && now_ms - since_ms < r->w.limits.after_ms[cause] / 3)
		return;
	if (cause == r->told)
		return;
	r->told = cause;
	r->told_up = false;
	after_ms = r->w.limits.after_ms[cause];
	if (cause == WATCH_WELL)
		watch_tell(r, "well", r->w.gone ? "it has ended" : r->w.maintenance ?
			   "nothing is done during maintenance" : "nothing is the matter (any more)");
	else if (after_ms == WATCH_NEVER)
		watch_tell(r, "ill", "%s: left alone", watch_cause_name(cause));
	else
		watch_tell(r, "ill", "%s: to be acted upon %.1f s from now",
			   watch_cause_name(cause), (after_ms - now_ms + since_ms) / 1000.0);
}

static void tell_used_up(struct watcher *r)
{
	if (r->told_up || r->w.tried < r->w.limits.tries || r->told == WATCH_WELL)
		return;
	r->told_up = true;
	watch_tell(r, "gave-up", "acted %d times, and nothing has helped: no more is done",
		   r->w.tried);
}

static void check_maintenance(struct watcher *r, int64_t now_ms)
{
	bool on = r->o.maintenance && !access(r->o.maintenance, F_OK);

	if (on == r->w.maintenance)
		return;
	watch_maintain(&r->w, on, now_ms);
	watch_tell(r, "maintenance", on ? "maintenance: nothing is done" :
		   "maintenance is over: all counts from now on");
}

/* Stopped, or the host slept: first read what has come meanwhile */
static void check_stall(struct watcher *r, int64_t now_ms)
{
	int64_t late_ms = r->tick_ms ? now_ms - r->tick_ms - TICK_MS : 0;

	r->tick_ms = now_ms;
	if (late_ms < STALL_MS)
		return;
	watch_skip(&r->w, late_ms);
	watch_heart_drain(r);
	watch_tell(r, "stalled", "was not run itself for %.1f s, which do not count",
		   late_ms / 1000.0);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *data)
{
	struct watcher *r = data;
	int64_t now_ms = watch_now_ms();

	(void)usec;
	check_stall(r, now_ms);
	check_maintenance(r, now_ms);
	if (r->o.qmp)
		watch_qmp_tick(r, now_ms);
	if (r->o.heartbeat)
		watch_heart_tick(r);
	watch_heart_drain(r);
	check_child(r, now_ms);
	now_ms = watch_now_ms();
	tell_cause(r, now_ms);
	if (watch_due(&r->w, now_ms))
		act(r, now_ms);
	else
		tell_used_up(r);
	if (r->o.once && !r->child && !r->resetting && (r->acted || r->w.gone))
		return end(r);
	sd_event_source_set_time_relative(source, TICK_MS * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_seconds(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	return end(data);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	return end(data);
}

static int serve(struct watcher *r)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	ret = sd_event_add_signal(r->loop, NULL, SIGTERM, on_signal, r);
	if (ret >= 0)
		ret = sd_event_add_signal(r->loop, NULL, SIGINT, on_signal, r);
	if (ret >= 0)
		ret = sd_event_add_time_relative(r->loop, NULL, CLOCK_MONOTONIC, 1, 1, on_tick, r);
	if (ret >= 0 && r->o.seconds)
		ret = sd_event_add_time_relative(r->loop, NULL, CLOCK_MONOTONIC,
						 r->o.seconds * 1000000ULL, 1, on_seconds, r);
	return ret < 0 ? ret : sd_event_loop(r->loop);
}

static void begin(struct watcher *r)
{
	int64_t now_ms = watch_now_ms();

	r->w.has_qmp = r->o.qmp;
	r->w.has_heart = r->o.heartbeat;
	watch_init(&r->w, now_ms);
	r->qmp.fd = -1;
	r->heart_fd = -1;
	r->asked_ms = WATCH_UNKNOWN;
	r->dialed_ms = now_ms - 3600000;
	r->polled_ms = r->dialed_ms;
	if (!r->o.name)
		r->o.name = r->o.qmp ? r->o.qmp : r->o.heartbeat;
	if ((int)r->o.action < 0)
		r->o.action = WATCH_TELL;
	watch_tell(r, "watching", "watched%s%s%s", r->o.qmp ? " over QMP" : "",
		   r->o.heartbeat ? ", with signs of life" : "",
		   r->o.dry_run ? "; a dry run: nothing is done" : "");
}

/**
 * cmd_watch() - pug watch
 * @argc: as main()
 * @argv: as main(), from "watch" on
 *
 * Return: exit status.
 */
int cmd_watch(int argc, char **argv)
{
	static struct watcher r;
	int ret;

	argv[0] = (char *)"pug watch";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	r.o.action = (enum watch_action)-1;
	r.w.limits.boot_ms = 120000;
	r.w.limits.tries = 3;
	r.w.limits.after_ms[WATCH_UNREACHABLE] = WATCH_NEVER;
	watch_set_limits(&r.w.limits, "30");
	argp_parse(&argp, argc, argv, 0, NULL, &r);
	ret = sd_event_new(&r.loop);
	begin(&r);
	if (ret >= 0)
		ret = serve(&r);
	if (ret < 0) {
		warn_line("watch: %s", strerror(-ret));
		r.ret = PUG_COULD_NOT_RUN;
	}
	if (r.bad)
		watch_tell(&r, "rubbish", "%llu lines of its heartbeat were none of ours",
			   (unsigned long long)r.bad);
	watch_tell(&r, "end", "no longer watched");
	watch_heart_close(&r);
	watch_qmp_close(&r);
	sd_event_unref(r.loop);
	return r.ret ? r.ret : r.acted ? PUG_SURPRISE : PUG_AS_EXPECTED;
}
