/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * COPYFILE_CANCEL: of a copy that waits its turn, that runs, and that is over;
 * and what is left of the destination.
 */
#include <config.h>

#include <pthread.h>

#include "scratch.h"
#include "tap.h"

static void test_queued(void)
{
	struct copyfile_info info;
	int running, queued, ret;

	put_text("src", "never copied");
	running = long_start("running", 0);
	wait_for_data(running);
	queued = copyfile("src", "queued", COPYFILE_ASYNC);
	ok(queued > 0, "a copy behind one that takes the only thread");
	ok(!readable(queued, 0), "waits");
	is_int(copyfile_info(queued, &info, sizeof info), 0, "it can be described");
	is_int(info.stage, COPYFILE_QUEUED, "as QUEUED");
	ret = copyfile_ctrl(queued, COPYFILE_STATUS);
	is_int(ret, 100, "100 percent remain");
	ret = copyfile_ctrl(queued, COPYFILE_CANCEL);
	is_int(ret, 100, "COPYFILE_CANCEL tells that all of it remained");
	is_int(finish(queued), -ECANCELED, "it ends with ECANCELED");
	info = last_info();
	is_int(info.error, -ECANCELED, "info has that");
	is_int(info.partial, COPYFILE_PARTIAL_NONE, "it left nothing: never begun");
	if (copyfile_ctrl(running, COPYFILE_STATUS) > 0)
		ok(true, "without waiting for the one before it");
	else
		skip(1, "the long copy is over: can't tell whether it was waited for");
	ok(!exists("queued"), "there is no destination");
	is_int(cancel(running), -ECANCELED, "the running one is cancelled, too");
	ok(!exists("running"), "its destination is gone");

	/* In the middle of the queue */
	running = long_start("running", 0);
	{
		int q[5], i, good = 0;
		char name[8];

		for (i = 0; i < 5; i++) {
			snprintf(name, sizeof name, "q%d", i);
			q[i] = copyfile("src", name, COPYFILE_ASYNC);
		}
		ok(copyfile_ctrl(q[2], COPYFILE_CANCEL) > 0, "cancel one in mid-queue");
		is_int(cancel(running), -ECANCELED, "cancel the one ahead");
		for (i = 0; i < 5; i++)
			if (finish(q[i]) == (i == 2 ? -ECANCELED : 0))
				good++;
		is_int(good, 5, "the others are done, in spite of it");
		ok(!exists("q2") && holds("q4", "never copied"), "and their files are there");
		for (i = 0; i < 5; i++) {
			snprintf(name, sizeof name, "q%d", i);
			drop(name);
		}
	}
}

static void test_running(void)
{
	struct copyfile_info info;
	int cookie, ret;

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0 && ret <= 100, "CANCEL of a running copy gives > 0 (%d)", ret);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0, "so does a second one, whether it has ended by then or not (%d)", ret);
	is_int(finish(cookie), -ECANCELED, "the result is ECANCELED");
	info = last_info();
	is_int(info.partial, COPYFILE_PARTIAL_REMOVED, "the file was removed");
	ok(info.bytes_done < (uint64_t)LONG_SIZE, "before it was complete");
	ok(!exists("dst"), "it is not there");

	put_text("dst", "old");
	cookie = long_start("dst", COPYFILE_TRUNCATE);
	wait_for_data(cookie);
	is_int(cancel(cookie), -ECANCELED, "cancelled while rewriting in place");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "the file is kept, incomplete");
	ok(exists("dst") && !holds("dst", "old"), "it is there");
	drop("dst");

	cookie = long_start("dst", COPYFILE_KEEP_PARTIAL);
	wait_for_data(cookie);
	is_int(cancel(cookie), -ECANCELED, "cancelled with KEEP_PARTIAL");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "the new file is kept");
	ok(exists("dst") && stat_of("dst").st_size > 0, "with what was done");
	drop("dst");
}

static void test_after_end(void)
{
	int cookie, failed;

	put_text("src", "all of it");
	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	failed = copyfile("absent", "dst2", COPYFILE_ASYNC);
	ok(readable(cookie, 60000) && readable(failed, 60000), "two copies have ended");
	is_int(copyfile_ctrl(cookie, COPYFILE_CANCEL), 1, "CANCEL of one that is done gives 1");
	is_int(copyfile_ctrl(cookie, COPYFILE_CANCEL), 1, "and again");
	ok(holds("dst", "all of it"), "it stays done");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), 0, "STATUS gives its result");
	is_int(copyfile_ctrl(cookie, COPYFILE_CANCEL), -EBADF, "and releases it");
	is_int(copyfile_ctrl(failed, COPYFILE_CANCEL), 1, "CANCEL of one that failed gives 1");
	is_int(copyfile_ctrl(failed, COPYFILE_WAIT), -ENOENT, "WAIT gives its error");
	is_int(copyfile_ctrl(failed, COPYFILE_STATUS), -EBADF, "and releases it");
	drop("dst");
}

