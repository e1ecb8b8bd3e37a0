// SPDX-License-Identifier: GPL-2.0
/* How cells are run, for every command that runs some: options, folder, guests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "evidence.h"
#include "keep.h"
#include "origin.h"
#include "report.h"
#include "session.h"
#include "util.h"

enum {
	OPT_OUT = 512, OPT_QEMU, OPT_KERNEL, OPT_MODULES, OPT_MODULE, OPT_INIT, OPT_WARP,
	OPT_REAL, OPT_DEADLINE, OPT_BOOT, OPT_RETURN, OPT_NO_RETURN, OPT_PROGRESS,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "How to run", 3 },
	{ "jobs", 'j', "N", 0, "VMs at once (default: the CPUs in warp, one in real time)", 3 },
	{ "warp", OPT_WARP, NULL, 0,
	  "Virtual time counted in instructions, idle time skipped (default with QEMU 8.1 or newer)",
	  3 },
	{ "real-time", OPT_REAL, NULL, 0,
	  "The host's time: KVM where usable, else TCG with a thread a vCPU",
	  3 },
	{ "boot", OPT_BOOT, NULL, 0,
	  "Boot every cell, instead of forking a warm guest in warp",
	  3 },
	{ "return", OPT_RETURN, NULL, 0,
	  "After a reset see the machine come back (always in real time): some 10 s more a cell",
	  3 },
	{ "no-return", OPT_NO_RETURN, NULL, 0,
	  "Do not wait for the way back after a reset, in real time either", 3 },
	{ "qemu", OPT_QEMU, "PATH", 0, "This qemu-system-x86_64", 3 },
	{ "kernel", OPT_KERNEL, "FILE", 0,
	  "This kernel image, instead of --kernels; wants --modules",
	  3 },
	{ "modules", OPT_MODULES, "DIR", 0, "Its lib/modules/RELEASE", 3 },
	{ "stop-machine", OPT_MODULE, "FILE", 0,
	  "stop-machine.ko built for it (default: DIR/extra or DIR/updates)", 3 },
	{ "init", OPT_INIT, "FILE", 0, "Another /init for the guests: for the lab's own tests", 3 },
	{ "deadline", OPT_DEADLINE, "S", 0,
	  "Give a cell up after so many seconds of wall time",
	  3 },
	{ "progress", OPT_PROGRESS, "HOW", 0, PROGRESS_HELP, 3 },
	{ "out", OPT_OUT, "DIR", 0, "Keep the evidence here (default pug-runs/TIME)", 3 },
	{ 0 },
};

/**
 * session_number() - a whole number from the command line, or the end with a usage error
 * @state: of argp
 * @option: its name, for the error
 * @text: given
 * @min: least
 * @max: greatest
 * @value: set
 */
void session_number(const struct argp_state *state, const char *option, const char *text,
		    unsigned int min, unsigned int max, unsigned int *value)
{
	if (plan_number(text, min, max, value))
		argp_error(state, "%s %s: a whole number from %u to %u is wanted", option, text,
			   min, max);
}

