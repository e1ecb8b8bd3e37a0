// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence pre-promote: what Patroni runs when it holds the leader key and has
 * not promoted yet. It is called with no arguments of Patroni's own, and cancelled
 * by SIGTERM when the key is lost.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "decision.h"
#include "io.h"
#include "state.h"

static const struct argp_option options[] = { COMMAND_CONFIG, { 0 } };
static const char *config_path = CONFIG_DEFAULT;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return command_option(key, arg, state, &config_path);
}

static const struct argp argp = {
	options, parse, NULL,
	"Decides whether this machine's PostgreSQL may be promoted. Exit status 0: there is proof for every other member. 1: there is not, or it is unsure.",
	NULL, NULL, NULL,
};

/*
 * Whatever the signal means, it is no proof. The workers die with us. SIGALRM is
 * the last resort, should the deadline be missed: a standard error that nobody
 * reads may be why, so nothing here may wait for it. The pipe is shared, so it is
 * not ours to make it non-blocking, and others may fill it after we have looked.
 */
static void on_signal(int number)
{
	static const char text[] = "pug-fence: NO promotion: ended by a signal\n";
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	(void)number;
	signal(SIGALRM, SIG_DFL);
	alarm(1);
	if (poll(&out, 1, 0) != 1 || write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_NO);
	_exit(EXIT_NO);
}

static void set_signals(uint64_t deadline_ms)
{
	const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2,
				SIGVTALRM, SIGPROF };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };
	struct itimerval timer = { 0 };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_DFL);
	timer.it_value.tv_sec = deadline_ms / 1000 + 10;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void say(const struct config *config, const char *line)
{
	fprintf(stderr, "pug-fence: %s\n", line);
	if (config)
		state_log(config, line);
}

static int no(const struct config *config, const char *why)
{
	char line[700];

	snprintf(line, sizeof(line), "NO promotion: %s", why);
	say(config, line);
	return EXIT_NO;
}

static bool is_proven(const struct rule *rule)
{
	return rule->outcome == OUTCOME_PROVEN;
}

/* "pg1: why; pg3: why", of those who are proven or of those who are not */
static void words(const struct decision *d, bool proven, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (unsigned int i = 0; i < d->config->n_members && used + 2 < size; i++) {
		const struct rule *rule = d->seats[i].rule;

		if (!rule || is_proven(rule) != proven)
			continue;
		used += snprintf(out + used, size - used, "%s%s: [%s] ", used ? "; " : "",
				 d->config->members[i].name, rule->id);
		if (used < size)
			used += decision_words(d, i, out + used, size - used);
	}
	io_clean_text(out);
}

static int promote(const struct decision *d)
{
	const struct config *config = d->config;
	char line[2048];
	size_t used;

	for (unsigned int i = 0; i < config->n_members; i++) {
		const struct seat *seat = &d->seats[i];

		if (!seat->rule || strcmp(seat->rule->id, "confirmed"))
			continue;
		if (state_use_confirmation(config, config->members[i].name))
			return no(config, "a confirmation cannot be taken away after use: is state_dir writable?");
	}
	used = snprintf(line, sizeof(line), "promote after %llu ms, policy %s: ",
			(unsigned long long)(d->ended_ms - d->begun_ms),
			policy_names[config->policy]);
	words(d, true, line + used, sizeof(line) - used);
	say(config, line);
	state_close_incident(config);
	/* A log that nobody reads, or a disk that hangs, may have made the proof old */
	if (now_ms() >= d->begun_ms + config->pace.deadline_ms)
		return no(config, "writing that down took until after the deadline");
	return EXIT_PROMOTE;
}

/* Those without a proof, with a blank between */
static void list_unproven(const struct decision *d, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (unsigned int i = 0; i < d->config->n_members && used < size; i++)
		if (d->seats[i].rule && d->seats[i].rule->outcome != OUTCOME_PROVEN)
			used += snprintf(out + used, size - used, "%s%s", used ? " " : "",
					 d->config->members[i].name);
}

static void say_way_out(const struct decision *d)
{
	const struct config *config = d->config;
	bool usual = !strcmp(config->path, CONFIG_DEFAULT);

	for (unsigned int i = 0; i < config->n_members; i++) {
		if (!d->seats[i].rule || d->seats[i].rule->outcome == OUTCOME_PROVEN)
			continue;
		fprintf(stderr, "pug-fence: if you have made sure yourself that %s is off: pug-fence confirm %s --off --by YOUR-NAME%s%s\n",
			config->members[i].name, config->members[i].name,
			usual ? "" : " --config ", usual ? "" : config->path);
	}
}

static int refuse(const struct decision *d)
{
	char line[2048], members[CONFIG_MEMBERS_MAX * 65];
	struct incident incident;
	struct trouble why = { "" };
	size_t used;

	list_unproven(d, members, sizeof(members));
	if (!*members && d->config->policy != POLICY_TALK && d->own != API_RECOVERY)
		return no(d->config, "our own Patroni does not say that we are a replica in recovery: is 'me' this machine, and does its REST answer?");
	if (!*members)
		return no(d->config, "the proof came after the deadline; the next call will find it sooner");
	used = snprintf(line, sizeof(line), "NO promotion after %llu ms, policy %s: ",
			(unsigned long long)(d->ended_ms - d->begun_ms),
			policy_names[d->config->policy]);
	words(d, false, line + used, sizeof(line) - used);
	say(d->config, line);
	if (state_open_incident(d->config, members, d->own_timeline, &incident, &why))
		fprintf(stderr, "pug-fence: nothing can be confirmed: %s\n", why.text);
	else
		say_way_out(d);
	return EXIT_NO;
}

/**
 * cmd_pre_promote() - pug-fence pre-promote
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0 or 1.
 */
int cmd_pre_promote(int argc, char **argv)
{
	static struct config config;
	static struct decision decision;
	struct trouble why;

	argp_err_exit_status = EXIT_NO;
	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_NO;
	if (config_load(&config, config_path, &why))
		return no(NULL, why.text);
	set_signals(config.pace.deadline_ms);
	if (state_lock(&config, &why))
		return no(&config, why.text);
	decision_make(&config, &decision);
	return decision.promote ? promote(&decision) : refuse(&decision);
}
