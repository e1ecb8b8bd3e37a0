// SPDX-License-Identifier: GPL-2.0
/*
 * A verdict for people and for programs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io.h"
#include "reset-report.h"

static void json_common(const struct reset_evidence *ev,
			const struct reset_verdict *verdict,
			struct jsonl *line)
{
	int i;

	jsonl_string(line, "cause", cause_name(verdict->cause));
	emit_name(line, "who", verdict->who);
	emit_name(line, "boot_id", ev->boot_id);
	emit_known(line, "uptime_ms", ev->now.boottime_ms);
	jsonl_bool(line, "pstore", ev->pstore);
	jsonl_array(line, "reasons");
	for (i = 0; i < verdict->n_reasons; i++)
		jsonl_string(line, NULL, verdict->reasons[i]);
	jsonl_close(line);
}

static void print_reasons(const struct reset_verdict *verdict,
			  struct emitter *em)
{
	char text[sizeof(verdict->reasons[0])];
	int i;

	for (i = 0; i < verdict->n_reasons; i++) {
		strcpy(text, verdict->reasons[i]);
		io_clean_text(text);
		emit_print(em, "  - %s\n", text);
	}
}

static void print_cause(const struct reset_verdict *verdict,
			struct emitter *em)
{
	char who[sizeof(verdict->who)];

	strcpy(who, verdict->who);
	io_clean_text(who);
	emit_print(em, "reset by:  %s%s%s\n", cause_name(verdict->cause),
		   *who ? ", " : "", who);
}

/* 0..1 of the freeze: "between 0.01 and 13.0 s after the last keepalive" */
static void print_range(const struct reset_verdict *verdict,
			struct emitter *em)
{
	if (verdict->from_ms < 0)
		return;
	if (verdict->to_ms < 0)
		emit_print(em, "after:     %.2f s or more since the last keepalive\n",
			   verdict->from_ms / 1000.0);
	else
		emit_print(em, "after:     between %.2f s and %.2f s since the last keepalive\n",
			   verdict->from_ms / 1000.0, verdict->to_ms / 1000.0);
}

static const char *claim(const struct reset_evidence *ev)
{
	return ev->story.fault == FAULT_STOP_MACHINE ?
	       "PROTECTED from a freeze" : "FIRES when keepalives stop";
}

static void print_last_line(const struct reset_evidence *ev,
			    const struct reset_verdict *verdict,
			    struct emitter *em)
{
	switch (verdict->proved) {
	case ANSWER_YES:
		emit_print(em, "%s\n", claim(ev));
		break;
	case ANSWER_NO:
		emit_print(em, "NOT %s\n", claim(ev));
		break;
	default:
		emit_print(em, "CANNOT TELL whether it is %s\n", claim(ev));
	}
}

/**
 * report_verify() - the verdict of a verify run
 * @ev: the evidence
 * @verdict: what it shows
 * @em: where it goes
 */
void report_verify(const struct reset_evidence *ev,
		   const struct reset_verdict *verdict, struct emitter *em)
{
	const struct story *story = &ev->story;
	struct jsonl *line;
	char identity[64];

	if (em->json) {
		line = emit_begin(em, "verdict", emit_stamp(em));
		jsonl_string(line, "when", when_name(verdict->when));
		jsonl_string(line, "proved", answer_name(verdict->proved));
		jsonl_string(line, "fault", fault_name(story->fault));
		emit_name(line, "device", story->device);
		emit_name(line, "identity", story->identity);
		emit_name(line, "driver", story->driver);
		emit_known(line, "timeout", story->timeout_s);
		emit_known(line, "msecs", story->msecs);
		emit_known(line, "from_ms", verdict->from_ms);
		emit_known(line, "to_ms", verdict->to_ms);
		emit_name(line, "was", story->boot_id);
		json_common(ev, verdict, line);
		emit_end(em);
		return;
	}
	strcpy(identity, story->identity);
	io_clean_text(identity);
	emit_print(em, "watchdog:  %s, timeout %" PRId64 " s; fault %s for %" PRId64 " ms\n",
		   *identity ? identity : "not known", story->timeout_s,
		   fault_name(story->fault), story->msecs);
	emit_print(em, "reset:     %s\n", when_name(verdict->when));
	print_cause(verdict, em);
	print_range(verdict, em);
	print_reasons(verdict, em);
	print_last_line(ev, verdict, em);
}

/**
 * report_last() - why this machine last reset
 * @ev: the evidence
 * @verdict: what it shows
 * @em: where it goes
 */
void report_last(const struct reset_evidence *ev,
		 const struct reset_verdict *verdict, struct emitter *em)
{
	struct jsonl *line;

	if (em->json) {
		line = emit_begin(em, "last-reboot", emit_stamp(em));
		json_common(ev, verdict, line);
		emit_end(em);
		return;
	}
	print_cause(verdict, em);
	emit_print(em, "up since:  %" PRId64 " s\n",
		   ev->now.boottime_ms / 1000);
	print_reasons(verdict, em);
}
