/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directories of a copy are kept, in as few descriptors as that takes. */
#include <config.h>

#include "pin.h"

#include "scratch.h"
#include "tap.h"

static int open_dir(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		bail_out("%s: %s", name, strerror(errno));
	return fd;
}

/* Returns how many descriptors a pin of these takes, or -errno; none is left. */
static int descriptors(int src_dir, const char *src, int dst_dir, const char *dst)
{
	int before = count_fds(), r, n;
	struct cf_pin pin;

	r = cf_pin_get(&pin, src_dir, src, dst_dir, dst);
	n = count_fds() - before;
	if (r < 0) {
		ok(!pin.held && n == 0, "what fails holds nothing");
		return r;
	}
	cf_pin_put(&pin);
	is_int(count_fds(), before, "nothing is left of a pin");
	return n;
}

static void test_few(void)
{
	int a = open_dir("a"), b = open_dir("b");

	is_int(descriptors(a, "f", b, "f"), 2, "two directories take two descriptors");
	is_int(descriptors(a, "f", a, "g"), 1, "one directory takes one");
	is_int(descriptors(AT_FDCWD, "f", AT_FDCWD, "g"), 1, "so does the working directory");
	is_int(descriptors(AT_FDCWD, "f", a, "g"), 2, "which is another one");
	is_int(descriptors(a, "/f", b, "g"), 1, "an absolute name needs none");
	is_int(descriptors(a, "f", -1, "/g"), 1, "nor does an absolute destination");
	is_int(descriptors(-1, "/f", -1, "/g"), 0, "two absolute names need nothing");
	close(a);
	close(b);
}

static void test_failure(void)
{
	int a = open_dir("a");

	is_int(descriptors(-1, "f", a, "g"), -EBADF, "no source directory");
	is_int(descriptors(a, "f", -1, "g"), -EBADF, "no destination directory");
	close(a);
}

/* The caller closes its descriptors, and goes elsewhere. */
static void test_kept(void)
{
	int a = open_dir("a");
	struct cf_pin pin;

	is_int(cf_pin_get(&pin, a, "f", AT_FDCWD, "g"), 0, "a pin");
	close(a);
	if (chdir("b") != 0)
		bail_out("chdir: %s", strerror(errno));
	is_int(faccessat(pin.src_dir, "in-a", F_OK, 0), 0, "the source directory is still there");
	is_int(faccessat(pin.dst_dir, "in-cwd", F_OK, 0), 0, "so is the old working directory");
	if (chdir("..") != 0)
		bail_out("chdir: %s", strerror(errno));
	cf_pin_put(&pin);
	ok(!pin.held, "it holds nothing then");
	cf_pin_put(&pin);
	ok(!pin.held, "and may be put again");
}

int main(void)
{
	scratch_enter("pin");
	mkdir("a", 0755);
	mkdir("b", 0755);
	put_text("a/in-a", "");
	put_text("in-cwd", "");
	test_few();
	test_failure();
	test_kept();
	return scratch_done();
}
