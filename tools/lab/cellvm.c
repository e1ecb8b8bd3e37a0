// SPDX-License-Identifier: GPL-2.0
/* One cell's VM from spawn to its end: a small state machine, every wait dated. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cellvm.h"
#include "cellvm-move.h"
#include "cellvm-outside.h"
#include "child.h"
#include "compiler.h"
#include "console.h"
#include "evidence.h"
#include "memory.h"
#include "util.h"

/* The HPET's main counter: the ruler, read from outside */
#define HPET_COUNTER "xp /1gx 0xfed000f0"

/**
 * cellvm_log_line() - a line of lab.jsonl
 * @vm: running
 * @line: taken over
 */
void cellvm_log_line(struct cellvm *vm, json_t *line)
{
	json_dumpf(line, vm->lab_log, JSON_COMPACT);
	fputc('\n', vm->lab_log);
	fflush(vm->lab_log);
	json_decref(line);
}

/**
 * cellvm_log() - write down what the lab did or saw
 * @vm: running
 * @event: one word
 * @fmt: and what follows: why, as printf()
 */
void cellvm_log(struct cellvm *vm, const char *event, const char *fmt, ...)
{
	json_t *line;
	va_list ap;
	char *why;

	if (!vm->lab_log)
		return;
	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	line = json_pack("{s:s s:f s:o}", "event", event, "host_s", now_s(), "why",
			 json_text(why));
	cellvm_log_line(vm, line);
	free(why);
}

/**
 * cellvm_enter() - the next stage begins
 * @vm: running
 * @stage: which
 */
void cellvm_enter(struct cellvm *vm, enum cellvm_stage stage)
{
	vm->stage = stage;
	vm->stage_s = now_s();
}

/**
 * cellvm_fail() - the cell has failed: say why and make its QEMU go
 * @vm: running; a second failure changes nothing
 * @fmt: and what follows: why, as printf()
 */
void cellvm_fail(struct cellvm *vm, const char *fmt, ...)
{
	va_list ap;
	char *why;

	if (vm->stage == STAGE_KILL)
		return;
	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	cellvm_log(vm, "error", "%s", why);
	free(why);
	cellvm_enter(vm, STAGE_KILL);
	if (vm->pid <= 0)
		return;
	kill(vm->pid, SIGTERM);
	kill(vm->pid, SIGCONT);
}

/*
 * A QEMU that is switched off by its watchdog has closed its end before the question that
 * the event leads to is asked: 1 of 1,600 cells. Its end is told by who notices that.
 */
static void ask(struct cellvm *vm, const char *id, const char *command, json_t *arguments)
{
	int ret = qmp_send(&vm->qmp, id, command, arguments);

	if (ret == -EPIPE || ret == -ECONNRESET)
		return;
	if (ret)
		cellvm_fail(vm, "QEMU takes no QMP command: %s", strerror(-ret));
	else if (!vm->waiting_s)
		vm->waiting_s = now_s();
}

/**
 * cellvm_ask() - a command of another part of the lab's
 * @vm: running
 * @id: of the answer
 * @command: QMP's name
 * @arguments: taken over; NULL for none
 */
void cellvm_ask(struct cellvm *vm, const char *id, const char *command, json_t *arguments)
{
	ask(vm, id, command, arguments);
}

/**
 * cellvm_read_counter() - ask for the virtual time
 * @vm: running
 * @id: of the question; begins with hpet
 */
void cellvm_read_counter(struct cellvm *vm, const char *id)
{
	ask(vm, id, "human-monitor-command", json_pack("{s:s}", "command-line", HPET_COUNTER));
}

/**
 * cellvm_finish() - all is seen
 * @vm: its QEMU is asked to go
 */
void cellvm_finish(struct cellvm *vm)
{
	cellvm_enter(vm, STAGE_QUIT);
	ask(vm, "quit", "quit", NULL);
}

