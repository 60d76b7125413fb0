/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copyfile_info(): of a live cookie, and of the copy that ended last; names of stages. */
#include <config.h>

#include <pthread.h>

#include "scratch.h"
#include "tap.h"

static void *foreign_info(void *arg)
{
	struct copyfile_info *info = arg;

	memset(info, 0, sizeof *info);
	if (copyfile_info(0, info, sizeof *info) != 0)
		memset(info, 0, sizeof *info);
	return NULL;
}

static void *foreign_failure(void *arg)
{
	struct copyfile_how how = { .flags = COPYFILE_SYNC, .tag = 99 };

	*(int *)arg = copyfileat(AT_FDCWD, "absent", AT_FDCWD, "f", &how, sizeof how);
	return NULL;
}

static void test_last(void)
{
	struct copyfile_how how = { .tag = UINT64_C(0x123456789abcdef0) };
	struct copyfile_info info;
	struct stat st;
	int i, ret;

	put_pattern("src", 100000, 4);
	for (i = 0; i < SCHEDULES; i++) {
		const char *name = schedules[i].name;

		how.flags = schedules[i].flag | COPYFILE_REPLACE;
		ret = finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, "info", &how, sizeof how));
		is_int(ret, 0, "%s: copyfileat with a tag", name);
		info = last_info();
		ok(info.tag == how.tag, "%s: info(0) has the tag", name);
		is_int(info.error, 0, "%s: no error", name);
		is_int(info.stage, COPYFILE_DONE, "%s: stage is DONE", name);
		is_int(info.bytes_total, 100000, "%s: bytes_total", name);
		is_int(info.bytes_done, 100000, "%s: bytes_done", name);
		ok(info.method >= COPYFILE_BY_REFLINK && info.method <= COPYFILE_BY_BUFFER,
		   "%s: a method (%u)", name, info.method);
		ok(!info.hash && !info.compared && !info.digest[0] &&
		   !memcmp(info.digest, info.digest + 1, sizeof info.digest - 1),
		   "%s: no digest, as none was asked for", name);
		is_int(info.changed, 0, "%s: src did not change", name);
		ok(stat("src", &st) == 0 && info.src_dev == st.st_dev &&
		   info.src_ino == st.st_ino && info.src_mtime == st.st_mtim.tv_sec &&
		   info.src_mtime_ns == st.st_mtim.tv_nsec && info.src_links == st.st_nlink,
		   "%s: what src is", name);

		ret = finish(copyfileat(AT_FDCWD, "absent", AT_FDCWD, "dst", &how, sizeof how));
		info = last_info();
		ok(ret == -ENOENT && info.error == ret, "%s: a failure is in error", name);
		is_int(info.stage, COPYFILE_OPEN_SRC, "%s: no source: stage OPEN_SRC", name);
		is_int(info.partial, COPYFILE_PARTIAL_NONE, "%s: it left nothing", name);
		ok(!info.src_ino && !info.src_links, "%s: and nothing is known of it", name);

		ret = finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, "no/dst", &how, sizeof how));
		info = last_info();
		ok(ret == -ENOENT && info.error == ret, "%s: no directory to go to", name);
		is_int(info.stage, COPYFILE_OPEN_DST, "%s: stage OPEN_DST", name);
		is_int(info.bytes_done, 0, "%s: nothing done", name);
	}
}

static void test_of_this_thread(void)
{
	struct copyfile_how how = { .flags = COPYFILE_SYNC | COPYFILE_REPLACE, .tag = 7 };
	struct copyfile_info other;
	pthread_t thread;
	int ret;

	ret = copyfileat(AT_FDCWD, "src", AT_FDCWD, "info", &how, sizeof how);
	is_int(ret, 0, "a copy in this thread");
	pthread_create(&thread, NULL, foreign_info, &other);
	pthread_join(thread, NULL);
	ok(other.tag != 7, "another thread does not see it as its own");
	ret = 0;
	pthread_create(&thread, NULL, foreign_failure, &ret);
	pthread_join(thread, NULL);
	is_int(ret, -ENOENT, "a failure in another thread");
	is_int(last_info().tag, 7, "leaves the description in this one");
}

/* After a copy with the tag 7 */
static void test_live(void)
{
	struct copyfile_how how = { .flags = LONG_FLAGS, .tag = 8 };
	struct copyfile_info info;
	int cookie;

	long_setup(0, 0);
	cookie = copyfileat(AT_FDCWD, "long", AT_FDCWD, "dst", &how, sizeof how);
	wait_for_data(cookie);
	memset(&info, 0xff, sizeof info);
	is_int(copyfile_info(cookie, &info, sizeof info), 0, "info of a live cookie");
	is_int(info.tag, 8, "its tag");
	is_int(info.bytes_total, LONG_SIZE, "its size");
	ok(info.bytes_done > 0 && info.bytes_done <= info.bytes_total, "some of it is done");
	is_int(info.error, 0, "no error yet");
	ok(info.stage > COPYFILE_QUEUED && info.stage < COPYFILE_DONE, "on its way (%u)",
	   info.stage);
	is_int(last_info().tag, 7, "a start that gave a cookie is not yet the last copy");
	cancel(cookie);
	is_int(last_info().tag, 8, "the release makes it the last copy");
	is_int(last_info().error, -ECANCELED, "with its error");
	is_int(last_info().partial, COPYFILE_PARTIAL_REMOVED, "and what it left");
}

static void test_ended(void)
{
	struct copyfile_info info;
	int cookie;

	cookie = copyfile("src", "no/dst", COPYFILE_ASYNC);
	ok(cookie > 0 && readable(cookie, 60000), "a copy has ended");
	is_int(copyfile_info(cookie, &info, sizeof info), 0, "info still knows it");
	is_int(info.error, -ENOENT, "with its error");
	is_int(finish(cookie), -ENOENT, "and releases nothing");
}

/* In the order in which a copy goes through them; READ, WRITE and MOVE take turns. */
static const unsigned int stages[] = {
	COPYFILE_QUEUED, COPYFILE_OPEN_SRC, COPYFILE_OPEN_DST, COPYFILE_READ, COPYFILE_WRITE,
	COPYFILE_MOVE, COPYFILE_COMPARE, COPYFILE_SETATTR, COPYFILE_FLUSH, COPYFILE_PUBLISH,
	COPYFILE_DONE,
};

static void test_stage_names(void)
{
	static const unsigned int unknown[] = { 1, 45, 85, 99, 101, 1000, UINT32_MAX };
	unsigned int i, j, n = sizeof stages / sizeof stages[0];
	const char *name;

	for (i = 0; i < n; i++) {
		name = copyfile_stage_name(stages[i]);
		ok(name && *name != '\0', "stage %u has a name", stages[i]);
		for (j = 0; name && j < i; j++)
			if (strcmp(name, copyfile_stage_name(stages[j])) == 0)
				ok(false, "stages %u and %u are both called %s", stages[i],
				   stages[j], name);
		if (i > 0)
			ok(stages[i] >= stages[i - 1] + 5,
			   "%s comes after %s, with room for stages between them", name,
			   copyfile_stage_name(stages[i - 1]));
	}
	name = copyfile_stage_name(UINT32_MAX - 1);
	for (i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		ok(copyfile_stage_name(unknown[i]) == name, "stage %u is \"%s\"", unknown[i],
		   name);
}

int main(void)
{
	scratch_enter("info");
	long_setup(0, 0);
	test_last();
	test_of_this_thread();
	test_live();
	test_ended();
	test_stage_names();
	return scratch_done();
}
