// SPDX-License-Identifier: GPL-2.0
/*
 * fence_pug: a fence agent over the same back ends, for Pacemaker and others
 * that speak FenceAgentAPI. A plug is a member of the configuration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "child.h"
#include "clock.h"
#include "command.h"
#include "fenceapi.h"

/* Exit status, as Debian's fence agents have it */
#define AGENT_OK	0
#define AGENT_ERROR	1
#define AGENT_OFF	2

static struct fenceapi wanted = { .action = "reboot", .config = CONFIG_DEFAULT };
static bool has_options;

static const struct argp_option options[] = {
	COMMAND_CONFIG,
	{ "action", 'o', "ACTION", 0, "on, off, reboot, status, monitor, list, metadata or validate-all (default reboot)",
		0 },
	{ "plug", 'n', "MEMBER", 0, "The member whose VM is meant", 0 },
	{ 0 }
};

static error_t set(struct argp_state *state, const char *key, const char *value)
{
	struct trouble why = { "" };

	has_options = true;
	if (fenceapi_set(&wanted, key, strlen(key), value, strlen(value), &why))
		argp_error(state, "%s", why.text);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char *path = NULL;

	switch (key) {
	case 'o':
		return set(state, "action", arg);
	case 'n':
		return set(state, "plug", arg);
	case 'c':
		return set(state, "config", arg);
	default:
		return command_option(key, arg, state, &path);
	}
}

static const struct argp argp = {
	options, parse, NULL,
	"A fence agent. Without options it reads lines of key=value from standard input: action, plug, config.",
	NULL, NULL, NULL,
};

static int fail(const char *text)
{
	fprintf(stderr, "fence_pug: %s\n", text);
	return AGENT_ERROR;
}

static const char metadata[] =
	"<?xml version=\"1.0\" ?>\n"
	"<resource-agent name=\"fence_pug\" shortdesc=\"Fence agent over the back ends of pug-fence\">\n"
	"<longdesc>Stops the VM of a member of pug-fence's configuration, after comparing its identity, and reads the state again.</longdesc>\n"
	"<parameters>\n"
	"<parameter name=\"action\" unique=\"0\" required=\"1\">\n"
	"<getopt mixed=\"-o, --action=[action]\" /><content type=\"string\" default=\"reboot\" />\n"
	"<shortdesc lang=\"en\">Fencing action</shortdesc>\n</parameter>\n"
	"<parameter name=\"plug\" unique=\"0\" required=\"1\" obsoletes=\"port\">\n"
	"<getopt mixed=\"-n, --plug=[member]\" /><content type=\"string\" />\n"
	"<shortdesc lang=\"en\">Member of the configuration whose VM is meant</shortdesc>\n</parameter>\n"
	"<parameter name=\"config\" unique=\"0\" required=\"0\">\n"
	"<getopt mixed=\"-c, --config=[file]\" />\n"
	"<content type=\"string\" default=\"" CONFIG_DEFAULT "\" />\n"
	"<shortdesc lang=\"en\">Configuration of pug-fence</shortdesc>\n</parameter>\n"
	"</parameters>\n<actions>\n"
	"<action name=\"on\" automatic=\"0\" />\n<action name=\"off\" />\n<action name=\"reboot\" />\n"
	"<action name=\"status\" />\n<action name=\"monitor\" />\n<action name=\"list\" />\n"
	"<action name=\"metadata\" />\n<action name=\"validate-all\" />\n"
	"</actions>\n</resource-agent>\n";

static void open_fence(const struct config *config, int member, struct fence *fence)
{
	const struct member *who = &config->members[member];

	memset(fence, 0, sizeof(*fence));
	fence->config = config;
	fence->member = who;
	fence->hyper = &config->hypervisors[who->hypervisor];
	fence->vm = who->vm;
	fence->until_ms = now_ms() + config->pace.deadline_ms;
}

/*
 * A witness must agree here as well: who asks takes "off" for the end of that
 * machine's writing.
 */
static void look(struct fence *fence, struct vm_view *view)
{
	const struct member *who = fence->member;
	struct fence second = *fence;
	struct vm_view witness;
	enum vm_fact both;

	backend_read(fence, view);
	if (who->witness == NO_HYPERVISOR)
		return;
	second.hyper = &fence->config->hypervisors[who->witness];
	second.vm = who->witness_vm;
	backend_read(&second, &witness);
	both = decide_witnesses(view->fact, witness.fact);
	if (both == view->fact)
		return;
	view_set(view, both, "the witness %s says: %.200s", second.hyper->name, witness.why);
}

static int status(struct fence *fence)
{
	struct vm_view view;

	look(fence, &view);
	switch (view.fact) {
	case VM_OFF:
		puts("Status: OFF");
		return AGENT_OFF;
	case VM_RUNNING:
	case VM_NOT_OFF:
		/* Paused is not off: whoever asks must not count on it */
		puts("Status: ON");
		return AGENT_OK;
	default:
		return fail(view.why);
	}
}

