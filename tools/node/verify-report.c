// SPDX-License-Identifier: GPL-2.0
/*
 * What pug-node verify says: before, and when the machine is back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beacon.h"
#include "compiler.h"
#include "gather.h"
#include "journal.h"
#include "node.h"
#include "reset-report.h"
#include "verify.h"

static const char * const actions[] = {
	"reset      this machine goes at once, without a shutdown, and comes back",
	"poweroff   it goes and STAYS OFF until somebody switches it on",
	"pause      the hypervisor holds it until somebody resets or continues it",
	"none       nothing: after the fault it goes on, and the verdict is `never'",
};

/**
 * verify_print_plan() - what will happen
 * @opts: what was asked for
 * @facts: the watchdog; NULL: not known
 * @ev: this machine
 * @em: where it goes
 *
 * The device does not tell what its action is: all are listed.
 */
void verify_print_plan(const struct verify_options *opts,
		       const struct watchdog *facts,
		       const struct reset_evidence *ev, struct emitter *em)
{
	size_t i;

	emit_print(em, "%s, watchdog %s (%s)\n", ev->hostname, opts->device,
		   facts && *facts->driver ? facts->driver : "driver not known");
	emit_print(em, "  %" PRIu64 " keepalives, %g s apart, timeout %d s\n",
		   opts->keepalives, opts->interval_ms / 1000.0, opts->timeout);
	if (opts->fault == FAULT_STOP_MACHINE)
		emit_print(em, "  then every CPU stops for %g s\n",
			   opts->msecs / 1000.0);
	else
		emit_print(em, "  then no keepalive for %g s; the machine goes on\n",
			   opts->msecs / 1000.0);
	emit_print(em, "  file systems are synced before%s\n",
		   opts->n_mounts ? ", and frozen:" : "");
	for (i = 0; (int)i < opts->n_mounts; i++)
		emit_print(em, "    %s\n", opts->mounts[i]);
	emit_print(em, "  journal: %s/" JOURNAL_VERIFY "; dead man after %" PRIu64 " s\n",
		   opts->dir, opts->dead_man_s);
	emit_print(em, "when it fires, by its action:\n");
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		emit_print(em, "  %s\n", actions[i]);
	if (ev->boots.turnaround_ms < 0)
		emit_print(em, "how long this machine takes to come back is not known: see \"error bars\" in the documentation\n");
}

/* What it was seen to do, last-reboot may rely on. */
static void keep_proof(const struct verify_options *opts,
		       const struct reset_evidence *ev,
		       const struct reset_verdict *verdict, struct emitter *em)
{
	struct journal journal;
	struct record rec;
	int rc;

	if (verdict->proved != ANSWER_YES || verdict->cause != CAUSE_WATCHDOG ||
	    !strcmp(ev->boots.proven, ev->story.identity))
		return;
	rc = journal_append_to(&journal, opts->dir, JOURNAL_BOOTS);
	if (!rc) {
		journal_begin(&journal, &rec, "proven");
		record_text(&rec, "identity", ev->story.identity);
		moment_put(&rec, &ev->now);
		rc = journal_end(&journal, &rec);
		journal_close(&journal);
	}
	if (rc)
		emit_notice(em, "cannot keep the proof in %s: %s", opts->dir,
			    strerror(-rc));
}

static int tell_witness(const struct verify_options *opts,
			const struct reset_evidence *ev,
			const struct reset_verdict *verdict, struct emitter *em)
{
	int fd;

	if (!opts->beacon)
		return 0;
	fd = beacon_open(opts->beacon, em);
	if (fd < 0)
		return fd;
	beacon_send_verdict(fd, ev, verdict);
	close(fd);
	return 0;
}

/**
 * verify_verdict() - say what became of the last run
 * @opts: dir and beacon are used
 * @em: where it goes
 *
 * Return: exit status.
 */
int verify_verdict(const struct verify_options *opts, struct emitter *em)
{
	struct reset_verdict verdict;
	struct reset_evidence ev;
	int rc;

	rc = gather_evidence("", opts->dir, &ev);
	if (rc) {
		emit_err(em, "cannot read the journal in %s: %s", opts->dir,
			 strerror(-rc));
		return NODE_USAGE;
	}
	if (ev.story.state == STORY_NONE) {
		emit_err(em, "no journal in %s: `pug-node verify' writes one",
			 opts->dir);
		return NODE_USAGE;
	}
	reset_judge_verify(&ev, &verdict);
	report_verify(&ev, &verdict, em);
	keep_proof(opts, &ev, &verdict, em);
	if (tell_witness(opts, &ev, &verdict, em))
		return NODE_USAGE;
	if (em->failed)
		return NODE_NEGATIVE;
	switch (verdict.proved) {
	case ANSWER_YES:
		return NODE_OK;
	case ANSWER_NO:
		return NODE_NEGATIVE;
	default:
		return NODE_CANNOT_TELL;
	}
}
