/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library's structures and numbers: an input is the bytes of struct copyfile_how, of struct
 * copyfile_setup, of sizes, flags, commands and cookies.  Each call returns what it may return,
 * and writes no byte behind the size that it was given.
 *
 * Pointers, and what stands for one, are this program's: wild ones would prove nothing.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "fuzz.h"

enum { GUARD = 64, STEPS = 6 };

const char *const fuzz_words[] = {
	"\001", "\002", "\003", "\004", "\005", "\006", "\007", "\010", "\020", "\040", "\100",
	"\200",
	"\377\377\377\377", "\377\377\377\377\377\377\377\377", "h", "p", NULL
};

static const char *const names[] = {
	"file", "small", "new", "link", "dangling", "directory", "missing/file", "",
	"directory/new", "hard",
};

static int dir = -1;

static void put(const char *name, size_t size)
{
	char *data = calloc(1, size + 1);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(data && fd >= 0);
	memset(data, 'x', size);
	FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
	close(fd);
	free(data);
}

static void prepare(void)
{
	dir = fuzz_enter_scratch();
	put("file", 100000);
	put("small", 10);
	FUZZ_CHECK(symlink("file", "link") == 0 && symlink("nowhere", "dangling") == 0);
	FUZZ_CHECK(mkdir("directory", 0700) == 0 && link("small", "hard") == 0);
}

static const char *draw_name(struct fuzz_bytes *b)
{
	return names[fuzz_number(b, 1) % (sizeof names / sizeof *names)];
}

/* Returns r, which is 0, a cookie, or a negated errno that is also in errno. */
static int check_result(int r)
{
	FUZZ_CHECK(r >= 0 ? r == 0 || r > 2 : r > -4096 && errno == -r);
	return r;
}

/* ------------------------------------------------------------------ copies */

/* What a function may write to, and what is behind it */
struct room {
	unsigned char bytes[sizeof(struct copyfile_stats) + GUARD];
	size_t size;
};

static void *room_for(struct room *room, struct fuzz_bytes *b)
{
	memset(room->bytes, 0xa5, sizeof room->bytes);
	room->size = fuzz_number(b, 2) % (sizeof room->bytes - GUARD + 1);
	return room->bytes;
}

static void check_room(const struct room *room)
{
	for (size_t i = room->size; i < sizeof room->bytes; i++)
		FUZZ_CHECK(room->bytes[i] == 0xa5);
}

static void end_copy(struct fuzz_bytes *b, int cookie)
{
	struct room room;
	int r = cookie;

	for (int i = 0; i < STEPS && r > 0; i++) {
		unsigned long cmd = fuzz_number(b, 1) % 8;
		struct copyfile_info *info = room_for(&room, b);

		/* A copy that is paused would never end. */
		if (cmd == COPYFILE_WAIT)
			cmd = COPYFILE_STATUS;
		r = copyfile_ctrl_info(cookie, cmd, info, room.size);
		check_room(&room);
		FUZZ_CHECK(r <= 100);
		/* A command that there is not releases nothing. */
		if (r == -ENOSYS)
			r = cookie;
	}
	if (r > 0) {
		FUZZ_CHECK(copyfile_ctrl(cookie, COPYFILE_RESUME) > 0);
		while ((r = copyfile_ctrl(cookie, COPYFILE_WAIT)) > 0)
			;
	}
	FUZZ_CHECK(copyfile_ctrl(cookie, COPYFILE_STATUS) == -EBADF);
}

/* struct copyfile_how from the input; some bits that there are not are left in it. */
static size_t draw_how(struct fuzz_bytes *b, unsigned char buf[static 256], struct room *result)
{
	struct copyfile_how how;
	size_t size = fuzz_number(b, 1) % 4 ? sizeof how : fuzz_number(b, 1);
	unsigned int tidy = (unsigned int)fuzz_number(b, 1);

	memset(buf, 0, 256);
	fuzz_fill(b, &how, sizeof how);
	if (tidy & 1)
		how.flags &= 0x0fffffff;
	if (tidy & 2)
		how.flags &= fuzz_number(b, 4);
	if (tidy & 4)
		how.mode = how.hash = 0;
	if (tidy & 8)
		how.dst_dev = how.dst_ino = how.from = 0;
	how.newdir = 0;
	how.result = room_for(result, b);
	how.result_size = result->size;
	if (!(tidy & 16)) {
		how.result = NULL;
		how.result_size = 0;
	}
	memcpy(buf, &how, sizeof how);
	if (size > sizeof how && tidy & 32)
		buf[size - 1] = 1;
	return size;
}

