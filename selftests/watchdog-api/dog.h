/* SPDX-License-Identifier: GPL-2.0 */
/* A watchdog under test, and a test's verdict on it */
#ifndef WATCHDOG_API_DOG_H
#define WATCHDOG_API_DOG_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/watchdog.h>

#define CLASS_DIR	"/sys/class/watchdog"
#define LEGACY_NODE	"/dev/watchdog"
#define UNKNOWN		-1L

struct dog {
	char node[32];
	char name[32];		/* in the class; "" if a driver of the old kind */
	struct watchdog_info info;
	long min;
	long max;
	int timeout;		/* as found */
	bool stays_armed;	/* V does not help */
};

enum verdict { PASSED, FAILED, SKIPPED };

/* Why the last test failed or was skipped */
extern char why[512];
/* -f: the device may be left to fire */
extern bool fires_harmlessly;

int failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int skipped(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int read_attr(const struct dog *dog, const char *attr, char *text, size_t size);
long read_number(const struct dog *dog, const char *attr);
bool state_is(const struct dog *dog, const char *state);
bool may_be(const struct dog *dog, const char *state);
int dog_open(const struct dog *dog);
void close_without_magic(int fd);
int dog_close(const struct dog *dog, int fd);
int leave(const struct dog *dog, int fd, int verdict);
void disarm(int signal);
void nap(int ms);
double now(void);
int set_timeout(int fd, int *seconds);
int get_timeout(int fd);

int test_support(struct dog *dog);
int test_open_arms(struct dog *dog);
int test_single_open(struct dog *dog);
int test_magic_close(struct dog *dog);
int test_close_without_magic(struct dog *dog);
int test_magic_is_last(struct dog *dog);
int test_keepalive_write(struct dog *dog);
int test_keepalive_ioctl(struct dog *dog);
int test_timeout_zero(struct dog *dog);
int test_timeout_one(struct dog *dog);
int test_timeout_max(struct dog *dog);
int test_timeout_over_max(struct dog *dog);
int test_timeout_minus_one(struct dog *dog);
int test_timeout_int_max(struct dog *dog);
int test_pretimeout(struct dog *dog);
int test_options(struct dog *dog);
int test_unknown_ioctl(struct dog *dog);
int test_fires(struct dog *dog);
int test_nowayout(struct dog *dog);

#endif /* WATCHDOG_API_DOG_H */
