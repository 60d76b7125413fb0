/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "watch/progress_json.h"

#include <assert.h>

#include <jansson.h>

#include "report/json.h"
#include "report/json_value.h"
#include "watch/snapshot.h"

static json_t *active_list(const struct snapshot *s)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s->nactive; i++) {
		const struct active *a = &s->active[i];
		uint64_t done = a->bytes_done, total = a->bytes_total;
		json_t *file = json_pack("{s:I}", "id", json_value_whole(a->id));

		json_value_add_name(file, "src", a->src);
		json_object_set_new(file, "bytes_done", json_value_whole_or_null(done, true));
		json_object_set_new(file, "bytes_total", json_value_whole_or_null(total, true));
		json_array_append_new(list, file);
	}
	return list;
}

void progress_json_put(const struct snapshot *s)
{
	static const char *const phases[] = {
		[PHASE_SCAN] = "scan", [PHASE_COPY] = "copy", [PHASE_FINALIZE] = "finalize",
	};
	static_assert(sizeof phases / sizeof *phases == PHASES, "a phase has no name");

	if (!json_is_on())
		return;
	json_put_line(json_pack("{s:s, s:f, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, "
				"s:I, s:I, s:f, s:f, s:o, s:b, s:I, s:I, s:I, s:o}",
		      "type", "progress",
		      "elapsed_s", s->elapsed,
		      "phase", phases[s->phase],
		      "totals_final", s->totals_final,
		      "bytes_done", json_value_whole(s->bytes_done),
		      "bytes_total", json_value_whole(s->bytes_total),
		      "files_done", json_value_whole(s->files_done),
		      "files_total", json_value_whole(s->files_total),
		      "dirs_done", json_value_whole(tally_done(&s->tally, KIND_DIR)),
		      "skipped", json_value_whole(tally_of_outcome(&s->tally, OUTCOME_SKIPPED)),
		      "errors", json_value_whole(s->errors),
		      "warnings", json_value_whole(s->warnings),
		      "rate_bps", s->rate,
		      "rate_avg_bps", s->rate_average,
		      "eta_s", json_value_real_or_null(s->eta, s->eta >= 0),
		      "paused", s->paused,
		      "pending", json_value_whole(s->pending),
		      "copying", json_value_whole(s->copying),
		      "queued", json_value_whole(s->queued),
		      "active", active_list(s)));
}
