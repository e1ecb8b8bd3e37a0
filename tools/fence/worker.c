// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that ask. One for each member and source: all run side by side, and
 * what hangs in one (a name server, a TLS handshake, an agent) holds up nothing
 * else, is killed at the deadline, and dies with the decision whatever ends
 * that. A worker that dies has found out nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "child.h"
#include "clock.h"
#include "patroni.h"
#include "worker.h"

/* What a worker has besides its standard descriptors */
#define WORKER_FD	3

/* How long those that were told to end are waited for */
#define LAST_MOMENT_MS	200

static void tell(int fd, struct report *report)
{
	report->magic = REPORT_MAGIC;
	report->ended_ms = now_ms();
	if (send(fd, report, sizeof(*report), MSG_NOSIGNAL) != sizeof(*report))
		_exit(1);
}

/**
 * worker_order_holds() - is it still to be carried out?
 * @order: to stop a VM
 * @now: as now_ms()
 *
 * Return: true if so: it is young, and so is the decision.
 */
bool worker_order_holds(const struct order *order, uint64_t now)
{
	return now >= order->given_ms && now - order->given_ms <= ORDER_AGE_MS &&
	       now < order->until_ms;
}

/* The last of the orders that have come; those before it said the same. 1, 0 or -1 */
static int take_order(int fd, struct order *order)
{
	struct order next;
	int rc = 0;

	for (;;) {
		ssize_t n = recv(fd, &next, sizeof(next), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return rc;
		if (n != sizeof(next) || next.magic != ORDER_MAGIC)
			return -1;
		*order = next;
		rc = 1;
	}
}

/* Return: true if a stop was ordered meanwhile, which may be too old by now */
static bool pause_for(int fd, uint64_t ms, struct order *order)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (poll(&ready, 1, ms) <= 0)
		return false;
	switch (take_order(fd, order)) {
	case 0:
		return false;
	case 1:
		return true;
	default:
		/* The decision is over, or something else speaks here */
		_exit(0);
	}
}

/* For those who stop nothing: to be told to is an error, and ends them */
static void just_pause(int fd, uint64_t ms)
{
	struct order order;

	if (pause_for(fd, ms, &order))
		_exit(1);
}

static void ask_api(const struct config *config, const struct worker *worker,
		    const char *sysid, uint64_t until_ms)
{
	const struct member *member = &config->members[worker->member];
	struct patroni answer;
	struct http http;

	patroni_http(config, &http);
	for (;;) {
		struct report report = { 0 };

		patroni_ask(config, member, sysid, &http, until_ms, &answer);
		report.fact = answer.fact;
		report.timeline = answer.timeline;
		strcpy(report.sysid, answer.sysid);
		strcpy(report.why, answer.why);
		tell(worker->fd, &report);
		just_pause(worker->fd, config->poll_ms);
	}
}

/*
 * A stop that hangs must leave time to look, and to try again. What was ordered
 * meanwhile is done with, too.
 */
static void shoot(const struct worker *worker, struct fence *fence, const struct order *order)
{
	struct report report = { .fact = VM_UNKNOWN };
	uint64_t until_ms = fence->until_ms;
	struct trouble why = { "" };
	struct order same;

	fence->until_ms = min_u64(order->until_ms, now_ms() + fence->config->pace.reserve_ms);
	report.shot = backend_stop(fence, &why) ? SHOT_FAILED : SHOT_DONE;
	snprintf(report.why, sizeof(report.why), "%.250s", why.text);
	fence->until_ms = until_ms;
	tell(worker->fd, &report);
	if (take_order(worker->fd, &same) < 0)
		_exit(0);
}

static void ask_vm(const struct config *config, const struct worker *worker, uint64_t until_ms)
{
	const struct member *member = &config->members[worker->member];
	bool witness = worker->kind == WORKER_WITNESS;
	int index = witness ? member->witness : member->hypervisor;
	struct fence fence = {
		.config = config, .hyper = &config->hypervisors[index], .member = member,
		.vm = witness ? member->witness_vm : member->vm, .until_ms = until_ms,
	};

	for (;;) {
		struct report report = { 0 };
		struct vm_view view;
		struct order order;

		backend_read(&fence, &view);
		report.fact = view.fact;
		snprintf(report.why, sizeof(report.why), "%s", view.why);
		tell(worker->fd, &report);
		if (witness)
			just_pause(worker->fd, config->poll_ms);
		else if (pause_for(worker->fd, config->poll_ms, &order) &&
			 worker_order_holds(&order, now_ms()))
			shoot(worker, &fence, &order);
	}
}

