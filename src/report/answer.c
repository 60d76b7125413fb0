/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: as rpmatch(3), which not every C library has, but only with YESEXPR: any other
 * answer is a no.
 */
#include <config.h>

#include "report/answer.h"

#include <errno.h>
#include <langinfo.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

static bool means_yes(const char *answer)
{
	regex_t yes;

	if (regcomp(&yes, nl_langinfo(YESEXPR), REG_EXTENDED | REG_NOSUB) != 0)
		return *answer == 'y' || *answer == 'Y';
	bool is = regexec(&yes, answer, 0, NULL, 0) == 0;
	regfree(&yes);
	return is;
}

bool answer_is_yes(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stdin);
	int err = errno;

	if (len > 0 && line[len - 1] == '\n')
		line[len - 1] = '\0';
	bool yes = len > 0 && means_yes(line);
	free(line);
	errno = err;
	return yes;
}
