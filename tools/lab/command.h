/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_COMMAND_H
#define PUG_COMMAND_H

/* Exit codes, the same for every subcommand (pug(1)) */
#define PUG_AS_EXPECTED 0
#define PUG_SURPRISE 1
#define PUG_COULD_NOT_RUN 2

int cmd_matrix(int argc, char **argv);
int cmd_cell(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_relay(int argc, char **argv);
int cmd_listen(int argc, char **argv);
int cmd_advise(int argc, char **argv);
int cmd_protection(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#endif
