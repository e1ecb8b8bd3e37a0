// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node last-reboot: why did this machine last reset?
 *
 * What makes the answer more than a guess is a record of each boot and of each
 * ordered end, which pug-node-boots.service has written here.
 */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "compiler.h"
#include "gather.h"
#include "journal.h"
#include "node.h"
#include "reset-report.h"

/* Some hundreds of boots; of more, the last half is kept. */
#define BOOTS_MAX	65536

enum last_reboot_option {
	OPT_RECORD = 0x300,
	OPT_DIR,
};

struct arguments {
	const char *record;
	const char *dir;
	bool json;
};

static const char * const kinds[] = {
	"boot", "reboot", "poweroff", "halt", "kexec",
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	size_t i;

	switch (key) {
	case OPT_RECORD:
		for (i = 0; i < ARRAY_SIZE(kinds); i++) {
			if (!strcmp(kinds[i], arg))
				args->record = kinds[i];
		}
		if (!args->record)
			argp_error(state, "--record: boot, reboot, poweroff, halt or kexec, not %s",
				   arg);
		return 0;
	case OPT_DIR:
		args->dir = arg;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "record", OPT_RECORD, "WHAT", 0,
	  "write down that this boot began (boot), or was ordered to end (reboot, poweroff, halt, kexec)",
	  0 },
	{ "dir", OPT_DIR, "DIR", 0, "folder of the records (" JOURNAL_DIR ")",
	  0 },
	{ "json", OPT_JSON, NULL, 0, "a line of JSON: last-reboot, or error",
	  0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Why did this machine last reset?\n"
	       "\vJoins the marks of its watchdogs, pstore, wtmp and the records that\n"
	       "pug-node-boots.service keeps. It accuses only where one thing alone can have\n"
	       "left these traces.\n\n"
	       NODE_EXIT_DOC("this is why, or recorded",
			     "the answer or the record could not be written",
			     "see the message")
	       "\n  3  cannot tell",
};

static void put_boot(const struct reset_evidence *ev, struct record *rec)
{
	record_text(rec, "boot_id", ev->boot_id);
	moment_put(rec, &ev->now);
	dogs_put(rec, &ev->dogs);
	if (ev->last.words == WORDS_NONE)
		return;
	record_i64(rec, "words", ev->last.words);
	record_i64(rec, "words_s", ev->last.at_s);
	record_text(rec, "words_line", ev->last.line);
}

static void put_stop(const struct reset_evidence *ev, const char *how,
		     struct record *rec)
{
	record_text(rec, "boot_id", ev->boot_id);
	record_text(rec, "how", how);
	moment_put(rec, &ev->now);
}

static int record(const struct arguments *args, const struct reset_evidence *ev)
{
	bool boot = !strcmp(args->record, "boot");
	struct journal journal;
	struct record rec;
	int rc;

	rc = journal_append_to(&journal, args->dir, JOURNAL_BOOTS);
	if (rc)
		return rc;
	journal_begin(&journal, &rec, boot ? "boot" : "stop");
	if (boot)
		put_boot(ev, &rec);
	else
		put_stop(ev, args->record, &rec);
	rc = journal_end(&journal, &rec);
	journal_close(&journal);
	if (!rc)
		rc = journal_trim(args->dir, JOURNAL_BOOTS, BOOTS_MAX,
				  BOOTS_MAX / 2);
	return rc;
}

/**
 * cmd_last_reboot() - pug-node last-reboot
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node last-reboot"
 *
 * Return: exit status.
 */
int cmd_last_reboot(int argc, char **argv)
{
	struct arguments args = { .dir = JOURNAL_DIR };
	struct reset_verdict verdict;
	struct reset_evidence ev;
	struct emitter em;
	int rc;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return NODE_USAGE;
	emit_init(&em, argv[0], args.json);
	rc = gather_evidence("", args.dir, &ev);
	if (rc && rc != -EACCES) {
		emit_err(&em, "cannot read the journal in %s: %s", args.dir,
			 strerror(-rc));
		return NODE_USAGE;
	}
	/* a second record of one boot would be a boot that never was */
	if (args.record && !strcmp(args.record, "boot") && ev.boots.recorded)
		return NODE_OK;
	if (args.record) {
		rc = record(&args, &ev);
		if (rc)
			emit_err(&em, "cannot write to %s: %s", args.dir,
				 strerror(-rc));
		return rc ? NODE_NEGATIVE : NODE_OK;
	}
	reset_judge_last(&ev, &verdict);
	report_last(&ev, &verdict, &em);
	if (em.failed)
		return NODE_NEGATIVE;
	return verdict.cause == CAUSE_CANNOT_TELL ? NODE_CANNOT_TELL : NODE_OK;
}