/* The VM stands still at its reset and its clock has been read: play on */
static void bring_back(struct cellvm *vm)
{
	cellvm_enter(vm, STAGE_BACK);
	vm->resets++;
	vm->shutdown_reason[0] = '\0';
	ask(vm, "set-action", "set-action", json_pack("{s:s}", "reboot", "reset"));
	ask(vm, "system_reset", "system_reset", NULL);
	ask(vm, "cont", "cont", NULL);
}

/* pvpanic is told before the console is: without going on, no stack is seen */
static void hear_last_words(struct cellvm *vm)
{
	cellvm_enter(vm, STAGE_LAST_WORDS);
	ask(vm, "cont", "cont", NULL);
}

/* A module's first line; what /init does it says itself */
static bool fault_is_announced(const struct cell *cell, const char *dir)
{
	char line[64];

	if (!cell->fault->module)
		return true;
	snprintf(line, sizeof(line), "] %s: freeze ", cell->fault->module);
	return console_has(dir, line);
}

/* The reset came before the console's thread could print, or behind another CPU */
static bool lacks_words(const struct cellvm *vm)
{
	const struct cell *cell = &vm->result->cell;
	const char *dir = vm->result->dir;

	if (vm->remembered || vm->resets || vm->panicked)
		return false;
	if (!fault_is_announced(cell, dir))
		return true;
	if (cell->watchdog->ruler != RULER_GUEST || strcmp(vm->shutdown_reason, "guest-reset"))
		return false;
	return !console_has(dir, "] softdog: Initiating") &&
	       !console_has(dir, "] Hangcheck: hangcheck is");
}

static void save_memory(struct cellvm *vm)
{
	vm->remembered = true;
	ask(vm, "pmemsave", "pmemsave",
	    json_pack("{s:i s:I s:s}", "val", 0, "size", (json_int_t)MEMORY_MIB << 20,
		      "filename", MEMORY_DUMP));
}

static void search_memory(struct cellvm *vm)
{
	int ret = memory_search(vm->result->dir);

	if (ret)
		cellvm_fail(vm, "the guest's memory could not be searched: %s", strerror(-ret));
}

/**
 * cellvm_log_counter() - write down what the lab did or saw, with a time of the guest's
 * @vm: running
 * @event: one word
 * @ns: virtual time
 * @why: what it was
 */
void cellvm_log_counter(struct cellvm *vm, const char *event, int64_t ns, const char *why)
{
	json_t *line = json_pack("{s:s s:f s:I s:s}", "event", event, "host_s", now_s(),
				 "hpet", (json_int_t)(ns / HPET_NS_PER_TICK), "why", why);

	cellvm_log_line(vm, line);
}

static void standing_still(struct cellvm *vm)
{
	if (vm->watched && !*vm->shutdown_reason) {
		cellvm_log_counter(vm, "watched", vm->counter_ns,
				   "the guest was watched from outside");
		cellvm_finish(vm);
		return;
	}
	if (lacks_words(vm)) {
		save_memory(vm);
		return;
	}
	if (vm->panicked && vm->stage == STAGE_PLAY) {
		hear_last_words(vm);
		return;
	}
	if (!strcmp(vm->shutdown_reason, "guest-reset") && !vm->resets &&
	    vm->result->cell.see_return)
		bring_back(vm);
	else
		cellvm_finish(vm);
}

/* A dead guest reports nothing: for as long as it was to be watched, look from outside */
static void watch_the_dead(struct cellvm *vm)
{
	const struct cell *cell = &vm->result->cell;
	int64_t watch_ns = (int64_t)(cell->msecs + cell->settle_ms) * NSEC_PER_MSEC;

	if (!vm->dead_ns)
		vm->dead_ns = vm->counter_ns;
	if (vm->watched || vm->counter_ns - vm->dead_ns < watch_ns)
		return;
	vm->watched = true;
	ask(vm, "stop", "stop", NULL);
}

static void note_counter(struct cellvm *vm, json_t *msg)
{
	const char *id = json_string_value(json_object_get(msg, "id"));
	int64_t t;

	if (!id || strncmp(id, "hpet", 4))
		return;
	t = evidence_hpet_reply(json_string_value(json_object_get(msg, "return")));
	if (t == TIME_UNKNOWN)
		return;
	vm->counter_ns = t;
	if (!strcmp(id, "hpet-dead") && vm->stage == STAGE_PLAY)
		watch_the_dead(vm);
}

