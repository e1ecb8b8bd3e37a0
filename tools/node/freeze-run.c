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

#include "freeze.h"
#include "io.h"
#include "kv.h"
#include "node.h"
#include "num.h"
#include "sysfs.h"

#define DEBUGFS		"/sys/kernel/debug"
#define FREEZE_DIR	DEBUGFS "/stop-machine"
#define MODULE_DIR	"/sys/module/stop_machine"

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
	emit_error(em, "this machine is called '%s', not '%s': not frozen",
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
		emit_error(em, "only root may freeze this machine");
	else if (rc == -EPERM)
		emit_error(em, "the kernel is locked down (see lockdown(7)) and keeps debugfs closed");
	else if (rc != -ENOENT)
		emit_error(em, "cannot open " FREEZE_DIR "/freeze: %s",
			   strerror(-rc));
	else if (is_there(root, MODULE_DIR))
		emit_error(em, "stop-machine.ko is loaded but " FREEZE_DIR
			   " is not there: mount -t debugfs none " DEBUGFS);
	else
		emit_error(em, "stop-machine.ko is not loaded: `modprobe stop-machine', or insmod the stop-machine.ko built for this kernel; nothing is loaded by itself");
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

/* The kernel writes booleans as Y and N, and reads these as well. */
static bool is_true(const char *text)
{
	return *text == 'Y' || *text == 'y' || *text == '1';
}

/*
 * Set `touch` as asked for and keep what it was.
 * Return: 1 if it was changed, 0 if it was right, or a negative error number.
 */
static int set_touch(const char *root, bool touch, char *old, size_t size,
		     struct emitter *em)
{
	char path[SYSFS_PATH_MAX];
	ssize_t len;
	int rc;

	len = sysfs_text(root, FREEZE_DIR, "touch", old, size);
	if (len > 0 && is_true(old) == touch)
		return 0;
	rc = len < 0 ? (int)len : sysfs_path(path, sizeof(path), root,
					     FREEZE_DIR, "touch");
	if (!rc)
		rc = io_write_file(path, touch ? "Y" : "N");
	if (!rc)
		return 1;
	emit_error(em, "cannot set " FREEZE_DIR "/touch: %s", strerror(-rc));
	return rc;
}

static void restore_touch(const char *root, const char *old,
			  struct emitter *em)
{
	char path[SYSFS_PATH_MAX];
	int rc;

	rc = sysfs_path(path, sizeof(path), root, FREEZE_DIR, "touch");
	if (!rc)
		rc = io_write_file(path, old);
	if (rc)
		emit_error(em, "cannot set " FREEZE_DIR "/touch back to %s: %s",
			   old, strerror(-rc));
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

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
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

static void explain_refusal(const char *root,
			    const struct freeze_options *opts, int rc,
			    struct emitter *em)
{
	int64_t limit = sysfs_number(root, FREEZE_DIR, "limit_ms");

	if (rc == -EBUSY)
		emit_error(em, "another freeze is pending or running");
	else if (rc == -ERANGE)
		emit_error(em, "%llu ms is more than the module's parameter max_ms allows",
			   (unsigned long long)opts->msecs);
	else if (rc == -EINVAL || rc == -EPERM || rc == -EOPNOTSUPP)
		emit_error(em, "the module refuses %llu ms (%s); this clocksource can account for %lld ms",
			   (unsigned long long)opts->msecs, strerror(-rc),
			   (long long)limit);
	else
		emit_error(em, "the freeze failed: %s", strerror(-rc));
}

/* One freeze. Return: 0, or what the module answered. */
static int freeze_now(const char *root, int fd,
		      const struct freeze_options *opts, struct emitter *em)
{
	char text[NUM_U64_TEXT];
	size_t len = num_put_u64(text, opts->msecs);
	struct stamp thawed;
	char last[2048];
	ssize_t n;
	int rc;

	sync();
	report_freeze(root, opts, em);
	rc = write(fd, text, len) < 0 ? -errno : 0;
	thawed = emit_stamp(em);
	if (rc) {
		explain_refusal(root, opts, rc, em);
		return rc;
	}
	n = sysfs_text(root, FREEZE_DIR, "last", last, sizeof(last));
	report_thawed(thawed, rc, last, n > 0 ? n : 0, em);
	return 0;
}

/**
 * freeze_run() - freeze the machine, now
 * @root: "" on a real machine
 * @fd: from freeze_open()
 * @opts: what was asked for
 * @em: where events go
 *
 * sync(2) first: what reset comes of it must not cost data. The module's
 * `touch` is set as asked for and put back afterwards.
 *
 * Return: exit status.
 */
int freeze_run(const char *root, int fd, const struct freeze_options *opts,
	       struct emitter *em)
{
	char old[16];
	int changed, rc;

	changed = set_touch(root, opts->touch, old, sizeof(old), em);
	if (changed < 0)
		return NODE_USAGE;
	rc = freeze_now(root, fd, opts, em);
	if (changed)
		restore_touch(root, old, em);
	if (rc == -EBUSY || rc == -ERANGE || rc == -EINVAL || rc == -EPERM ||
	    rc == -EOPNOTSUPP)
		return NODE_USAGE;
	return rc || em->failed ? NODE_NEGATIVE : NODE_OK;
}
