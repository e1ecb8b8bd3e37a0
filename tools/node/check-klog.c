// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's log says of watchdogs and clocks. /dev/kmsg hands out one
 * record a read(2); in a recorded tree it is a file with a record a line.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check-conf.h"
#include "check-klog.h"
#include "sysfs.h"

#define RECORD_MAX	8192
#define RECORDS_MAX	500000

/**
 * klog_init() - nothing is known yet
 * @klog: cleared
 */
void klog_init(struct klog *klog)
{
	memset(klog, 0, sizeof(*klog));
	klog->softdog_noboot = KLOG_UNKNOWN;
	klog->softdog_panic = KLOG_UNKNOWN;
	klog->hpet_khz = KLOG_UNKNOWN;
}

/* The number behind a key, KLOG_UNKNOWN if there is none. */
static int number_after(const struct line *line, const char *key)
{
	const char *at = memmem(line->text, line->len, key, strlen(key));
	const char *end = line->text + line->len;
	int number = 0;

	if (!at)
		return KLOG_UNKNOWN;
	at += strlen(key);
	if (at == end || *at < '0' || *at > '9')
		return KLOG_UNKNOWN;
	for (; at < end && *at >= '0' && *at <= '9' && number < 100000; at++)
		number = number * 10 + *at - '0';
	return number;
}

/* "hpet0: 3 comparators, 64-bit 100.000000 MHz counter" */
static int64_t hpet_khz(const struct line *line)
{
	const char *at = memmem(line->text, line->len, "-bit ", 5);
	char text[32];
	struct line rest;
	char *end;
	double mhz;

	if (!at)
		return KLOG_UNKNOWN;
	rest.text = at + 5;
	rest.len = line->len - (at + 5 - line->text);
	line_copy(&rest, text, sizeof(text));
	mhz = strtod(text, &end);
	if (end == text || strncmp(end, " MHz", 4) || !(mhz > 0 && mhz < 10000))
		return KLOG_UNKNOWN;
	return mhz * 1000 + 0.5;
}

/* Whoever may write to the log may write anything, but not in its name. */
static void kernel_line(struct klog *klog, const struct line *line)
{
	if (line_starts(line, "softdog: initialized.")) {
		klog->softdog_noboot = number_after(line, "soft_noboot=");
		klog->softdog_panic = number_after(line, "soft_panic=");
	} else if (line_has(line, "unable to reset NO_REBOOT flag")) {
		klog->itco_noreboot = true;
	} else if (line_starts(line, "hpet0:") && line_has(line, " MHz counter")) {
		klog->hpet_khz = hpet_khz(line);
	} else if (line_has(line, "Marking clocksource 'tsc")) {
		klog->tsc_unstable = true;
	}
}

static void user_line(struct klog *klog, const struct line *line)
{
	if (line_starts(line, "systemd[1]: Failed to set timeout to") ||
	    line_starts(line, "systemd[1]: Failed to set watchdog"))
		klog->systemd_refused = true;
}

/* The facility is in the priority, beyond its lowest three bits; 0: kernel */
static bool from_kernel(const struct line *line)
{
	return line->len > 1 && line->text[0] >= '0' && line->text[0] <= '7' &&
	       line->text[1] == ',';
}

/**
 * klog_parse() - look at some lines
 * @klog: what was found is added
 * @text: as read from /dev/kmsg: "PRIORITY,NUMBER,USECS,FLAGS;MESSAGE" a line
 * @len: its length
 */
void klog_parse(struct klog *klog, const char *text, size_t len)
{
	const char *cursor = text;
	struct line line;

	while (line_next(&cursor, text + len, &line)) {
		const char *message = memchr(line.text, ';', line.len);
		bool kernel = from_kernel(&line);

		if (!message)
			continue;
		line.len -= message + 1 - line.text;
		line.text = message + 1;
		if (kernel)
			kernel_line(klog, &line);
		else
			user_line(klog, &line);
	}
}

static void read_records(int fd, struct klog *klog)
{
	char record[RECORD_MAX];
	int i;

	for (i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, sizeof(record));

		if (n > 0)
			klog_parse(klog, record, n);
		/* EPIPE: the next record has been overwritten meanwhile */
		else if (!n || (errno != EPIPE && errno != EINTR))
			break;
	}
}

static void parse_file(const char *path, const char *text, size_t len,
		       void *klog)
{
	(void)path;
	klog_parse(klog, text, len);
}

/**
 * klog_read() - read what the kernel's log still has
 * @root: "" on a real machine
 * @klog: what was found
 */
void klog_read(const char *root, struct klog *klog)
{
	struct unread unread = { 0 };
	int fd;

	klog_init(klog);
	if (*root) {
		conf_file(root, "/dev/kmsg", &unread, parse_file, klog);
		klog->read = !unread.n && !access(root, R_OK);
		klog->error = EACCES;
		return;
	}
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		klog->error = errno;
		return;
	}
	read_records(fd, klog);
	klog->read = true;
	close(fd);
}
