/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EVIDENCE_H
#define PUG_EVIDENCE_H

#include "cell.h"
#include "timeline.h"

/* Raw evidence: files in a cell's folder, written as it arrives and kept */
#define EVIDENCE_CELL "cell.json"
#define EVIDENCE_CMDLINE "cmdline"
#define EVIDENCE_CMDLINE_2 "cmdline.2"
#define EVIDENCE_QMP "qmp.jsonl"
#define EVIDENCE_CONSOLE "console.log"
#define EVIDENCE_AGENT "agent.jsonl"
#define EVIDENCE_CANARY "canary.jsonl"
#define EVIDENCE_LAB "lab.jsonl"
#define EVIDENCE_WATCH "watch.jsonl"
#define EVIDENCE_MEMORY "memory.log"
#define EVIDENCE_TRACE "trace.log"
#define EVIDENCE_STDERR "qemu.stderr"
/* Derived from it */
#define DERIVED_TIMELINE "timeline.jsonl"
#define DERIVED_RESULT "result.json"
/* Of all cells of a run, in its folder */
#define RUN_FILE "run.json"

/* Trace events that QEMU is asked for */
#define TRACE_HPET "hpet_ram_read_reading_counter"
#define TRACE_ACTION "watchdog_perform_action"
#define TRACE_TCO_RELOAD "tco_timer_reload"
#define TRACE_WRITE "memory_region_ops_write"

int evidence_cell(struct cell *cell, const char *dir, char *why, size_t len);
void evidence_read(struct timeline *tl, const char *dir);

void evidence_qmp(struct timeline *tl, FILE *in);
void evidence_console(struct timeline *tl, FILE *in);
void evidence_memory(struct timeline *tl, FILE *in);
void evidence_agent(struct timeline *tl, FILE *in);
void evidence_canary(struct timeline *tl, FILE *in);
void evidence_lab(struct timeline *tl, FILE *in);
void evidence_watch(struct timeline *tl, FILE *in);
void evidence_trace(struct timeline *tl, FILE *in);
int trace_thin(FILE *in, FILE *out);
int trace_keep(const char *dir);

/* How the parsers read a file of one JSON object a line */
typedef void (*evidence_line_fn)(struct timeline *tl, json_t *line, void *state);
void evidence_json_lines(struct timeline *tl, FILE *in, const char *name,
			 evidence_line_fn fn, void *state);

int64_t evidence_hpet_reply(const char *text);

#endif
