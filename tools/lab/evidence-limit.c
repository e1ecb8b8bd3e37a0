// SPDX-License-Identifier: GPL-2.0
#include "evidence-limit.h"

/*
 * 64 canaries for ten minutes come to 384,000 events. One takes some 700 bytes:
 * a guest that floods its channels as far as the lab lets it would take 2 GB.
 */
#define EVENTS_MAX 400000

/**
 * evidence_is_too_much() - is there more than a guest can have had to say?
 * @tl: marked broken then; what was asked to be added is to be passed over
 *
 * Return: whether there is.
 */
bool evidence_is_too_much(struct timeline *tl)
{
	if (tl->n < EVENTS_MAX)
		return false;
	timeline_broken(tl, "the evidence has more than %d events: a flood", EVENTS_MAX);
	return true;
}