static void on_answer(struct cellvm *vm, json_t *msg)
{
	const char *id = json_string_value(json_object_get(msg, "id"));
	json_t *error = json_object_get(msg, "error");
	const char *desc = json_string_value(json_object_get(error, "desc"));

	vm->waiting_s = 0;
	if (error)
		cellvm_fail(vm, "QEMU refused %s: %s", id ? id : "a command",
			    desc ? desc : "no reason given");
	else if (id && !strcmp(id, "pmemsave"))
		search_memory(vm);
	else
		note_counter(vm, msg);
	if ((vm->stage == STAGE_PLAY || vm->stage == STAGE_FORK) && id)
		outside_answer(vm, id, msg);
	if (vm->stage != STAGE_KILL && id &&
	    (!strcmp(id, "hpet-stop") || !strcmp(id, "pmemsave")))
		standing_still(vm);
}

/**
 * cellvm_play() - the guest goes on, or begins
 * @vm: its QEMU has what it goes on from
 */
void cellvm_play(struct cellvm *vm)
{
	ask(vm, "cont", "cont", NULL);
	cellvm_enter(vm, STAGE_PLAY);
}

/**
 * cellvm_load() - go on from what another QEMU has saved
 * @vm: its QEMU waits for it
 * @uri: of the state
 * @shared: the memory is mapped already: what comes in is the state of the devices
 */
void cellvm_load(struct cellvm *vm, const char *uri, bool shared)
{
	cellvm_enter(vm, STAGE_FORK);
	ask(vm, "migrate-set-capabilities", "migrate-set-capabilities",
	    qmp_migration(shared));
	/*
	 * QEMU would announce itself on its networks, five times in the first second of
	 * the host's time. Hardly any cell has one, but how long a vCPU runs at a stretch
	 * is bounded by that timer too (icount_get_limit() looks at QEMU_CLOCK_REALTIME),
	 * so that no two forks were alike.
	 */
	ask(vm, "migrate-set-parameters", "migrate-set-parameters",
	    json_pack("{s:i}", "announce-rounds", 0));
	ask(vm, "migrate-incoming", "migrate-incoming", json_pack("{s:s}", "uri", uri));
}

static void load_warm(struct cellvm *vm)
{
	char *uri = xasprintf("file:%s/" WARM_STATE, vm->warm->dir);

	cellvm_load(vm, uri, true);
	free(uri);
}

static void greet(struct cellvm *vm)
{
	int ret = vm->second ? 0 : outside_watch(vm);

	if (ret) {
		cellvm_fail(vm, "pug watch could not be started: %s", strerror(-ret));
		return;
	}
	ask(vm, "qmp_capabilities", "qmp_capabilities", NULL);
	if (vm->second)
		move_load(vm);
	else if (vm->warm)
		load_warm(vm);
	else
		cellvm_play(vm);
}

static void on_migration(struct cellvm *vm, json_t *msg)
{
	const char *status = "";

	json_unpack(msg, "{s:{s:s}}", "data", "status", &status);
	if (vm->outside >= OUTSIDE_SAVES)
		outside_migrates(vm, status);
	else if (vm->stage == STAGE_FORK && !strcmp(status, "completed"))
		cellvm_play(vm);
	else if (vm->stage == STAGE_FORK && !strcmp(status, "failed"))
		cellvm_fail(vm, "QEMU could not load the warm guest %s (see %s)", vm->warm->key,
			    EVIDENCE_STDERR);
}

