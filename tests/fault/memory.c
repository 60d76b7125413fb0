/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fail the Nth allocation of a copy, for every N, in each way of copying: the result is
 * ENOMEM, or a whole file; nothing is left behind, and the next copy is made.
 *
 * The linker has the library's calls of malloc() and its kin come here (--wrap).
 */
#include <config.h>

#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

static atomic_bool armed;
static atomic_int calls, fail_at;

static bool fails(void)
{
	if (!armed || atomic_fetch_add(&calls, 1) + 1 != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **ret, const char *format, ...);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n = -1;

	va_start(args, format);
	if (!fails())
		n = vasprintf(ret, format, args);
	va_end(args);
	return n;
}

static const struct way {
	const char *name, *src;
	unsigned long flags;
} ways[] = {
	{ "a small file", "small", 0 },
	{ "a big file", "big", 0 },
	{ "a big file, by read and write", "big", COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE },
	{ "to replace one", "small", COPYFILE_REPLACE },
	{ "VERIFY", "big", COPYFILE_VERIFY },
	{ "VERIFY, a small file to replace one", "small", COPYFILE_VERIFY | COPYFILE_REPLACE },
	{ "attributes", "small", COPYFILE_ATTRS | COPYFILE_LENIENT },
	{ "a symlink", "link", COPYFILE_NOFOLLOW },
	{ "a symlink, to replace one", "link", COPYFILE_NOFOLLOW | COPYFILE_REPLACE },
};

enum { WAYS = sizeof ways / sizeof ways[0], MOST = 60 };

/* Returns whether anything failed: there is a next one to try. */
static bool one(const struct way *way, unsigned long schedule, int n, int *bad)
{
	int ret;

	/* A pool that is new has everything yet to allocate */
	if (copyfile_shutdown() != 0)
		*bad |= 1;
	calls = 0;
	fail_at = n;
	armed = true;
	ret = copy(way->src, "d/dst", way->flags | schedule);
	armed = false;
	if (ret != 0 && ret != -ENOMEM)
		*bad |= 2;
	if (ret == 0 && !exists("d/dst"))
		*bad |= 4;
	if (ret == 0 && !(way->flags & COPYFILE_NOFOLLOW) && !same_data(way->src, "d/dst"))
		*bad |= 8;
	if (count_names("d") != (ret == 0))
		*bad |= 16;
	drop("d/dst");
	if (copy(way->src, "d/dst", way->flags | schedule) != 0)
		*bad |= 32;
	drop("d/dst");
	return calls >= n;
}

int main(void)
{
	int i, j, n, bad, most = 0;

	scratch_enter("memory");
	mkdir("d", 0755);
	put_pattern("small", 6000, 1);
	put_pattern("big", 3 << 20, 2);
	if (symlink("target", "link") != 0)
		bail_out("symlink: %s", strerror(errno));
	for (i = 0; i < WAYS; i++)
		for (j = 0; j < SCHEDULES; j++) {
			bad = 0;
			for (n = 1; n < MOST && one(&ways[i], schedules[j].flag, n, &bad); n++)
				;
			most = n > most ? n : most;
			is_int(bad, 0, "%s, %s: %d allocations fail, one by one", ways[i].name,
			       schedules[j].name, n - 1);
		}
	ok(most > 3, "there were some to fail");
	return scratch_done();
}
