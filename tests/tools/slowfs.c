/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slowfs - pass-through FUSE file system with a delay on each operation, injected faults,
 * operation counts and peak concurrency.  For tests and benchmarks of pcp; see slowfs.md.
 *
 *   cc -O2 -Wall -Wextra slowfs*.c -o slowfs $(pkg-config --cflags --libs fuse3) -pthread -lm
 */
#define _GNU_SOURCE
#include "slowfs_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "slowfs_arm.h"
#include "slowfs_base.h"
#include "slowfs_corrupt.h"
#include "slowfs_disk.h"
#include "slowfs_fault.h"
#include "slowfs_gate.h"

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	const char *threads = "256";
	char opt[80];
	int c, fg = 0;
	static const char usage[] =
	"usage: slowfs [-fxiInTN] [-M MODE] [-d OP=US[,OP=US]...] [-m US_PER_MIB]\n"
	"              [-e OP:N[+COUNT|+]:WHAT[:GLOB]]... [-b OP:OFFSET[:COUNT[:GLOB]]]...\n"
	"              [-c MAXCOPY] [-s SLOTS]\n"
	"              [-C US] [-A NAME=VALUE[,NAME=VALUE]...]\n"
	"              [-t THREADS] [-S STATSFILE] [-o FUSEOPTS] SOURCE MOUNTPOINT\n"
	"OP is all or one of:";

	fuse_opt_add_arg(&args, "slowfs");
	while ((c = getopt(argc, argv, "fxiInTNM:d:m:e:b:c:s:C:A:t:S:o:h")) != -1)
		switch (c) {
		case 'f': fg = 1; break;
		case 'n': new_inodes = 1; break;
		case 'x': no_xattr = 1; break;
		case 'M': the_mode = strtoul(optarg, NULL, 8); break;
		case 'i': no_case = 1; break;
		case 'I': own_ino = 1; break;
		case 'T': only_trunc = 1; break;
		case 'N': nonblock = 1; break;
		case 'd': parse_delay(optarg); break;
		case 'm': us_per_mib = strtoul(optarg, NULL, 10); break;
		case 'e': parse_fault(optarg); break;
		case 'b': parse_corruption(optarg); break;
		case 'c': max_copy = strtoul(optarg, NULL, 10); break;
		case 's': set_slots(strtoul(optarg, NULL, 10)); break;
		case 'C': parse_cold(optarg); break;
		case 'A': parse_arm(optarg); break;
		case 't': threads = optarg; break;
		case 'S':
			statsfd = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
			if (statsfd < 0)
				die(optarg, strerror(errno));
			break;
		case 'o': fuse_opt_add_arg(&args, "-o"); fuse_opt_add_arg(&args, optarg); break;
		default:
			fputs(usage, stderr);
			list_ops();
			fputs("\n", stderr);
			return 2;
		}
	if (argc - optind != 2)
		die("want SOURCE MOUNTPOINT", "try -h");
	rootfd = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		die(argv[optind], strerror(errno));
	snprintf(opt, sizeof opt, "-omax_threads=%s,max_idle_threads=%s,fsname=slowfs", threads,
		 threads);
	fuse_opt_add_arg(&args, opt);
	if (fg)
		fuse_opt_add_arg(&args, "-f");
	fuse_opt_add_arg(&args, argv[optind + 1]);
	prctl(PR_SET_TIMERSLACK, 1UL);
	return fuse_main(args.argc, args.argv, &operations, NULL);
}