static error_t parse_text(int key, const char *arg, struct session_options *o)
{
	const struct {
		int key;
		const char **text;
	} rows[] = {
		{ OPT_OUT, &o->out }, { OPT_QEMU, &o->qemu }, { OPT_KERNEL, &o->kernel },
		{ OPT_MODULES, &o->modules }, { OPT_MODULE, &o->module },
		{ OPT_INIT, &o->init },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		*rows[i].text = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_flag(int key, struct session_options *o)
{
	const struct {
		int key;
		bool *flag;
	} rows[] = {
		{ OPT_WARP, &o->warp }, { OPT_REAL, &o->real }, { OPT_BOOT, &o->boot },
		{ OPT_RETURN, &o->see_return }, { OPT_NO_RETURN, &o->no_return },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		*rows[i].flag = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct session_options *o = state->input;

	switch (key) {
	case 'j':
		session_number(state, "--jobs", arg, 1, 64, &o->jobs);
		return 0;
	case OPT_DEADLINE:
		session_number(state, "--deadline", arg, 1, 86400, &o->deadline_s);
		return 0;
	case OPT_PROGRESS:
		o->progress = live_progress(state, arg);
		return 0;
	case ARGP_KEY_END:
		if (o->warp && o->real)
			argp_error(state, "--warp and --real-time exclude each other");
		if (o->see_return && o->no_return)
			argp_error(state, "--return and --no-return exclude each other");
		if (!o->kernel != !o->modules)
			argp_error(state, "--kernel and --modules go together");
		return 0;
	default:
		return parse_flag(key, o) ? parse_text(key, arg, o) : 0;
	}
}

const struct argp session_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

static int choose_time(struct host *host, const struct session_options *o)
{
	if (o->warp && host->qemu_number < QEMU_WARP_MIN) {
		warn_line("--warp wants QEMU 8.1 or newer, %s is %s", host->qemu,
			  host->qemu_version);
		return -1;
	}
	if (o->warp)
		host->time = TIME_WARP;
	if (o->real)
		host->time = TIME_REAL;
	if (host->time == TIME_REAL && host->kvm == KVM_NO_HARDWARE)
		warn_line("/dev/kvm is there, but this CPU has neither vmx nor svm: TCG is used, for stock kernels do not run on it");
	return 0;
}

static int make_initramfs(const struct host *host, const struct session_options *o,
			  struct guest *guest)
{
	char *tool = path_join(host->topdir, "vm/mkinitramfs");
	char *node = path_join(host->topdir, "build/bin/pug-node");
	char *argv[16] = {
		tool, (char *)"--modules", (char *)o->modules, (char *)"--pug-node", node,
		(char *)"--output", guest->initramfs
	};
	int n = 7, ret = 0;
	char *text;

	if (o->module) {
		argv[n++] = (char *)"--fault";
		argv[n++] = (char *)o->module;
	}
	if (o->init) {
		argv[n++] = (char *)"--init";
		argv[n++] = (char *)o->init;
	}
	text = host_run(argv);
	if (!text) {
		warn_line("%s could not make an initramfs from %s", tool, o->modules);
		ret = -1;
	}
	free(text);
	free(tool);
	free(node);
	return ret;
}

static int custom_guest(const struct host *host, const struct session_options *o, const char *out,
			struct guest *guest)
{
	char *image = realpath(o->kernel, NULL);

	if (!image) {
		warn_line("--kernel %s: %s", o->kernel, strerror(errno));
		return -1;
	}
	memset(guest, 0, sizeof(*guest));
	strcpy(guest->name, "custom");
	guest->vmlinuz = image;
	guest->initramfs = path_join(out, "initramfs.cpio");
	return make_initramfs(host, o, guest);
}

static struct guest *guest_of(struct session *session, const char *kernel)
{
	struct guest *guest = &session->guests[session->n_guests];
	size_t g = 0;
	int ret;

	while (g < session->n_guests && strcmp(session->guests[g].name, kernel))
		g++;
	if (g < session->n_guests)
		return &session->guests[g];
	if (g == SESSION_GUESTS) {
		warn_line("a run has at most %d kernels", SESSION_GUESTS);
		return NULL;
	}
	ret = session->o.kernel ? custom_guest(&session->host, &session->o, session->out, guest) :
	      guest_find(guest, &session->host, kernel);
	if (!ret && origin_sum_guest(guest)) {
		guest_free(guest);
		ret = -1;
	}
	if (ret)
		return NULL;
	session->n_guests++;
	return guest;
}

static void on_result(struct run *run, struct result *result, size_t done, void *data)
{
	bool error = result->seen.when == VERDICT_ERROR;

	(void)data;
	live_line("%zu/%zu %s: %s%s%s (%.1f s)", done, run->n, result->cell.id,
		  verdict_when_name(result->seen.when), error ? ": " : "",
		  error ? result->seen.reason : "", result->wall_s);
}

static void on_note(struct run *run, const char *note, void *data)
{
	(void)run;
	(void)data;
	live_line("%s", note);
}

/* Of what has ended: the rest is preset to an error */
static void on_tick(struct run *run, const struct live_row *rows, size_t n, void *data)
{
	struct tally tally = { 0 };
	size_t done = 0;
	char *head;

	(void)data;
	for (size_t i = 0; i < run->n; i++) {
		if (!run->results[i].ended)
			continue;
		done++;
		tally_add(&tally, &run->results[i]);
	}
	head = xasprintf("%zu of %zu done: %zu as expected, %zu surprise%s, %zu error%s, %zu not run; %zu running; %.0f s",
			 done, run->n, tally.as_expected, tally.surprises,
			 tally.surprises == 1 ? "" : "s", tally.errors,
			 tally.errors == 1 ? "" : "s", tally.not_run, n, now_s() - run->began_s);
	live_show(head, tally.surprises || tally.errors, rows, n);
	free(head);
}

/**
 * session_results() - cells and what is expected of each
 * @run: gets results, to be given back by session_free_results()
 * @cells: asked
 * @n: how many
 *
 * Return: 0; -1 after saying that nobody wrote an expectation for one.
 */
int session_results(struct run *run, const struct cell *cells, size_t n)
{
	run->n = n;
	run->results = xcalloc(n ? n : 1, sizeof(*run->results));
	for (size_t i = 0; i < n; i++) {
		run->results[i].cell = cells[i];
		if (!expect(&run->results[i].expected, &cells[i]))
			continue;
		warn_line("%s: no expectation has been written for it (expect.c)", cells[i].id);
		return -1;
	}
	return 0;
}

/**
 * session_free_results() - give back what session_results() made
 * @run: empty afterwards
 */
void session_free_results(struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		free(run->results[i].dir);
	free(run->results);
	run->results = NULL;
	run->n = 0;
}

/**
 * session_open() - find QEMU, choose how time runs, make the folder
 * @session: its options are set
 *
 * Return: 0; -1 after saying why not. session_close() is due in any case.
 */
int session_open(struct session *session)
{
	if (live_begin(session->o.progress) || host_find(&session->host, session->o.qemu) ||
	    choose_time(&session->host, &session->o))
		return -1;
	session->out = keep_folder(session->o.out, "pug-runs");
	return session->out ? 0 : -1;
}

/**
 * session_run() - run cells and judge each
 * @session: open
 * @run: with results made by session_results(); complete afterwards
 *
 * Return: 0, also when interrupted (see @run); -1 after saying why not.
 */
int session_run(struct session *session, struct run *run)
{
	const struct session_options *o = &session->o;
	int ret;

	for (size_t i = 0; i < run->n; i++) {
		run->results[i].guest = guest_of(session, run->results[i].cell.kernel);
		if (!run->results[i].guest)
			return -1;
	}
	run->host = &session->host;
	run->out = session->out;
	run->jobs = o->jobs ? o->jobs : session->host.time == TIME_WARP ?
		    (unsigned int)sysconf(_SC_NPROCESSORS_ONLN) : 1;
	run->deadline_s = o->deadline_s;
	run->on_result = on_result;
	run->on_tick = on_tick;
	run->on_note = on_note;
	run->fork = session->host.time == TIME_WARP && !o->boot && !o->init;
	for (size_t i = 0; i < run->n; i++)
		run->results[i].cell.see_return =
			o->see_return || (!run->fork && !o->no_return);
	ret = run_cells(run);
	live_clear();
	if (ret && ret != -EBUSY)
		warn_line("the event loop failed: %s", strerror(-ret));
	return ret ? -1 : 0;
}

/**
 * session_write() - keep the results of a run
 * @session: run.json goes to its folder
 * @json: the results; given back
 * @path: another file for them, "-" for standard output, NULL for none
 *
 * Return: 0; -1 after saying what can't be written.
 */
int session_write(const struct session *session, json_t *json, const char *path)
{
	int ret = keep_json(session->out, RUN_FILE, json);

	return results_write(json, path) ? -1 : ret;
}

/**
 * session_close() - give back what a session holds; the evidence stays
 * @session: opened, or not
 */
void session_close(struct session *session)
{
	for (size_t i = 0; i < session->n_guests; i++)
		guest_free(&session->guests[i]);
	session->n_guests = 0;
	free(session->out);
	session->out = NULL;
	host_free(&session->host);
}
