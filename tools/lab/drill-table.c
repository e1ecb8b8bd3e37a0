// SPDX-License-Identifier: GPL-2.0
/* Drills on a terminal, a line each. */
#include <stdio.h>

#include "drill-hang.h"
#include "drill-run.h"

#define ROW "%-12s  %-8s  %-6s  %-7s  %-11s  %-16s  %-9s  %-7s  %-7s  %-7s  %-8s  %s\n"

/**
 * drill_print_head() - the table's headings
 * @drill: the first of it
 */
void drill_print_head(const struct drill *drill)
{
	if (drill_hangs(drill)) {
		hang_print_head();
		return;
	}
	printf("  " ROW, "FAULT", "WATCHDOG", "SYNC", "CLOCK", "EXPECTED", "SEEN", "FIRED BY",
	       "FENCED", "LEADER", "OUTAGE", "TWO LEAD", "OLD LEADER");
}

static void print_fence(const struct drill_result *r)
{
	static const char * const rights[] = {
		[RIGHT_UNKNOWN] = "nobody did", [RIGHT_YES] = "yes", [RIGHT_NO] = "NO",
	};
	const struct drill_verdict *v = &r->seen;

	if (r->drill.outside_s)
		printf("    pug watch, %u s: right to promote: %s%s%s; VMs reset: %s; healthy ones: %ld\n",
		       r->drill.outside_s, rights[v->right],
		       *v->at_promotion ? ", it was " : "", v->at_promotion,
		       *v->stopped ? v->stopped : "none", v->healthy_stopped);
	if (r->drill.fence == DRILL_NO_FENCE)
		return;
	printf("    fence %s: right to promote: %s%s%s; VMs ended: %s; healthy ones: %ld\n",
	       drill_fences[r->drill.fence], rights[v->right], *v->at_promotion ? ", it was " : "",
	       v->at_promotion, *v->stopped ? v->stopped : "none", v->healthy_stopped);
}

/**
 * drill_print_row() - a drill in it
 * @r: complete
 */
void drill_print_row(const struct drill_result *r)
{
	static const char * const sources[] = {
		[SALVAGE_NONE] = "nothing", [SALVAGE_ARCHIVE] = "the WAL archive",
		[SALVAGE_STREAM] = "what pg_receivewal had", [SALVAGE_NODE] = "the node that was left",
	};
	char seen[64], fenced[16], leader[16], outage[16], two[16];
	const struct drill_verdict *v = &r->seen;
	const struct drill *d = &r->drill;

	if (drill_hangs(d)) {
		hang_print_row(d, &r->expected, v, r->met);
		return;
	}
	drill_sentence(v, seen, sizeof(seen));
	printf("%c " ROW, v->kind == DRILL_ERROR ? 'E' : r->met ? ' ' : '!',
	       drill_faults[d->fault].name, drill_dogs[d->dog], drill_syncs[d->sync],
	       d->clock->name, drill_kind_name(r->expected.kind), seen, *v->by ? v->by : "-",
	       drill_seconds(fenced, sizeof(fenced), v->fenced_ms),
	       drill_seconds(leader, sizeof(leader), v->new_leader_ms),
	       drill_seconds(outage, sizeof(outage), v->outage_ms),
	       drill_seconds(two, sizeof(two), v->two_leaders_ms), v->old_leader);
	if (v->kind == DRILL_ERROR || !r->met)
		printf("    %s\n", v->reason);
	if (d->manager != DRILL_PATRONI)
		printf("    managed by %s\n", drill_managers[d->manager]);
	print_fence(r);
	if (v->salvaged >= 0)
		printf("    %ld of %ld lost rows are back: salvaged from %s\n", v->salvaged,
		       v->lost, sources[d->salvage]);
	fflush(stdout);
}
