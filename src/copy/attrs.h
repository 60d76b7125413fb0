/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attrs - what is said when attributes could not be kept.  Thread-safe. */
#ifndef PCP_ATTRS_H
#define PCP_ATTRS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "report/report.h"

struct context;
struct entry;
struct options;

/* The flags for the library to copy attributes by, as the options say; 0: none. */
uint64_t attrs_flags(const struct options *o);

/*
 * Report that an attribute of about->dst could not be set: err is an errno value, message
 * has a %s for the name.  Where that is because its file system is known to be full, nothing
 * goes to standard error.
 */
void attrs_error(const struct report_about *about, int err, const char *message);

/*
 * Report what info says was skipped on about->dst, as far as the options make it matter.
 * True: it was an error.
 */
bool attrs_report(const struct options *o, const struct copyfile_info *info,
		  const struct report_about *about);

/* The same of e's copy, if something was skipped; an error makes it a failed source. */
void attrs_complain(const struct context *c, const struct entry *e,
		    const struct copyfile_info *info);

/* The same of the copy of e's attributes that has just ended here with r. */
void attrs_result(const struct context *c, const struct entry *e, int r);

/*
 * Give e's destination, which is new and open as fd, the permissions that a program's own
 * file would have: all of mode that the umask lets through.  False: reported.
 */
bool attrs_default_mode(const struct context *c, const struct entry *e, int fd, mode_t mode);

#endif
