// SPDX-License-Identifier: GPL-2.0
/* The page's style and script, which are files of their own for those who read them. */
#include "report-model.h"

/* Paths are those of make, which runs in the top folder */
#define EMBED(symbol, file)			\
	__asm__(".section .rodata\n"		\
		".global " #symbol "\n"		\
		#symbol ":\n"			\
		".incbin \"" file "\"\n"	\
		".byte 0\n"			\
		".previous\n")

EMBED(report_css, "tools/lab/report-page.css");
EMBED(report_js, "tools/lab/report-page.js");
/* What pug advise goes by, unless it is given another */
EMBED(protection_record, "Documentation/protection.json");
