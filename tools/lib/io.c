// SPDX-License-Identifier: GPL-2.0
/*
 * Reading small files whole and writing lines whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

/**
 * io_write_all() - write everything, whatever kind of file it is
 * @fd: file, pipe, terminal or port; blocking or not
 * @data: bytes to write
 * @len: how many
 *
 * One write(2) where the file takes it in one. What a full pipe or port leaves
 * over is written as soon as there is room.
 *
 * Return: 0 or a negative error number.
 */
int io_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		struct pollfd room = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= n;
		} else if (n < 0 && errno == EAGAIN) {
			if (poll(&room, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (n < 0 && errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static ssize_t read_some(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (!n)
			break;
		if (n > 0)
			len += n;
		else if (errno != EINTR)
			return -errno;
	}
	return len;
}

/**
 * io_read_file() - read a small file
 * @path: the file; symbolic links are followed
 * @buf: where to; always terminated with a zero on success
 * @size: size of @buf; what does not fit is left out
 *
 * Return: number of bytes read or a negative error number.
 */
ssize_t io_read_file(const char *path, char *buf, size_t size)
{
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	len = read_some(fd, buf, size - 1);
	close(fd);
	if (len >= 0)
		buf[len] = '\0';
	return len;
}

/**
 * io_write_file() - write a short text into an existing file, in one write(2)
 * @path: the file, such as an attribute in debugfs; never created
 * @text: what to write
 *
 * Return: 0 or a negative error number.
 */
int io_write_file(const char *path, const char *text)
{
	int rc = 0;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/**
 * io_clean_text() - make text from outside safe to print on a terminal
 * @text: changed in place: control characters become '?'
 *
 * The command line of a process is whatever that process wants it to be, also
 * escape sequences. Bytes of UTF-8 above 0x7f are kept.
 */
void io_clean_text(char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
	}
}
