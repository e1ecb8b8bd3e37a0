// SPDX-License-Identifier: GPL-2.0
/* The kernel's last words: which, and of when. */
#include <sys/time.h>
#include <time.h>
#include <utmpx.h>

#include "tree.h"

#include "gather.h"

/* A boot that began at 1000000 s */
static void look(const struct tree *tree, struct reset_evidence *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->now = (struct moment){ 1000050000, 50000, -1 };
	gather_words(tree->root, ev);
}

static void add(const struct tree *tree, const char *name, const char *text,
		time_t mtime)
{
	const struct timeval times[2] = { { mtime, 0 }, { mtime, 0 } };
	char path[512];

	tree_file(tree, name, text);
	tree_path(tree, name, path, sizeof(path));
	assert_int_equal(utimes(path, times), 0);
}

static void expect(const struct reset_evidence *ev, enum words words,
		   int64_t at_s, const char *line)
{
	assert_int_equal(ev->last.words, words);
	assert_int_equal(ev->last.at_s, at_s);
	assert_string_equal(ev->last.line, line);
}

static void words(void **state)
{
	struct reset_evidence ev;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	look(&tree, &ev);
	expect(&ev, WORDS_NONE, -1, "");
	assert_false(ev.pstore);
	tree_file(&tree, "/sys/module/pstore/parameters/backend", "(null)\n");
	look(&tree, &ev);
	assert_false(ev.pstore);
	tree_file(&tree, "/sys/module/pstore/parameters/backend", "erst\n");
	add(&tree, "/sys/fs/pstore/console-ramoops-0", "Kernel panic - not syncing: x\n",
	    999990);
	look(&tree, &ev);
	assert_true(ev.pstore);
	expect(&ev, WORDS_NONE, -1, "");

	add(&tree, "/sys/fs/pstore/dmesg-erst-1", "Oops#1 Part1\nrubbish\n",
	    999000);
	look(&tree, &ev);
	expect(&ev, WORDS_OTHER, 999000, "Oops#1 Part1");
	/* parts of one end: the one that tells, whatever the order */
	add(&tree, "/sys/fs/pstore/dmesg-erst-2", "Panic#1 Part2\nrubbish\n",
	    999500);
	add(&tree, "/sys/fs/pstore/dmesg-erst-3", "more\n", 999500);
	look(&tree, &ev);
	expect(&ev, WORDS_PANIC, 999500, "Panic#1 Part2");
	add(&tree, "/sys/fs/pstore/dmesg-erst-4",
	    "Emergency#1 Part1\n<2>[ 9.1] softdog: Initiating system reboot\n",
	    999800);
	look(&tree, &ev);
	expect(&ev, WORDS_SOFTDOG, 999800, "softdog: Initiating system reboot");
	/* later than this kernel's start it was not spoken by the one before */
	add(&tree, "/sys/fs/pstore/dmesg-erst-5",
	    "Kernel panic - not syncing: \x1b[2J\n", 1000002);
	look(&tree, &ev);
	expect(&ev, WORDS_SOFTDOG, 999800, "softdog: Initiating system reboot");
	tree_remove(&tree);

	/* but the clock was set by an RTC that shows whole seconds */
	tree_make(&tree);
	add(&tree, "/sys/fs/pstore/dmesg-ramoops-0",
	    "Emergency#1 Part1\n<2>[ 9.1] softdog: Initiating system reboot\n",
	    1000001);
	look(&tree, &ev);
	expect(&ev, WORDS_SOFTDOG, 1000001, "softdog: Initiating system reboot");
	tree_remove(&tree);

	tree_make(&tree);
	add(&tree, "/sys/fs/pstore/dmesg-erst-5",
	    "Kernel panic - not syncing: \x1b[2J\n", 1000002);
	look(&tree, &ev);
	expect(&ev, WORDS_PANIC, -1, "Kernel panic - not syncing: ?[2J");
	tree_remove(&tree);

	/* moved away by systemd: what, but not when */
	tree_make(&tree);
	add(&tree, "/var/lib/systemd/pstore/17/000/dmesg.txt",
	    "Kernel panic - not syncing: y\n", 999500);
	look(&tree, &ev);
	expect(&ev, WORDS_PANIC, -1, "Kernel panic - not syncing: y");
	tree_remove(&tree);
}

/* A record without a time gets that of the mount, be it in the first second. */
static void undated(void **state)
{
	struct reset_evidence ev;
	struct tree tree;
	struct timespec now;

	(void)state;
	tree_make(&tree);
	tree_file(&tree, "/sys/fs/pstore/dmesg-erst-5",
		  "Kernel panic - not syncing: z\n");
	clock_gettime(CLOCK_REALTIME, &now);
	memset(&ev, 0, sizeof(ev));
	ev.now.realtime_ms = now.tv_sec * 1000;
	gather_words(tree.root, &ev);
	expect(&ev, WORDS_PANIC, -1, "Kernel panic - not syncing: z");
	tree_remove(&tree);
}

static void log_to(const char *path, int type, const char *user, int64_t at_s)
{
	struct utmpx entry = { .ut_type = type, .ut_line = "~" };

	strcpy(entry.ut_user, user);
	entry.ut_tv.tv_sec = at_s;
	updwtmpx(path, &entry);
}

static enum wtmp wtmp_of(const struct tree *tree)
{
	struct reset_evidence ev;

	assert_int_equal(gather_evidence(tree->root, tree->root, &ev), 0);
	return ev.wtmp;
}

static void wtmp(void **state)
{
	struct moment now;
	struct tree tree;
	int64_t start_s;
	char path[512];

	(void)state;
	moment_now("", &now);
	start_s = (now.realtime_ms - now.boottime_ms) / 1000;
	tree_make(&tree);
	assert_int_equal(wtmp_of(&tree), WTMP_SILENT);
	tree_file(&tree, "/var/log/wtmp", "");
	tree_path(&tree, "/var/log/wtmp", path, sizeof(path));
	assert_int_equal(wtmp_of(&tree), WTMP_SILENT);
	log_to(path, BOOT_TIME, "reboot", start_s - 1000);
	log_to(path, USER_PROCESS, "root", start_s - 900);
	assert_int_equal(wtmp_of(&tree), WTMP_ABRUPT);
	log_to(path, RUN_LVL, "shutdown", start_s - 100);
	assert_int_equal(wtmp_of(&tree), WTMP_SHUTDOWN);
	/* this boot, and its own end under way */
	log_to(path, BOOT_TIME, "reboot", start_s + 1);
	log_to(path, RUN_LVL, "shutdown", start_s + 50);
	assert_int_equal(wtmp_of(&tree), WTMP_SHUTDOWN);
	tree_remove(&tree);

	tree_make(&tree);
	tree_file(&tree, "/var/log/wtmp", "");
	tree_path(&tree, "/var/log/wtmp", path, sizeof(path));
	log_to(path, RUN_LVL, "shutdown", start_s - 2000);
	log_to(path, BOOT_TIME, "reboot", start_s - 1000);
	log_to(path, BOOT_TIME, "reboot", start_s + 1);
	log_to(path, RUN_LVL, "shutdown", start_s + 50);
	assert_int_equal(wtmp_of(&tree), WTMP_ABRUPT);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(undated),
		cmocka_unit_test(wtmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
