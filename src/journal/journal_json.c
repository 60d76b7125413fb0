/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "journal/journal_json.h"

#include <jansson.h>

#include "report/json.h"
#include "report/json_value.h"

void journal_json_state(const char *state, const struct journal_summary *s)
{
	if (!json_is_on())
		return;
	json_put_line(json_pack("{s:s, s:s, s:I, s:I}",
				"type", "journal",
				"state", state,
				"entries", json_value_whole(s->before),
				"directories", json_value_whole(s->before_dirs)));
}

void journal_json_proof(const struct journal_summary *s)
{
	const uint64_t *n = s->sums.n;
	char digest[XXH_TEXT];

	if (!json_is_on())
		return;
	xxh_text(digest, ledger_digest(&s->sums));
	json_put_line(json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
				"type", "proof",
				"complete", s->complete,
				"seen", json_value_whole(n[LEDGER_SEEN]),
				"copied", json_value_whole(n[LEDGER_COPIED]),
				"linked", json_value_whole(n[LEDGER_LINKED]),
				"skipped", json_value_whole(n[LEDGER_SKIPPED]),
				"excluded", json_value_whole(n[LEDGER_EXCLUDED]),
				"failed", json_value_whole(n[LEDGER_FAILED]),
				"bytes", json_value_whole(n[LEDGER_BYTES]),
				"digest", digest));
}
