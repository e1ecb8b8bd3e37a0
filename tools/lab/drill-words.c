// SPDX-License-Identifier: GPL-2.0
/* A drill's verdict for people, and for programs. */
#include <stdio.h>

#include "drill-verdict.h"
#include "drill-verdict-fence.h"
#include "util.h"

/**
 * drill_seconds() - a time of a verdict, for a table
 * @text: room for it
 * @len: of @text
 * @ms: DRILL_NO_TIME where it did not happen
 *
 * Return: @text, or "-".
 */
const char *drill_seconds(char *text, size_t len, long ms)
{
	if (ms < 0)
		return "-";
	snprintf(text, len, "%.1f s", (double)ms / 1000);
	return text;
}

/**
 * drill_sentence() - the verdict with its number
 * @v: judged
 * @text: "LOST 12 ROWS"
 * @len: room in @text
 */
void drill_sentence(const struct drill_verdict *v, char *text, size_t len)
{
	switch (v->kind) {
	case DRILL_LOST:
		snprintf(text, len, "LOST %ld ROW%s", v->lost, v->lost == 1 ? "" : "S");
		break;
	case DRILL_SPLIT_BRAIN:
		snprintf(text, len, "SPLIT-BRAIN %ld ms", v->two_leaders_ms);
		break;
	case DRILL_OUTAGE:
		snprintf(text, len, "OUTAGE %.0f s", (double)drill_longest_outage(v) / 1000);
		break;
	default:
		snprintf(text, len, "%s", drill_kind_name(v->kind));
	}
}

static json_t *real_or_null(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *or_null(long value)
{
	return value < 0 ? json_null() : json_integer(value);
}

/**
 * drill_verdict_to_json() - for results
 * @v: judged
 *
 * Return: a new object.
 */
json_t *drill_verdict_to_json(const struct drill_verdict *v)
{
	char text[64];

	drill_sentence(v, text, sizeof(text));
	return json_pack("{s:s s:s s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:s s:o s:o s:o s:I s:o s:o s:o s:o s:o s:s s:o s:o s:o s:I s:o s:o s:o}",
			 "verdict", drill_kind_name(v->kind), "sentence", text,
			 "fired_by", *v->by ? json_string(v->by) : json_null(),
			 "fenced_after_ms", or_null(v->fenced_ms),
			 "new_leader_after_ms", or_null(v->new_leader_ms),
			 "new_leader_frozen_after_ms", or_null(v->next_frozen_ms),
			 "new_leader_fenced_after_ms", or_null(v->next_fenced_ms),
			 "new_leader_fired_by",
			 *v->next_by ? json_string(v->next_by) : json_null(),
			 "first_ack_after_ms", or_null(v->first_ack_ms),
			 "two_leaders_ms", or_null(v->two_leaders_ms),
			 "two_leaders_from_ms", or_null(v->two_from_ms),
			 "outage_ms", or_null(v->outage_ms), "old_leader", v->old_leader,
			 "right_to_promote", v->right == RIGHT_UNKNOWN ? json_null() :
			 json_boolean(v->right == RIGHT_YES),
			 "old_leader_at_promotion",
			 *v->at_promotion ? json_string(v->at_promotion) : json_null(),
			 "vms_stopped", verdict_stopped(v),
			 "healthy_vms_stopped", (json_int_t)v->healthy_stopped,
			 "acked_rows", or_null(v->acked), "lost_rows", or_null(v->lost),
			 "phantom_rows", or_null(v->phantom),
			 "duplicate_rows", or_null(v->duplicate),
			 "differing_rows", or_null(v->differ), "timelines", v->timelines,
			 "reason", json_text(v->reason), "noticed_after_ms", or_null(v->noticed_ms),
			 "no_login_ms", or_null(v->no_login_ms),
			 "commits_before", (json_int_t)v->commits,
			 "commit_median_ms", real_or_null(v->commit_ms),
			 "commit_p99_ms", real_or_null(v->commit_p99_ms),
			 "salvaged_rows", or_null(v->salvaged));
}
