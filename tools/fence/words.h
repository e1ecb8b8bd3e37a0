/* SPDX-License-Identifier: GPL-2.0 */
/* What programs that act as hypervisors print. Pure. */
#ifndef PUG_FENCE_WORDS_H
#define PUG_FENCE_WORDS_H

#include "backend.h"

void words_ssh(const char *text, struct vm_view *view);
void words_libvirt(const char *info, const char *state, struct vm_view *view);
void words_agent(int status, const char *out, const char *list, const char *vm,
		 struct vm_view *view);

#endif /* PUG_FENCE_WORDS_H */
