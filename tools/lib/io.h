/* SPDX-License-Identifier: GPL-2.0 */
/* Reading small files whole and writing lines whole. */
#ifndef PUG_IO_H
#define PUG_IO_H

#include <stddef.h>
#include <sys/types.h>

int io_write_all(int fd, const char *data, size_t len);
ssize_t io_read_file(const char *path, char *buf, size_t size);
int io_write_file(const char *path, const char *text);
void io_clean_text(char *text);

#endif /* PUG_IO_H */
