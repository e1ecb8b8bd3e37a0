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

/**
 * words_dominfo() - what virsh dominfo prints
 * @text: its output, of locale C
 * @view: the result
 */
void words_dominfo(const char *text, struct vm_view *view)
{
	char state[40], saved[16];

	find(text, "UUID", ':', view->uuid, sizeof(view->uuid));
	find(text, "Name", ':', view->name, sizeof(view->name));
	find(text, "Managed save", ':', saved, sizeof(saved));
	to_lower(view->uuid);
	if (!find(text, "State", ':', state, sizeof(state)) || !*state)
		view_set(view, VM_UNKNOWN, "virsh tells no state");
	else if (!strcmp(state, "running"))
		view_set(view, VM_RUNNING, "running");
	else if (strcmp(state, "shut off"))
		view_set(view, VM_NOT_OFF, "%s", state);
	else if (strcmp(saved, "no"))
		view_set(view, VM_NOT_OFF, "saved: it would go on where it was");
	else
		view_set(view, VM_OFF, "off");
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
 * @list: what its action "list" printed
 * @vm: the plug
 * @view: the result; agents tell names and nothing else of an identity
 */
void words_agent(int status, const char *list, const char *vm, struct vm_view *view)
{
	name_of(list, vm, view->name, sizeof(view->name));
	if (!status)
		view_set(view, VM_RUNNING, "on");
	else if (status == 2)
		view_set(view, VM_OFF, "off");
	else
		view_set(view, VM_UNKNOWN, "the agent's status has exit status %d", status);
}
