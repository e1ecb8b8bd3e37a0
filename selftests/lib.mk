# SPDX-License-Identifier: GPL-2.0
# Where the kernel's own lib.mk is not at hand: what a target's Makefile includes,
# and as much of it as building needs. OUTPUT= is where programs go. A target names
# further sources of a program as its prerequisites.

CFLAGS	?= -O2 -g
OUTPUT	?= $(CURDIR)
PROGRAMS := $(addprefix $(OUTPUT)/,$(TEST_GEN_PROGS) $(TEST_GEN_FILES))

all: $(PROGRAMS)

$(OUTPUT)/%: %.c ../kselftest.h $(wildcard *.h)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)

clean:
	rm -f $(PROGRAMS)

.PHONY: all clean
