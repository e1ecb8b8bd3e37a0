// SPDX-License-Identifier: GPL-2.0
/*
 * Freezes the machine through stop-machine.ko's debugfs files, described in
 * Documentation/ABI/testing/debugfs-stop-machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "freeze.h"
#include "io.h"
#include "kv.h"
#include "node.h"
#include "num.h"
#include "sysfs.h"

#define DEBUGFS		"/sys/kernel/debug"
#define FREEZE_DIR	DEBUGFS "/stop-machine"
#define MODULE_DIR	"/sys/module/stop_machine"
#define PARAM_DIR	MODULE_DIR "/parameters"

/**
 * freeze_check_hostname() - has the machine's own name been typed?
 * @opts: what was asked for
 * @hostname: what gethostname(2) says
 * @em: for the message
 *
 * Return: 0 or -EPERM.
 */
int freeze_check_hostname(const struct freeze_options *opts,
			  const char *hostname, struct emitter *em)
{
	if (*hostname && !strcmp(opts->hostname, hostname))
		return 0;
	emit_err(em, "this machine is called '%s', not '%s': not frozen",
		 hostname, opts->hostname);
	return -EPERM;
}

static bool is_there(const char *root, const char *path)
{
	char full[SYSFS_PATH_MAX];
	struct stat st;

	return !sysfs_path(full, sizeof(full), root, path, "") &&
	       !stat(full, &st);
}

static void explain_open(const char *root, int rc, struct emitter *em)
{
	if (rc == -EACCES)
		emit_err(em, "only root may freeze this machine");
	else if (rc == -EPERM)
		emit_err(em, "the kernel is locked down (see lockdown(7)) and keeps debugfs closed");
	else if (rc != -ENOENT)
		emit_err(em, "cannot open " FREEZE_DIR "/freeze: %s",
			 strerror(-rc));
	else if (is_there(root, MODULE_DIR))
		emit_err(em, "stop-machine.ko is loaded but " FREEZE_DIR
			   " is not there: mount -t debugfs none " DEBUGFS);
	else
		emit_err(em, "stop-machine.ko is not loaded: `modprobe stop-machine', or insmod the stop-machine.ko built for this kernel; nothing is loaded by itself");
}

/**
 * freeze_open() - open the file that freezes; opening it does nothing yet
 * @root: "" on a real machine
 * @em: for the message
 *
 * Return: file descriptor or a negative error number.
 */
int freeze_open(const char *root, struct emitter *em)
{
	char path[SYSFS_PATH_MAX];
	int fd, rc;

	rc = sysfs_path(path, sizeof(path), root, FREEZE_DIR, "freeze");
	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	rc = -errno;
	explain_open(root, rc, em);
	return rc;
}

/* A file of the module that holds a number, set for the length of one call. */
struct setting {
	const char *dir;
	const char *name;
	uint64_t old;
	bool changed;
};

static int write_setting(const char *root, const struct setting *setting,
			 uint64_t value)
{
	char path[SYSFS_PATH_MAX];
	char text[NUM_U64_TEXT] = "";
	int rc;

	num_put_u64(text, value);
	rc = sysfs_path(path, sizeof(path), root, setting->dir, setting->name);
	return rc ? rc : io_write_file(path, text);
}

static int change(const char *root, struct setting *setting, uint64_t value,
		  struct emitter *em)
{
	int64_t old = sysfs_number(root, setting->dir, setting->name);
	int rc;

	if (old >= 0 && (uint64_t)old == value)
		return 0;
	rc = old < 0 ? -EIO : write_setting(root, setting, value);
	if (rc) {
		emit_err(em, "cannot set %s/%s: %s", setting->dir,
			 setting->name, strerror(-rc));
		return rc;
	}
	setting->old = old;
	setting->changed = true;
	return 0;
}

static void restore(const char *root, struct setting *setting,
		    struct emitter *em)
{
	int rc;

	if (!setting->changed)
		return;
	rc = write_setting(root, setting, setting->old);
	if (rc)
		emit_err(em, "cannot set %s/%s back to %llu: %s",
			 setting->dir, setting->name,
			   (unsigned long long)setting->old, strerror(-rc));
}

static void report_freeze(const char *root, const struct freeze_options *opts,
			  struct emitter *em)
{
	int64_t limit = sysfs_number(root, FREEZE_DIR, "limit_ms");
	struct jsonl *line;

	if (!em->json) {
		emit_print(em, "freezing for %llu ms\n",
			   (unsigned long long)opts->msecs);
		return;
	}
	line = emit_begin(em, "freeze", emit_stamp(em));
	jsonl_u64(line, "asked_ms", opts->msecs);
	jsonl_bool(line, "touch", opts->touch);
	emit_known(line, "limit_ms", limit);
	emit_end(em);
}

static bool is_ours(const struct kv *pair)
{
	static const char * const ours[] = { "event", "hpet", "rc" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strlen(ours[i]) == pair->key_len &&
		    !memcmp(ours[i], pair->key, pair->key_len))
			return true;
	}
	return false;
}

