/* SPDX-License-Identifier: GPL-2.0 */
/* A verdict for people and for programs. */
#ifndef PUG_RESET_REPORT_H
#define PUG_RESET_REPORT_H

#include "emit.h"
#include "reset.h"

void report_verify(const struct reset_evidence *ev,
		   const struct reset_verdict *verdict, struct emitter *em);
void report_last(const struct reset_evidence *ev,
		 const struct reset_verdict *verdict, struct emitter *em);

#endif /* PUG_RESET_REPORT_H */
