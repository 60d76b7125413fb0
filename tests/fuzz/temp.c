/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Temporary names: an input changes some bytes of one that a process has left which has ended,
 * and may then complete its checksum.  A file of that name is removed by cf_temp_sweep() if the
 * name says that it may be, by the rules at the head of lib/temp.c, which are written down here
 * once more; else it stays.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "temp.h"

/* Where the fields of a name begin, and where the checksum does */
enum { MACHINE = 10, BOOT = 18, NAMESPACE = 26, PID = 34, CHECK = 58 };

const char *const fuzz_words[] = {
	"\001", "\002", "\012", "\022", "\032", "\042", "\052", "\072", "0", "00000000", "ffffffff",
	"a", "F", ".", "\200", "\377", NULL
};

static int dir = -1;
static char original[CF_TEMP_LEN + 1];
static uint64_t inode;

/* Put a name that a child has made into original, when that child has ended. */
static void prepare(void)
{
	struct stat st;
	int ends[2];

	dir = fuzz_enter_scratch();
	FUZZ_CHECK(fstat(dir, &st) == 0 && pipe(ends) == 0);
	inode = st.st_ino;
	pid_t child = fork();
	FUZZ_CHECK(child >= 0);
	if (child == 0) {
		char *name = cf_temp_name(dir, "file");

		_exit(!name || write(ends[1], name, CF_TEMP_LEN) != CF_TEMP_LEN);
	}
	FUZZ_CHECK(waitpid(child, NULL, 0) == child);
	FUZZ_CHECK(read(ends[0], original, CF_TEMP_LEN) == CF_TEMP_LEN);
	close(ends[0]);
	close(ends[1]);
}

/* FNV-1a of the fields and the directory's inode number */
static uint64_t checksum(const char *name)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	unsigned char bytes[CHECK - MACHINE + sizeof inode];

	memcpy(bytes, name + MACHINE, CHECK - MACHINE);
	memcpy(bytes + (CHECK - MACHINE), &inode, sizeof inode);
	for (size_t i = 0; i < sizeof bytes; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint32_t field(const char *name, int at)
{
	char digits[9] = "";

	memcpy(digits, name + at, 8);
	return (uint32_t)strtoul(digits, NULL, 16);
}

static bool is_same(const char *name, int at)
{
	return field(name, at) == field(original, at);
}

static bool may_go(const char *name)
{
	char check[17];

	if (strlen(name) != CF_TEMP_LEN || strncmp(name, original, MACHINE) != 0 ||
	    strspn(name + MACHINE, "0123456789abcdef") != CF_TEMP_LEN - MACHINE)
		return false;
	snprintf(check, sizeof check, "%016" PRIx64, checksum(name));
	if (strcmp(check, name + CHECK) != 0 || !field(name, BOOT))
		return false;
	if (!is_same(name, BOOT))
		return field(name, MACHINE) && is_same(name, MACHINE);
	pid_t pid = (pid_t)field(name, PID);
	bool gone = pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
	return field(name, NAMESPACE) && is_same(name, NAMESPACE) && gone;
}

/* Change the bytes of name that the input says; the rest of it may be cut off. */
static void spoil(struct fuzz_bytes *b, char name[static CF_TEMP_LEN + 1])
{
	bool complete = fuzz_number(b, 1) % 2, cut = fuzz_number(b, 1) % 16 == 1;

	while (b->left) {
		size_t at = fuzz_number(b, 1) % CF_TEMP_LEN;
		char byte = (char)fuzz_number(b, 1);

		/* Mostly digits, or nearly every name would be refused for the same reason */
		if (at >= MACHINE && byte & 3)
			byte = "0123456789abcdef"[(unsigned char)byte >> 4];
		name[at] = byte && byte != '/' ? byte : '0';
	}
	if (complete)
		snprintf(name + CHECK, 17, "%016" PRIx64, checksum(name));
	if (cut)
		name[CF_TEMP_LEN - 1] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size < 64 ? size : 64 };
	char name[CF_TEMP_LEN + 1];
	struct stat st;

	if (dir < 0)
		prepare();
	strcpy(name, original);
	spoil(&b, name);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return 0;
	close(fd);
	bool may = may_go(name);
	int removed = cf_temp_sweep(dir);
	bool there = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	FUZZ_CHECK(removed == may && there == !may);
	unlinkat(dir, name, 0);
	return 0;
}
