// SPDX-License-Identifier: GPL-2.0
/* pug matrix: run the cells, print the table. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "compiler.h"
#include "plan.h"
#include "report.h"
#include "util.h"

enum {
	OPT_FAULTS = 256, OPT_WATCHDOGS, OPT_CLOCKS, OPT_MACHINES, OPT_KERNELS, OPT_MSECS,
	OPT_TIMEOUT, OPT_ACTION, OPT_INTERVAL, OPT_SETTLE, OPT_CPUS, OPT_PRESET, OPT_LIST,
	OPT_JSON, OPT_KTAP, OPT_OUT, OPT_QEMU, OPT_KERNEL, OPT_MODULES, OPT_MODULE, OPT_INIT,
	OPT_WARP, OPT_REAL, OPT_DEADLINE, OPT_BOOT, OPT_RETURN,
	OPT_ALL,
};

struct matrix_options {
	struct plan plan;	/* NULL and 0 where the preset's value holds */
	const char *preset;
	const char *json;
	const char *out;
	const char *qemu;
	const char *kernel;
	const char *modules;
	const char *module;
	const char *init;
	unsigned int jobs;
	unsigned int deadline_s;
	bool list;
	bool all;
	bool ktap;
	bool warp;
	bool real;
	bool boot;
	bool see_return;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Cells: the product of", 1 },
	{ "preset", OPT_PRESET, "NAME", 0,
	  "Begin with these cells (default talk): talk, quick, full",
	  1 },
	{ "faults", OPT_FAULTS, "LIST", 0, "none (the control), stop-machine", 1 },
	{ "watchdogs", OPT_WATCHDOGS, "LIST", 0,
	  "none, i6300esb, ib700, itco, softdog, hangcheck-timer, and duds: see pug(1)",
	  1 },
	{ "clocks", OPT_CLOCKS, "LIST", 0, "Guest clocksources: tsc, hpet, acpi_pm, kvm-clock", 1 },
	{ "machines", OPT_MACHINES, "LIST", 0, "QEMU machine types: pc, q35", 1 },
	{ "kernels", OPT_KERNELS, "LIST", 0, "Guest kernels that 'make guests' unpacked", 1 },
	{ "msecs", OPT_MSECS, "LIST", 0, "Lengths of the fault in ms", 1 },
	{ "timeout", OPT_TIMEOUT, "LIST", 0, "Timeouts of the watchdog in s", 1 },
	{ "action", OPT_ACTION, "LIST", 0,
	  "What QEMU does when its device fires: reset, poweroff, pause, inject-nmi, none", 1 },
	{ "interval", OPT_INTERVAL, "MS", 0, "Between two keepalives", 1 },
	{ "settle", OPT_SETTLE, "MS", 0, "Watch the guest so long after the thaw", 1 },
	{ "cpus", OPT_CPUS, "N", 0, "vCPUs (default 2)", 1 },
	{ NULL, 0, NULL, 0, "Results", 2 },
	{ "list", OPT_LIST, NULL, 0,
	  "Print the cells and what is expected of each; run nothing",
	  2 },
	{ "all", OPT_ALL, NULL, 0, "With --list: also what is left out, and by which rule", 2 },
	{ "json", OPT_JSON, "FILE", 0,
	  "Write the results to FILE too; - for standard output, instead of the table",
	  2 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP instead of the table", 2 },
	{ "out", OPT_OUT, "DIR", 0, "Keep the evidence here (default pug-runs/TIME)", 2 },
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
	{ 0 },
};

static void need_number(struct argp_state *state, const char *option, const char *text,
			unsigned int min, unsigned int max, unsigned int *value)
{
	if (plan_number(text, min, max, value))
		argp_error(state, "%s %s: a whole number from %u to %u is wanted", option, text,
			   min, max);
}

