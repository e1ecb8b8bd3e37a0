// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence check: would a decision find what it needs? Exit status and first
 * line as monitoring plug-ins have them: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "clock.h"
#include "command.h"
#include "patroni.h"
#include "state.h"

#define UNKNOWN	3
#define SKEW_S	10

static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

static const struct argp_option options[] = { COMMAND_CONFIG, { 0 } };
static const char *config_path = CONFIG_DEFAULT;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return command_option(key, arg, state, &config_path);
}

static const struct argp argp = {
	options, parse, NULL,
	"Asks every member's Patroni and hypervisor, changes nothing. Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
	NULL, NULL, NULL,
};

static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int check_api(const struct config *config, const struct member *member, char *sysid)
{
	struct patroni answer;
	struct http http;
	double skew;

	patroni_http(config, &http);
	patroni_ask(config, member, *sysid ? sysid : NULL, &http, now_ms() + config->try_ms,
		    &answer);
	http_free(&http);
	if (answer.fact == API_SILENT || answer.fact == API_UNFIT) {
		printf("CRITICAL %s: %s\n", member->name, answer.why);
		return 2;
	}
	if (!*sysid)
		snprintf(sysid, 32, "%s", answer.sysid);
	printf("OK %s: %s\n", member->name, answer.why);
	skew = answer.server_time ? difftime(answer.server_time, time(NULL)) : 0;
	if (skew > -SKEW_S && skew < SKEW_S)
		return 0;
	printf("WARNING %s: its clock is %.0f s away from ours\n", member->name, skew);
	return 1;
}

static int check_vm(const struct config *config, const struct member *member, int index,
		    const char *vm)
{
	const struct hypervisor *hyper = &config->hypervisors[index];
	struct fence fence = {
		.config = config, .hyper = hyper, .member = member, .vm = vm,
		.until_ms = now_ms() + config->pace.deadline_ms,
	};
	bool is_me = member == &config->members[config->me];
	struct vm_view view;
	int rc = 0;

	backend_read(&fence, &view);
	/* Our own VM is known by the same sign that keeps it from being stopped */
	if (is_me && view.fact == VM_WRONG && strstr(view.why, "this runs in"))
		view.fact = VM_RUNNING;
	if (view.fact == VM_WRONG || view.fact == VM_UNKNOWN) {
		printf("CRITICAL %s: VM %s at %s: %s\n", member->name, vm, hyper->name, view.why);
		rc = 2;
	} else {
		printf("OK %s: VM %s at %s is %s\n", member->name, vm, hyper->name, view.why);
	}
	if (hyper->backend->check && !is_me)
		rc = worse(rc, hyper->backend->check(&fence));
	return rc;
}

static void print_member(void *arg, int level, const char *name, const char *what)
{
	int *rc = arg;

	printf("%s %s: %s\n", words[level], name, what);
	*rc = worse(*rc, level);
}

/* A member that is not configured could lead, and nobody would ask it */
static int check_members(const struct config *config)
{
	struct trouble why = { "" };
	struct http http;
	char url[300];
	int rc = 0;

	patroni_http(config, &http);
	snprintf(url, sizeof(url), "%s/cluster", config->members[config->me].api);
	if (http_get(&http, url, config->try_ms, &why) ||
	    patroni_members(config, http.body, http.len, print_member, &rc, &why)) {
		printf("CRITICAL %s: it is not known whether all members are configured: GET /cluster: %s\n",
		       config->me_name, why.text);
		rc = 2;
	}
	http_free(&http);
	return rc;
}

static int check_all(const struct config *config)
{
	char sysid[32] = "";
	struct trouble why = { "" };
	int rc = 0;

	strcpy(sysid, config->system_identifier);
	if (state_check(config, &why)) {
		printf("CRITICAL %s\n", why.text);
		rc = 2;
	}
	if (config->policy == POLICY_TALK) {
		puts("WARNING policy talk promotes beside a living leader");
		rc = worse(rc, 1);
	}
	/* Ours first: it tells the system identifier */
	rc = worse(rc, check_api(config, &config->members[config->me], sysid));
	rc = worse(rc, check_members(config));
	for (int i = 0; i < (int)config->n_members; i++) {
		const struct member *member = &config->members[i];

		if (!strncmp(member->api, "http:", 5)) {
			printf("WARNING %s: its Patroni is asked over plain HTTP, which can be forged\n",
			       member->name);
			rc = worse(rc, 1);
		}
		if (i != config->me)
			rc = worse(rc, check_api(config, member, sysid));
		if (member->hypervisor != NO_HYPERVISOR)
			rc = worse(rc, check_vm(config, member, member->hypervisor, member->vm));
		if (member->witness != NO_HYPERVISOR)
			rc = worse(rc, check_vm(config, member, member->witness,
						member->witness_vm));
	}
	return rc;
}

/* The summary comes first, so what led to it waits in a file without a name */
static int run(const struct config *config)
{
	FILE *lines = tmpfile();
	int out = dup(STDOUT_FILENO), rc, c;

	if (!lines || out < 0)
		return UNKNOWN;
	fflush(stdout);
	dup2(fileno(lines), STDOUT_FILENO);
	rc = check_all(config);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	printf("PUG-FENCE %s - %s, %u members, policy %s\n", words[rc], config->scope,
	       config->n_members, policy_names[config->policy]);
	rewind(lines);
	while ((c = getc(lines)) != EOF)
		putchar(c);
	fclose(lines);
	return rc;
}

/**
 * cmd_check() - pug-fence check
 * @argc: as main()
 * @argv: as main()
 *
 * Return: exit status of a monitoring plug-in.
 */
int cmd_check(int argc, char **argv)
{
	static struct config config;
	struct trouble why;
	int rc;

	argp_err_exit_status = UNKNOWN;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (config_load(&config, config_path, &why)) {
		printf("PUG-FENCE UNKNOWN - %s\n", why.text);
		return UNKNOWN;
	}
	rc = run(&config);
	if (rc == UNKNOWN)
		printf("PUG-FENCE UNKNOWN - no temporary file can be made\n");
	return rc;
}
