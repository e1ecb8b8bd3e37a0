// SPDX-License-Identifier: GPL-2.0
#include "cluster.h"
#include "command.h"
#include "drill-run.h"
#include "util.h"
int drill_run(struct drill_run *run)
{
	struct cluster c;
	double t = now_s();
	if (cluster_open(&c, run->host, run->drill)) return 2;
	if (cluster_fork(&c, run->out)) { warn_line("%s", c.why); cluster_close(&c); return 2; }
	warn_line("forked in %.1f", now_s() - t);
	cluster_wait(&c, 15, NULL, NULL);
	node_run(&c.nodes[0], "curl -s -m 5 http://127.0.0.1:8008/cluster", 20);
	warn_line("%s", c.nodes[0].words);
	cluster_close(&c);
	return 0;
}
