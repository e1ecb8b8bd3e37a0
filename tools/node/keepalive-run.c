// SPDX-License-Identifier: GPL-2.0
/*
 * Arms a watchdog that is open, keeps it from firing, disarms it.
 *
 * From here on every way out leads through disarm(): a tool that gives up with
 * the device open and armed resets the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io.h"
#include "keepalive.h"
#include "node.h"
#include "num.h"

/* What the device said of itself, negative where it did not. */
struct armed {
	struct watchdog_info info;
	int taken;
	int pretimeout;
	int bootstatus;
	bool failed;
};

static bool is_unsupported(int rc)
{
	return rc == -ENOTTY || rc == -EOPNOTSUPP;
}

static void report_refusal(const struct keepalive *run,
			   const struct armed *armed, int rc)
{
	const struct watchdog *facts = run->facts;
	char range[64] = "";

	if (facts && facts->min_timeout >= 0 && facts->max_timeout > 0)
		snprintf(range, sizeof(range), ", it takes %lld to %lld s",
			 (long long)facts->min_timeout,
			 (long long)facts->max_timeout);
	emit_err(run->em,
		 "%s refuses a timeout of %d s (%s)%s; its timeout is %d s",
		   run->opts->device, run->opts->timeout, strerror(-rc), range,
		   armed->taken);
}

static int set_timeout(const struct keepalive *run, struct armed *armed)
{
	int seconds = run->opts->timeout;
	int rc;

	rc = run->ops->set_timeout(run->self, &seconds);
	if (!rc)
		armed->taken = seconds;
	/* what SETTIMEOUT hands back is what was asked for in some drivers */
	if (run->ops->get_timeout(run->self, &seconds))
		seconds = armed->taken;
	armed->taken = seconds;
	if (!rc)
		return 0;
	if (is_unsupported(rc) && armed->taken > 0) {
		emit_notice(run->em, "this driver's timeout cannot be set");
		return 0;
	}
	report_refusal(run, armed, rc);
	return rc;
}

/* Where it cannot be had the user thinks that there will be a panic, and none comes */
static int set_pretimeout(const struct keepalive *run)
{
	int seconds = run->opts->pretimeout, rc;

	if (!seconds)
		return 0;
	rc = run->ops->set_pretimeout(run->self, seconds);
	if (rc)
		emit_err(run->em, "%s refuses a pretimeout of %d s (%s)", run->opts->device,
			 seconds, strerror(-rc));
	return rc;
}

static int arm(const struct keepalive *run, struct armed *armed)
{
	int rc;

	armed->taken = -1;
	rc = run->ops->support(run->self, &armed->info);
	if (rc) {
		emit_err(run->em, "%s is not a watchdog: %s",
			 run->opts->device, strerror(-rc));
		return rc;
	}
	/* the kernel's array need not be terminated */
	armed->info.identity[sizeof(armed->info.identity) - 1] = '\0';
	rc = set_timeout(run, armed);
	if (rc)
		return rc;
	rc = set_pretimeout(run);
	if (rc)
		return rc;
	if (run->ops->get_pretimeout(run->self, &armed->pretimeout))
		armed->pretimeout = -1;
	if (run->ops->get_bootstatus(run->self, &armed->bootstatus))
		armed->bootstatus = -1;
	return 0;
}

static int64_t nowayout(const struct keepalive *run)
{
	return run->facts ? run->facts->nowayout : SYSFS_UNKNOWN;
}

static const char *driver(const struct keepalive *run)
{
	return run->facts ? run->facts->driver : "";
}

