// SPDX-License-Identifier: GPL-2.0
/*
 * What programs that act as hypervisors print.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

/* The value of "KEY SEPARATOR VALUE" in a line of its own, trimmed */
static bool find(const char *text, const char *key, char separator, char *out, size_t size)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *value;
		size_t len;

		line += *line == '\n';
		if (strncmp(line, key, n) || line[n] != separator)
			continue;
		value = line + n + 1;
		value += strspn(value, " \t");
		len = strcspn(value, "\r\n");
		while (len && isspace((unsigned char)value[len - 1]))
			len--;
		snprintf(out, size, "%.*s", (int)len, value);
		return true;
	}
	*out = '\0';
	return false;
}

static void to_lower(char *text)
{
	for (; *text; text++)
		*text = tolower((unsigned char)*text);
}

/**
 * words_ssh() - the answer of an ssh-command
 * @text: lines of state=, uuid=, name=, mac=
 * @view: the result
 */
void words_ssh(const char *text, struct vm_view *view)
{
	char state[40];

	find(text, "uuid", '=', view->uuid, sizeof(view->uuid));
	find(text, "name", '=', view->name, sizeof(view->name));
	find(text, "mac", '=', view->mac, sizeof(view->mac));
	to_lower(view->uuid);
	to_lower(view->mac);
	if (!find(text, "state", '=', state, sizeof(state)) || !*state)
		view_set(view, VM_UNKNOWN, "the command prints no line state=");
	else if (!strcmp(state, "off"))
		view_set(view, VM_OFF, "off");
	else if (!strcmp(state, "running"))
		view_set(view, VM_RUNNING, "running");
	else if (!strcmp(state, "unknown"))
		view_set(view, VM_UNKNOWN, "the command does not know its state");
	else
		view_set(view, VM_NOT_OFF, "%s", state);
}

/*
 * Why a domain is shut off, as virsh names virDomainShutoffReason. Shut off here
 * is all that libvirt knows: by any other reason it may run elsewhere ("migrated";
 * "failed" and "crashed", which also end an incoming migration whose source goes
 * on), go on where it was ("saved", "from snapshot"), or nobody remembers
 * ("unknown", after a start of libvirtd; "daemon").
 */
static bool is_off_for_good(const char *reason)
{
	return !strcmp(reason, "shut off (shutdown)") || !strcmp(reason, "shut off (destroyed)");
}

/**
 * words_libvirt() - what virsh prints, of locale C
 * @info: output of dominfo
 * @state: output of domstate --reason, asked after @info
 * @view: the result
 */
void words_libvirt(const char *info, const char *state, struct vm_view *view)
{
	char word[40], saved[16], reason[64];

	find(info, "UUID", ':', view->uuid, sizeof(view->uuid));
	find(info, "Name", ':', view->name, sizeof(view->name));
	find(info, "Managed save", ':', saved, sizeof(saved));
	to_lower(view->uuid);
	snprintf(reason, sizeof(reason), "%.*s", (int)strcspn(state, "\r\n"), state);
	if (!find(info, "State", ':', word, sizeof(word)) || !*word)
		view_set(view, VM_UNKNOWN, "virsh tells no state");
	else if (!strcmp(word, "running"))
		view_set(view, VM_RUNNING, "running");
	else if (strcmp(word, "shut off"))
		view_set(view, VM_NOT_OFF, "%s", word);
	else if (strcmp(saved, "no"))
		view_set(view, VM_NOT_OFF, "saved: it would go on where it was");
	else if (!is_off_for_good(reason))
		view_set(view, VM_UNKNOWN, "%s, which does not prove that it runs nowhere", reason);
	else
		view_set(view, VM_OFF, "%s", reason);
}

/* Of lines "PLUG,NAME[,...]" the name of one */
static void name_of(const char *list, const char *vm, char *out, size_t size)
{
	size_t n = strlen(vm);

	*out = '\0';
	for (const char *line = list; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, vm, n) || line[n] != ',')
			continue;
		line += n + 1;
		line += strspn(line, " ");
		snprintf(out, size, "%.*s", (int)strcspn(line, ",\r\n"), line);
		return;
	}
}

/**
 * words_agent() - what a fence agent says
 * @status: exit status of its action "status": 0 on, 2 off
 * @out: what that printed: a line "Status: ON" or "Status: OFF"
 * @list: what its action "list" printed
 * @vm: the plug
 * @view: the result; agents tell names and nothing else of an identity
 *
 * An exit status alone is little: an interpreter that misses its script, or a
 * script with a syntax error, ends with 2, too.
 */
void words_agent(int status, const char *out, const char *list, const char *vm,
		 struct vm_view *view)
{
	char word[16];

	name_of(list, vm, view->name, sizeof(view->name));
	find(out, "Status", ':', word, sizeof(word));
	if (!status && !strcmp(word, "ON"))
		view_set(view, VM_RUNNING, "on");
	else if (status == 2 && !strcmp(word, "OFF"))
		view_set(view, VM_OFF, "off");
	else
		view_set(view, VM_UNKNOWN, "the agent's status has exit status %d, and says '%s'",
			 status, word);
}
