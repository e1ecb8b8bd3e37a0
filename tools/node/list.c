// SPDX-License-Identifier: GPL-2.0
#include "node.h"
int cmd_list(int argc, char **argv) { (void)argc; (void)argv; return 0; }
