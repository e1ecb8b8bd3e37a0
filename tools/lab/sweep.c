// SPDX-License-Identifier: GPL-2.0
/* pug sweep: one cell, many values of one of its numbers; where does the verdict change? */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boundary.h"
#include "command.h"
#include "compiler.h"
#include "plan.h"
#include "report.h"
#include "session.h"
#include "util.h"

#define VALUES_MAX 2000

enum {
	OPT_FAULT = 256, OPT_WATCHDOG, OPT_CLOCK, OPT_MACHINE, OPT_KERNEL, OPT_MSECS,
	OPT_TIMEOUT, OPT_ACTION, OPT_PHASE, OPT_INTERVAL, OPT_SETTLE, OPT_CPUS, OPT_DOG_CPU,
	OPT_WITHIN, OPT_JSON,
};

/* What can be swept, and how a value of it gets into a plan */
enum axis_name { AXIS_MSECS, AXIS_TIMEOUT, AXIS_PHASE, AXIS_NR };

static void set_msecs(struct plan *plan, unsigned int value)
{
	static char text[16];

	snprintf(text, sizeof(text), "%u", value);
	plan->msecs = text;
}

static void set_timeout(struct plan *plan, unsigned int value)
{
	static char text[16];

	snprintf(text, sizeof(text), "%u", value);
	plan->timeouts = text;
}

static void set_phase(struct plan *plan, unsigned int value)
{
	plan->phase_ms = value;
}

/**
 * struct axis - a number of a cell that can be swept
 * @option: its name on the command line
 * @unit: of its values
 * @least: value
 * @most: value
 * @set: put a value into a plan
 */
struct axis {
	const char *option;
	const char *unit;
	unsigned int least;
	unsigned int most;
	void (*set)(struct plan *plan, unsigned int value);
};

static const struct axis axes[AXIS_NR] = {
	[AXIS_MSECS] = { "msecs", "ms", 1, 600000, set_msecs },
	[AXIS_TIMEOUT] = { "timeout", "s", 1, 65535, set_timeout },
	[AXIS_PHASE] = { "phase", "ms", 0, 600000, set_phase },
};

struct range {
	unsigned int from;
	unsigned int to;
	unsigned int step;
};

/**
 * struct sweep - a sweep, asked and done
 * @session: how to run
 * @plan: of the cell
 * @given: text of each axis, NULL where the plan's value holds
 * @axis: the one that is swept
 * @range: of it
 * @within: a boundary is narrowed to this
 * @json: file for the results, NULL for none
 * @run: what ended so far, in the order of the values
 * @values: of the axis, one for each result of @run
 */
struct sweep {
	struct session session;
	struct plan plan;
	const char *given[AXIS_NR];
	const struct axis *axis;
	struct range range;
	unsigned int within;
	const char *json;
	struct run run;
	unsigned int *values;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "The cell (defaults: preset quick's softdog)", 1 },
	{ "fault", OPT_FAULT, "NAME", 0, "Default stop-machine", 1 },
	{ "watchdog", OPT_WATCHDOG, "NAME", 0, "Default softdog", 1 },
	{ "clock", OPT_CLOCK, "NAME", 0, "Default tsc", 1 },
	{ "machine", OPT_MACHINE, "NAME", 0, "Default pc", 1 },
	{ "guest", OPT_KERNEL, "NAME", 0, "Guest kernel of 'make guests', default debian-6.1", 1 },
	{ "action", OPT_ACTION, "NAME", 0, "What QEMU does when its device fires", 1 },
	{ "interval", OPT_INTERVAL, "MS", 0, "Between two keepalives", 1 },
	{ "settle", OPT_SETTLE, "MS", 0, "Watch the guest so long after the thaw", 1 },
	{ "cpus", OPT_CPUS, "N", 0, "vCPUs (default 2)", 1 },
	{ "dog-cpu", OPT_DOG_CPU, "N", 0,
	  "Keep the watchdog alive from this CPU, where softdog's timer then is", 1 },
	{ NULL, 0, NULL, 0, "Its numbers; exactly one is a range FROM:TO:STEP", 2 },
	{ "msecs", OPT_MSECS, "MS", 0, "Length of the fault", 2 },
	{ "timeout", OPT_TIMEOUT, "S", 0, "Of the watchdog", 2 },
	{ "phase", OPT_PHASE, "MS", 0, "The fault comes so much later in the keepalive period", 2 },
	{ "within", OPT_WITHIN, "N", 0,
	  "Narrow each change of verdict down to N ms or s by bisection (default 1; 0: values of the range only)",
	  2 },
	{ NULL, 0, NULL, 0, "Results", 4 },
	{ "json", OPT_JSON, "FILE", 0,
	  "Write the results to FILE too; - for standard output, instead of the table", 4 },
	{ 0 },
};

