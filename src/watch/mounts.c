/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: /proc/self/mountinfo has a line for each mount, whose number the kernel tells for each
 * file.  statfs(2) knows a type by its number alone, and no name of what is mounted.
 */
#include <config.h>

#include "watch/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mountid.h"
#include "base/options.h"
#include "base/retry.h"
#include "dirname.h"
#include "xalloc.h"

/* The words of a line: number, parent, device, root, point, options, ..., -, type, device */
enum { WORD_ID, WORD_PARENT, WORD_DEV, WORD_ROOT, WORD_POINT, WORDS_FIRST };

/* Replace \040 and the like in text by the bytes that they stand for. */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned int byte;

		if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1) {
			*to = byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* If line, which is changed, is about the mount id, set what *ret has of it. */
static bool parse_line(char *line, const struct mountid *id, struct mounted *ret)
{
	char *words[WORDS_FIRST], *rest = line, *word;
	unsigned int major, minor;

	for (int i = 0; i < WORDS_FIRST; i++)
		if (!(words[i] = strsep(&rest, " ")))
			return false;
	if (sscanf(words[WORD_DEV], "%u:%u", &major, &minor) != 2)
		return false;
	if (id->known ? strtoumax(words[WORD_ID], NULL, 10) != id->id :
			major != id->major || minor != id->minor)
		return false;
	while ((word = strsep(&rest, " ")) && strcmp(word, "-"))
		;
	const char *type = strsep(&rest, " ");
	char *device = strsep(&rest, " ");
	if (!type || !device)
		return false;
	ret->id = strtoumax(words[WORD_ID], NULL, 10);
	ret->type = xstrdup(type);
	ret->device = unescape(xstrdup(device));
	ret->point = unescape(xstrdup(words[WORD_POINT]));
	return true;
}

static bool find_line(const struct mountid *id, struct mounted *ret)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0)
		found = parse_line(line, id, ret);
	free(line);
	fclose(file);
	return found;
}

static int open_path(const char *path)
{
	int fd = RETRY(open(path, O_PATH | O_CLOEXEC));

	if (fd >= 0 || errno != ENOENT)
		return fd;
	char *dir = dir_name(path);
	fd = RETRY(open(dir, O_PATH | O_CLOEXEC));
	free(dir);
	return fd;
}

bool mounts_find(const char *path, struct mounted *ret)
{
	struct mountid id;
	struct statvfs fs;
	int fd = open_path(path);

	*ret = (struct mounted){ .id = 0 };
	if (fd < 0)
		return false;
	bool known = mountid_get(fd, &id);
	if (known && !find_line(&id, ret)) {
		ret->id = id.known ? id.id : 0;
		ret->type = xstrdup("unknown");
		ret->device = xstrdup("");
		ret->point = xstrdup("");
	}
	if (known && RETRY(fstatvfs(fd, &fs)) == 0) {
		ret->size = (uint64_t)fs.f_blocks * fs.f_frsize;
		ret->free = (uint64_t)fs.f_bavail * fs.f_frsize;
	}
	close(fd);
	return known;
}

void mounts_look(const struct options *o, struct mounts *ret)
{
	int n = o->noperands;
	const char *dst = o->target_dir ? o->target_dir : n > 1 ? o->operands[--n] : NULL;

	*ret = (struct mounts){ .n = 0 };
	for (int i = 0; i < n && i < MOUNTS_SOURCES; i++) {
		struct mounted *m = &ret->list[ret->n];
		unsigned int same = 0;

		if (!mounts_find(o->operands[i], m))
			continue;
		while (ret->list[same].id != m->id)
			same++;
		if (same == ret->n)
			ret->n++;
		else
			mounts_release(m);
	}
	if (dst && mounts_find(dst, &ret->list[ret->n])) {
		ret->n++;
		ret->has_destination = true;
	}
}

void mounts_release(struct mounted *m)
{
	free(m->type);
	free(m->device);
	free(m->point);
}
