// SPDX-License-Identifier: GPL-2.0
/*
 * Gathers what this machine knows of its last reset. Changes nothing, and opens
 * no watchdog: that would arm it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include "compiler.h"
#include "gather.h"
#include "io.h"
#include "journal.h"
#include "sysfs.h"

/*
 * As pstore has it, and where systemd-pstore.service moves it to. There a file's
 * time is that of the move, a boot later: it dates nothing.
 */
static const struct {
	const char *path;
	bool dated;
} pstore_dirs[] = {
	{ "/sys/fs/pstore", true },
	{ "/var/lib/systemd/pstore", false },
};

#define PSTORE_MODULE	"/sys/module/pstore/parameters"
#define WORDS_MAX	65536

/**
 * gather_machine() - who and when this is
 * @root: "" on a real machine
 * @ev: machine, hostname, boot_id, now and dogs are set
 */
void gather_machine(const char *root, struct reset_evidence *ev)
{
	gethostname(ev->hostname, sizeof(ev->hostname) - 1);
	if (sysfs_text(root, "/etc", "machine-id", ev->machine,
		       sizeof(ev->machine)) <= 0)
		sysfs_text(root, "/sys/class/dmi/id", "product_uuid",
			   ev->machine, sizeof(ev->machine));
	sysfs_text(root, "/proc/sys/kernel/random", "boot_id", ev->boot_id,
		   sizeof(ev->boot_id));
	moment_now(root, &ev->now);
	dogs_scan(root, &ev->dogs);
}

static const struct {
	const char *text;
	enum words words;
} last_words[] = {
	{ "softdog: Initiating system reboot", WORDS_SOFTDOG },
	{ "Kernel panic - not syncing", WORDS_PANIC },
	/* the first line of a record that pstore made of a panic */
	{ "Panic#", WORDS_PANIC },
};

static void keep_line(struct reset_evidence *ev, const char *line)
{
	size_t len = strcspn(line, "\n");

	if (len >= sizeof(ev->last.line))
		len = sizeof(ev->last.line) - 1;
	memcpy(ev->last.line, line, len);
	ev->last.line[len] = '\0';
	io_clean_text(ev->last.line);
}

static void read_words(const char *path, int64_t mtime,
		       struct reset_evidence *ev)
{
	static char text[WORDS_MAX];
	const char *found;
	enum words words = WORDS_OTHER;
	ssize_t len;
	size_t i;

	len = io_read_file(path, text, sizeof(text));
	if (len <= 0)
		return;
	found = text;
	for (i = 0; i < ARRAY_SIZE(last_words); i++) {
		const char *line = memmem(text, len, last_words[i].text,
					  strlen(last_words[i].text));

		if (!line)
			continue;
		found = line;
		words = last_words[i].words;
		break;
	}
	/* of one end of a machine there are several parts, of one time */
	if (mtime < ev->last.at_s ||
	    (mtime == ev->last.at_s && words == WORDS_OTHER))
		return;
	ev->last.words = words;
	ev->last.at_s = mtime;
	keep_line(ev, found);
}

/* This kernel's clock was set by an RTC, which shows whole seconds. */
#define CLOCK_ERROR_S 1

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec :
					a->tv_nsec < b->tv_nsec;
}

/*
 * A record that carries no time gets that of the mount, which dates nothing. The
 * folder has the same, or a later one if something was removed from it.
 */
static int64_t spoken_at(const struct stat *st, const struct stat *folder,
			 const struct moment *now)
{
	int64_t start_s = (now->realtime_ms - now->boottime_ms) / 1000;

	return is_older(&st->st_mtim, &folder->st_ctim) &&
	       st->st_mtim.tv_sec <= start_s + CLOCK_ERROR_S ?
	       st->st_mtim.tv_sec : -1;
}

static void look_through(const char *dir, int depth, bool dated,
			 struct reset_evidence *ev)
{
	char path[SYSFS_PATH_MAX];
	struct stat st, folder = { 0 };
	struct dirent *entry;
	DIR *list;

