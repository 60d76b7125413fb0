/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job - one copy from start to end.
 *
 * One thread at a time has it; other threads only look at job->watch, and may
 * set watch.cancel.
 */
#ifndef CF_JOB_H
#define CF_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "libcopyfile.h"
#include "move.h"
#include "newdir.h"
#include "pin.h"
#include "place.h"
#include "watch.h"

struct cf_job {
	/* What the caller asks for */
	int src_dir, dst_dir;
	const char *src, *dst;		/* borrowed, unless names is set */
	bool by_fd;			/* src_dir and dst_dir are the files; src and dst are "" */
	char *names;			/* both of them, when the job outlives its caller */
	struct cf_pin pin;		/* in that case, the directories; put when the copy ends */
	uint64_t flags, tag;		/* PLAIN_MODE has become GIVEN_MODE, with its mode */
	uint32_t hash;			/* enum copyfile_hash: a digest is made; 0: none is */
	mode_t mode;			/* of a new destination, with COPYFILE_GIVEN_MODE ... */
	bool exact_mode;		/* ... and whatever the umask */
	uint64_t chunk;			/* bytes between two looks at "cancel"; 0: automatic */
	struct cf_place place;
	struct cf_newdir *newdir;	/* borrowed; of the destination's directory; or NULL */
	uint64_t dst_dev, dst_ino, from;	/* as in struct copyfile_how */
	uint64_t client;		/* clients share the pool and the room for cookies */

	/* Where it is */
	struct cf_watch watch;
	bool opened;			/* src_fd and st are valid */
	bool inherits;			/* see struct cf_attr; with COPYFILE_GIVEN_MODE */
	int src_fd;
	struct stat st;			/* of src, when it was opened */

	/* How it ended */
	int error;			/* 0 or -errno */
	uint32_t skipped;
	int32_t skipped_error;
	uint32_t partial;		/* enum copyfile_partial */
	struct cf_move_result data;	/* of a regular file */
	unsigned int calls;		/* system calls that the copy took */
};

void cf_job_init(struct cf_job *j, int src_dir, const char *src, int dst_dir,
		 const char *dst, const struct copyfile_how *how, uint64_t chunk,
		 struct cf_place place);

/* As cf_job_init(), for two open files: dst, which need not be empty, is to become src. */
void cf_job_init_fds(struct cf_job *j, int src, int dst, const struct copyfile_how *how,
		     uint64_t chunk, struct cf_place place);

/*
 * Make to, a new job, describe the copy that from does.  It gets names of its own, and owns
 * the directories that pin holds.  Returns 0; or -ENOMEM, and nothing is done.
 */
int cf_job_adopt(struct cf_job *to, const struct cf_job *from, const struct cf_pin *pin);

/* Free what the job holds. */
void cf_job_fini(struct cf_job *j);

/*
 * Open the source.  Returns 0, or the -errno with which the job has ended.  cf_job_run() does
 * this if the caller does not.
 */
int cf_job_open(struct cf_job *j);

/* Close the source again, as if it had not been opened.  Its size stays known. */
void cf_job_close(struct cf_job *j);

/* End j, which has not begun, with the error r. */
void cf_job_refuse(struct cf_job *j, int r);

/* Make the copy, to its end.  Returns j->error. */
int cf_job_run(struct cf_job *j);

/* Returns how many percent of the copy remain, from 1 to 100, rounded up. */
int cf_job_remaining(const struct cf_job *j);

/* Describe j in *ret; with ended, also its results.  Until then these are its thread's. */
void cf_job_info(const struct cf_job *j, bool ended, struct copyfile_info *ret);

#endif
