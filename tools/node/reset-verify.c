// SPDX-License-Identifier: GPL-2.0
/*
 * Did the watchdog fire? A pure function of a journal and of what the machine
 * knows after it is back.
 *
 * Three questions, answered one by one: when was the machine reset, by what, and
 * did the watchdog under test do what it is for. Each may stay open.
 */
#include <string.h>

#include "reset.h"

/* No watchdog is that slow; greater numbers are damage. */
#define TIMEOUT_MAX_S	86400
#define MSECS_MAX	86400000

/* What a machine takes to come back, where that is not known: a quick one. */
#define QUICK_MS	5000

#define EXPECTED_ABSENT							\
	" unless printk.always_kmsg_dump or ramoops.max_reason is set"

#define NO_TURNAROUND							\
	"how long this machine takes to come back is not known: one ordered reboot with pug-node-boots.service tells"

static bool is_other_machine(const struct reset_evidence *ev)
{
	const struct story *story = &ev->story;

	if (*story->machine && *ev->machine)
		return strcmp(story->machine, ev->machine);
	return strcmp(story->hostname, ev->hostname);
}

/* Return: true if there is nothing to judge. */
static bool refuse(const struct reset_evidence *ev,
		   struct reset_verdict *verdict)
{
	const struct story *story = &ev->story;

	if (story->state == STORY_NONE || story->phase == PHASE_NOTHING) {
		reset_because(verdict, "there is no journal of a verify run");
		return true;
	}
	if (is_other_machine(ev)) {
		reset_because(verdict, "the journal is from another machine (%s)",
			      story->hostname);
		return true;
	}
	if (!*story->boot_id || !*ev->boot_id) {
		reset_because(verdict, "the boots cannot be told apart: no boot_id");
		return true;
	}
	return false;
}

static bool is_frozen(const struct story *story)
{
	return story->fault == FAULT_STOP_MACHINE;
}

/* The device under test carries a mark of the boot that the journal is from. */
static bool is_marked(const struct reset_evidence *ev)
{
	const struct dog *dog = dogs_find(&ev->dogs, ev->story.identity);

	return dog && dog->marked;
}

static const struct dog *other_mark(const struct reset_evidence *ev)
{
	int i;

	for (i = 0; i < ev->dogs.n; i++) {
		if (ev->dogs.list[i].marked &&
		    strcmp(ev->dogs.list[i].identity, ev->story.identity))
			return &ev->dogs.list[i];
	}
	return NULL;
}

static bool words_are_new(const struct reset_evidence *ev)
{
	return ev->last.words != WORDS_NONE && ev->last.at_s >= 0 &&
	       ev->story.planned.realtime_ms >= 0 &&
	       ev->last.at_s >= ev->story.planned.realtime_ms / 1000;
}

static void judge_same_boot(const struct reset_evidence *ev,
			    struct reset_verdict *verdict)
{
	const struct story *story = &ev->story;

	if (story->phase < PHASE_ARMED || story->phase == PHASE_FAILED) {
		verdict->when = WHEN_UNARMED;
		verdict->cause = CAUSE_NOTHING;
		reset_because(verdict, "the fault was not made; this is still the same boot");
		return;
	}
	if (story->phase == PHASE_ENDED) {
		verdict->when = WHEN_NEVER;
		verdict->cause = CAUSE_NOTHING;
		verdict->proved = ANSWER_NO;
		reset_because(verdict, "the same boot_id: this machine was not reset, and the journal goes on after the fault");
		if (is_marked(ev))
			reset_because(verdict, "its mark is of before this boot, or it ran out without effect");
		return;
	}
	if (story->phase == PHASE_OVER)
		verdict->proved = ANSWER_NO;
	reset_because(verdict, "the same boot_id, and the journal has no end: the run goes on, or was killed");
}

/* The last sign of life before, and the start of the kernel after. */
static void measure(const struct reset_evidence *ev,
		    struct reset_verdict *verdict)
{
	const struct story *story = &ev->story;
	struct span span;

	moment_to_start(&story->at,
			story->at.boottime_ms - story->keepalive_ms, &ev->now,
			&span);
	verdict->from_ms = story->alive_ms - story->keepalive_ms;
	if (span.back) {
		reset_because(verdict, "a clock went backwards: how long it took cannot be told");
		return;
	}
	if (span.apart_ms)
		reset_because(verdict, "RTC and CLOCK_REALTIME disagree by %lld ms: the range covers both",
			      (long long)span.apart_ms);
	if (span.to_ms < 0) {
		reset_because(verdict, "no clock that goes on in a reset: how long it took cannot be told");
		return;
	}
	if (span.to_ms < verdict->from_ms) {
		reset_because(verdict, "by the clocks this kernel started before the journal ends: they are wrong");
		return;
	}
	verdict->to_ms = span.to_ms;
}

