// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to files what they are not made for, from several CPUs at once, and reads
 * them: random bytes, words that they know, numbers, too much, too little, at any
 * offset, interrupted by signals. Made for the modules' files in debugfs, on a kernel
 * that notices what must not be (tools/check/debug). Which calls are made follows from
 * the seed; how those of the writers mingle does not.
 *
 * It cannot know what a file does. Load the modules with a small max_ms, and name each
 * file whose fault has no end with -r: that gets only what it must refuse.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX	64
#define WORDS_MAX	64
#define WRITERS_MAX	16
#define BYTES_MAX	(256 * 1024)

/* What became of the calls on one file, all writers together */
struct tally {
	unsigned long reads;
	unsigned long taken;
	unsigned long refused;
	unsigned long busy;
	unsigned long interrupted;
};

/**
 * struct file - one that is written to
 * @path: its name
 * @shared: open before the writers are there: they have it in common; -1: none
 * @flags: how it can be opened: O_RDONLY, O_WRONLY, O_RDWR
 * @refuses: it gets only what it must refuse
 * @first: of its folder's words
 * @words: how many there are
 */
struct file {
	char path[128];
	int shared;
	int flags;
	bool refuses;
	size_t first;
	size_t words;
};

static struct file files[FILES_MAX];
static size_t n_files;
static char words[WORDS_MAX][24];
static size_t n_words;
static const char *refusing[FILES_MAX];
static size_t n_refusing;
static struct tally *tally;		/* WRITERS_MAX of FILES_MAX */
static char *bytes;
static unsigned long long state;

static const char * const common[] = {
	"", "\n", "0", "1", "all", "0-1", "0,1", "1-0", "0-63", "0-4095", "-1", "0x10", "077",
	"4294967295", "4294967296", "18446744073709551615", "18446744073709551616", "1 2",
	"99999999999999999999999999999999", "0-1:1/2", ",", "-", "all\n\n", " all ",
};

/* A linear congruential generator of 64 bits, whose upper half is used */
static uint32_t any(uint32_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 32) % below;
}

