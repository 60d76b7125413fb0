/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * glib - copy files into a directory from the main loop of GLib
 *
 *     glib [-l BYTES] [-c FILE] DIRECTORY FILE...
 *
 *     cc glib.c $(pkg-config --cflags --libs glib-2.0 libcopyfile)
 *
 * Each tenth of a second it prints how many bytes are copied.  -l is the most bytes a second; -c
 * cancels the copy of that file after 0.3 s.
 *
 * The loop never waits for a file: COPYFILE_ASYNC gives each copy a cookie, which is a source of
 * the loop.  The loop uses poll(), so nothing has to be removed before a cookie is released.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <libcopyfile.h>

enum { WINDOW = 64, TICK_MS = 100, CANCEL_MS = 300 };

static GMainLoop *loop;
static char **files;
static int nfiles, next; /* files[next] is to be started */
static int *cookies;	 /* of each file; 0: there is none */
static int dir, pending;
static guint room;	 /* the source that waits for room */
static const char *victim;
static int copied, cancelled, failed;
static guint64 bytes;	 /* of copies that have ended */

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
		g_print("%s: cancelled\n", name);
	} else {
		failed++;
		g_printerr("glib: %s: %s: %s\n", name, copyfile_stage_name(info->stage),
			   g_strerror(-info->error));
	}
}

static gboolean
cookie_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct copyfile_info info;

	(void)condition;
	if (copyfile_ctrl_info(fd, COPYFILE_STATUS, &info, sizeof(info)) > 0)
		return G_SOURCE_CONTINUE;
	cookies[GPOINTER_TO_INT(data)] = 0;
	pending--;
	ended(&info);
	start_more();
	return G_SOURCE_REMOVE;
}

static gboolean
room_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd, (void)condition, (void)data;
	room = 0;
	start_more();
	return G_SOURCE_REMOVE;
}

/* Returns FALSE if there is no room for it now */
static gboolean
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
	if (ret == -EAGAIN) {
		int fd = copyfile_room_fd(0);

		if (fd >= 0)
			room = g_unix_fd_add(fd, G_IO_IN, room_ready, NULL);
		/* Else the next copy that ends is the occasion. */
		if (fd >= 0 || pending > 0)
			return FALSE;
	}
	if (ret > 0) {
		cookies[number] = ret;
		pending++;
		g_unix_fd_add(ret, G_IO_IN, cookie_ready, GINT_TO_POINTER(number));
	} else {
		ended(&info);
	}
	return TRUE;
}

static void
start_more(void)
{
	while (next < nfiles && pending < WINDOW && room == 0 && start(next))
		next++;
	if (next == nfiles && pending == 0)
		g_main_loop_quit(loop);
}

static gboolean
tick(gpointer data)
{
	static guint64 shown = G_MAXUINT64;
	struct copyfile_info info;
	guint64 sum = bytes;
	int i;

	(void)data;
	for (i = 0; i < next; i++)
		if (cookies[i] && copyfile_info(cookies[i], &info, sizeof(info)) == 0)
			sum += info.bytes_done;
	if (sum != shown)
		g_print("%" G_GUINT64_FORMAT " bytes\n", sum);
	shown = sum;
	return G_SOURCE_CONTINUE;
}

/* What comes of it is told when the cookie is ready. */
static gboolean
cancel(gpointer data)
{
	int i;

	(void)data;
	for (i = 0; i < next; i++)
		if (cookies[i] && strcmp(files[i], victim) == 0 &&
		    copyfile_ctrl(cookies[i], COPYFILE_CANCEL) < 0)
			g_printerr("glib: %s: cannot be cancelled\n", victim);
	return G_SOURCE_REMOVE;
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
			limits.bytes = g_ascii_strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 2) {
		g_printerr("usage: glib [-l BYTES] [-c FILE] DIRECTORY FILE...\n");
		return 2;
	}
	dir = open(argv[optind], O_RDONLY | O_DIRECTORY);
	if (dir < 0 || copyfile_limit(&limits, sizeof(limits)) < 0) {
		g_printerr("glib: %s: %s\n", argv[optind], g_strerror(errno));
		return 1;
	}
	files = argv + optind + 1;
	nfiles = argc - optind - 1;
	cookies = g_new0(int, nfiles);
	loop = g_main_loop_new(NULL, FALSE);
	g_timeout_add(TICK_MS, tick, NULL);
	if (victim)
		g_timeout_add(CANCEL_MS, cancel, NULL);
	start_more();
	/* If all have failed already, none of its sources would end the loop. */
	if (next < nfiles || pending > 0)
		g_main_loop_run(loop);
	tick(NULL);
	g_print("%d copied, %d cancelled, %d failed\n", copied, cancelled, failed);
	g_main_loop_unref(loop);
	g_free(cookies);
	close(dir);
	return failed > 0;
}
