/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_PLAY_H
#define PUG_DRILL_PLAY_H

#include "drill.h"
#include "host.h"

/* Raw evidence in a drill's folder, beside NODE.{qmp,console,agent,log,rest}.jsonl */
#define DRILL_ASKED "drill.json"
#define DRILL_LAB "lab.jsonl"
#define DRILL_KEY "dcs.key.jsonl"
#define DRILL_LEDGER "ledger"
#define DRILL_SETTLED "settle.json"
/* Once lost rows were salvaged */
#define DRILL_SALVAGED "salvaged.json"

int drill_play(const struct host *host, const struct drill *drill, const char *dir,
	       const char *before, bool *interrupted);
void drill_remove_links(const char *dir);

#endif