static void print_armed(const struct keepalive *run, const struct armed *armed)
{
	const struct keepalive_options *opts = run->opts;
	const char *name = driver(run);
	char identity[sizeof(armed->info.identity)];

	strcpy(identity, (const char *)armed->info.identity);
	io_clean_text(identity);
	emit_print(run->em, "%s: %s (driver %s) armed\n", opts->device,
		   identity, *name ? name : "not known");
	emit_print(run->em, "timeout: asked %d s, taken %d s%s\n",
		   opts->timeout, armed->taken,
		   armed->taken == opts->timeout ? "" : "  <-- differs");
	if (armed->pretimeout > 0)
		emit_print(run->em, "pretimeout: %d s before the timeout\n",
			   armed->pretimeout);
	if (armed->bootstatus > 0)
		emit_print(run->em, "boot status: 0x%x%s\n", armed->bootstatus,
			   armed->bootstatus & WDIOF_CARDRESET ?
			   " (says that it reset the machine last time)" : "");
	emit_print(run->em,
		   "a keepalive every %g s; SIGTERM disarms, SIGKILL leaves it armed\n",
		   (double)opts->interval_ns / NSEC_PER_SEC);
}

static void report_armed(const struct keepalive *run,
			 const struct armed *armed)
{
	struct jsonl *line;

	if (!run->em->json) {
		print_armed(run, armed);
		return;
	}
	line = emit_begin(run->em, "armed", run->opened);
	jsonl_string(line, "device", run->opts->device);
	jsonl_string(line, "identity", (const char *)armed->info.identity);
	emit_name(line, "driver", driver(run));
	jsonl_i64(line, "timeout_asked", run->opts->timeout);
	emit_known(line, "timeout_taken", armed->taken);
	emit_known(line, "pretimeout", armed->pretimeout);
	if (nowayout(run) == SYSFS_UNKNOWN)
		jsonl_null(line, "nowayout");
	else
		jsonl_bool(line, "nowayout", nowayout(run));
	emit_known(line, "bootstatus", armed->bootstatus);
	jsonl_bool(line, "realtime", run->opts->realtime);
	emit_end(run->em);
}

/* A driver may take less than it was asked for: too little for our interval? */
static int check_interval(const struct keepalive *run,
			  const struct armed *armed)
{
	uint64_t taken_ns = armed->taken * NSEC_PER_SEC;

	if (armed->taken < 0 || run->opts->interval_ns < taken_ns)
		return 0;
	emit_err(run->em,
		 "the driver took %d s for %d s: too short for a keepalive every %g s",
		   armed->taken, run->opts->timeout,
		   (double)run->opts->interval_ns / NSEC_PER_SEC);
	return -ERANGE;
}

struct ping {
	uint64_t n;
	struct stamp before;
	struct stamp after;
	uint64_t late_ns;
};

static void report_ping(const struct keepalive *run, const struct ping *ping)
{
	uint64_t late_us = ping->late_ns / NSEC_PER_USEC;
	struct jsonl *line;

	if (!run->em->json && !run->opts->verbose)
		return;
	if (!run->em->json) {
		emit_print(run->em, "keepalive %llu, %llu us late\n",
			   (unsigned long long)ping->n,
			   (unsigned long long)late_us);
		return;
	}
	line = emit_begin(run->em, "keepalive", ping->before);
	jsonl_u64(line, "n", ping->n);
	emit_stamp_field(line, "hpet_done", ping->after);
	jsonl_u64(line, "late_us", late_us);
	emit_end(run->em);
}

/* Who is not well gives no keepalive, and may be well again the next time */
static bool is_well(const struct keepalive *run, struct armed *armed, struct pace *pace,
		    uint64_t n)
{
	int rc;

	if (!run->opts->check)
		return true;
	rc = run->ops->check(run->self, run->opts->check);
	if (!rc)
		return true;
	armed->failed = true;
	emit_err(run->em, "keepalive %llu is not given: %s: %s", (unsigned long long)n,
		 run->opts->check, strerror(-rc));
	pace_next(pace, run->ops->now(run->self));
	return false;
}

/* Return: 0, also if a keepalive failed (it may work next time), or -ENODEV. */
static int ping_once(const struct keepalive *run, struct armed *armed,
		     struct pace *pace, uint64_t n)
{
	struct ping ping = { .n = n };
	uint64_t now;
	int rc;

