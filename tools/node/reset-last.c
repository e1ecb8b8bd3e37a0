// SPDX-License-Identifier: GPL-2.0
/*
 * Why did this machine last reset? A pure function of the evidence.
 *
 * It accuses only where one thing alone can have left what is there. Two traces
 * that contradict each other, a mark of unknown age, a machine that simply ended:
 * "cannot tell", with what is known.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "reset.h"

/**
 * reset_because() - add a reason to a verdict
 * @verdict: the verdict
 * @format: as printf(3) has it, without newline
 */
void reset_because(struct reset_verdict *verdict, const char *format, ...)
{
	va_list args;

	if (verdict->n_reasons == REASONS_MAX)
		return;
	va_start(args, format);
	vsnprintf(verdict->reasons[verdict->n_reasons++],
		  sizeof(verdict->reasons[0]), format, args);
	va_end(args);
}

/* What was found, each only as far as it belongs to the last reset. */
struct traces {
	const struct dog *mark;
	bool panic;
	bool softdog;
	enum cause ordered;
	int n;
};

static void look_for_order(const struct reset_evidence *ev,
			   struct reset_verdict *verdict, struct traces *traces)
{
	const struct boots *boots = &ev->boots;

	if (boots->known && !boots->damaged && *boots->stop) {
		traces->ordered = !strcmp(boots->stop, "poweroff") ||
				  !strcmp(boots->stop, "halt") ?
				  CAUSE_POWEROFF : CAUSE_REBOOT;
		reset_because(verdict, "the boot before this one was ordered to end: %s",
			      boots->stop);
	} else if (ev->wtmp == WTMP_SHUTDOWN) {
		traces->ordered = CAUSE_SHUTDOWN;
		reset_because(verdict, "wtmp has a shutdown before this boot");
	} else if (boots->known && !boots->damaged) {
		reset_because(verdict, "nothing ordered the boot before this one to end");
	} else if (ev->wtmp == WTMP_ABRUPT) {
		reset_because(verdict, "wtmp has no shutdown before this boot");
	}
	traces->n += traces->ordered != CAUSE_CANNOT_TELL;
}

/* The kernel's words may be those of any boot before: are they of the last? */
static bool words_are_new(const struct reset_evidence *ev)
{
	const struct boots *boots = &ev->boots;

	return boots->known && !boots->damaged && ev->last.at_s > 0 &&
	       boots->at.realtime_ms >= 0 &&
	       ev->last.at_s >= boots->at.realtime_ms / 1000;
}

static void look_for_words(const struct reset_evidence *ev,
			   struct reset_verdict *verdict, struct traces *traces)
{
	if (ev->last.words == WORDS_NONE) {
		reset_because(verdict, ev->pstore ?
			      "pstore is empty: no panic, or one too early or too deep to be written" :
			      "no pstore: a panic's or softdog's last words are lost");
		return;
	}
	if (!words_are_new(ev)) {
		reset_because(verdict, "pstore has '%s', of which boot is not known",
			      ev->last.line);
		return;
	}
	reset_because(verdict, "pstore has from the boot before: '%s'",
		      ev->last.line);
	traces->panic = ev->last.words == WORDS_PANIC;
	traces->softdog = ev->last.words == WORDS_SOFTDOG;
	traces->n += traces->panic + traces->softdog;
}

static void look_for_marks(const struct reset_evidence *ev,
			   struct reset_verdict *verdict, struct traces *traces)
{
	int i;

	for (i = 0; i < ev->dogs.n; i++) {
		const struct dog *dog = &ev->dogs.list[i];

		if (!dog->marked)
			continue;
		/* loaded in that boot, its driver had cleared an older mark */
		if (!ev->boots.known || ev->boots.damaged ||
		    !dogs_find(&ev->boots.dogs, dog->identity)) {
			reset_because(verdict, "%s carries a mark: it ran out in some boot since its driver was last loaded",
				      dog->identity);
			continue;
		}
		reset_because(verdict, "%s carries a mark: it ran out in the boot before this one",
			      dog->identity);
		traces->mark = dog;
		traces->n++;
	}
}