static void report_thawed(struct stamp thawed, int rc, const char *last,
			  size_t len, struct emitter *em)
{
	const char *cursor = last;
	struct jsonl *line;
	struct kv pair;

	if (!em->json) {
		emit_print(em, "thawed\n%s%s", last,
			   len && last[len - 1] != '\n' ? "\n" : "");
		return;
	}
	line = emit_begin(em, "thawed", thawed);
	jsonl_i64(line, "rc", rc);
	while (kv_next(&cursor, last + len, &pair)) {
		char key[64];

		if (pair.key_len >= sizeof(key) || is_ours(&pair) ||
		    !kv_key_is_plain(pair.key, pair.key_len))
			continue;
		memcpy(key, pair.key, pair.key_len);
		key[pair.key_len] = '\0';
		jsonl_auto(line, key, pair.value, pair.value_len);
	}
	emit_end(em);
}

static void report_scheduled(const struct freeze_options *opts,
			     struct emitter *em)
{
	struct jsonl *line;

	if (!em->json) {
		emit_print(em,
			   "freezing for %llu ms in %llu ms; `rmmod stop-machine' cancels it\n",
			   (unsigned long long)opts->msecs,
			   (unsigned long long)opts->delay_ms);
		return;
	}
	line = emit_begin(em, "scheduled", emit_stamp(em));
	jsonl_u64(line, "asked_ms", opts->msecs);
	jsonl_u64(line, "delay_ms", opts->delay_ms);
	emit_end(em);
}

/* Answers of the module that mean: not tried. */
static bool is_refusal(int rc)
{
	return rc == -EBUSY || rc == -ERANGE || rc == -EINVAL || rc == -ENODEV;
}

static void explain_failure(const char *root,
			    const struct freeze_options *opts, int rc,
			    struct emitter *em)
{
	unsigned long long ms = opts->msecs;
	int64_t max = sysfs_number(root, PARAM_DIR, "max_ms");

	if (rc == -EBUSY)
		emit_err(em, "another freeze is pending or running");
	else if (rc == -ERANGE && max >= 0 && opts->msecs > (uint64_t)max)
		emit_err(em, "%llu ms is more than the module's parameter max_ms=%lld allows",
			 ms, (long long)max);
	else if (rc == -ERANGE)
		emit_err(em, "the module refuses %llu ms on this clocksource; the kernel's log says why",
			 ms);
	else if (rc == -EINVAL)
		emit_err(em, "the module refuses %llu ms with its parameters repeat and every_ms as they are",
			 ms);
	else if (rc == -ENODEV)
		emit_err(em, "the module has no counter to measure a freeze with");
	else
		emit_err(em, "the freeze failed: %s", strerror(-rc));
}

static int report_last(const char *root, struct stamp thawed,
		       struct emitter *em)
{
	struct kv result;
	char last[2048];
	ssize_t n;

	n = sysfs_text(root, FREEZE_DIR, "last", last, sizeof(last));
	n = n > 0 ? n : 0;
	report_thawed(thawed, 0, last, n, em);
	if (kv_find(last, n, "result", &result) &&
	    result.value_len == 2 && !memcmp(result.value, "ok", 2))
		return 0;
	emit_err(em, "frozen and thawed, but not as asked: see result in "
		   FREEZE_DIR "/last");
	return -EIO;
}

/* One freeze. Return: 0, or what went wrong. */
static int freeze_now(const char *root, int fd,
		      const struct freeze_options *opts, struct emitter *em)
{
	char text[NUM_U64_TEXT];
	size_t len = num_put_u64(text, opts->msecs);
	struct stamp thawed;
	int rc;

	sync();
	if (!opts->delay_ms)
		report_freeze(root, opts, em);
	rc = write(fd, text, len) < 0 ? -errno : 0;
	thawed = emit_stamp(em);
	if (rc) {
		explain_failure(root, opts, rc, em);
		return rc;
	}
	if (!opts->delay_ms)
		return report_last(root, thawed, em);
	report_scheduled(opts, em);
	return 0;
}

/**
 * freeze_run() - freeze the machine
 * @root: "" on a real machine
 * @fd: from freeze_open()
 * @opts: what was asked for
 * @em: where events go
 *
 * sync(2) first: what reset comes of it must not cost data. The module's
 * `touch' and `delay_ms' are set as asked for, also when nothing is asked for,
 * and put back afterwards: the module looks at them when the freeze is ordered.
 *
 * Return: exit status.
 */
int freeze_run(const char *root, int fd, const struct freeze_options *opts,
	       struct emitter *em)
{
	struct setting touch = { .dir = FREEZE_DIR, .name = "touch" };
	struct setting delay = { .dir = PARAM_DIR, .name = "delay_ms" };
	int rc;

	rc = change(root, &touch, opts->touch, em);
	if (!rc)
		rc = change(root, &delay, opts->delay_ms, em);
	if (rc) {
		restore(root, &touch, em);
		return NODE_USAGE;
	}
	rc = freeze_now(root, fd, opts, em);
	restore(root, &delay, em);
	restore(root, &touch, em);
	if (is_refusal(rc))
		return NODE_USAGE;
	return rc || em->failed ? NODE_NEGATIVE : NODE_OK;
}
