# SPDX-License-Identifier: GPL-2.0
# `make help' says what there is. Everything made goes to build/.

VERSION	:= 0.1
BUILD	?= build
PREFIX	?= /usr/local
CC	:= $(if $(filter default,$(origin CC)),gcc,$(CC))
KERNELS	?= debian-6.1
RELEASE	?= bookworm
Q	:= $(if $(V),,@)
say	= $(if $(V),@:,@printf '  %-8s%s\n' '$(1)' '$(2)')

WARN	:= -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	   -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla \
	   -Wformat=2 -Wundef -Wlogical-op
CFLAGS	?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPUG_VERSION='"$(VERSION)"' \
	   $(CFLAGS) $(WARN) $(if $(WERROR),-Werror) -MMD -MP -Itools/lib -I$(<D)

# Asked for once, and only where something of the lab is built.
LAB_PKGS := jansson libsystemd libpq libcurl inih
LAB_CFLAGS = $(eval LAB_CFLAGS := $$(shell pkg-config --cflags $(LAB_PKGS)))$(LAB_CFLAGS)
LAB_LIBS = $(eval LAB_LIBS := $$(shell pkg-config --libs $(LAB_PKGS)))$(LAB_LIBS)

# Static as the rest of it: libyaml is one archive that needs libc alone.
NODE_LIBS := -lyaml

# curl with GnuTLS: the licence of OpenSSL 3 and GPL-2.0 exclude each other.
FENCE_PKGS := libcurl gnutls jansson inih
FENCE_CFLAGS = $(eval FENCE_CFLAGS := $$(shell pkg-config --cflags $(FENCE_PKGS)))$(FENCE_CFLAGS)
FENCE_LIBS = $(eval FENCE_LIBS := $$(shell pkg-config --libs $(FENCE_PKGS)))$(FENCE_LIBS)