static void judge_when(const struct reset_evidence *ev,
		       struct reset_verdict *verdict)
{
	const struct story *story = &ev->story;

	if (story->state == STORY_DAMAGED) {
		reset_because(verdict, "the journal is damaged before its end: what is missing cannot be told");
		return;
	}
	if (story->phase == PHASE_OVER || story->phase == PHASE_ENDED) {
		verdict->when = WHEN_AFTER_FAULT;
		reset_because(verdict, "the journal goes on after the fault: this machine's programs ran again");
		return;
	}
	if (story->state == STORY_TORN) {
		reset_because(verdict, "the journal ends in the middle of a record: a program was writing it");
		return;
	}
	if (story->msecs > 0 && story->msecs <= MSECS_MAX &&
	    verdict->to_ms >= 0 && verdict->to_ms < story->msecs) {
		verdict->when = WHEN_IN_FAULT;
		reset_because(verdict, "this kernel started at most %lld ms after the last keepalive, the fault was to last %lld ms",
			      (long long)verdict->to_ms,
			      (long long)story->msecs);
		return;
	}
	if (!is_frozen(story) && verdict->from_ms + 1000 < story->msecs) {
		verdict->when = WHEN_IN_FAULT;
		reset_because(verdict, "the journal was written to until %lld ms after the last keepalive, and then no more",
			      (long long)verdict->from_ms);
		return;
	}
	if (verdict->to_ms >= 0)
		reset_because(verdict, "the fault of %lld ms was over at the latest when this kernel started: reset in it or after it",
			      (long long)story->msecs);
}

/* Is what the machine carries now about the reset that the journal waits for? */
static bool is_first_boot(const struct reset_evidence *ev,
			  struct reset_verdict *verdict)
{
	if (!ev->boots.between && !ev->boots.damaged)
		return true;
	/* in so short a time there was no other boot */
	if (verdict->when == WHEN_IN_FAULT && verdict->to_ms >= 0)
		return true;
	if (ev->boots.between > 0)
		reset_because(verdict, "this is not the first boot since: %d more were recorded",
			      ev->boots.between);
	else
		reset_because(verdict, "whether this is the first boot since is not known");
	return false;
}

static enum cause ordered(const struct reset_evidence *ev)
{
	const struct boots *boots = &ev->boots;

	if (!boots->known || boots->damaged || !*boots->stop ||
	    strcmp(boots->boot_id, ev->story.boot_id))
		return CAUSE_CANNOT_TELL;
	return strcmp(boots->stop, "reboot") && strcmp(boots->stop, "kexec") ?
	       CAUSE_POWEROFF : CAUSE_REBOOT;
}

/* A panic's words, softdog's, an order: what only one of all can have left. */
static bool judge_words(const struct reset_evidence *ev,
			struct reset_verdict *verdict)
{
	bool marked = is_marked(ev);

	if (ordered(ev)) {
		reset_because(verdict, "an end of that boot was ordered: %s",
			      ev->boots.stop);
		if (!marked && !words_are_new(ev))
			verdict->cause = ordered(ev);
		return true;
	}
	if (!words_are_new(ev) || ev->last.words == WORDS_OTHER)
		return false;
	reset_because(verdict, "pstore has '%s'", ev->last.line);
	if (ev->last.words == WORDS_PANIC) {
		verdict->cause = CAUSE_PANIC;
		if (marked)
			reset_because(verdict, "and %s carries a mark: the panic may be its doing, or it came after",
				      ev->story.identity);
		return true;
	}
	if (marked) {
		reset_because(verdict, "and %s carries a mark: not both reset it",
			      ev->story.identity);
		return true;
	}
	verdict->cause = CAUSE_WATCHDOG;
	strcpy(verdict->who, "Software Watchdog");
	/* it speaks only while the kernel runs */
	if (is_frozen(&ev->story) && ev->story.phase == PHASE_FAULT &&
	    ev->story.state == STORY_WHOLE) {
		verdict->when = WHEN_AT_THAW;
		reset_because(verdict, "a timer of a frozen kernel fires when it thaws; no program of ours came to write a record");
	}
	return true;
}

