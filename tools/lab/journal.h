/* SPDX-License-Identifier: GPL-2.0 */
/* What a client of the ledger tried and heard: JSON lines, written before it goes on. */
#ifndef PUG_JOURNAL_H
#define PUG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_event {
	JOURNAL_START,		/* the client begins, or goes on after it was killed */
	JOURNAL_CONNECT,
	JOURNAL_NO_CONNECT,
	JOURNAL_TRY,		/* will be sent next */
	JOURNAL_SLOW,		/* time is up, and the client clings to the server */
	JOURNAL_ACK,		/* committed, says the server, without a warning */
	JOURNAL_REFUSED,	/* the server gave an error */
	JOURNAL_UNKNOWN,	/* no answer, or a warning with the commit */
	JOURNAL_STOP,
};

/**
 * struct journal_record - one line of a journal, to be written
 * @event: what happened
 * @id: of the row; of JOURNAL_START the first that it will try
 * @server: "HOST:PORT" as connected, or as the server itself says, or NULL
 * @system: PostgreSQL's system identifier, or NULL
 * @timeline: 0 if not known
 * @status: why not, a word, or NULL
 * @sqlstate: of the error, or NULL or ""
 * @error: its text, or of the warning, or NULL or ""
 * @torn: of JOURNAL_START: the line before was cut off
 */
struct journal_record {
	enum journal_event event;
	uint64_t id;
	const char *server;
	const char *system;
	uint32_t timeline;
	const char *status;
	const char *sqlstate;
	const char *error;
	bool torn;
};

/**
 * struct journal_server - who answered
 * @server: "HOST:PORT", "" if not known
 * @system: system identifier, "" if not known
 * @timeline: 0 if not known
 */
struct journal_server {
	char server[128];
	char system[24];
	uint32_t timeline;
};

enum journal_outcome {
	OUTCOME_OPEN,		/* tried, and then the journal says nothing */
	OUTCOME_REFUSED,
	OUTCOME_UNKNOWN,
	OUTCOME_ACKED,
};

/**
 * struct journal_key - a row that a client tried to insert
 * @id: its number
 * @tries: how often it was tried
 * @outcome: of all tries: acknowledged if one was, else unknown if one is
 * @server: index of who acknowledged it or answered last
 * @try_ns: the first try, on the host's monotonic clock
 * @t_ns: the acknowledgment, or the last that was heard, on the same clock
 * @wall_ns: the same, since 1970
 * @sqlstate: of the last error
 * @doubt: a try was not refused: the row may be there
 */
struct journal_key {
	uint64_t id;
	uint32_t tries;
	enum journal_outcome outcome;
	uint32_t server;
	int64_t try_ns;
	int64_t t_ns;
	int64_t wall_ns;
	char sqlstate[6];
	bool doubt;
};

/**
 * struct journal_file - a journal that is being written
 * @fd: open and locked, or -1
 * @client: in every line
 * @sync: wait for the disk after each line
 */
struct journal_file {
	int fd;
	const char *client;
	bool sync;
};

/**
 * struct journal - a journal that was read
 * @client: whose it is, "" if it does not say
 * @keys: rows, by ascending id
 * @n: how many
 * @cap: room in @keys
 * @servers: who answered; 0 is "not known"
 * @servers_n: how many
 * @lines: read
 * @starts: how often the client began
 * @torn: lines cut off where the client was killed or its disk was full: nothing is lost with them
 * @damaged: lines that can't be understood otherwise: what they said is lost
 * @damaged_line: the first of these, from 1
 * @damage: what is wrong with it
 * @stopped: the client's last word is that it stopped
 */
struct journal {
	char client[64];
	struct journal_key *keys;
	size_t n;
	size_t cap;
	struct journal_server *servers;
	uint32_t servers_n;
	uint64_t lines;
	uint64_t starts;
	uint64_t torn;
	uint64_t damaged;
	uint64_t damaged_line;
	char damage[80];
	bool stopped;
	/* private: the parser's */
	bool pending;
	bool bad_before;
	char bad_why[80];
	uint32_t server;
	char *rest;
	size_t rest_len;
	bool too_long;
};

bool journal_name_is_good(const char *name);
void journal_init(struct journal *j);
void journal_feed(struct journal *j, const char *bytes, size_t len);
void journal_end(struct journal *j);
int journal_read(struct journal *j, const char *path, char **why);
void journal_free(struct journal *j);

int64_t journal_open(struct journal_file *file, const char *path, const char *client, bool sync,
		     char **why);
int journal_write(struct journal_file *file, const struct journal_record *record);
int journal_is_written(const char *path);
const char *journal_event_word(enum journal_event event);

#endif
