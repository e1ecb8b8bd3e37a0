// SPDX-License-Identifier: GPL-2.0
/* pug drill --inventory: ask, refuse or tell the plan, have it confirmed, play, judge. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "drill-play.h"
#include "evidence.h"
#include "inventory-explain.h"
#include "inventory-play.h"
#include "inventory-run.h"
#include "keep.h"
#include "util.h"

static int refuse(const struct reasons *reasons)
{
	warn_line("not drilled:");
	for (size_t i = 0; i < reasons->n; i++)
		warn_safe("  %s", reasons->list[i]);
	return PUG_COULD_NOT_RUN;
}

/* Return: 0 where nothing is against it */
static int ask(const struct inventory *inv, const struct inventory_wish *wish,
	       struct inventory_facts *facts)
{
	struct reasons reasons = { NULL, 0 };
	int ret = 0;

	inventory_ask(inv, facts);
	inventory_decide(inv, facts, wish, &reasons);
	if (reasons.n)
		ret = refuse(&reasons);
	reasons_free(&reasons);
	return ret;
}

/* The scope has to be typed: one who has several clusters has to know which this is */
static int confirm(const struct inventory *inv, const char *given)
{
	char line[128] = "";

	if (!given && !isatty(STDIN_FILENO)) {
		warn_line("nobody is there to confirm it: --yes-drill SCOPE does, from a script");
		return -1;
	}
	if (!given) {
		fprintf(stderr, "Type the cluster's scope to go on: ");
		if (!fgets(line, sizeof(line), stdin))
			line[0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		given = line;
	}
	if (!strcmp(given, inv->scope))
		return 0;
	warn_safe("'%s' is not the scope of this cluster: nothing was done", given);
	return -1;
}

/* A plan may have lain on the table for an hour */
static int ask_again(const struct inventory *inv, const struct inventory_wish *wish,
		     const struct inventory_facts *before, struct inventory_facts *facts)
{
	const struct member_facts *a, *b;

	if (ask(inv, wish, facts))
		return -1;
	a = &before->members[before->leader];
	b = &facts->members[facts->leader];
	if (before->leader == facts->leader && !strcmp(a->hostname, b->hostname) &&
	    !strcmp(a->boot_id, b->boot_id))
		return 0;
	if (before->leader != facts->leader)
		warn_line("another leads than when the plan was told: nothing was done");
	else
		warn_safe("%s is not the machine that it was when the plan was told, was booted since, or does not say: nothing was done",
			  inv->members[facts->leader].name);
	return -1;
}

/* What is there already is somebody's evidence */
static char *make_folder(const char *out)
{
	char *dir = keep_folder(out, "pug-drills"), *lab = dir ? path_join(dir, DRILL_LAB) : NULL;

	if (lab && !access(lab, F_OK)) {
		warn_line("%s has a drill's evidence already; choose another folder with --out",
			  dir);
		free(dir);
		dir = NULL;
	}
	free(lab);
	return dir;
}

static int tell(const struct inventory_args *args, const struct inventory_drill *drill)
{
	struct drill_timeline tl = { 0 };
	struct inventory_verdict v;
	json_t *json = inventory_seen(drill);
	int kept = keep_json(drill->dir, INVENTORY_SEEN, json), ret;

	json_decref(json);
	inventory_evidence(&tl, drill);
	inventory_judge(&v, drill, &tl);
	drill_timeline_free(&tl);
	ret = inventory_status(&v, drill);
	json = inventory_result(&v, drill);
	if (keep_json(drill->dir, DERIVED_RESULT, json) || kept)
		ret = PUG_COULD_NOT_RUN;
	if (args->json && results_write(json_incref(json), args->json))
		ret = PUG_COULD_NOT_RUN;
	json_decref(json);
	if (!args->json || strcmp(args->json, "-"))
		printf("%s: %s\n", drill_kind_name(v.kind), v.reason);
	fprintf(stderr, "evidence: %s\n", drill->dir);
	return ret;
}

static int play(const struct inventory_args *args, struct inventory_drill *drill)
{
	struct inventory_facts *facts = xcalloc(1, sizeof(*facts));
	int ret = PUG_COULD_NOT_RUN;
	char *dir = NULL;
	json_t *json;

	if (!ask_again(drill->inv, drill->wish, drill->facts, facts))
		dir = make_folder(args->out);
	if (dir) {
		json = inventory_to_json(drill->inv);
		drill->facts = facts;
		drill->dir = dir;
		if (!keep_json(dir, INVENTORY_KEPT, json)) {
			inventory_play(drill);
			ret = tell(args, drill);
		}
		json_decref(json);
	}
	free(facts);
	free(dir);
	return ret;
}

static int check(const struct inventory *inv)
{
	char *why = NULL, *joined = inventory_join(inv, "", &why);

	if (!joined) {
		warn_safe("%s", why);
		free(why);
		return -1;
	}
	explicit_bzero(joined, strlen(joined));
	free(joined);
	return 0;
}

static int with_facts(const struct inventory_args *args, const struct inventory *inv,
		      const struct inventory_wish *wish, struct inventory_facts *facts)
{
	struct inventory_drill drill = { .inv = inv, .wish = wish, .facts = facts };
	bool json_out = args->json && !strcmp(args->json, "-");

	if (check(inv) || ask(inv, wish, facts))
		return PUG_COULD_NOT_RUN;
	schema_name(drill.schema);
	inventory_plan(inv, facts, wish, drill.schema, json_out ? stderr : stdout);
	fflush(stdout);
	if (args->dry_run)
		return PUG_AS_EXPECTED;
	if (confirm(inv, args->scope))
		return PUG_COULD_NOT_RUN;
	return play(args, &drill);
}

/**
 * inventory_run() - pug drill --inventory
 * @args: as asked
 *
 * Return: the exit status: 0 no acknowledged row is lost, 1 rows are, 2 it could not
 * be run or told.
 */
int inventory_run(const struct inventory_args *args)
{
	struct inventory_wish wish = { args->freeze_ms, args->without_protection };
	struct inventory_facts *facts = xcalloc(1, sizeof(*facts));
	struct inventory *inv = xcalloc(1, sizeof(*inv));
	int ret = PUG_COULD_NOT_RUN;
	char *why;

	if (inventory_load(inv, args->path, &why))
		warn_safe("%s", why);
	else
		ret = with_facts(args, inv, &wish, facts);
	free(why);
	free(facts);
	free(inv);
	return ret;
}