static void fail(const char *what)
{
	fprintf(stderr, "random-writes: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool is_refusing(const char *path)
{
	for (size_t i = 0; i < n_refusing; i++)
		if (!strcmp(refusing[i], path))
			return true;
	return false;
}

/*
 * The first word of each line of FOLDER/faults. One without an end is for a folder
 * where nothing can be begun.
 */
static void add_words(const char *dir, bool endless)
{
	char path[PATH_MAX], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "%s/faults", dir);
	in = fopen(path, "r");
	if (!in)
		return;
	while (n_words < WORDS_MAX && fgets(line, sizeof(line), in))
		if (endless || !strstr(line, "(no end"))
			n_words += sscanf(line, "%23s", words[n_words]) == 1;
	fclose(in);
}

static int flags_of(mode_t mode)
{
	if ((mode & 0600) == 0600)
		return O_RDWR;
	return mode & 0200 ? O_WRONLY : O_RDONLY;
}

static void add_folder(const char *name)
{
	size_t first = n_words, before = n_files;
	bool endless = false;
	struct dirent *entry;
	DIR *dir = opendir(name);

	if (!dir)
		fail(name);
	while (n_files < FILES_MAX && (entry = readdir(dir))) {
		struct file *f = &files[n_files];
		struct stat st;

		if ((size_t)snprintf(f->path, sizeof(f->path), "%s/%s", name, entry->d_name) >=
		    sizeof(f->path) || stat(f->path, &st) || !S_ISREG(st.st_mode))
			continue;
		f->flags = flags_of(st.st_mode);
		f->refuses = is_refusing(f->path);
		f->shared = open(f->path, f->flags | O_NONBLOCK);
		endless |= f->refuses;
		n_files++;
	}
	closedir(dir);
	add_words(name, endless);
	for (size_t i = before; i < n_files; i++) {
		files[i].first = first;
		files[i].words = n_words - first;
	}
}

static size_t random_bytes(size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = any(256);
	return len;
}

static size_t digits(unsigned long long value)
{
	return snprintf(bytes, 64, "%llu", value);
}

static size_t text(const char *value)
{
	return snprintf(bytes, 64, "%s", value);
}

/* Whatever its fault is, no length but 0 begins it, and 1 stands for another number */
static size_t refused_value(void)
{
	switch (any(4)) {
	case 0:
		return digits(2 + any(1000));
	case 1:
		return digits((1ULL << 32) + any(1000));
	case 2:
		return text("x1");
	default:
		memset(bytes, '7', BYTES_MAX);
		return 1 + any(BYTES_MAX);
	}
}

static size_t word(const struct file *f)
{
	const char *name = f->words ? words[f->first + any(f->words)] : "all";
	size_t len = strlen(name);

	memcpy(bytes, name, len);
	switch (any(6)) {
	case 0:
		len = any(len + 1);		/* cut short */
		break;
	case 1:
		bytes[any(len)] = any(256);
		break;
	case 2:
		bytes[len++] = '\n';
		break;
	case 3:						/* behind NUL */
		bytes[len++] = '\0';
		bytes[len++] = 'x';
		break;
	}
	return len;
}

static size_t value(const struct file *f)
{
	if (f->refuses)
		return refused_value();
	switch (any(10)) {
	case 0:
		return random_bytes(any(80));
	case 1:
		return random_bytes(any(BYTES_MAX));
	case 2:
		return digits((unsigned long long)any(UINT32_MAX) << any(33));
	case 3:
		memset(bytes, '0' + any(10), BYTES_MAX);
		return any(8) ? any(200) : any(BYTES_MAX);
	case 4:
		return text(common[any(sizeof(common) / sizeof(*common))]);
	case 5:
	case 6:
		return digits(any(200));
	default:
		return word(f);
	}
}

static off_t offset(void)
{
	switch (any(8)) {
	case 0:
		return any(200);
	case 1:
		return (off_t)any(UINT32_MAX) << 20;
	case 2:
		return INT64_MAX - any(3);
	default:
		return 0;
	}
}

static void count(struct tally *t, ssize_t ret, bool written)
{
	if (ret < 0 && errno == EBUSY)
		t->busy++;
	else if (ret < 0 && errno == EINTR)
		t->interrupted++;
	else if (!written)
		t->reads++;
	else if (ret < 0)
		t->refused++;
	else
		t->taken++;
}

/* An address that the kernel cannot read or write, now and then */
static void *buffer(void)
{
	return any(50) ? bytes : NULL;
}

static void one_call(struct file *f, struct tally *t)
{
	bool own = any(4) || f->shared < 0;
	bool writes = f->flags == O_RDONLY ? !any(16) : f->flags == O_WRONLY || any(3);
	/* Root may open what is meant for reading only, and the other way round */
	int flags = (any(16) ? f->flags : O_RDWR) | (writes && !any(4) ? O_TRUNC : 0);
	int fd = own ? open(f->path, flags) : f->shared;
	size_t len;
	off_t at;

	if (fd < 0) {
		count(t, -1, true);
		return;
	}
	if (writes) {
		len = value(f);
		at = offset();
		count(t, any(2) ? write(fd, buffer(), len) : pwrite(fd, buffer(), len, at), true);
	} else {
		len = any(4) ? any(300) : any(BYTES_MAX);
		at = offset();
		count(t, any(2) ? read(fd, buffer(), len) : pread(fd, buffer(), len, at), false);
	}
	if (!any(20))
		lseek(fd, offset(), any(3));
	if (own)
		close(fd);
}

static void nothing(int unused)
{
	(void)unused;
}

/* What waits in the kernel shall be interrupted at times */
static void alarms(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval every = { .it_interval = { 0, 70000 }, .it_value = { 0, 70000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void writer(unsigned int n, unsigned long long seed, time_t end)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n % cpus, &set);
	sched_setaffinity(0, sizeof(set), &set);
	state = (seed + n) * 0x9e3779b97f4a7c15ULL;
	alarms();
	while (now() < end) {
		size_t i = any(n_files);

		one_call(&files[i], &tally[n * FILES_MAX + i]);
	}
	_exit(0);
}

/* A file that none of them reached has not been tested */
static int summary(unsigned int writers)
{
	int untouched = 0;

	for (size_t i = 0; i < n_files; i++) {
		struct tally sum = { 0 };

		for (unsigned int n = 0; n < writers; n++) {
			const struct tally *t = &tally[n * FILES_MAX + i];

			sum.reads += t->reads;
			sum.taken += t->taken;
			sum.refused += t->refused;
			sum.busy += t->busy;
			sum.interrupted += t->interrupted;
		}
		printf("# %s: %lu reads, %lu writes taken, %lu refused, %lu busy, %lu interrupted\n",
		       files[i].path, sum.reads, sum.taken, sum.refused, sum.busy,
		       sum.interrupted);
		untouched += !(sum.reads + sum.taken + sum.refused);
		if (files[i].refuses && sum.taken) {
			printf("# %s took what it must refuse\n", files[i].path);
			untouched++;
		}
	}
	return untouched;
}

static int run(unsigned int writers, unsigned long long seed, time_t seconds)
{
	time_t end = now() + seconds;
	int status, failed = 0;

	printf("# seed %llu, %lld s, %u writers, %zu files, %zu words\n", seed,
	       (long long)seconds, writers, n_files, n_words);
	fflush(stdout);
	for (unsigned int n = 0; n < writers; n++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (!pid)
			writer(n, seed, end);
	}
	while (wait(&status) > 0)
		failed += status != 0;
	return summary(writers) + failed;
}

static void usage(void)
{
	fputs("usage: random-writes [-s SEED] [-t SECONDS] [-w WRITERS] [-r FILE]... FOLDER...\n",
	      stderr);
	exit(2);
}

static unsigned long long number(const char *from, unsigned long long max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(from, &end, 10);
	if (errno || end == from || *end || n > max)
		usage();
	return n;
}

int main(int argc, char *argv[])
{
	unsigned long long seed = (unsigned long long)time(NULL) * 1000 + getpid();
	unsigned int writers = 2;
	time_t seconds = 60;
	int c;

	while ((c = getopt(argc, argv, "s:t:w:r:")) != -1) {
		switch (c) {
		case 's':
			seed = number(optarg, ULLONG_MAX);
			break;
		case 't':
			seconds = number(optarg, 86400);
			break;
		case 'w':
			writers = number(optarg, WRITERS_MAX);
			break;
		case 'r':
			if (n_refusing == FILES_MAX)
				usage();
			refusing[n_refusing++] = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind == argc || !writers)
		usage();
	bytes = mmap(NULL, BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tally = mmap(NULL, WRITERS_MAX * FILES_MAX * sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED || tally == MAP_FAILED)
		fail("mmap");
	while (optind < argc)
		add_folder(argv[optind++]);
	return run(writers, seed, seconds) ? 1 : 0;
}