/* A machine that goes on writes until it is reset. */
static bool has_outlived(const struct reset_evidence *ev,
			 const struct reset_verdict *verdict, int64_t latest_ms)
{
	return !is_frozen(&ev->story) && ev->story.state == STORY_WHOLE &&
	       verdict->from_ms > latest_ms + 1000;
}

static bool turnaround_is_known(const struct story *story)
{
	return story->turnaround_ms >= 0 && story->turnaround_ms <= MSECS_MAX;
}

/* Of a mark alone: did it come back late enough for a hand to have reset it? */
static int fits_mark(const struct reset_evidence *ev,
		     struct reset_verdict *verdict, int64_t late_ms)
{
	if (!is_frozen(&ev->story) || !is_marked(ev) || late_ms <= QUICK_MS ||
	    verdict->when != WHEN_IN_FAULT)
		return -1;
	reset_because(verdict, "it was back %lld ms after the watchdog was due: long enough for something else to reset it",
		      (long long)late_ms);
	reset_because(verdict, NO_TURNAROUND);
	return 0;
}

/*
 * Was it reset when the watchdog was due? Only where it is known how long this
 * machine takes to come back. Return: 1, 0, or -1: not known.
 */
static int fits(const struct reset_evidence *ev, struct reset_verdict *verdict)
{
	const struct story *story = &ev->story;
	int64_t due_ms, latest_ms, from_ms;

	if (story->timeout_s <= 0 || story->timeout_s > TIMEOUT_MAX_S ||
	    verdict->to_ms < 0)
		return -1;
	due_ms = story->timeout_s * 1000;
	if (verdict->to_ms < due_ms * 9 / 10) {
		reset_because(verdict, "it was not due yet: its timeout is %lld s",
			      (long long)story->timeout_s);
		return 0;
	}
	latest_ms = due_ms * dog_traits(story->driver)->stages * 102 / 100;
	if (has_outlived(ev, verdict, latest_ms)) {
		verdict->proved = ANSWER_NO;
		reset_because(verdict, "this machine went on for %lld ms after the watchdog was due",
			      (long long)(verdict->from_ms - latest_ms));
		return 0;
	}
	/* to_ms has a second more than can be, and one less may be true */
	from_ms = verdict->to_ms - 2000;
	if (!turnaround_is_known(story))
		return fits_mark(ev, verdict, from_ms - latest_ms);
	latest_ms += story->turnaround_ms;
	if (from_ms <= latest_ms) {
		reset_because(verdict, "it was back as soon as a reset when the watchdog was due explains: %lld ms for coming back",
			      (long long)story->turnaround_ms);
		return 1;
	}
	reset_because(verdict, "it was back %lld ms later than a reset by the watchdog explains",
		      (long long)(from_ms - latest_ms));
	return 0;
}

/*
 * The fault has an end that the journal does not tell of. Firmware that takes
 * minutes keeps the clocks from telling whether that end was reached; then it
 * must be known how long it takes.
 */
static bool mark_is_of_the_fault(const struct reset_evidence *ev,
				 struct reset_verdict *verdict, int fit)
{
	if (verdict->when == WHEN_IN_FAULT || verdict->when == WHEN_BEFORE_FAULT)
		return true;
	if (verdict->when != WHEN_CANNOT_TELL ||
	    ev->story.state != STORY_WHOLE || fit <= 0)
		return false;
	verdict->when = WHEN_IN_FAULT;
	reset_because(verdict, "its timer does not stop in a freeze, and no program of ours ran after the fault");
	return true;
}

static void judge_mark(const struct reset_evidence *ev,
		       struct reset_verdict *verdict, int fit)
{
	const struct story *story = &ev->story;

	reset_because(verdict, "%s carries a mark that its driver had cleared before the test: it ran out since",
		      story->identity);
	if (mark_is_of_the_fault(ev, verdict, fit)) {
		verdict->cause = CAUSE_WATCHDOG;
		strcpy(verdict->who, story->identity);
		return;
	}
	reset_because(verdict, "whether in the fault without effect, or later with one, the mark does not say");
	if (verdict->when == WHEN_CANNOT_TELL && fit < 0)
		reset_because(verdict, NO_TURNAROUND);
}

/* No trace: what can be said of those that leave none. */
static void judge_silence(const struct reset_evidence *ev,
			  struct reset_verdict *verdict)
{
	const struct dog_traits *traits = dog_traits(ev->story.driver);

