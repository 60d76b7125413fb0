/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first program of the e-mail that proposed copyfile() (Linus Torvalds,
 * September 2009): copy one file.  The copy may be done at once, or be going
 * on; what can go wrong is dealt with in one place for both.
 *
 *   email_copy SRC DST
 */
#include <libcopyfile.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int cookie;

	if (argc != 3) {
		fprintf(stderr, "usage: email_copy SRC DST\n");
		return 2;
	}

	cookie = copyfile(argv[1], argv[2], 0);
	if (cookie > 0) {
		int ret;

		while ((ret = copyfile_ctrl(cookie, COPYFILE_WAIT)) > 0)
			/* nothing */;
		cookie = ret;
	}
	if (cookie < 0) {
		perror("copyfile");
		return 1;
	}
	return 0;
}
