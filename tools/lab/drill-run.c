// SPDX-License-Identifier: GPL-2.0
#include "drill-play.h"
#include "command.h"
#include "drill-run.h"
#include "util.h"
int drill_run(struct drill_run *run)
{
	bool i = false;
	double t = now_s();
	int r = drill_play(run->host, run->drill, run->out, &i);
	warn_line("%d %.1f", r, now_s() - t);
	return 0;
}
