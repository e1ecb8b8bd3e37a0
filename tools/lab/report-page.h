/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of the page that pug report makes, for report-html.c. */
#ifndef PUG_REPORT_PAGE_H
#define PUG_REPORT_PAGE_H

#include <stdlib.h>

#include "report-model.h"

void page_drills(const struct report_run *run, FILE *out, size_t number);
void page_changes(const struct report *r, FILE *out);
json_t *page_data(const struct report *r, const char *out_path);

#endif
