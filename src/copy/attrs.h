/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attrs - which attributes are copied, and which losses are reported.  Thread-safe. */
#ifndef PCP_ATTRS_H
#define PCP_ATTRS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct context;
struct copyfile_info;
struct entry;
struct options;
struct report_about;

/* The flags for the library to copy attributes by, as the options say; 0: none. */
uint64_t attrs_flags(const struct options *o);

/*
 * Report that an attribute of about->dst could not be set: err is an errno value, message
 * has a %s for the name.  Where that is because its file system is known to be full, nothing
 * goes to standard error.
 */
void attrs_error(const struct report_about *about, int err, const char *message);

/*
 * Report the attributes of about->dst that info says were skipped, as far as the options make
 * them matter.  Returns true if one of them was an error.
 */
bool attrs_report(const struct options *o, const struct copyfile_info *info,
		  const struct report_about *about);

/* As attrs_report(), for e's copy.  After an error the caller calls outcome_lacking(). */
bool attrs_complain(const struct context *c, const struct entry *e,
		    const struct copyfile_info *info);

/*
 * Carry over the attributes of e's source, which has to be still the inode src, to dst, which
 * may be an O_PATH descriptor.  Returns 0 or -errno, for attrs_result() in this thread.
 */
int attrs_carry_over(const struct options *o, const struct entry *e, const struct stat *src,
		     int dst);

/* Report how copyfile_attrs(), which has just returned r in this thread, went for e. */
void attrs_result(const struct context *c, const struct entry *e, int r);

/*
 * Give e's destination, which is new and open as fd, the permissions that a file of any program
 * would have: the bits of mode that the umask allows.  Returns false after a failure, which
 * has been reported.
 */
bool attrs_default_mode(const struct context *c, const struct entry *e, int fd, mode_t mode);

#endif