/* Policy talk only. ping(8) is privileged where we are not. */
static void ask_ping(const struct config *config, const struct worker *worker, uint64_t until_ms)
{
	const char *const argv[] = {
		"ping", "-n", "-c", "1", "-W", "1", config->members[worker->member].ping, NULL,
	};
	static char out[4096];

	for (;;) {
		struct report report = { 0 };
		struct trouble why = { "" };
		int status = child_run((char *const *)argv, NULL, "", out, sizeof(out),
				       min_u64(until_ms, now_ms() + 3000), &why);

		/* 1: no answer; 2 and others: it could not be asked */
		report.fact = !status ? PING_YES : status == 1 ? PING_NO : PING_UNKNOWN;
		snprintf(report.why, sizeof(report.why), "%s",
			 !status ? "answers" : status == 1 ? "no answer" : "cannot be asked");
		tell(worker->fd, &report);
		just_pause(worker->fd, config->poll_ms);
	}
}

static void __noreturn work(const struct config *config, const struct worker *worker,
			    const char *sysid, uint64_t until_ms)
{
	switch (worker->kind) {
	case WORKER_OWN:
		ask_api(config, worker, NULL, until_ms);
		break;
	case WORKER_API:
		ask_api(config, worker, sysid, until_ms);
		break;
	case WORKER_PING:
		ask_ping(config, worker, until_ms);
		break;
	case WORKER_VM:
	case WORKER_WITNESS:
		ask_vm(config, worker, until_ms);
		break;
	}
	_exit(1);
}

/**
 * worker_start() - begin to ask
 * @config: whole configuration
 * @worker: its kind and member are set
 * @sysid: the cluster's system identifier, "" if unknown
 * @until_ms: the deadline of the decision
 *
 * Return: 0, or -1: then it has found out nothing.
 */
int worker_start(const struct config *config, struct worker *worker, const char *sysid,
		 uint64_t until_ms)
{
	int parent = getpid();
	sigset_t none;
	int fds[2];

	worker->pid = 0;
	worker->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -1;
	worker->pid = fork();
	if (!worker->pid) {
		for (int i = 1; i < NSIG; i++)
			signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
		/* SIGTERM, which takes what it has started along */
		child_take_along();
		child_die_with_parent(parent, SIGTERM);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		/* Neither the lock of the decision nor the others' sockets */
		if (fds[1] != WORKER_FD)
			dup3(fds[1], WORKER_FD, O_CLOEXEC);
		close_range(WORKER_FD + 1, ~0U, 0);
		worker->fd = WORKER_FD;
		work(config, worker, sysid, until_ms);
	}
	close(fds[1]);
	worker->fd = fds[0];
	if (worker->pid > 0)
		return 0;
	close(fds[0]);
	worker->fd = -1;
	worker->pid = 0;
	return -1;
}

/**
 * worker_read() - a report, if there is one
 * @worker: who reports
 * @report: what
 *
 * Return: 1 if there is one, 0 if not, -1 if the worker is gone.
 */
int worker_read(struct worker *worker, struct report *report)
{
	ssize_t n;

	if (worker->fd < 0)
		return -1;
	n = recv(worker->fd, report, sizeof(*report), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != sizeof(*report) || report->magic != REPORT_MAGIC) {
		worker_end(worker);
		return -1;
	}
	report->why[sizeof(report->why) - 1] = '\0';
	report->sysid[sizeof(report->sysid) - 1] = '\0';
	return 1;
}

/**
 * worker_shoot() - order a VM to be stopped
 * @worker: of kind WORKER_VM
 * @until_ms: the deadline of the decision
 *
 * Return: 0, or -1.
 */
int worker_shoot(struct worker *worker, uint64_t until_ms)
{
	const struct order order = {
		.magic = ORDER_MAGIC, .given_ms = now_ms(), .until_ms = until_ms,
	};

	return worker->fd >= 0 && send(worker->fd, &order, sizeof(order),
				       MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(order) ? 0 : -1;
}

/**
 * worker_end() - stop asking
 * @worker: harmless a second time
 */
void worker_end(struct worker *worker)
{
	workers_end(worker, 1);
}

/* Return: true once its end of the socket is closed, which its death does */
static bool is_gone(const struct worker *worker, uint64_t until_ms)
{
	struct pollfd end = { .fd = worker->fd };

	for (;;) {
		uint64_t now = now_ms();

		if (poll(&end, 1, until_ms > now ? until_ms - now : 0) > 0)
			return true;
		if (now >= until_ms)
			return false;
	}
}

/**
 * workers_end() - stop asking, all of them
 * @workers: harmless a second time
 * @n: how many
 *
 * Each is given a moment to take along what it has started, and is killed then.
 * It is not waited for: a process can be slow to die, and the deadline is ours.
 */
void workers_end(struct worker *workers, unsigned int n)
{
	uint64_t until_ms = now_ms() + LAST_MOMENT_MS;

	for (unsigned int i = 0; i < n; i++)
		if (workers[i].pid > 0)
			kill(workers[i].pid, SIGTERM);
	for (unsigned int i = 0; i < n; i++) {
		struct worker *worker = &workers[i];

		if (worker->pid > 0 && !is_gone(worker, until_ms))
			kill(worker->pid, SIGKILL);
		if (worker->pid > 0)
			waitpid(worker->pid, NULL, WNOHANG);
		if (worker->fd >= 0)
			close(worker->fd);
		worker->pid = 0;
		worker->fd = -1;
	}
}