	if (!is_well(run, armed, pace, n))
		return 0;
	now = run->ops->now(run->self);
	ping.late_ns = now > pace->due_ns ? now - pace->due_ns : 0;
	ping.before = emit_stamp(run->em);
	rc = run->ops->ping(run->self);
	ping.after = emit_stamp(run->em);
	pace_next(pace, run->ops->now(run->self));
	if (!rc) {
		report_ping(run, &ping);
		return 0;
	}
	armed->failed = true;
	emit_err(run->em, "keepalive %llu failed: %s",
		 (unsigned long long)n, strerror(-rc));
	return rc == -ENODEV ? rc : 0;
}

/* Return: number of keepalives tried. */
static uint64_t keep_alive(const struct keepalive *run, struct armed *armed)
{
	struct pace pace;
	uint64_t n = 0;

	pace_start(&pace, run->opts->interval_ns, run->ops->now(run->self));
	do {
		if (ping_once(run, armed, &pace, ++n))
			break;
		if (n == run->opts->count)
			break;
	} while (run->ops->wait(run->self, pace.due_ns) == WAIT_DUE);
	return n;
}

static void warn_still_armed(const struct keepalive *run,
			     const struct armed *armed, const char *why)
{
	if (armed->taken > 0)
		emit_err(run->em,
			 "%s IS STILL ARMED (%s): it resets this machine in %d s unless somebody keeps it alive",
			   run->opts->device, why, armed->taken);
	else
		emit_err(run->em,
			 "%s IS STILL ARMED (%s): it will reset this machine unless somebody keeps it alive",
			   run->opts->device, why);
}

static void report_disarmed(const struct keepalive *run, struct stamp when,
			    uint64_t pings, int active)
{
	struct jsonl *line;

	if (!run->em->json) {
		emit_print(run->em, "%s: disarmed%s after %llu keepalives\n",
			   run->opts->device,
			   active < 0 ? " (not verified: sysfs shows no state)" :
			   "", (unsigned long long)pings);
		return;
	}
	line = emit_begin(run->em, "disarmed", when);
	jsonl_u64(line, "keepalives", pings);
	if (active < 0)
		jsonl_null(line, "verified");
	else
		jsonl_bool(line, "verified", true);
	emit_end(run->em);
}

/* Return: 0 if it is disarmed as far as can be seen. */
static int disarm(const struct keepalive *run, const struct armed *armed,
		  uint64_t pings)
{
	struct stamp when = emit_stamp(run->em);
	int active, rc;

	rc = run->ops->magic(run->self);
	run->ops->close(run->self);
	if (rc) {
		warn_still_armed(run, armed, strerror(-rc));
		return rc;
	}
	active = run->ops->still_active(run->self);
	if (nowayout(run) == 1)
		active = 1;
	if (active == 1) {
		warn_still_armed(run, armed, nowayout(run) == 1 ?
				 "nowayout is set" : "the driver kept it running");
		return -EBUSY;
	}
	report_disarmed(run, when, pings, active);
	return 0;
}

static int patience_ms(uint64_t interval_ns)
{
	uint64_t ms = interval_ns / 4 / NSEC_PER_MSEC;

	return ms < 1000 ? ms : 1000;
}

/**
 * keepalive_run() - arm, keep alive, disarm
 * @run: the device, already open, and what was asked for
 *
 * Return: exit status: NODE_OK; NODE_NEGATIVE if a keepalive failed, output was
 * lost or the device is still armed; NODE_USAGE if it does not take the
 * timeout asked for and was disarmed again.
 */
int keepalive_run(const struct keepalive *run)
{
	struct armed armed = { .taken = -1 };
	uint64_t pings = 0;
	int rc;

	/* who reads our output must not decide whether the watchdog is fed */
	run->em->patience_ms = patience_ms(run->opts->interval_ns);
	rc = arm(run, &armed);
	if (rc == -ENOTTY && !*armed.info.identity) {
		run->ops->close(run->self);
		return NODE_USAGE;
	}
	if (!rc) {
		report_armed(run, &armed);
		rc = check_interval(run, &armed);
	}
	if (!rc)
		pings = keep_alive(run, &armed);
	if (disarm(run, &armed, pings) || armed.failed)
		return NODE_NEGATIVE;
	if (rc)
		return NODE_USAGE;
	return run->em->failed || run->em->dropped ? NODE_NEGATIVE : NODE_OK;
}