LIB_SRC	 := $(wildcard tools/lib/*.c)
NODE_SRC := $(wildcard tools/node/*.c)
LAB_SRC	 := $(wildcard tools/lab/*.c)
PGWATCH_SRC := $(wildcard tools/postgres/pgwatch/*.c) tools/postgres/notify.c
FENCE_SRC := $(wildcard tools/fence/*.c)
objects	 = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
TOOLS	 := pug-node pug pug-fence pug-pgwatch

.PHONY: all tools modules guests deps cluster postgres-patched matrix protection-table drill-table check check-full check-drill \
	check-real check-debug check-browser check-docs check-fuzz check-postgres check-fence bench lint unit man \
	htmldocs \
	install install-dkms deb clean \
	help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: tools modules

help:
	@echo 'make [all]       the tools, and the modules for the guest kernels'
	@echo 'make tools       $(TOOLS), in $(BUILD)/bin'
	@echo 'make modules     the modules for the guest kernels; for another kernel'
	@echo '                 KDIR=/lib/modules/RELEASE/build (never loaded here)'
	@echo 'make guests      fetch guest kernels and QEMU, make the initramfs'
	@echo 'make cluster     the image for drills on a PostgreSQL cluster in VMs, of a Debian'
	@echo '                 release: RELEASE=$(RELEASE) (bookworm, trixie)'
	@echo 'make deps        install what building and testing needs (asks first)'
	@echo 'make matrix      which watchdog fires, preset talk; MATRIX_ARGS=...'
	@echo 'make check       all tests; one line a suite, logs in $(BUILD)/check'
	@echo 'make check-full  the same and the long ones'
	@echo 'make check-drill drills on a real cluster: no watchdog, one, a fence, and of'
	@echo '                 a PostgreSQL that hangs'
	@echo 'make check-real  the frozen cells of preset talk in real time and in warp: the'
	@echo '                 same verdicts'
	@echo 'make check-debug the selftests, random writes to the debugfs files and a matrix on a'
	@echo '                 kernel with KASAN and lockdep, built here; DEBUG_SECONDS=$(DEBUG_SECONDS)'
	@echo 'make check-browser  the page of pug report in Chromium, unpacked (some 70 MB to fetch)'
	@echo 'make check-docs  every command that the documentation shows, and the tutorial from a'
	@echo '                 clone to a verdict in a Debian of its own'
	@echo 'make protection-table  the page of measured cells; RUNS="DIR/run.json ..." for a'
	@echo '                 new record of them'
	@echo 'make drill-table the table of drills; RUNS="DIR/drills.json ..." adds those of other runs,'
	@echo '                 played on DATE=YYYY-MM-DD (today) with VERSIONS="..."'
	@echo 'make bench       what the lab costs, a table; BENCH=PART...'
	@echo 'make check-postgres  the PostgreSQL module alone'
	@echo 'make check-fence all tests of pug-fence'
	@echo 'make check-fuzz  each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS) (wants clang)'
	@echo 'make lint        checkpatch, sparse, cppcheck, shellcheck and more'
	@echo 'make unit        build the unit tests'
	@echo 'make htmldocs    this documentation as HTML, in $(BUILD)/html; make man: the man pages'
	@echo '                 of its reference, in $(BUILD)/man'
	@echo 'make install     programs, man pages, completion; PREFIX=$(PREFIX) DESTDIR='
	@echo 'make install-dkms the source of the module, for dkms; PREFIX=/usr'
	@echo 'make deb         Debian packages, in $(BUILD)/deb'
	@echo 'make clean       remove what was built; what was fetched stays'
	@echo
	@echo 'V=1 shows the commands, CC= and CFLAGS= are respected.'

# --- programs ---------------------------------------------------------------

tools: $(addprefix $(BUILD)/bin/,$(TOOLS)) $(if $(filter build,$(BUILD)),$(TOOLS))

$(TOOLS): %: $(BUILD)/bin/%
	$(Q)ln -sfn $< $@

$(BUILD)/obj/tools/node/%.o: tools/node/%.c | $(BUILD)/.have-node-libs
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/bin/pug-node: $(call objects,$(NODE_SRC) $(LIB_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(NODE_LIBS)

$(BUILD)/bin/pug: $(call objects,$(LAB_SRC) $(LIB_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LAB_LIBS)

# What is in the page of pug report, by .incbin
$(BUILD)/obj/tools/lab/report-static.o $(BUILD)/test/obj/tools/lab/report-static.o: \
	$(wildcard tools/lab/report-page.*) Documentation/protection.json

# Static: it is put into nodes that may have an older libc
$(BUILD)/bin/pug-pgwatch: $(call objects,$(PGWATCH_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^

$(BUILD)/bin/pug-fence: $(call objects,$(FENCE_SRC) $(LIB_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FENCE_LIBS)

$(BUILD)/obj/tools/fence/%.o: tools/fence/%.c | $(BUILD)/.have-fence-libs
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(FENCE_CFLAGS) -c -o $@ $<

$(BUILD)/obj/tools/lab/%.o: tools/lab/%.c | $(BUILD)/.have-libs
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LAB_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/.have-libs:
	$(Q)mkdir -p $(@D)
	@pkg-config --exists $(LAB_PKGS) 2>/dev/null || \
		{ echo 'pug needs the libraries $(LAB_PKGS): make deps installs them' >&2; exit 1; }
	$(Q)touch $@

$(BUILD)/.have-node-libs:
	$(Q)mkdir -p $(@D)
	@printf '%s\n' '#include <yaml.h>' 'int main(void) { return !yaml_get_version_string(); }' | \
		$(CC) -static -x c -o /dev/null - $(NODE_LIBS) 2>/dev/null || \
		{ echo 'pug-node needs the library yaml, static: make deps installs it' >&2; exit 1; }
	$(Q)touch $@

$(BUILD)/.have-fence-libs:
	$(Q)mkdir -p $(@D)
	@pkg-config --exists $(FENCE_PKGS) 2>/dev/null || \
		{ echo 'pug-fence needs the libraries $(FENCE_PKGS): make deps installs them' >&2; exit 1; }
	$(Q)touch $@

# --- unit tests: one cmocka program per tools/*/tests/test-*.c --------------

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	    -fno-omit-frame-pointer
UNIT_SRC := $(wildcard tools/*/tests/test-*.c)
UNIT	 := $(patsubst tools/%.c,$(BUILD)/test/%,$(subst /tests/,/,$(UNIT_SRC)))
test_objects = $(patsubst %.c,$(BUILD)/test/obj/%.o,$(filter-out %/main.c,$(1)))

unit: $(UNIT)

$(BUILD)/test/obj/%.o: %.c | $(BUILD)/.have-libs $(BUILD)/.have-fence-libs
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(SANITIZE) -I$(patsubst %/tests,%,$(<D)) \
		$(LAB_CFLAGS) $(if $(findstring /fence/,$@),$(FENCE_CFLAGS)) -c -o $@ $<

define unit_rule
$(BUILD)/test/$(1)/test-%: $(BUILD)/test/obj/tools/$(1)/tests/test-%.o \
		$(call test_objects,$(sort $(wildcard tools/$(1)/*.c) $(LIB_SRC)))
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(SANITIZE) -g -o $$@ $$^ $$(LAB_LIBS) $$(if $$(filter fence,$(1)),$$(FENCE_LIBS)) $$(if $$(filter node,$(1)),$$(NODE_LIBS)) -lcmocka
endef
$(foreach dir,$(sort $(patsubst tools/%/tests/,%,$(dir $(UNIT_SRC)))),\
	$(eval $(call unit_rule,$(dir))))

# The fixture that plays a Proxmox VE API, and pug-fence with ASan and UBSan
$(BUILD)/test/fence/pve-api: $(patsubst %,$(BUILD)/test/obj/tools/fence/tests/%.o,pve-api pve-vms)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -g -o $@ $^ $(FENCE_LIBS) $$(pkg-config --libs libmicrohttpd)

# The same for drills, which play in real time
$(BUILD)/cluster/pve-api: $(call objects,$(patsubst %,tools/fence/tests/%.c,pve-api pve-vms))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(FENCE_LIBS) $$(pkg-config --libs libmicrohttpd)

$(BUILD)/test/fence/pug-fence: $(patsubst %.c,$(BUILD)/test/obj/%.o,$(FENCE_SRC) $(LIB_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -g -o $@ $^ $(FENCE_LIBS)

unit: $(addprefix $(BUILD)/test/fence/,pve-api pug-fence)

# --- fuzz targets: one libFuzzer program per tools/*/fuzz/fuzz-*.c ----------

FUZZ_SECONDS ?= 600
FUZZ_SRC := $(wildcard tools/*/fuzz/fuzz-*.c)

check-fuzz:
	$(Q)tools/check/fuzz $(BUILD) $(FUZZ_SECONDS) $(FUZZ_SRC)

# --- modules ----------------------------------------------------------------

MODULE_SRC := $(wildcard modules/*)

ifdef KDIR
modules:
	$(Q)vm/build-modules $(BUILD)/modules $(KDIR)
else
modules: $(KERNELS:%=$(BUILD)/modules/%/built)
endif

$(BUILD)/modules/%/built: $(MODULE_SRC) $(BUILD)/guest/kernels/%/stamp
	$(Q)vm/build-modules $(BUILD)/modules $(BUILD)/guest/kernels/$*/kdir $*
	$(Q)touch $@

# --- guests -----------------------------------------------------------------

guests: $(KERNELS:%=$(BUILD)/guest/initramfs/%.cpio) $(BUILD)/selftests/watchdog-api/watchdog-api
	$(Q)vm/fetch qemu

# Programs of kselftest targets: static, for they run in any guest
$(BUILD)/selftests/%: selftests/%.c $(wildcard selftests/*/*.[ch] selftests/*.h) selftests/lib.mk
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(MAKE) -s --no-print-directory -C selftests/$(*D) \
		OUTPUT=$(abspath $(@D)) CC='$(CC)' CFLAGS='-O2 -g $(WARN)' LDFLAGS=-static

$(BUILD)/guest/kernels/%/stamp:
	$(Q)vm/fetch $*

# The one that is built: nothing is done if neither source nor config are others
$(BUILD)/guest/kernels/debug-6.12/stamp: vm/debug/config vm/debug/build
	$(Q)vm/debug/build

$(BUILD)/guest/busybox/stamp:
	$(Q)vm/fetch busybox

$(BUILD)/guest/watchdog/stamp:
	$(Q)vm/fetch watchdog

$(BUILD)/guest/initramfs/%.cpio: $(BUILD)/modules/%/built $(BUILD)/bin/pug-node \
		$(BUILD)/guest/busybox/stamp $(BUILD)/guest/watchdog/stamp vm/guest-modules \
		vm/initramfs/init $(wildcard vm/initramfs/fault-*.sh) vm/mkinitramfs vm/lib/cpio.sh
	$(call say,CPIO,$@)
	$(Q)vm/mkinitramfs --modules $(BUILD)/guest/kernels/$*/modules \
		$$(printf -- '--fault %s ' $(BUILD)/modules/$*/*.ko) \
		--dynamic $(BUILD)/guest/watchdog/tree/usr/sbin/watchdog \
		--pug-node $(BUILD)/bin/pug-node --output $@

# The script itself sees whether anything is to be done.
cluster: export DEPS := cluster
cluster:
	$(Q)vm/deps
	$(Q)$(MAKE) --no-print-directory tools guests $(BUILD)/cluster/pve-api
	$(Q)vm/fetch postgresql
	$(Q)vm/cluster/build --release $(RELEASE)

# It takes minutes, and only the comparison with the talk's patch wants it
postgres-patched: export DEPS := cluster
postgres-patched:
	$(Q)vm/deps
	$(Q)tools/postgres/patch/build

# --- what people run --------------------------------------------------------

deps:
	$(Q)vm/deps

# RUNS: run.json of kept runs, for a new record; without them the page alone
PROTECTION := Documentation/protection
protection-table: tools
	$(if $(RUNS),$(Q)./pug protection --record $(PROTECTION).json \
		$(if $(DATE),--date $(DATE)) $(RUNS))
	$(Q)./pug protection --page $(PROTECTION).json >$(BUILD)/protection-table.rst
	$(Q)mv $(BUILD)/protection-table.rst $(PROTECTION)-table.rst

# RUNS: drills.json of matrices, which are added to the record; without them the table alone
DRILLS := Documentation/configuration.json
drill-table: tools
	$(if $(RUNS),$(Q)./pug drill table --record $(BUILD)/drills.json $(if $(DATE),--date $(DATE)) \
		$(if $(VERSIONS),--versions '$(VERSIONS)') $(DRILLS) $(RUNS))
	$(if $(RUNS),$(Q)mv $(BUILD)/drills.json $(DRILLS))
	$(Q)./pug drill table --rst $(DRILLS) >$(BUILD)/drill-table.rst
	$(Q)mv $(BUILD)/drill-table.rst Documentation/drill-table.rst

# deps first: what is asked of pkg-config above must find the libraries.
matrix:
	$(Q)vm/deps
	$(Q)$(MAKE) -s --no-print-directory tools guests
	$(Q)./pug matrix --preset talk --return $(MATRIX_ARGS)

check check-full:
	$(Q)vm/deps
	$(Q)tools/check/run $(if $(filter check-full,$@),--full) $(SUITES)

check-drill: cluster
	$(Q)tools/check/run drill

check-real:
	$(Q)vm/deps
	$(Q)tools/check/run real

# Of random writes, so many
DEBUG_SECONDS ?= 600

check-debug: export DEPS := debug
check-debug:
	$(Q)vm/deps
	$(Q)vm/debug/build
	$(Q)$(MAKE) --no-print-directory tools guests KERNELS=debug-6.12
	$(Q)$(MAKE) --no-print-directory $(BUILD)/selftests/stop-machine/random-writes
	$(Q)DEBUG_SECONDS=$(DEBUG_SECONDS) tools/check/run debug-self debug-tests debug-dogs \
		debug-random debug-buddy

check-browser:
	$(Q)vm/deps
	$(Q)tools/check/run browser

bench:
	$(Q)vm/deps
	$(Q)$(MAKE) -s --no-print-directory tools guests
	$(Q)tools/check/bench $(BENCH)

# What has no VM in it belongs to `make check'
check-docs:
	$(Q)vm/deps
	$(Q)tools/check/run docs examples examples-self examples-vm tutorial

check-postgres:
	$(Q)vm/deps
	$(Q)tools/check/run postgres postgres-faults

# The whole of the fence tests; a shorter part of them is in `make check'
check-fence:
	$(Q)vm/deps
	$(Q)tools/check/run unit fence fence-fuzz fence-full

lint:
	$(Q)vm/deps
	$(Q)tools/check/run lint

MAN_SRC	:= $(wildcard Documentation/man/*.rst)
MAN	:= $(patsubst Documentation/man/%.rst,$(BUILD)/man/%,$(MAN_SRC))

man: $(MAN)

$(BUILD)/man/%: Documentation/man/%.rst
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rst2man --strict $< $@

# A warning is an error
htmldocs:
	$(call say,HTML,$(BUILD)/html)
	$(Q)sphinx-build -q -W --keep-going -b html Documentation $(BUILD)/html

COMPLETED := pug-node pug-fence pug-pgwatch
UNITS	:= $(wildcard tools/node/systemd/*.service tools/postgres/systemd/*.service)
share	:= $(DESTDIR)$(PREFIX)/share
units	:= $(DESTDIR)$(PREFIX)/lib/systemd/system
dkms	:= $(DESTDIR)$(PREFIX)/src/stop-machine-$(VERSION)

install: tools man
	install -d $(DESTDIR)$(PREFIX)/bin $(share)/bash-completion/completions $(units)
	install -m 755 $(addprefix $(BUILD)/bin/,$(TOOLS)) $(DESTDIR)$(PREFIX)/bin
	ln -sf pug-fence $(DESTDIR)$(PREFIX)/bin/fence_pug
	$(Q)for page in $(MAN); do \
		dir=$(share)/man/man$${page##*.}; \
		install -d $$dir && install -m 644 $$page $$dir || exit 1; \
	done
	install -m 644 tools/completion/pug $(share)/bash-completion/completions
	$(Q)for name in $(COMPLETED); do \
		install -m 644 tools/completion/pug $(share)/bash-completion/completions/$$name || exit 1; \
	done
	$(Q)for unit in $(UNITS); do \
		sed 's|/usr/local/bin|$(PREFIX)/bin|' $$unit >"$(units)/$${unit##*/}" && \
		chmod 644 "$(units)/$${unit##*/}" || exit 1; \
	done
	$(Q)cd tools/node/config && find . -type f -exec \
		install -D -m 644 {} $(abspath $(share))/doc/pug-node/examples/{} \;

# The module's source where dkms looks for it; nothing is built or loaded
install-dkms:
	install -d $(dkms)/modules
	install -m 644 Kbuild dkms.conf $(dkms)
	install -m 644 $(MODULE_SRC) $(dkms)/modules

# Built, checked by lintian and tried out in roots of their own
deb: export DEPS := cluster
deb:
	$(Q)vm/deps
	$(Q)vm/deb

clean:
	rm -rf $(TOOLS) $(addprefix $(BUILD)/,bin obj selftests test fuzz modules postgres man html check \
		checkpatch warm guest/initramfs .have-libs .have-fence-libs .have-node-libs)

-include $(shell find $(BUILD)/obj $(BUILD)/test/obj -name '*.d' 2>/dev/null)
