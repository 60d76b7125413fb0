/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/mistake.h"

#include "cmdline/jsonfd.h"
#include "report/output.h"

_Noreturn void mistake_exit(void)
{
	jsonfd_begin_later();
	output_exit();
}

_Noreturn void mistake_usage(void)
{
	jsonfd_begin_later();
	output_usage_error();
}
