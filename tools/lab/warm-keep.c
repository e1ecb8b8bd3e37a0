// SPDX-License-Identifier: GPL-2.0
/*
 * The folder of warm guests: who uses which, and which may go.
 *
 * Who makes or forks a guest holds a shared lock on a file in its folder; who
 * removes it must get it exclusively. The kernel lets go of a lock when its
 * holder dies, however it dies, and knows it across containers, where a pid
 * says nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "util.h"
#include "warm-keep.h"

#define LOCK "lock"
#define KEY_LEN 16
/* Beside the folders: who makes one holds the byte that its key names */
#define MAKING "making"

/* A folder may be removed, and made anew, while its lock is waited for */
static bool is_of(int fd, const char *path)
{
	struct stat mine, there;

	return !fstat(fd, &mine) && !stat(path, &there) && mine.st_dev == there.st_dev &&
	       mine.st_ino == there.st_ino;
}

static int lock_folder(const char *dir, int how)
{
	char *path = path_join(dir, LOCK);
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd >= 0 && (flock(fd, how) || !is_of(fd, path))) {
		close(fd);
		errno = ENOENT;
		fd = -1;
	}
	free(path);
	return fd;
}

/**
 * warm_use() - keep a warm guest from being removed
 * @dir: its folder
 *
 * It counts as used now.
 *
 * Return: a descriptor that holds it until it is closed, -1 where there is no
 * such folder (any more).
 */
int warm_use(const char *dir)
{
	int fd = lock_folder(dir, LOCK_SH);

	/* In a tree of somebody else's it can't be noted; it is held all the same */
	if (fd >= 0)
		futimens(fd, NULL);
	return fd;
}

/**
 * warm_begin() - who makes a warm guest makes it alone
 * @top: the folder of all warm guests, made where it is missing
 * @key: of the guest
 *
 * It saves work, no more: two that were made have no quarrel (warm_make() makes each in
 * a folder of its own). The lock is the descriptor's and goes with its holder, however
 * that dies.
 *
 * Return: a descriptor that keeps others out until it is closed; -1 with errno set,
 * EAGAIN where another makes it.
 */
int warm_begin(const char *top, const char *key)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	char *path = path_join(top, MAKING);
	int fd = make_dirs(top) ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	free(path);
	lock.l_start = (off_t)(strtoull(key, NULL, 16) >> 2);
	if (fd < 0 || !fcntl(fd, F_OFD_SETLK, &lock))
		return fd;
	if (errno == EACCES)
		errno = EAGAIN;
	close(fd);
	return -1;
}

/**
 * warm_make() - make a folder in which to make a warm guest
 * @dir: its path
 *
 * Return: as warm_use(), with errno set.
 */
int warm_make(const char *dir)
{
	/* Without a lock in it yet, it may be taken for one that was left behind */
	for (int i = 0; i < 10; i++) {
		int fd;

		if (make_dirs(dir))
			return -1;
		fd = warm_use(dir);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return -1;
}

/**
 * warm_remove() - remove a warm guest that nobody uses
 * @dir: its folder
 *
 * It is given another name first: half a guest is never found.
 *
 * Return: 0; -1 where it is in use or can't be removed.
 */
int warm_remove(const char *dir)
{
	int fd = lock_folder(dir, LOCK_EX | LOCK_NB);
	char *aside = xasprintf("%s.%d.gone", dir, (int)getpid());
	int ret = -1;

	if (fd >= 0 && !rename(dir, aside)) {
		remove_tree(aside);
		ret = 0;
	}
	if (fd >= 0)
		close(fd);
	free(aside);
	return ret;
}

/**
 * struct kept - a warm guest on disk
 * @dir: its folder
 * @used: when
 */
struct kept {
	char *dir;
	struct timespec used;
};

static int by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const struct kept *)a)->used;
	const struct timespec *y = &((const struct kept *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static struct timespec last_use(const char *dir)
{
	char *path = path_join(dir, LOCK);
	struct stat st;

	if (stat(path, &st) && stat(dir, &st))
		memset(&st, 0, sizeof(st));
	free(path);
	return st.st_mtim;
}

static bool starts_with_key(const char *name)
{
	return strspn(name, "0123456789abcdef") == KEY_LEN &&
	       (!name[KEY_LEN] || name[KEY_LEN] == '.');
}

/* Leftovers go on the way: KEY.PID of a pug that was killed, KEY.PID.gone */
static struct kept *read_folder(const char *top, size_t *n)
{
	struct kept *kept = NULL;
	DIR *folder = opendir(top);
	struct dirent *entry;

	*n = 0;
	while (folder && (entry = readdir(folder))) {
		char *dir;

		if (!starts_with_key(entry->d_name))
			continue;
		dir = path_join(top, entry->d_name);
		if (entry->d_name[KEY_LEN]) {
			warm_remove(dir);
			free(dir);
			continue;
		}
		kept = xrealloc(kept, (*n + 1) * sizeof(*kept));
		kept[*n].dir = dir;
		kept[*n].used = last_use(dir);
		(*n)++;
	}
	if (folder)
		closedir(folder);
	return kept;
}

/**
 * warm_prune() - remove what is left behind, and what is too much
 * @top: the folder of all warm guests
 * @most: so many may stay; those in use stay even if they are more
 *
 * Those go first that were used longest ago.
 */
void warm_prune(const char *top, size_t most)
{
	size_t n, left;
	struct kept *kept = read_folder(top, &n);

	if (n)
		qsort(kept, n, sizeof(*kept), by_use);
	left = n;
	for (size_t i = 0; i < n; i++) {
		if (left > most && !warm_remove(kept[i].dir))
			left--;
		free(kept[i].dir);
	}
	free(kept);
}