/* A mark says that it ran out. A dud runs out as well. */
static void judge_mark(const struct reset_evidence *ev, const struct dog *dog,
		       struct reset_verdict *verdict)
{
	strcpy(verdict->who, dog->identity);
	if (strcmp(ev->boots.proven, dog->identity)) {
		reset_because(verdict, "most likely %s reset the machine; that it does when it runs out is not proved here (pug-node verify)",
			      dog->identity);
		return;
	}
	verdict->cause = CAUSE_WATCHDOG;
	reset_because(verdict, "that it resets this machine when it runs out was proved by pug-node verify");
}

static void judge_nothing(const struct reset_evidence *ev,
			  struct reset_verdict *verdict)
{
	if (!ev->boots.known)
		reset_because(verdict, "no record of the boot before this one: pug-node-boots.service keeps them");
	reset_because(verdict, "the machine ended without a word: the power, a reset button, the hypervisor, or a watchdog that leaves no mark");
}

/**
 * reset_judge_last() - why did this machine last reset?
 * @ev: the evidence; its story is not looked at
 * @verdict: the verdict: @cause, @who and reasons
 */
void reset_judge_last(const struct reset_evidence *ev,
		      struct reset_verdict *verdict)
{
	struct traces traces = { 0 };

	memset(verdict, 0, sizeof(*verdict));
	verdict->from_ms = -1;
	verdict->to_ms = -1;
	if (ev->boots.known && ev->boots.damaged)
		reset_because(verdict, "the file of boots is damaged where the last ones stand");
	look_for_order(ev, verdict, &traces);
	look_for_words(ev, verdict, &traces);
	look_for_marks(ev, verdict, &traces);
	if (!traces.n) {
		judge_nothing(ev, verdict);
	} else if (traces.n > 1) {
		reset_because(verdict, "these do not fit together: one of them alone is not what happened");
	} else if (traces.mark) {
		judge_mark(ev, traces.mark, verdict);
	} else if (traces.panic) {
		verdict->cause = CAUSE_PANIC;
	} else if (traces.softdog) {
		verdict->cause = CAUSE_WATCHDOG;
		strcpy(verdict->who, "Software Watchdog");
	} else {
		verdict->cause = traces.ordered;
	}
}

static const char * const when_names[] = {
	[WHEN_CANNOT_TELL] = "cannot tell",
	[WHEN_NEVER] = "never",
	[WHEN_IN_FAULT] = "in-fault",
	[WHEN_AT_THAW] = "at-thaw",
	[WHEN_AFTER_FAULT] = "after-thaw",
	[WHEN_BEFORE_FAULT] = "before-fault",
	[WHEN_UNARMED] = "unarmed",
};

static const char * const cause_names[] = {
	[CAUSE_CANNOT_TELL] = "cannot tell",
	[CAUSE_NOTHING] = "nothing",
	[CAUSE_WATCHDOG] = "watchdog",
	[CAUSE_PANIC] = "panic",
	[CAUSE_REBOOT] = "reboot",
	[CAUSE_POWEROFF] = "poweroff",
	[CAUSE_SHUTDOWN] = "shutdown",
};

static const char * const answer_names[] = {
	[ANSWER_CANNOT_TELL] = "cannot tell",
	[ANSWER_YES] = "yes",
	[ANSWER_NO] = "no",
};

/**
 * when_name() - the word for it
 * @when: when it was reset
 *
 * Return: the word.
 */
const char *when_name(enum when when)
{
	return when_names[when];
}

/**
 * cause_name() - the word for it
 * @cause: what reset it
 *
 * Return: the word.
 */
const char *cause_name(enum cause cause)
{
	return cause_names[cause];
}

/**
 * answer_name() - the word for it
 * @answer: the answer
 *
 * Return: the word.
 */
const char *answer_name(enum answer answer)
{
	return answer_names[answer];
}
