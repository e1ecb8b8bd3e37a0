// SPDX-License-Identifier: GPL-2.0
/*
 * Signs of life, for a witness outside of this machine.
 *
 * A process of its own sends them: what the run waits for, a disk above all,
 * must not look like the end of the machine. Addresses are numeric: this program
 * is static and asks no resolver.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "beacon.h"
#include "num.h"
#include "pace.h"
#include "record.h"

/* "192.0.2.1:7001" or "[2001:db8::1]:7001" */
static int parse_address(const char *text, struct sockaddr_storage *addr,
			 socklen_t *len)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	const char *colon = strrchr(text, ':');
	char host[64];
	uint64_t port;
	size_t n;

	if (!colon || num_u64(colon + 1, 65535, &port) || !port)
		return -EINVAL;
	n = colon - text;
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	memset(addr, 0, sizeof(*addr));
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*len = sizeof(*in6);
		return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ?
		       0 : -EINVAL;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	*len = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? 0 : -EINVAL;
}

static int open_udp(const char *text, struct emitter *em)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd;

	if (parse_address(text, &addr, &len)) {
		emit_err(em, "--beacon udp:ADDRESS:PORT takes numbers, such as udp:192.0.2.1:7001 or udp:[2001:db8::1]:7001, not %s",
			 text);
		return -EINVAL;
	}
	fd = socket(addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, len))
		return fd;
	emit_err(em, "--beacon udp:%s: %s", text, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

static int open_serial(const char *path, struct emitter *em)
{
	struct termios tio;
	int fd;

	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		emit_err(em, "--beacon serial:%s: %s", path, strerror(errno));
		return -EIO;
	}
	/* a newline is one byte there; its speed is left as it is */
	if (!tcgetattr(fd, &tio)) {
		tio.c_oflag &= ~OPOST;
		tcsetattr(fd, TCSANOW, &tio);
	}
	return fd;
}

/**
 * beacon_open() - open the way to a witness
 * @where: "udp:ADDRESS:PORT" or "serial:PATH"
 * @em: for the message
 *
 * Return: file descriptor or a negative error number.
 */
int beacon_open(const char *where, struct emitter *em)
{
	if (!strncmp(where, "udp:", 4))
		return open_udp(where + 4, em);
	if (!strncmp(where, "serial:", 7))
		return open_serial(where + 7, em);
	emit_err(em, "--beacon: udp:ADDRESS:PORT or serial:PATH, not %s",
		 where);
	return -EINVAL;
}

static int64_t boottime_ms(void)
{
	struct moment now;

	moment_now("", &now);
	return now.boottime_ms;
}

/**
 * beacon_send() - one sign of life, or the last word
 * @fd: from beacon_open()
 * @event: "alive"; "leaving": no more will come, and that is as it should be
 * @state: what is told of
 * @n: its number
 * @boot_id: this boot
 * @hostname: this machine's name
 *
 * What nobody takes is lost: a sign of life that comes late is none.
 */
void beacon_send(int fd, const char *event, const struct beacon_state *state, uint64_t n,
		 const char *boot_id, const char *hostname)
{
	int64_t keepalive = __atomic_load_n(&state->keepalive_ms,
					    __ATOMIC_RELAXED);
	int64_t now = boottime_ms();
	struct record rec;
	size_t len;

	record_begin(&rec, event, n);
	record_text(&rec, "hostname", hostname);
	record_text(&rec, "boot_id", boot_id);
	record_i64(&rec, "boottime_ms", now);
	record_i64(&rec, "phase",
		   __atomic_load_n(&state->phase, __ATOMIC_RELAXED));
	if (keepalive > 0)
		record_i64(&rec, "since_keepalive_ms", now - keepalive);
	len = record_end(&rec);
	(void)!write(fd, rec.text, len);
}

static __noreturn void send_on(int fd, const struct beacon_state *state,
			       const char *boot_id, const char *hostname)
{
	struct pace pace;
	uint64_t n = 0;

	pace_start(&pace, BEACON_INTERVAL_MS * NSEC_PER_MSEC, pace_now());
	for (;;) {
		beacon_send(fd, "alive", state, ++n, boot_id, hostname);
		pace_next(&pace, pace_now());
		pace_sleep(&pace);
	}
}

/**
 * beacon_start() - begin to send signs of life
 * @beacon: the beacon; its state may be changed from now on
 * @fd: from beacon_open()
 * @boot_id: this boot
 * @hostname: this machine's name
 *
 * They end with this process, whatever ends it.
 *
 * Return: 0 or a negative error number.
 */
int beacon_start(struct beacon *beacon, int fd, const char *boot_id,
		 const char *hostname)
{
	pid_t parent = getpid();

	beacon->state = mmap(NULL, sizeof(*beacon->state),
			     PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (beacon->state == MAP_FAILED)
		return -errno;
	beacon->pid = fork();
	if (beacon->pid < 0)
		return -errno;
	if (beacon->pid)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	send_on(fd, beacon->state, boot_id, hostname);
}

/**
 * beacon_stop() - send no more
 * @beacon: the beacon
 */
void beacon_stop(struct beacon *beacon)
{
	if (beacon->pid <= 0)
		return;
	kill(beacon->pid, SIGKILL);
	waitpid(beacon->pid, NULL, 0);
	beacon->pid = 0;
}

/**
 * beacon_send_verdict() - tell the witness that the machine is back
 * @fd: from beacon_open()
 * @ev: the evidence
 * @verdict: what it shows
 */
void beacon_send_verdict(int fd, const struct reset_evidence *ev,
			 const struct reset_verdict *verdict)
{
	struct record rec;
	size_t len;
	int i;

	/* a datagram may be lost, and this one is not repeated later */
	for (i = 1; i <= 3; i++) {
		record_begin(&rec, "back", i);
		record_text(&rec, "hostname", ev->hostname);
		record_text(&rec, "boot_id", ev->boot_id);
		record_text(&rec, "was", ev->story.boot_id);
		record_i64(&rec, "boottime_ms", ev->now.boottime_ms);
		record_text(&rec, "when", when_name(verdict->when));
		record_text(&rec, "cause", cause_name(verdict->cause));
		record_text(&rec, "who", verdict->who);
		record_i64(&rec, "from_ms", verdict->from_ms);
		record_i64(&rec, "to_ms", verdict->to_ms);
		len = record_end(&rec);
		(void)!write(fd, rec.text, len);
	}
}