	if (traits->marks && !dogs_find(&ev->dogs, ev->story.identity))
		reset_because(verdict, "%s is not there in this boot (is its driver loaded?): whether it carries a mark is not known",
			      ev->story.identity);
	else if (traits->marks)
		reset_because(verdict, "%s leaves a mark when it resets a machine, and there is none (a mark does not outlive the power)",
			      ev->story.identity);
	else if (traits->soft)
		reset_because(verdict, "softdog leaves no mark; its last words are absent, as expected%s",
			      ev->pstore ? EXPECTED_ABSENT : ": no pstore");
	else
		reset_because(verdict, "%s is not known to leave a mark",
			      *ev->story.driver ? ev->story.driver : "this driver");
}

static void judge_cause(const struct reset_evidence *ev,
			struct reset_verdict *verdict, int fit)
{
	const struct dog *other = other_mark(ev);

	if (ev->story.state == STORY_DAMAGED || !is_first_boot(ev, verdict))
		return;
	if (judge_words(ev, verdict))
		return;
	if (other) {
		reset_because(verdict, "%s, which is not under test, carries a mark, of this reset or an older one",
			      other->identity);
		if (!is_marked(ev))
			return;
	}
	if (is_marked(ev))
		judge_mark(ev, verdict, fit);
	else
		judge_silence(ev, verdict);
}

static void judge_proof(const struct reset_evidence *ev,
			struct reset_verdict *verdict, int fit)
{
	const struct dog_traits *traits = dog_traits(ev->story.driver);
	bool marked = is_marked(ev);

	if (verdict->when == WHEN_AFTER_FAULT || verdict->when == WHEN_AT_THAW) {
		verdict->proved = ANSWER_NO;
		return;
	}
	if (verdict->when != WHEN_IN_FAULT)
		return;
	if (verdict->cause == CAUSE_PANIC) {
		verdict->proved = marked ? ANSWER_YES : ANSWER_CANNOT_TELL;
		return;
	}
	if (verdict->cause == CAUSE_CANNOT_TELL &&
	    (traits->marks || other_mark(ev) || ordered(ev)))
		return;
	if (traits->soft && is_frozen(&ev->story)) {
		reset_because(verdict, "a timer of a frozen kernel cannot fire in the freeze: something else reset it");
		return;
	}
	if (!fit) {
		verdict->cause = CAUSE_CANNOT_TELL;
		verdict->who[0] = '\0';
		return;
	}
	if (fit < 0 && verdict->cause != CAUSE_WATCHDOG) {
		reset_because(verdict, NO_TURNAROUND);
		return;
	}
	verdict->proved = ANSWER_YES;
}

/* The machine was reset before the fault began. */
static void judge_early(const struct reset_evidence *ev,
			struct reset_verdict *verdict)
{
	if (ev->story.state == STORY_DAMAGED)
		return;
	if (ev->story.phase == PHASE_ARMED) {
		verdict->when = WHEN_BEFORE_FAULT;
		reset_because(verdict, "the journal ends before the fault, with the device armed and kept alive");
	} else {
		verdict->when = WHEN_UNARMED;
		reset_because(verdict, "the journal ends with nothing armed and no fault");
	}
	if (is_first_boot(ev, verdict) && !judge_words(ev, verdict) &&
	    is_marked(ev))
		judge_mark(ev, verdict, -1);
	if (verdict->when == WHEN_UNARMED && verdict->cause == CAUSE_WATCHDOG) {
		verdict->cause = CAUSE_CANNOT_TELL;
		verdict->who[0] = '\0';
	}
}

/**
 * reset_judge_verify() - what became of a verify run
 * @ev: the evidence, gathered in whatever boot this is
 * @verdict: the verdict
 */
void reset_judge_verify(const struct reset_evidence *ev,
			struct reset_verdict *verdict)
{
	int fit;

	memset(verdict, 0, sizeof(*verdict));
	verdict->from_ms = -1;
	verdict->to_ms = -1;
	if (refuse(ev, verdict))
		return;
	if (!strcmp(ev->story.boot_id, ev->boot_id)) {
		if (ev->story.state == STORY_DAMAGED)
			reset_because(verdict, "the journal is damaged");
		else
			judge_same_boot(ev, verdict);
		return;
	}
	reset_because(verdict, "another boot_id: this machine was reset");
	if (ev->story.phase < PHASE_FAULT || ev->story.phase == PHASE_FAILED) {
		judge_early(ev, verdict);
		return;
	}
	measure(ev, verdict);
	judge_when(ev, verdict);
	fit = fits(ev, verdict);
	judge_cause(ev, verdict, fit);
	judge_proof(ev, verdict, fit);
}
