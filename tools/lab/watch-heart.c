// SPDX-License-Identifier: GPL-2.0
/*
 * A machine's signs of life (pug-node beacon), as they come over a virtio-serial
 * port, which QEMU has as a socket, or any other line. What nobody opens is tried
 * again: a VM that is started later, or anew, has a new socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"
#include "watch-run.h"

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* A pipe is opened for both, or each moment without a writer would be its end */
static int open_line(const char *path, bool pipe)
{
	int fd = open(path, (pipe ? O_RDWR : O_RDONLY) | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	struct termios tio;

	if (fd >= 0 && !tcgetattr(fd, &tio)) {
		cfmakeraw(&tio);
		tcsetattr(fd, TCSANOW, &tio);
	}
	return fd;
}

static void take_line(struct watcher *r)
{
	static const char * const news[] = {
		[BEAT_FIRST] = "its first sign of life",
		[BEAT_REWOUND] = "it lives a time again that it has lived: it was taken back to an older state",
		[BEAT_LEAVING] = "it says that no more signs of life will come: they are not missed",
	};
	static const char * const events[] = {
		[BEAT_FIRST] = "alive", [BEAT_REWOUND] = "rewound", [BEAT_LEAVING] = "leaving",
	};
	enum watch_beat beat = watch_beat(&r->w, r->line, r->too_long ? 0 : r->len, watch_now_ms());

	if (beat == BEAT_BAD) {
		r->bad++;
		return;
	}
	if (beat != BEAT_ALIVE)
		watch_tell(r, events[beat], "%s", news[beat]);
}

static void take_byte(struct watcher *r, char c)
{
	if (r->len < sizeof(r->line))
		r->line[r->len++] = c;
	else
		r->too_long = true;
	if (c != '\n')
		return;
	take_line(r);
	r->len = 0;
	r->too_long = false;
}

/* Return: whether there was something, and there may be more */
static bool take_bytes(struct watcher *r)
{
	char bytes[4096];
	ssize_t n = read(r->heart_fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		take_byte(r, bytes[i]);
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		watch_heart_close(r);
	return n > 0;
}

static int on_heart(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	(void)source;
	(void)fd;
	(void)revents;
	take_bytes(data);
	return 0;
}

/**
 * watch_heart_drain() - what has come and was not read yet
 * @r: with a heartbeat, or without
 *
 * Bounded: who floods it is not waited for.
 */
void watch_heart_drain(struct watcher *r)
{
	for (int i = 0; i < 16 && r->heart_fd >= 0; i++)
		if (!take_bytes(r))
			return;
}

/**
 * watch_heart_tick() - see that it is open
 * @r: with a heartbeat
 */
void watch_heart_tick(struct watcher *r)
{
	struct stat st;

	if (r->heart_fd >= 0 || stat(r->o.heartbeat, &st))
		return;
	r->len = 0;
	r->too_long = false;
	r->heart_fd = S_ISSOCK(st.st_mode) ? dial(r->o.heartbeat) :
		      open_line(r->o.heartbeat, S_ISFIFO(st.st_mode));
	if (r->heart_fd < 0)
		return;
	if (sd_event_add_io(r->loop, &r->heart, r->heart_fd, EPOLLIN, on_heart, r) < 0)
		watch_heart_close(r);
}

/**
 * watch_heart_close() - it is not open any more
 * @r: open or not
 */
void watch_heart_close(struct watcher *r)
{
	r->heart = sd_event_source_disable_unref(r->heart);
	if (r->heart_fd >= 0)
		close(r->heart_fd);
	r->heart_fd = -1;
}
