// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog API, as Documentation/watchdog/watchdog-api.rst has it, on each
 * watchdog that is present: single open, magic close, keepalives by write and by
 * ioctl, the bounds of the timeout, pretimeout, options.
 *
 * Every test arms the device and disarms it again, also when it is interrupted.
 * A device that could not be disarmed (nowayout), that another process holds or
 * that was left armed is skipped. With -f firing must be harmless, as it is with
 * softdog and soft_noboot=1: then the device is also left to fire, and nowayout
 * is set on it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "dog.h"

#define MAX_DOGS	32

static const struct test {
	const char *name;
	int (*run)(struct dog *dog);
} tests[] = {
	{ "says what it is", test_support },
	{ "open arms it", test_open_arms },
	{ "only one can open it", test_single_open },
	{ "V and close disarm it", test_magic_close },
	{ "close without V leaves it armed", test_close_without_magic },
	{ "V counts only if it is in the last write", test_magic_is_last },
	{ "keepalives by write", test_keepalive_write },
	{ "keepalives by ioctl", test_keepalive_ioctl },
	{ "timeout of 0 s", test_timeout_zero },
	{ "timeout of 1 s", test_timeout_one },
	{ "timeout of max_timeout", test_timeout_max },
	{ "timeout of max_timeout + 1", test_timeout_over_max },
	{ "timeout of -1 s", test_timeout_minus_one },
	{ "timeout of INT_MAX s", test_timeout_int_max },
	{ "pretimeout", test_pretimeout },
	{ "options", test_options },
	{ "an unknown ioctl", test_unknown_ioctl },
	{ "without keepalives it fires", test_fires },
	{ "with nowayout V does not disarm it", test_nowayout },
};

#define N_TESTS ((int)ARRAY_SIZE(tests))

/* NULL if its tests can run; it is armed and disarmed for that */
static const char *unfit(struct dog *dog)
{
	int fd;

	dog->min = read_number(dog, "min_timeout");
	dog->max = read_number(dog, "max_timeout");
	if (read_number(dog, "nowayout") == 1)
		return "nowayout is set: it could not be disarmed";
	if (state_is(dog, "active"))
		return "it is armed already";
	fd = dog_open(dog);
	if (fd < 0)
		return strerror(errno);
	if (ioctl(fd, WDIOC_GETSUPPORT, &dog->info))
		memset(&dog->info, 0, sizeof(dog->info));
	dog->info.identity[sizeof(dog->info.identity) - 1] = '\0';
	dog->timeout = get_timeout(fd);
	dog->stays_armed = dog_close(dog, fd) != PASSED;
	return dog->stays_armed ? "it cannot be disarmed" : NULL;
}

static void run_one(struct dog *dog, const struct test *test, const char *reason)
{
	int rc;

	if (dog->stays_armed && test->run == test_magic_close)
		rc = failed("%s", reason);
	else if (reason)
		rc = skipped("%s", reason);
	else
		rc = test->run(dog);
	if (rc == PASSED)
		ksft_test_result_pass("%s: %s\n", dog->node, test->name);
	else if (rc == SKIPPED)
		ksft_test_result_skip("%s: %s: %s\n", dog->node, test->name, why);
	else
		ksft_test_result_fail("%s: %s\n", dog->node, test->name);
	if (rc == FAILED)
		ksft_print_msg("%s\n", why);
}

static void run_dog(struct dog *dog)
{
	const char *reason = unfit(dog);
	int i;

	if (!reason)
		ksft_print_msg("%s: %s, timeout %d s, from %ld to %ld s\n",
			       dog->node, dog->info.identity, dog->timeout,
			       dog->min, dog->max);
	for (i = 0; i < N_TESTS; i++)
		run_one(dog, &tests[i], reason);
}

static void add_dog(struct dog *dog, const char *node)
{
	char path[PATH_MAX];

	memset(dog, 0, sizeof(*dog));
	snprintf(dog->node, sizeof(dog->node), "%s", node);
	snprintf(path, sizeof(path), CLASS_DIR "/%s", strrchr(node, '/') + 1);
	if (!access(path, F_OK))
		snprintf(dog->name, sizeof(dog->name), "%s",
			 strrchr(node, '/') + 1);
}

static int is_numbered(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "watchdog", 8) &&
	       entry->d_name[8] >= '0' && entry->d_name[8] <= '9';
}

/* /dev/watchdog is a device of its own where no watchdog0 has it. */
static int find_dogs(struct dog *dogs)
{
	struct dirent **names;
	char node[PATH_MAX];
	int i, n, count = 0;

	n = scandir(CLASS_DIR, &names, is_numbered, versionsort);
	for (i = 0; i < n; i++) {
		snprintf(node, sizeof(node), "/dev/%s", names[i]->d_name);
		if (count < MAX_DOGS - 1)
			add_dog(&dogs[count++], node);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (access(CLASS_DIR "/watchdog0", F_OK) && !access(LEGACY_NODE, F_OK))
		add_dog(&dogs[count++], LEGACY_NODE);
	return count;
}

int main(int argc, char **argv)
{
	static struct dog dogs[MAX_DOGS];
	int i, opt, count = 0;

	while ((opt = getopt(argc, argv, "f")) != -1) {
		if (opt != 'f') {
			fprintf(stderr, "usage: %s [-f] [/dev/DEVICE...]\n", argv[0]);
			return KSFT_FAIL;
		}
		fires_harmlessly = true;
	}
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	for (; optind < argc && count < MAX_DOGS; optind++) {
		if (argv[optind][0] != '/')
			ksft_exit_fail_msg("%s is no path\n", argv[optind]);
		add_dog(&dogs[count++], argv[optind]);
	}
	if (!count)
		count = find_dogs(dogs);
	if (!count)
		ksft_exit_skip("there is no watchdog\n");
	for (i = SIGHUP; i <= SIGTERM; i++)
		signal(i, disarm);
	ksft_set_plan(count * N_TESTS);
	for (i = 0; i < count; i++)
		run_dog(&dogs[i]);
	if (ksft_get_fail_cnt())
		ksft_exit_fail();
	ksft_exit_pass();
}