	list = opendir(dir);
	if (!list)
		return;
	fstat(dirfd(list), &folder);
	while ((entry = readdir(list))) {
		if (entry->d_name[0] == '.' ||
		    sysfs_path(path, sizeof(path), "", dir, entry->d_name) ||
		    stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			look_through(path, depth - 1, dated, ev);
		else if (S_ISREG(st.st_mode) &&
			 !strncmp(entry->d_name, "dmesg", 5))
			read_words(path, dated ?
				   spoken_at(&st, &folder, &ev->now) : -1, ev);
	}
	closedir(list);
}

/**
 * gather_words() - the kernel's last words
 * @root: "" on a real machine
 * @ev: last and pstore are set; its now is looked at
 *
 * The newest that pstore has. A file's time is the one that the kernel wrote
 * into it when it spoke.
 */
void gather_words(const char *root, struct reset_evidence *ev)
{
	char dir[SYSFS_PATH_MAX];
	char backend[64];
	size_t i;

	ev->last.words = WORDS_NONE;
	ev->last.at_s = -1;
	for (i = 0; i < ARRAY_SIZE(pstore_dirs); i++) {
		if (!sysfs_path(dir, sizeof(dir), root, pstore_dirs[i].path,
				""))
			look_through(dir, 2, pstore_dirs[i].dated, ev);
	}
	ev->pstore = sysfs_text(root, PSTORE_MODULE, "backend", backend,
				sizeof(backend)) > 0 &&
		     strcmp(backend, "(null)");
}

/* Records in front of this boot's: was the last one a shutdown? */
static enum wtmp read_wtmp(const char *path, const struct moment *now)
{
	int64_t start_s = (now->realtime_ms - now->boottime_ms) / 1000;
	enum wtmp wtmp = WTMP_SILENT;
	struct utmpx *entry;

	utmpxname(path);
	setutxent();
	while ((entry = getutxent())) {
		/* this boot's own record may be there already */
		if (entry->ut_type == BOOT_TIME &&
		    entry->ut_tv.tv_sec >= start_s - 2)
			break;
		if (entry->ut_type == BOOT_TIME)
			wtmp = WTMP_ABRUPT;
		else if (entry->ut_type == RUN_LVL &&
			 !strncmp(entry->ut_user, "shutdown", 8))
			wtmp = WTMP_SHUTDOWN;
	}
	endutxent();
	return wtmp;
}

static void gather_wtmp(const char *root, struct reset_evidence *ev)
{
	char path[SYSFS_PATH_MAX];

	ev->wtmp = WTMP_SILENT;
	if (!sysfs_path(path, sizeof(path), root, "/var/log", "wtmp") &&
	    !access(path, R_OK))
		ev->wtmp = read_wtmp(path, &ev->now);
}

/**
 * gather_evidence() - all that this machine knows of its last reset
 * @root: "" on a real machine
 * @dir: folder of the journal and the file of boots, below no root
 * @ev: the evidence
 *
 * What cannot be read is not there.
 *
 * Return: 0, or a negative error number if the journal of a verify run is there
 * and cannot be read.
 */
int gather_evidence(const char *root, const char *dir,
		    struct reset_evidence *ev)
{
	ssize_t len;
	char *text;

	memset(ev, 0, sizeof(*ev));
	gather_machine(root, ev);
	gather_words(root, ev);
	gather_wtmp(root, ev);
	len = journal_read(dir, JOURNAL_VERIFY, &text);
	if (len < 0 && len != -ENOENT)
		return len;
	story_read(text ? text : "", len < 0 ? 0 : len, &ev->story);
	free(text);
	len = journal_read(dir, JOURNAL_BOOTS, &text);
	boots_read(text ? text : "", len < 0 ? 0 : len, ev->boot_id,
		   ev->story.boot_id, &ev->boots);
	free(text);
	/* by now somebody may have emptied pstore */
	if (ev->last.at_s < 0 && ev->boots.words.words != WORDS_NONE)
		ev->last = ev->boots.words;
	return 0;
}
