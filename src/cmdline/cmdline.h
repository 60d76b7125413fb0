/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmdline - the command line, parsed once into struct options.  Main thread only. */
#ifndef PCP_CMDLINE_H
#define PCP_CMDLINE_H

struct options;

/*
 * Parse argv into o.  Exits by itself after --help and --version, and with status 1 and
 * cp's message after a mistake.
 */
void cmdline_parse(struct options *o, int argc, char **argv);

#endif
