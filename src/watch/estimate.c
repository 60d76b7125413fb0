/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the time to go follows from what was done in the last ten seconds.  There a file
 * counts as some bytes more than it has, as ten thousand small files take longer than a big
 * one with as many bytes.
 */
#include <config.h>

#include "watch/estimate.h"

#include <assert.h>

/* How many bytes are copied in the time that it takes to begin a file: on tmpfs, ext4, and
   NFS between 50 and 400 KiB were measured. */
#define FILE_COST (128 * 1024.0)

/* If nothing was done for so many seconds, the work has stalled. */
#define STALL 5.0

void estimate_init(struct estimate *e, int64_t now)
{
	*e = (struct estimate){
		.samples = { { .at = now } }, .nsamples = 1, .moved = { .at = now },
	};
}

void estimate_leave_out(struct estimate *e, int64_t ns)
{
	for (unsigned int i = 0; i < ESTIMATE_SAMPLES; i++)
		e->samples[i].at += ns;
	e->moved.at += ns;
}

/* Remember now, unless it is too soon after the last sample.  Returns the oldest sample. */
static struct estimate_sample remember(struct estimate *e, const struct estimate_sample *now)
{
	assert(e->nsamples);
	if (now->at - e->samples[(e->nsamples - 1) % ESTIMATE_SAMPLES].at >= ESTIMATE_SAMPLE_NS)
		e->samples[e->nsamples++ % ESTIMATE_SAMPLES] = *now;
	return e->samples[e->nsamples <= ESTIMATE_SAMPLES ? 0 : e->nsamples % ESTIMATE_SAMPLES];
}

static double stalled_for(struct estimate *e, const struct estimate_sample *now)
{
	if (now->bytes != e->moved.bytes || now->files != e->moved.files)
		e->moved = *now;
	double seconds = clock_seconds(now->at - e->moved.at);
	return seconds < STALL ? 0 : seconds;
}

static double cost(double bytes, double files)
{
	return bytes + files * FILE_COST;
}

struct estimate_result estimate_update(struct estimate *e, const struct estimate_sample *now,
				       double rest_bytes, double rest_files)
{
	struct estimate_sample old = remember(e, now);
	double seconds = clock_seconds(now->at - old.at);
	uint64_t bytes = now->bytes - old.bytes, files = now->files - old.files;
	double done = cost(bytes, files);
	struct estimate_result r = {
		.rate = seconds > 0 ? bytes / seconds : 0,
		.stalled = stalled_for(e, now),
	};

	assert(now->bytes >= old.bytes && now->files >= old.files);
	r.eta = done > 0 && !r.stalled ? cost(rest_bytes, rest_files) * seconds / done : -1;
	return r;
}

double estimate_part(double bytes_done, double bytes, double files_done, double files)
{
	return bytes > 0 ? bytes_done / bytes : files > 0 ? files_done / files : 0;
}
