/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a process that is killed leaves the temporary names that it has just then.  A later
 * one removes them, but only if it is certain that
 *
 * - the name was made by this library, in this very directory.  A name ends in a checksum of
 *   what is before it and of the inode number of its directory.  So no user has made such a
 *   name by chance, and a name that was copied or moved elsewhere, with its directory or without,
 *   is a file like any other there;
 *
 * - the process has ended.  The name says which one it was: the machine, the boot, the pid
 *   namespace, the pid.  It has ended if no process has its pid in this namespace; or if this
 *   machine has been started again since.  Of a process on another machine, or in another
 *   container, nobody can tell from here: what it has left stays.
 *
 * What is not known is 0 in a name, and proves nothing.  A pid that was used again keeps a name
 * until that process has ended, too.
 *
 *	.copyfile- machine boot namespace pid serial checksum
 *
 * in hexadecimal digits: 8 each, but 16 for the last two.
 *
 * A machine is known by /etc/machine-id and its host name, as copies of an installation may
 * have one and the same machine-id.
 */
#include <config.h>

#include "temp.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sys.h"

#define PREFIX ".copyfile-"
#define PREFIX_LEN (sizeof PREFIX - 1)

/* Digits before the checksum, and in it */
#define FIELDS_LEN (4 * 8 + 16)
#define CHECK_LEN 16

static_assert(PREFIX_LEN + FIELDS_LEN + CHECK_LEN == CF_TEMP_LEN, "the length of a name");

/* FNV-1a, of 64 bits */
#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

/* What a name says of the process that made it */
struct maker {
	uint32_t machine, boot, namespace, pid;
};

static uint64_t hash(uint64_t sum, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ ((const unsigned char *)data)[i]) * HASH_PRIME;
	return sum;
}

/* Returns 32 bits of sum that are not 0, which would mean that nothing is known. */
static uint32_t fold(uint64_t sum)
{
	uint32_t folded = (uint32_t)(sum ^ sum >> 32);

	return folded ? folded : 1;
}

/* ------------------------------------------------------------ this process */

/* Returns the hash sum with the contents of the file path, or 0 if it cannot be read. */
static uint64_t hash_file(uint64_t sum, const char *path)
{
	char text[128];
	int fd = cf_openat(AT_FDCWD, path, O_RDONLY, 0);

	if (fd < 0)
		return 0;
	ssize_t n = cf_pread(fd, text, sizeof text, 0);
	cf_close(fd);
	return n > 0 ? hash(sum, text, n) : 0;
}

static struct maker find_out(pid_t pid)
{
	struct maker m = { .pid = pid };
	struct utsname host;
	struct stat st;
	uint64_t id = hash_file(HASH_BEGIN, "/etc/machine-id");
	uint64_t boot = hash_file(HASH_BEGIN, "/proc/sys/kernel/random/boot_id");

	if (id && uname(&host) == 0)
		m.machine = fold(hash(id, host.nodename, strlen(host.nodename)));
	if (boot)
		m.boot = fold(boot);
	if (cf_statat(AT_FDCWD, "/proc/self/ns/pid", &st) == 0)
		m.namespace = fold(st.st_ino);
	return m;
}

/*
 * This process, as each thread has found it out for itself: so there is no lock that fork(2)
 * could find taken.  A child finds it out anew.  serial makes each name another one.
 */
static const struct maker *ourselves(uint64_t *ret_serial)
{
	static _Thread_local struct maker us;
	static _Thread_local uint64_t serial;
	pid_t pid = getpid();

	if (us.pid != (uint32_t)pid) {
		us = find_out(pid);
		if (getrandom(&serial, sizeof serial, GRND_NONBLOCK) < 0)
			serial = (uintptr_t)&serial ^ ((uint64_t)pid << 32);
	}
	*ret_serial = ++serial;
	return &us;
}

