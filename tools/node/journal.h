/* SPDX-License-Identifier: GPL-2.0 */
/* Files of records that are on the disk before the machine goes. */
#ifndef PUG_JOURNAL_H
#define PUG_JOURNAL_H

#include <stddef.h>
#include <sys/types.h>

#include "record.h"

#define JOURNAL_DIR	"/var/lib/pug"
#define JOURNAL_VERIFY	"verify.journal"
#define JOURNAL_OLD	"verify.journal.old"
#define JOURNAL_BOOTS	"boots"

/* More than any run writes; a file that is greater is read up to here. */
#define JOURNAL_MAX	(4 << 20)

/**
 * struct journal - a file that is being written
 * @fd: the file
 * @n: number of the last record
 * @failed: error number of the first record that could not be written, or 0
 */
struct journal {
	int fd;
	uint64_t n;
	int failed;
};

int journal_create(struct journal *journal, const char *dir);
int journal_append_to(struct journal *journal, const char *dir,
		      const char *name);
void journal_begin(struct journal *journal, struct record *rec,
		   const char *event);
int journal_end(struct journal *journal, struct record *rec);
void journal_close(struct journal *journal);
ssize_t journal_read(const char *dir, const char *name, char **text);
int journal_trim(const char *dir, const char *name, size_t most, size_t keep);

#endif /* PUG_JOURNAL_H */
