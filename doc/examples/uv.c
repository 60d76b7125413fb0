/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * uv - copy files into a directory from a loop of libuv
 *
 *     uv [-l BYTES] [-c FILE] DIRECTORY FILE...
 *
 *     cc uv.c $(pkg-config --cflags --libs libuv libcopyfile)
 *
 * Each tenth of a second it prints how many bytes are copied.  -l is the most bytes a second; -c
 * cancels the copy of that file after 0.3 s.
 *
 * The loop never waits for a file: COPYFILE_ASYNC gives each copy a cookie, which a uv_poll_t
 * watches.  As libuv uses epoll, uv_poll_stop() comes before the call that may release a cookie:
 * its descriptor stays open, and is used again for a later one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>
#include <uv.h>

enum { WINDOW = 64, TICK_MS = 100, CANCEL_MS = 300 };

struct copy {
	uv_poll_t poll;	/* first, so that a handle is its copy */
	int cookie;	/* 0: there is none */
};

static uv_loop_t loop;
static uv_timer_t ticker, canceller;
static uv_poll_t room;
static bool awaits_room;
static char **files;
static int nfiles, next; /* files[next] is to be started */
static struct copy *copies;
static int dir, pending;
static const char *victim;
static int copied, cancelled, failed;
static uint64_t bytes;	/* of copies that have ended */

static void start_more(void);

static void
ended(const struct copyfile_info *info)
{
	const char *name = files[info->tag];

	bytes += info->bytes_done;
	if (info->error == 0) {
		copied++;
	} else if (info->error == -ECANCELED) {
		cancelled++;
		printf("%s: cancelled\n", name);
	} else {
		failed++;
		fprintf(stderr, "uv: %s: %s: %s\n", name, copyfile_stage_name(info->stage),
			strerror(-info->error));
	}
}

static void
cookie_ready(uv_poll_t *poll, int status, int events)
{
	struct copy *copy = (struct copy *)poll;
	struct copyfile_info info;

	(void)status, (void)events;
	uv_poll_stop(poll);
	if (copyfile_ctrl_info(copy->cookie, COPYFILE_STATUS, &info, sizeof(info)) > 0) {
		uv_poll_start(poll, UV_READABLE, cookie_ready);
		return;
	}
	copy->cookie = 0;
	uv_close((uv_handle_t *)poll, NULL);
	pending--;
	ended(&info);
	start_more();
}

static void
room_closed(uv_handle_t *handle)
{
	(void)handle;
	awaits_room = false;
	start_more();
}

static void
room_ready(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	uv_poll_stop(poll);
	uv_close((uv_handle_t *)poll, room_closed);
}

/* Have start_more() called when there is room; false if that cannot be */
static bool
await_room(void)
{
	int fd = copyfile_room_fd(0);

	awaits_room = fd >= 0 && uv_poll_init(&loop, &room, fd) == 0;
	if (awaits_room)
		uv_poll_start(&room, UV_READABLE, room_ready);
	/* Else the next copy that ends is the occasion. */
	return awaits_room || pending > 0;
}

static void
watch(struct copy *copy, int cookie)
{
	if (uv_poll_init(&loop, &copy->poll, cookie) < 0 ||
	    uv_poll_start(&copy->poll, UV_READABLE, cookie_ready) < 0) {
		fprintf(stderr, "uv: a cookie cannot be watched\n");
		exit(1); /* which cancels what is pending */
	}
	copy->cookie = cookie;
	pending++;
}

/* Returns false if there is no room for it now */
static bool
start(int number)
{
	struct copyfile_info info = { 0 };
	struct copyfile_how how = { 0 };
	const char *src = files[number];
	const char *slash = strrchr(src, '/');
	int ret;

	how.flags = COPYFILE_ASYNC | COPYFILE_MODE;
	how.tag = number;
	how.result = &info;
	how.result_size = sizeof(info);
	ret = copyfileat(AT_FDCWD, src, dir, slash ? slash + 1 : src, &how, sizeof(how));
	if (ret == -EAGAIN && await_room())
		return false;
	if (ret > 0)
		watch(&copies[number], ret);
	else
		ended(&info);
	return true;
}

static void
start_more(void)
{
	while (next < nfiles && pending < WINDOW && !awaits_room && start(next))
		next++;
	if (next == nfiles && pending == 0) {
		/* Without them nothing is left in the loop, and it ends. */
		uv_timer_stop(&ticker);
		uv_timer_stop(&canceller);
	}
}

static void
tick(uv_timer_t *timer)
{
	static uint64_t shown = UINT64_MAX;
	struct copyfile_info info;
	uint64_t sum = bytes;
	int i;

	(void)timer;
	for (i = 0; i < next; i++)
		if (copies[i].cookie &&
		    copyfile_info(copies[i].cookie, &info, sizeof(info)) == 0)
			sum += info.bytes_done;
	if (sum != shown)
		printf("%" PRIu64 " bytes\n", sum);
	shown = sum;
}

/* What comes of it is told when the cookie is ready. */
static void
cancel(uv_timer_t *timer)
{
	int i;

	(void)timer;
	for (i = 0; i < next; i++)
		if (copies[i].cookie && strcmp(files[i], victim) == 0 &&
		    copyfile_ctrl(copies[i].cookie, COPYFILE_CANCEL) < 0)
			fprintf(stderr, "uv: %s: cannot be cancelled\n", victim);
}

static void
run(void)
{
	uv_loop_init(&loop);
	uv_timer_init(&loop, &ticker);
	uv_timer_init(&loop, &canceller);
	uv_timer_start(&ticker, tick, TICK_MS, TICK_MS);
	if (victim)
		uv_timer_start(&canceller, cancel, CANCEL_MS, 0);
	start_more();
	uv_run(&loop, UV_RUN_DEFAULT);
	tick(NULL);
	uv_close((uv_handle_t *)&ticker, NULL);
	uv_close((uv_handle_t *)&canceller, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

int
main(int argc, char **argv)
{
	struct copyfile_limits limits = { 0 };
	int option;

	while ((option = getopt(argc, argv, "c:l:")) != -1) {
		if (option == 'c')
			victim = optarg;
		else if (option == 'l')
			limits.bytes = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: uv [-l BYTES] [-c FILE] DIRECTORY FILE...\n");
		return 2;
	}
	files = argv + optind + 1;
	nfiles = argc - optind - 1;
	copies = calloc(nfiles, sizeof(*copies));
	dir = open(argv[optind], O_RDONLY | O_DIRECTORY);
	if (!copies || dir < 0 || copyfile_limit(&limits, sizeof(limits)) < 0) {
		fprintf(stderr, "uv: %s: %s\n", argv[optind], strerror(errno));
		return 1;
	}
	run();
	printf("%d copied, %d cancelled, %d failed\n", copied, cancelled, failed);
	free(copies);
	close(dir);
	return failed > 0;
}