static void copy(struct fuzz_bytes *b)
{
	unsigned char how[256];
	struct room result;
	size_t size = draw_how(b, how, &result);
	const char *src = draw_name(b), *dst = draw_name(b);
	int r = copyfileat(dir, src, fuzz_number(b, 1) % 4 ? dir : AT_FDCWD, dst,
			   (const struct copyfile_how *)how, size);

	check_room(&result);
	if (check_result(r) > 0)
		end_copy(b, r);
	unlinkat(dir, "new", 0);
	unlinkat(dir, "directory/new", 0);
}

static void copy_fds(struct fuzz_bytes *b)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_PATH, O_WRONLY | O_APPEND };
	unsigned char how[256];
	struct room result;
	size_t size = draw_how(b, how, &result);
	int from = open(draw_name(b), modes[fuzz_number(b, 1) % 5] | O_CLOEXEC | O_NONBLOCK);
	int to = open(draw_name(b), modes[fuzz_number(b, 1) % 5] | O_CLOEXEC | O_NONBLOCK);
	int r = copyfilefd(from, to, (const struct copyfile_how *)how, size);

	check_room(&result);
	if (check_result(r) > 0)
		end_copy(b, r);
	struct copyfile_info *info = room_for(&result, b);
	check_result(copyfile_attrs_info(from, to, (unsigned long)fuzz_number(b, 4), info,
					 result.size));
	check_room(&result);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
}

/* ----------------------------------------------------------- everything else */

static void set_up(struct fuzz_bytes *b)
{
	unsigned char buf[256] = { 0 };
	size_t size = fuzz_number(b, 1) % 4 ? sizeof(struct copyfile_setup) : fuzz_number(b, 1);

	fuzz_fill(b, buf, size);
	check_result(copyfile_setup((const struct copyfile_setup *)buf, size));
	/* A wild number of threads would only make this slow. */
	FUZZ_CHECK(copyfile_setup(&(struct copyfile_setup){ .threads = 2 },
				  sizeof(struct copyfile_setup)) == 0);
}

static void ask(struct fuzz_bytes *b)
{
	struct room room;
	void *to = room_for(&room, b);
	/* Not a cookie: none is live. */
	long cookie = (long)fuzz_number(b, 8);

	switch (fuzz_number(b, 1) % 6) {
	case 0:
		FUZZ_CHECK(copyfile_ctrl(cookie, (unsigned long)fuzz_number(b, 8)) < 0);
		FUZZ_CHECK(!cookie || copyfile_info(cookie, to, room.size) < 0);
		break;
	case 1:
		check_result(copyfile_info(0, to, room.size));
		break;
	case 2:
		check_result(copyfile_stats(to, room.size));
		break;
	case 3:
		check_result(copyfile_advice(to, room.size));
		break;
	case 4:
		check_result(copyfile_temp_name(dir, draw_name(b), to, room.size));
		break;
	default:
		FUZZ_CHECK(copyfile_stage_name((unsigned int)cookie));
		(void)copyfile_hash_name((unsigned int)cookie);
		FUZZ_CHECK(copyfile_sweep(dir) == 0);
	}
	check_room(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };

	if (dir < 0)
		prepare();
	switch (fuzz_number(&b, 1) % 8) {
	case 0:
		set_up(&b);
		break;
	case 1:
		ask(&b);
		break;
	case 2:
		copy_fds(&b);
		break;
	default:
		copy(&b);
	}
	/* Copies that have overwritten a source */
	put("file", 100000);
	put("small", 10);
	return 0;
}