static void on_event(struct cellvm *vm, const char *event, json_t *msg)
{
	json_t *reason = json_object_get(json_object_get(msg, "data"), "reason");

	glance_note(&vm->glance, event);
	if (!strcmp(event, "WATCHDOG")) {
		vm->fired = true;
		cellvm_read_counter(vm, "hpet-watchdog");
	} else if (!strcmp(event, "SHUTDOWN") && json_is_string(reason)) {
		snprintf(vm->shutdown_reason, sizeof(vm->shutdown_reason), "%s",
			 json_string_value(reason));
		/* A VM that stands already says no STOP */
		if (outside_is_reset(vm))
			cellvm_read_counter(vm, "hpet-stop");
	} else if (!strcmp(event, "BLOCK_IO_ERROR")) {
		vm->io_error = json_is_true(json_object_get(json_object_get(msg, "data"),
							    "nospace"));
	} else if (!strcmp(event, "GUEST_PANICKED")) {
		vm->panicked = !vm->result->cell.fault->fatal;
	} else if (!strcmp(event, "MIGRATION")) {
		on_migration(vm, msg);
	} else if (!strcmp(event, "STOP") && vm->stage != STAGE_QUIT) {
		cellvm_read_counter(vm, outside_stops(vm) ? OUTSIDE_ID : "hpet-stop");
	}
}

static void on_message(struct qmp *qmp, json_t *msg, void *data)
{
	struct cellvm *vm = data;
	const char *event = json_string_value(json_object_get(msg, "event"));

	(void)qmp;
	if (vm->stage == STAGE_KILL)
		return;
	if (vm->stage == STAGE_GREETING && json_object_get(msg, "QMP"))
		greet(vm);
	else if (event)
		on_event(vm, event, msg);
	else
		on_answer(vm, msg);
}

/* The child's end tells more: it comes right behind, or cellvm_tick() makes it */
static void on_close(struct qmp *qmp, const char *why, void *data)
{
	struct cellvm *vm = data;

	(void)qmp;
	vm->waiting_s = 0;
	vm->closed_s = now_s();
	vm->closed_why = why;
	if (vm->stage != STAGE_QUIT && vm->stage != STAGE_KILL && vm->outside != OUTSIDE_MOVES)
		cellvm_log(vm, "qmp-closed", "%s", why);
}

/**
 * cellvm_start() - begin to play a cell
 * @vm: free; @on_end, @data and @deadline_s are set
 * @loop: serves it
 * @host: runs it
 * @result: its folder exists and holds the plan
 *
 * Return: 0, on_end will be called; or a negative errno, the slot is free again.
 */
int cellvm_start(struct cellvm *vm, sd_event *loop, const struct host *host,
		 struct result *result)
{
	int ret;

	vm->result = result;
	vm->qmp.fd = -1;
	vm->shutdown_reason[0] = '\0';
	vm->closed_s = 0;
	vm->waiting_s = 0;
	vm->console_read = 0;
	vm->panic_s = 0;
	vm->resets = 0;
	vm->fired = false;
	vm->panicked = false;
	vm->remembered = false;
	vm->counter_ns = 0;
	vm->dead_ns = 0;
	vm->watched = false;
	glance_reset(&vm->glance);
	vm->loop = loop;
	vm->host = host;
	vm->second = false;
	vm->io_error = false;
	vm->pid = 0;
	vm->started_s = now_s();
	cellvm_enter(vm, STAGE_GREETING);
	vm->qmp.on_message = on_message;
	vm->qmp.on_close = on_close;
	vm->qmp.data = vm;
	ret = cellvm_start_qemu(vm);
	if (ret < 0) {
		child_end(&vm->pid);
		cellvm_release(vm);
		return ret;
	}
	cellvm_log(vm, "start", "%s", result->cell.id);
	outside_begin(vm);
	return 0;
}

/**
 * cellvm_release() - the slot is free for another cell
 * @vm: its QEMU is gone
 */
void cellvm_release(struct cellvm *vm)
{
	vm->child = sd_event_source_disable_unref(vm->child);
	outside_release(vm);
	qmp_close(&vm->qmp);
	if (vm->lab_log)
		fclose(vm->lab_log);
	if (vm->qmp_log)
		fclose(vm->qmp_log);
	vm->lab_log = NULL;
	vm->qmp_log = NULL;
	vm->result = NULL;
}
