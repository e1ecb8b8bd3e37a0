// SPDX-License-Identifier: GPL-2.0
/*
 * Files of records that are on the disk before the machine goes.
 *
 * fdatasync(2) after each record, and fsync(2) of the folder after the file was
 * made: without the second, a reset may leave no file at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "journal.h"

static int sync_dir(int dir_fd)
{
	return fsync(dir_fd) ? -errno : 0;
}

static int open_dir(const char *dir)
{
	int fd;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The name of a file in a folder is on the disk when this returns 0. */
static int open_in(int dir_fd, const char *name, int flags)
{
	int fd, rc;

	fd = openat(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) ? -errno : sync_dir(dir_fd);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/**
 * journal_create() - begin the journal of a verify run
 * @journal: the journal
 * @dir: its folder; made if it is not there, its parent must be
 *
 * The one before is kept, as JOURNAL_OLD.
 *
 * Return: 0 or a negative error number.
 */
int journal_create(struct journal *journal, const char *dir)
{
	int dir_fd = open_dir(dir);

	memset(journal, 0, sizeof(*journal));
	if (dir_fd < 0)
		return dir_fd;
	if (renameat(dir_fd, JOURNAL_VERIFY, dir_fd, JOURNAL_OLD) &&
	    errno != ENOENT)
		journal->fd = -errno;
	else
		journal->fd = open_in(dir_fd, JOURNAL_VERIFY, O_WRONLY |
				      O_APPEND | O_CREAT | O_EXCL);
	close(dir_fd);
	return journal->fd < 0 ? journal->fd : 0;
}

/* What a reset tore ends here: the next record gets a line of its own. */
static int end_torn_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	if (size <= 0)
		return 0;
	if (pread(fd, &last, 1, size - 1) != 1)
		return -EIO;
	return last == '\n' ? 0 : io_write_all(fd, "\n", 1);
}

/**
 * journal_append_to() - go on with a file of records, or begin it
 * @journal: the journal
 * @dir: its folder; made if it is not there
 * @name: the file
 *
 * Return: 0 or a negative error number.
 */
int journal_append_to(struct journal *journal, const char *dir,
		      const char *name)
{
	int dir_fd = open_dir(dir);
	int rc;

	memset(journal, 0, sizeof(*journal));
	if (dir_fd < 0)
		return dir_fd;
	journal->fd = open_in(dir_fd, name, O_RDWR | O_APPEND | O_CREAT);
	close(dir_fd);
	if (journal->fd < 0)
		return journal->fd;
	rc = end_torn_line(journal->fd);
	if (rc)
		journal_close(journal);
	return rc;
}

/**
 * journal_begin() - start a record with the next number
 * @journal: the journal
 * @rec: the record
 * @event: its name
 */
void journal_begin(struct journal *journal, struct record *rec,
		   const char *event)
{
	record_begin(rec, event, ++journal->n);
}

/**
 * journal_end() - write a record to the disk
 * @journal: the journal
 * @rec: the record
 *
 * Return: 0 when it is there, or a negative error number.
 */
int journal_end(struct journal *journal, struct record *rec)
{
	size_t len = record_end(rec);
	int rc;

	rc = io_write_all(journal->fd, rec->text, len);
	if (!rc && fdatasync(journal->fd))
		rc = -errno;
	if (!rc && rec->truncated)
		rc = -E2BIG;
	if (rc && !journal->failed)
		journal->failed = -rc;
	return rc;
}

/**
 * journal_close() - done with a journal
 * @journal: the journal
 */
void journal_close(struct journal *journal)
{
	close(journal->fd);
	journal->fd = -1;
}

/**
 * journal_read() - read a file of records whole
 * @dir: its folder
 * @name: the file
 * @text: its text, to be freed; NULL on failure
 *
 * Return: its length or a negative error number.
 */
ssize_t journal_read(const char *dir, const char *name, char **text)
{
	char path[512];
	ssize_t len;
	int n;

	*text = NULL;
	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	*text = malloc(JOURNAL_MAX);
	if (!*text)
		return -ENOMEM;
	len = io_read_file(path, *text, JOURNAL_MAX);
	if (len < 0) {
		free(*text);
		*text = NULL;
	}
	return len;
}

static int replace(int dir_fd, const char *name, const char *text, size_t len)
{
	int fd, rc;

	fd = open_in(dir_fd, ".new", O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return fd;
	rc = io_write_all(fd, text, len);
	if (!rc && fsync(fd))
		rc = -errno;
	close(fd);
	if (!rc && renameat(dir_fd, ".new", dir_fd, name))
		rc = -errno;
	return rc ? rc : sync_dir(dir_fd);
}

/**
 * journal_trim() - keep a file of records short
 * @dir: its folder
 * @name: the file
 * @most: leave it alone up to this length
 * @keep: of a longer one, keep the last so many bytes, in whole lines
 *
 * Return: 0 or a negative error number.
 */
int journal_trim(const char *dir, const char *name, size_t most, size_t keep)
{
	const char *from;
	ssize_t len;
	int dir_fd;
	char *text;
	int rc = 0;

	len = journal_read(dir, name, &text);
	if (len < 0)
		return len;
	from = text;
	if ((size_t)len > most)
		from = memchr(text + len - keep, '\n', keep);
	if (from && from != text) {
		dir_fd = open_dir(dir);
		rc = dir_fd < 0 ? dir_fd :
			replace(dir_fd, name, from + 1, text + len - from - 1);
		if (dir_fd >= 0)
			close(dir_fd);
	}
	free(text);
	return rc;
}