/* A cancel that comes at any moment: done and whole, or cancelled and gone */
static void test_race(void)
{
	int i, done = 0, cancelled = 0, wrong = 0;

	put_pattern("src", 200000, 1);
	for (i = 0; i < 400; i++) {
		struct timespec pause = { .tv_nsec = (i % 40) * 5000 };
		int cookie = copyfile("src", "dst", COPYFILE_ASYNC), ret;

		if (cookie <= 0) {
			wrong++;
			continue;
		}
		nanosleep(&pause, NULL);
		ret = cancel(cookie);
		if (ret == 0 && same_data("src", "dst"))
			done++;
		else if (ret == -ECANCELED && !exists("dst"))
			cancelled++;
		else
			wrong++;
		drop("dst");
	}
	is_int(wrong, 0, "400 cancels at random: %d too late, %d in time, none half", done,
	       cancelled);
}

static void *read_late(void *arg)
{
	char *got = arg;
	int fd;

	usleep(50000);
	fd = open("fifo", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, got, 9) != 9)
		got[0] = '\0';
	close(fd);
	return NULL;
}

/* What waits in open(2): a FIFO in the place of the destination has no reader. */
static void test_fifo(void)
{
	char got[16] = "";
	pthread_t reader;
	int cookie;

	put_text("src", "all of it");
	if (mkfifo("fifo", 0600) != 0)
		bail_out("mkfifo: %s", strerror(errno));
	cookie = copyfile("src", "fifo", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	ok(cookie > 0 && !readable(cookie, 50), "a copy into a FIFO waits for its reader");
	is_int(cancel(cookie), -ECANCELED, "and can be cancelled");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "nothing was written");
	cookie = copyfile("src", "fifo", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	pthread_create(&reader, NULL, read_late, got);
	is_int(finish(cookie), 0, "where one comes it is done");
	pthread_join(reader, NULL);
	ok(!strcmp(got, "all of it"), "and the reader has the data");
	drop("fifo");
	drop("src");
}

#define PIPEFUL (1 << 20)

static void *read_all(void *arg)
{
	size_t *got = arg;
	char buf[4096];
	int fd = open("fifo", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	usleep(50000);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		*got += n;
	close(fd);
	return NULL;
}

/* What waits in write(2): a FIFO is full, and its reader does not read. */
static void test_full_fifo(void)
{
	pthread_t reader;
	size_t got = 0;
	int cookie, idle;

	put_pattern("src", PIPEFUL, 1);
	if (mkfifo("fifo", 0600) != 0)
		bail_out("mkfifo: %s", strerror(errno));
	idle = open("fifo", O_RDWR | O_CLOEXEC);
	cookie = copyfile("src", "fifo", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	ok(cookie > 0 && !readable(cookie, 50), "a copy into a FIFO waits for room in it");
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0, "it is asked to stop");
	bool ended = readable(cookie, 2000);
	ok(ended, "and ends when it is cancelled");
	close(idle);
	is_int(finish(cookie), -ECANCELED, "as cancelled");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "some was written");
	pthread_create(&reader, NULL, read_all, &got);
	is_int(finish(copyfile("src", "fifo", COPYFILE_TRUNCATE | COPYFILE_ASYNC)), 0,
	       "where somebody reads it is done");
	pthread_join(reader, NULL);
	is_int(got, PIPEFUL, "and the reader has the data");
	drop("fifo");
	drop("src");
}

/* Whoever took the name meanwhile keeps it */
static void test_name_taken(void)
{
	int cookie;

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	put_text("dst", "somebody else's");
	is_int(cancel(cookie), -ECANCELED, "cancelled after its name was taken");
	ok(holds("dst", "somebody else's"), "the other file is left alone");
	drop("dst");

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	drop("dst");
	is_int(cancel(cookie), -ECANCELED, "cancelled after its name was removed");
	ok(!exists("dst"), "nothing is there");

	cookie = long_start("dst", COPYFILE_REPLACE);
	wait_for_data(cookie);
	put_text("dst", "somebody else's");
	is_int(cancel(cookie), -ECANCELED, "REPLACE, cancelled after the name was taken");
	ok(holds("dst", "somebody else's"), "the other file is left alone");
	drop("dst");
}

int main(void)
{
	scratch_enter("cancel");
	long_setup(1, 0);
	test_queued();
	test_running();
	test_name_taken();
	test_fifo();
	test_full_fifo();
	test_after_end();
	test_race();
	is_int(count_names("."), 2, "no temporary name is left");
	return scratch_done();
}
