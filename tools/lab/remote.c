// SPDX-License-Identifier: GPL-2.0
/*
 * ssh is run as an argument vector: no shell sees the line on this side. The one on
 * the other side does, so each word is quoted for it. Every command has a time limit:
 * a machine that freezes takes its connections with it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "remote.h"
#include "util.h"

#define WORDS_MAX 64

static void quote(FILE *out, const char *word)
{
	bool plain = *word;

	for (const char *p = word; *p; p++)
		plain = plain && (isalnum((unsigned char)*p) || strchr("_./:@%+,-", *p));
	if (plain) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

/* "a b  c" as words, in a copy that stays */
static size_t split(char *text, char **words, size_t n)
{
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	return n;
}

/**
 * remote_line() - what the shell on the other side is given
 * @command: which
 *
 * Return: a line, to be freed.
 */
char *remote_line(const struct remote_command *command)
{
	char *become = xstrdup(command->become ? command->member->become : "");
	char *words[WORDS_MAX], *line = NULL;
	size_t n = split(become, words, 0), size = 0;
	FILE *out = open_memstream(&line, &size);

	for (size_t i = 0; out && i < n; i++) {
		quote(out, words[i]);
		fputc(' ', out);
	}
	for (size_t i = 0; out && command->words[i]; i++) {
		if (i)
			fputc(' ', out);
		quote(out, command->words[i]);
	}
	if (out)
		fclose(out);
	free(become);
	return line ? line : xstrdup("false");
}

static void __noreturn
be_ssh(const struct inventory *inv, const struct remote_command *command)
{
	char *words[WORDS_MAX + 3];
	size_t n = split(xstrdup(inv->ssh), words, 0);

	words[n++] = xstrdup(command->member->ssh);
	words[n++] = remote_line(command);
	words[n] = NULL;
	child_exec(words);
}

static void __noreturn
be_child(const struct inventory *inv, const struct remote_command *command, pid_t parent,
	 const int fds[2][2])
{
	child_begin(parent);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(fds[0][1], STDOUT_FILENO);
	dup2(fds[1][1], STDERR_FILENO);
	be_ssh(inv, command);
}

struct stream {
	int fd;
	char *text;
	size_t len;
	size_t max;
};

/* What is too much is read all the same, or the other side would wait */
static void take(struct stream *stream)
{
	char bytes[4096];
	ssize_t len = read(stream->fd, bytes, sizeof(bytes));

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0) {
		close(stream->fd);
		stream->fd = -1;
		return;
	}
	for (ssize_t i = 0; i < len && stream->len < stream->max; i++)
		stream->text[stream->len++] = bytes[i] ? bytes[i] : ' ';
	stream->text[stream->len] = '\0';
}

/* ssh may leave a process behind that holds these open: its own end counts */
static int listen_to(pid_t pid, struct stream streams[2], double end)
{
	int status = 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = streams[0].fd, .events = POLLIN },
			{ .fd = streams[1].fd, .events = POLLIN },
		};
		bool ended = waitpid(pid, &status, WNOHANG) == pid;
		int ready = poll(fds, 2, ended ? 0 : 50);

		for (int i = 0; ready > 0 && i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				take(&streams[i]);
		if (ended && ready <= 0)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		if (ended) {
			/* Reaped: what is in the pipes is all there will be */
			for (int i = 0; i < 2; i++)
				while (streams[i].fd >= 0 && poll(&(struct pollfd) {
						.fd = streams[i].fd, .events = POLLIN }, 1, 0) > 0)
					take(&streams[i]);
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		if (now_s() < end)
			continue;
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -1;
	}
}

static void one_line(char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

static pid_t start(const struct inventory *inv, const struct remote_command *command,
		   int fds[2][2])
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		be_child(inv, command, parent, (const int (*)[2])fds);
	close(fds[0][1]);
	close(fds[1][1]);
	return pid;
}

/**
 * remote_run() - run a command and wait for its end
 * @inv: has the ssh command
 * @command: which, and where
 * @seconds: time limit; then ssh is killed, and what it runs may go on
 * @answer: filled in; remote_free() it
 */
void remote_run(const struct inventory *inv, const struct remote_command *command, double seconds,
		struct remote_answer *answer)
{
	int fds[2][2] = { { -1, -1 }, { -1, -1 } };
	struct stream streams[2];
	pid_t pid;

	*answer = (struct remote_answer) { .status = -1, .out = xcalloc(1, REMOTE_MAX + 1) };
	if (pipe2(fds[0], O_CLOEXEC) || pipe2(fds[1], O_CLOEXEC)) {
		snprintf(answer->err, sizeof(answer->err), "no pipe: %s", strerror(errno));
		return;
	}
	streams[0] = (struct stream) { fds[0][0], answer->out, 0, REMOTE_MAX };
	streams[1] = (struct stream) { fds[1][0], answer->err, 0, sizeof(answer->err) - 1 };
	pid = start(inv, command, fds);
	if (pid > 0)
		answer->status = listen_to(pid, streams, now_s() + seconds);
	for (int i = 0; i < 2; i++)
		if (streams[i].fd >= 0)
			close(streams[i].fd);
	if (answer->status < 0 && !*answer->err)
		snprintf(answer->err, sizeof(answer->err), "no end within %.0f s", seconds);
	one_line(answer->err);
	for (size_t len = strlen(answer->out); len && answer->out[len - 1] == '\n'; len--)
		answer->out[len - 1] = '\0';
}

/**
 * remote_free() - forget an answer
 * @answer: filled in by remote_run()
 */
void remote_free(struct remote_answer *answer)
{
	free(answer->out);
	answer->out = NULL;
}

/**
 * remote_start() - run a command without waiting
 * @inv: has the ssh command
 * @command: which, and where
 * @dir: folder for its output
 * @log: file there, of standard output and error
 *
 * Return: ssh's process, leader of a group of its own; -1 with errno set.
 */
pid_t remote_start(const struct inventory *inv, const struct remote_command *command,
		   const char *dir, const char *log)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	child_begin(parent);
	child_settle_in(dir, log);
	be_ssh(inv, command);
}