static int wait_until(struct fence *fence, bool off, struct trouble *why)
{
	const struct timespec nap = { .tv_nsec = 300000000 };
	struct vm_view view = { .why = "" }, now;

	do {
		look(fence, &now);
		if (off ? now.fact == VM_OFF : now.fact == VM_RUNNING)
			return 0;
		/* What the deadline has cut short says less than the look before it */
		if (!*view.why || now_ms() < fence->until_ms)
			view = now;
		nanosleep(&nap, NULL);
	} while (now_ms() < fence->until_ms);
	return trouble_set(why, "it was ordered, but the VM is not %s: %s", off ? "off" : "running",
			   view.why);
}

static int turn_off(struct fence *fence)
{
	uint64_t until = fence->until_ms;
	struct trouble why = { "" }, last = { "" };
	int rc;

	fence->until_ms = min_u64(until, now_ms() + fence->config->pace.reserve_ms);
	rc = backend_stop(fence, &why);
	fence->until_ms = until;
	if (rc)
		return fail(why.text);
	return wait_until(fence, true, &last) ? fail(last.text) : AGENT_OK;
}

static int turn_on(struct fence *fence)
{
	struct trouble why = { "" };
	struct vm_view view;

	backend_read(fence, &view);
	if (view.fact == VM_RUNNING)
		return AGENT_OK;
	if (view.fact != VM_OFF)
		return fail(view.why);
	if (fence->hyper->backend->start(fence, &why))
		return fail(why.text);
	return wait_until(fence, false, &why) ? fail(why.text) : AGENT_OK;
}

/* Gone is what counts; one that does not come back is somebody else's trouble */
static int reboot(struct fence *fence)
{
	if (turn_off(fence))
		return AGENT_ERROR;
	fence->until_ms = now_ms() + fence->config->pace.deadline_ms;
	turn_on(fence);
	return AGENT_OK;
}

static int list(const struct config *config)
{
	for (unsigned int i = 0; i < config->n_members; i++)
		if (config->members[i].hypervisor != NO_HYPERVISOR)
			printf("%s,%s\n", config->members[i].name, config->members[i].vm);
	return AGENT_OK;
}

/* Every hypervisor must know every VM */
static int monitor(const struct config *config)
{
	int rc = AGENT_OK;

	for (unsigned int i = 0; i < config->n_members; i++) {
		struct vm_view view;
		struct fence fence;

		if (config->members[i].hypervisor == NO_HYPERVISOR || (int)i == config->me)
			continue;
		open_fence(config, i, &fence);
		look(&fence, &view);
		if (view.fact == VM_UNKNOWN || view.fact == VM_WRONG) {
			fprintf(stderr, "fence_pug: %s: %s\n", config->members[i].name, view.why);
			rc = AGENT_ERROR;
		}
	}
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct fence *fence);
} actions[] = {
	{ "off", turn_off }, { "on", turn_on }, { "reboot", reboot }, { "status", status },
};

static int act(const struct config *config)
{
	int member = config_member(config, wanted.plug);
	struct fence fence;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, wanted.action))
			continue;
		if (!wanted.plug[0])
			return fail("which member? Give plug=MEMBER");
		if (member < 0)
			return fail("there is no such member in the configuration");
		if (config->members[member].hypervisor == NO_HYPERVISOR)
			return fail("that member has no VM in the configuration");
		if (member == config->me && strcmp(wanted.action, "status"))
			return fail("that is this machine");
		open_fence(config, member, &fence);
		return actions[i].run(&fence);
	}
	return fail("there is no such action: on, off, reboot, status, monitor, list, metadata, validate-all");
}

static int read_input(struct trouble *why)
{
	static char text[FENCEAPI_INPUT_MAX];
	size_t len = fread(text, 1, sizeof(text), stdin);

	if (len == sizeof(text))
		return trouble_set(why, "more than %d bytes on standard input", FENCEAPI_INPUT_MAX);
	return fenceapi_parse(text, len, &wanted, why);
}

/**
 * cmd_agent() - pug-fence agent, or fence_pug
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0, 1, or 2 for a VM that is off.
 */
int cmd_agent(int argc, char **argv)
{
	static struct config config;
	struct trouble why = { "" };

	argp_err_exit_status = AGENT_ERROR;
	child_take_along();
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!has_options && read_input(&why))
		return fail(why.text);
	if (!strcmp(wanted.action, "metadata")) {
		fputs(metadata, stdout);
		return AGENT_OK;
	}
	if (config_load(&config, wanted.config, &why))
		return fail(why.text);
	if (!strcmp(wanted.action, "validate-all"))
		return AGENT_OK;
	if (!strcmp(wanted.action, "list") || !strcmp(wanted.action, "list-status"))
		return list(&config);
	if (!strcmp(wanted.action, "monitor"))
		return monitor(&config);
	return act(&config);
}