/* Returns true if the process that made a name has certainly ended. */
static bool has_ended(const struct maker *m)
{
	uint64_t serial;
	const struct maker *us = ourselves(&serial);

	if (!m->boot || !us->boot)
		return false;
	if (m->boot != us->boot)
		return m->machine && m->machine == us->machine;
	return m->namespace && m->namespace == us->namespace && cf_process_is_gone(m->pid);
}

/* ----------------------------------------------------------------- the names */

/* Returns the checksum of the digits of a name in the directory with that inode number. */
static uint64_t checksum(const char *fields, uint64_t inode)
{
	return hash(hash(HASH_BEGIN, fields, FIELDS_LEN), &inode, sizeof inode);
}

char *cf_temp_name(int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t parent_len = slash ? slash + 1 - name : 0;
	char *temp = malloc(parent_len + CF_TEMP_LEN + 1);
	uint64_t serial, inode = 0;

	if (!temp)
		return NULL;
	memcpy(temp, name, parent_len);
	temp[parent_len] = '\0';
	/* Without the number the name is as good, but nobody will know it again. */
	(void)cf_inode(dir, parent_len ? temp : ".", &inode);
	const struct maker *m = ourselves(&serial);
	char *fields = temp + parent_len + PREFIX_LEN;
	snprintf(temp + parent_len, CF_TEMP_LEN + 1, PREFIX "%08" PRIx32 "%08" PRIx32
		 "%08" PRIx32 "%08" PRIx32 "%016" PRIx64, m->machine, m->boot, m->namespace,
		 m->pid, serial);
	snprintf(fields + FIELDS_LEN, CHECK_LEN + 1, "%016" PRIx64,
		 inode ? checksum(fields, inode) : 0);
	return temp;
}

/* Returns the number in so many digits, and advances *digits. */
static uint64_t parse(const char **digits, unsigned int len)
{
	char number[CHECK_LEN + 1];

	memcpy(number, *digits, len);
	number[len] = '\0';
	*digits += len;
	return strtoull(number, NULL, 16);
}

/* Returns true if name was made in the directory with that inode number; *ret tells by whom. */
static bool is_temp_name(const char *name, uint64_t inode, struct maker *ret)
{
	if (strlen(name) != CF_TEMP_LEN || strncmp(name, PREFIX, PREFIX_LEN) != 0)
		return false;
	const char *fields = name + PREFIX_LEN, *at = fields;
	if (strspn(fields, "0123456789abcdef") != FIELDS_LEN + CHECK_LEN)
		return false;
	ret->machine = parse(&at, 8);
	ret->boot = parse(&at, 8);
	ret->namespace = parse(&at, 8);
	ret->pid = parse(&at, 8);
	(void)parse(&at, 16);
	return parse(&at, CHECK_LEN) == checksum(fields, inode);
}

/* ------------------------------------------------------------------ the sweep */

/* Returns how many of the entries in buf, n bytes from getdents64(2), were removed. */
static int sweep_entries(int dir, uint64_t inode, const char *buf, ssize_t n)
{
	int removed = 0;

	for (ssize_t at = 0; at < n;) {
		const struct cf_dirent *e = (const struct cf_dirent *)(buf + at);
		struct maker m;

		/* unlinkat(2) removes no directory. */
		if (is_temp_name(e->name, inode, &m) && has_ended(&m))
			removed += cf_unlinkat(dir, e->name) == 0;
		at += e->len;
	}
	return removed;
}

int cf_temp_sweep(int dir)
{
	_Alignas(struct cf_dirent) char buf[16 * 1024];
	uint64_t inode;
	int fd = cf_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0), removed = 0;

	if (fd < 0)
		return fd;
	ssize_t n = cf_inode(fd, ".", &inode);
	if (n == 0)
		while ((n = cf_getdents(fd, buf, sizeof buf)) > 0)
			removed += sweep_entries(fd, inode, buf, n);
	cf_close(fd);
	return n < 0 ? (int)n : removed;
}