static error_t parse_text(int key, const char *arg, struct argp_state *state)
{
	struct sweep *s = state->input;
	const struct {
		int key;
		const char **text;
	} rows[] = {
		{ OPT_FAULT, &s->plan.faults }, { OPT_WATCHDOG, &s->plan.watchdogs },
		{ OPT_CLOCK, &s->plan.clocks }, { OPT_MACHINE, &s->plan.machines },
		{ OPT_KERNEL, &s->plan.kernels }, { OPT_ACTION, &s->plan.actions },
		{ OPT_MSECS, &s->given[AXIS_MSECS] }, { OPT_TIMEOUT, &s->given[AXIS_TIMEOUT] },
		{ OPT_PHASE, &s->given[AXIS_PHASE] }, { OPT_JSON, &s->json },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		if (strchr(arg, ',') && key != OPT_JSON)
			argp_error(state, "'%s' is a list, and a sweep has one cell", arg);
		*rows[i].text = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_number(int key, const char *arg, struct argp_state *state)
{
	struct sweep *s = state->input;
	const struct {
		int key;
		const char *option;
		unsigned int min, max;
		unsigned int *value;
	} rows[] = {
		{ OPT_INTERVAL, "--interval", 10, 600000, &s->plan.interval_ms },
		{ OPT_SETTLE, "--settle", 1000, 600000, &s->plan.settle_ms },
		{ OPT_CPUS, "--cpus", 1, 64, &s->plan.cpus },
		{ OPT_WITHIN, "--within", 0, 600000, &s->within },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		session_number(state, rows[i].option, arg, rows[i].min, rows[i].max,
			       rows[i].value);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* FROM:TO:STEP, the values of @axis */
static void parse_range(const struct argp_state *state, const struct axis *axis, const char *text,
			struct range *range)
{
	char *copy = xstrdup(text), *rest = copy;
	const char *from = strsep(&rest, ":"), *to = strsep(&rest, ":");
	const char *step = strsep(&rest, ":");

	if (!step || rest || plan_number(from, axis->least, axis->most, &range->from) ||
	    plan_number(to, axis->least, axis->most, &range->to) ||
	    plan_number(step, 1, axis->most, &range->step) || range->to < range->from)
		argp_error(state, "--%s %s: FROM:TO:STEP is wanted, of whole numbers from %u to %u",
			   axis->option, text, axis->least, axis->most);
	if ((range->to - range->from) / range->step >= VALUES_MAX)
		argp_error(state, "--%s %s: that makes more than %d cells", axis->option, text,
			   VALUES_MAX);
	free(copy);
}

static void parse_axes(struct argp_state *state)
{
	struct sweep *s = state->input;
	unsigned int value;

	for (size_t i = 0; i < AXIS_NR; i++) {
		const struct axis *axis = &axes[i];

		if (!s->given[i])
			continue;
		if (!strchr(s->given[i], ':')) {
			if (plan_number(s->given[i], axis->least, axis->most, &value))
				argp_error(state, "--%s %s: a whole number from %u to %u is wanted",
					   axis->option, s->given[i], axis->least, axis->most);
			axis->set(&s->plan, value);
			continue;
		}
		if (s->axis)
			argp_error(state, "--%s and --%s are both ranges: one is enough",
				   s->axis->option, axis->option);
		s->axis = axis;
		parse_range(state, axis, s->given[i], &s->range);
	}
	if (!s->axis)
		argp_error(state, "nothing is swept: give --msecs, --timeout or --phase a range FROM:TO:STEP");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sweep *s = state->input;
	unsigned int cpu;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->session.o;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return 0;
	case ARGP_KEY_END:
		parse_axes(state);
		return 0;
	case OPT_DOG_CPU:
		session_number(state, "--dog-cpu", arg, 0, 63, &cpu);
		s->plan.dog_cpu = cpu + 1;
		return 0;
	default:
		return parse_text(key, arg, state) ? parse_number(key, arg, state) : 0;
	}
}

static const struct argp_child children[] = { { &session_argp, 0, NULL, 3 }, { 0 } };

static const struct argp argp = {
	options, parse, NULL,
	"Run one cell with many values of one of its numbers, and say where the verdict changes.\n"
	"\vThe values of the range are run first. Where two neighbours differ in verdict or effect, what\n"
	"lies between them is bisected until the change is known to --within.\n"
	"Example: the freeze from which softdog fires at the thaw:\n"
	"  pug sweep --timeout 10 --msecs 8000:12000:1000\n"
	"Exit status: 0 all as expected, 1 a surprise, 2 could not run.",
	children, NULL, NULL,
};

static int value_cells(struct sweep *s, const unsigned int *values, size_t n, struct cells *cells)
{
	char why[512];

	for (size_t i = 0; i < n; i++) {
		struct plan plan = s->plan;

		s->axis->set(&plan, values[i]);
		if (s->session.o.kernel)
			plan.kernels = "custom";
		if (!plan_cells(&plan, false, cells, why, sizeof(why)) && cells->n == i + 1)
			continue;
		warn_line("--%s %u: %s", s->axis->option, values[i],
			  cells->n_out ? cells->out[0].rule : why);
		return -1;
	}
	return 0;
}

static void insert(struct sweep *s, struct result *result, unsigned int value)
{
	size_t at = 0;

	s->run.results = xrealloc(s->run.results, (s->run.n + 1) * sizeof(*s->run.results));
	s->values = xrealloc(s->values, (s->run.n + 1) * sizeof(*s->values));
	while (at < s->run.n && s->values[at] < value)
		at++;
	memmove(&s->run.results[at + 1], &s->run.results[at],
		(s->run.n - at) * sizeof(*s->run.results));
	memmove(&s->values[at + 1], &s->values[at], (s->run.n - at) * sizeof(*s->values));
	s->run.results[at] = *result;
	s->values[at] = value;
	s->run.n++;
}

/* What two runs have in common is the latter's, what they took adds up */
static void take_over(struct sweep *s, struct run *run, const unsigned int *values)
{
	for (size_t i = 0; i < run->n; i++)
		insert(s, &run->results[i], values[i]);
	free(run->results);
	s->run.host = run->host;
	s->run.out = run->out;
	s->run.jobs = run->jobs > s->run.jobs ? run->jobs : s->run.jobs;
	s->run.fork = run->fork;
	s->run.interrupted |= run->interrupted;
	s->run.wall_s += run->wall_s;
	s->run.cells_s += run->cells_s;
}

static int run_values(struct sweep *s, const unsigned int *values, size_t n)
{
	struct cells cells = { 0 };
	struct run run = { 0 };
	int ret = value_cells(s, values, n, &cells);

	if (!ret)
		ret = session_results(&run, cells.cell, cells.n);
	if (!ret)
		ret = session_run(&s->session, &run);
	if (ret)
		session_free_results(&run);
	else
		take_over(s, &run, values);
	cells_free(&cells);
	return ret;
}

static unsigned int *range_values(const struct range *range, size_t *n)
{
	unsigned int *values;

	*n = (range->to - range->from) / range->step + 1;
	values = xcalloc(*n, sizeof(*values));
	for (size_t i = 0; i < *n; i++)
		values[i] = range->from + i * range->step;
	return values;
}

/* Before anything is made: is each value of the range a cell that is understood? */
static int check_range(struct sweep *s)
{
	struct cells cells = { 0 };
	struct run run = { 0 };
	size_t n;
	unsigned int *values = range_values(&s->range, &n);
	int ret = value_cells(s, values, n, &cells);

	if (!ret)
		ret = session_results(&run, cells.cell, cells.n);
	session_free_results(&run);
	cells_free(&cells);
	free(values);
	return ret;
}

static int run_range(struct sweep *s)
{
	size_t n;
	unsigned int *values = range_values(&s->range, &n);
	int ret = run_values(s, values, n);

	free(values);
	return ret;
}

/* A round halves what lies open, all of it at once; each ends, for gaps shrink */
static int bisect(struct sweep *s)
{
	int ret = 0;

	while (s->within && !ret && !s->run.interrupted) {
		unsigned int *middles = xcalloc(s->run.n, sizeof(*middles));
		size_t n = boundary_middles(&s->run, s->values, s->within, middles);

		if (n)
			ret = run_values(s, middles, n);
		free(middles);
		if (!n)
			break;
	}
	return ret;
}

static int write_json(const struct sweep *s)
{
	json_t *json = report_json(&s->run);

	json_object_set_new(json, "sweep",
			    boundary_json(&s->run, s->values, s->axis->option, s->axis->unit));
	return session_write(&s->session, json, s->json);
}

static int report(const struct sweep *s)
{
	struct tally tally = report_tally(&s->run);
	bool colour = wants_colour(STDOUT_FILENO);
	int ret = write_json(s);

	if (!s->json || strcmp(s->json, "-")) {
		report_table(&s->run, stdout, colour);
		boundary_print(&s->run, s->values, s->axis->option, s->axis->unit, stdout);
	}
	if (s->run.interrupted)
		warn_line("interrupted; what ended is kept in %s", s->session.out);
	if (fflush(stdout) || ret || s->run.interrupted)
		return PUG_COULD_NOT_RUN;
	return tally_exit(&tally);
}

/**
 * cmd_sweep() - pug sweep
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_sweep(int argc, char **argv)
{
	struct sweep s = {
		.within = 1,
		.plan = {
			.faults = "stop-machine", .watchdogs = "softdog", .clocks = "tsc",
			.machines = "pc", .kernels = "debian-6.1", .msecs = "8000",
			.timeouts = "3", .interval_ms = 500, .settle_ms = 5000, .cpus = 2,
		},
	};
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug sweep";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &s);
	if (!check_range(&s) && !session_open(&s.session) && !run_range(&s) && !bisect(&s))
		ret = report(&s);
	session_free_results(&s.run);
	free(s.values);
	session_close(&s.session);
	return ret;
}