static error_t parse_cells(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;
	const struct {
		int key;
		const char **list;
	} lists[] = {
		{ OPT_FAULTS, &o->plan.faults }, { OPT_WATCHDOGS, &o->plan.watchdogs },
		{ OPT_CLOCKS, &o->plan.clocks }, { OPT_MACHINES, &o->plan.machines },
		{ OPT_KERNELS, &o->plan.kernels }, { OPT_ACTION, &o->plan.actions },
		{ OPT_MSECS, &o->plan.msecs }, { OPT_TIMEOUT, &o->plan.timeouts },
		{ OPT_PRESET, &o->preset }, { OPT_JSON, &o->json }, { OPT_OUT, &o->out },
		{ OPT_QEMU, &o->qemu }, { OPT_KERNEL, &o->kernel }, { OPT_MODULES, &o->modules },
		{ OPT_MODULE, &o->module }, { OPT_INIT, &o->init },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (lists[i].key != key)
			continue;
		*lists[i].list = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_flags(int key, struct matrix_options *o)
{
	const struct {
		int key;
		bool *flag;
	} flags[] = {
		{ OPT_LIST, &o->list }, { OPT_ALL, &o->all }, { OPT_KTAP, &o->ktap },
		{ OPT_WARP, &o->warp }, { OPT_REAL, &o->real },
		{ OPT_BOOT, &o->boot }, { OPT_RETURN, &o->see_return },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].key != key)
			continue;
		*flags[i].flag = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_numbers(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;

	switch (key) {
	case OPT_INTERVAL:
		need_number(state, "--interval", arg, 10, 600000, &o->plan.interval_ms);
		return 0;
	case OPT_SETTLE:
		need_number(state, "--settle", arg, 1000, 600000, &o->plan.settle_ms);
		return 0;
	case OPT_CPUS:
		need_number(state, "--cpus", arg, 1, 64, &o->plan.cpus);
		return 0;
	case 'j':
		need_number(state, "--jobs", arg, 1, 64, &o->jobs);
		return 0;
	case OPT_DEADLINE:
		need_number(state, "--deadline", arg, 1, 86400, &o->deadline_s);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s' is no option", arg);
	if (key == ARGP_KEY_END && o->warp && o->real)
		argp_error(state, "--warp and --real-time exclude each other");
	if (key == ARGP_KEY_END && !o->kernel != !o->modules)
		argp_error(state, "--kernel and --modules go together");
	if (!parse_flags(key, o) || !parse_cells(key, arg, state))
		return 0;
	return parse_numbers(key, arg, state);
}

static const struct argp argp = {
	options, parse, NULL,
	"Freeze guests in QEMU and say which watchdog fired, when, and what got out before it did.\n"
	"\vA result is 'as expected' when verdict, effect and author are what the sources say.\n"
	"'pug explain DIR' recomputes a cell's verdict from its evidence.\n"
	"Exit status: 0 all as expected, 1 a surprise, 2 could not run.",
	NULL, NULL, NULL,
};

static void overlay(struct plan *plan, const struct plan *given)
{
	const struct {
		const char **to;
		const char *from;
	} rows[] = {
		{ &plan->faults, given->faults }, { &plan->watchdogs, given->watchdogs },
		{ &plan->clocks, given->clocks }, { &plan->machines, given->machines },
		{ &plan->kernels, given->kernels }, { &plan->actions, given->actions },
		{ &plan->msecs, given->msecs }, { &plan->timeouts, given->timeouts },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].from)
			*rows[i].to = rows[i].from;
	if (given->interval_ms)
		plan->interval_ms = given->interval_ms;
	if (given->settle_ms)
		plan->settle_ms = given->settle_ms;
	if (given->cpus)
		plan->cpus = given->cpus;
}

static int make_cells(struct cells *cells, const struct matrix_options *o)
{
	struct plan plans[PRESET_PLANS_MAX];
	bool sparing;
	char why[512];
	size_t n;

	if (plan_preset(plans, &n, &sparing, o->preset ? o->preset : "talk")) {
		plan_preset_names(why, sizeof(why));
		warn_line("no preset '%s'; there are: %s", o->preset, why);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		overlay(&plans[i], &o->plan);
		if (o->kernel)
			plans[i].kernels = "custom";
		if (!plan_cells(&plans[i], sparing, cells, why, sizeof(why)))
			continue;
		warn_line("%s", why);
		return -1;
	}
	if (cells->n)
		return 0;
	warn_line("no cell is left: %s", cells->n_out ? cells->out[0].rule : "none was asked for");
	return -1;
}

static int make_results(struct run *run, const struct cells *cells)
{
	run->n = cells->n;
	run->results = xcalloc(run->n, sizeof(*run->results));
	for (size_t i = 0; i < run->n; i++) {
		run->results[i].cell = cells->cell[i];
		if (!expect(&run->results[i].expected, &cells->cell[i]))
			continue;
		warn_line("%s: no expectation has been written for it (expect.c)",
			  cells->cell[i].id);
		return -1;
	}
	return 0;
}

static void list_cells(const struct run *run, const struct cells *cells, bool all)
{
	report_list(run, stdout);
	for (size_t i = 0; all && i < cells->n_out; i++)
		printf("%s%-62s left out\n    %s\n", i ? "" : "\n", cells->out[i].cell.id,
		       cells->out[i].rule);
	if (cells->n_out)
		printf("%zu combinations left out%s\n", cells->n_out,
		       all ? "" : "; --list --all names them and the rules");
}

static int choose_time(struct host *host, const struct matrix_options *o)
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
	return 0;
}

/* Of two runs that begin in the same second each gets a folder of its own */
static char *new_out(void)
{
	time_t now = time(NULL);
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime(&now));
	for (unsigned int n = 1; !make_dirs("pug-runs"); n++) {
		char *out = n == 1 ? xasprintf("pug-runs/%s", stamp) :
			    xasprintf("pug-runs/%s.%u", stamp, n);

		if (!mkdir(out, 0777))
			return out;
		free(out);
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

static char *make_out(const char *given)
{
	char *out = given ? xstrdup(given) : new_out();

	if (out && !make_dirs(out) && !access(out, W_OK | X_OK)) {
		char *real = realpath(out, NULL);

		free(out);
		if (real)
			return real;
		out = NULL;
	}
	if (!out)
		out = xstrdup(given ? given : "pug-runs");
	warn_line("%s can't be made: %s; choose another folder with --out", out, strerror(errno));
	free(out);
	return NULL;
}

static int make_initramfs(const struct host *host, const struct matrix_options *o,
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
		argv[n++] = (char *)"--stop-machine";
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

static int custom_guest(const struct host *host, const struct matrix_options *o, const char *out,
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

static int set_guests(struct run *run, const struct matrix_options *o, struct guest *guests,
		      size_t *n)
{
	for (size_t i = 0; i < run->n; i++) {
		struct result *result = &run->results[i];
		size_t g = 0;
		int ret;

		while (g < *n && strcmp(guests[g].name, result->cell.kernel))
			g++;
		if (g == *n) {
			ret = o->kernel ? custom_guest(run->host, o, run->out, &guests[g]) :
			      guest_find(&guests[g], run->host, result->cell.kernel);
			if (ret)
				return -1;
			(*n)++;
		}
		result->guest = &guests[g];
	}
	return 0;
}

static void on_result(struct run *run, struct result *result, size_t done, void *data)
{
	(void)data;
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	fprintf(stderr, "%zu/%zu %s: %s%s%s (%.1f s)\n", done, run->n, result->cell.id,
		verdict_when_name(result->seen.when),
		result->seen.when == VERDICT_ERROR ? ": " : "",
		result->seen.when == VERDICT_ERROR ? result->seen.reason : "", result->wall_s);
}

static void on_note(struct run *run, const char *note, void *data)
{
	(void)run;
	(void)data;
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	fprintf(stderr, "%s\n", note);
}

static void on_tick(struct run *run, size_t done, size_t running, void *data)
{
	(void)data;
	if (isatty(STDERR_FILENO) && running)
		fprintf(stderr, "\r\033[K%zu of %zu cells done, %zu running ", done, run->n,
			running);
}

static int write_results(const struct run *run, const char *json_path)
{
	json_t *json = report_json(run);
	char *path = path_join(run->out, "run.json");
	int ret = json_dump_file(json, path, JSON_INDENT(2));

	if (ret)
		warn_line("%s can't be written: %s", path, strerror(errno));
	free(path);
	if (json_path && !strcmp(json_path, "-")) {
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (json_path && json_dump_file(json, json_path, JSON_INDENT(2))) {
		warn_line("%s can't be written: %s", json_path, strerror(errno));
		ret = -1;
	}
	json_decref(json);
	return ret;
}

static int report(const struct run *run, const struct matrix_options *o)
{
	struct tally tally = report_tally(run);
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int ret = write_results(run, o->json);

	if (o->ktap)
		report_ktap(run, stdout);
	else if (!o->json || strcmp(o->json, "-"))
		report_table(run, stdout, colour);
	if (run->interrupted)
		warn_line("interrupted; what ended is kept in %s", run->out);
	else if (!o->ktap && isatty(STDOUT_FILENO))
		fprintf(stderr, "evidence: %s\n", run->out);
	if (fflush(stdout) || ret)
		return PUG_COULD_NOT_RUN;
	return run->interrupted ? PUG_COULD_NOT_RUN : tally_exit(&tally);
}

static int run_and_report(struct run *run, const struct matrix_options *o)
{
	struct guest *guests = xcalloc(run->n + 1, sizeof(*guests));
	size_t n_guests = 0;
	int err, ret = PUG_COULD_NOT_RUN;

	run->out = make_out(o->out);
	if (run->out && !set_guests(run, o, guests, &n_guests)) {
		run->jobs = o->jobs ? o->jobs : run->host->time == TIME_WARP ?
			    (unsigned int)sysconf(_SC_NPROCESSORS_ONLN) : 1;
		run->deadline_s = o->deadline_s;
		run->on_result = on_result;
		run->on_tick = on_tick;
		run->on_note = on_note;
		run->fork = run->host->time == TIME_WARP && !o->boot && !o->init;
		for (size_t i = 0; i < run->n; i++)
			run->results[i].cell.see_return = o->see_return || !run->fork;
		err = run_cells(run);
		if (!err)
			ret = report(run, o);
		else if (err != -EBUSY)
			warn_line("the event loop failed: %s", strerror(-err));
	}
	for (size_t i = 0; i < n_guests; i++)
		guest_free(&guests[i]);
	free(guests);
	free(run->out);
	return ret;
}

static void free_results(struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		free(run->results[i].dir);
	free(run->results);
}

/**
 * cmd_matrix() - pug matrix
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_matrix(int argc, char **argv)
{
	struct matrix_options o = { 0 };
	struct run run = { 0 };
	struct cells cells = { 0 };
	struct host host = { 0 };
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug matrix";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!make_cells(&cells, &o) && !make_results(&run, &cells)) {
		run.host = &host;
		if (o.list) {
			list_cells(&run, &cells, o.all);
			ret = PUG_AS_EXPECTED;
		} else if (!host_find(&host, o.qemu) && !choose_time(&host, &o)) {
			ret = run_and_report(&run, &o);
		}
	}
	host_free(&host);
	free_results(&run);
	cells_free(&cells);
	return ret;
}
