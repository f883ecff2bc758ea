# SPDX-License-Identifier: GPL-2.0-only
# make                 build/faultline
# make tests           every test program
# make test            runs the unit tests, plain and with sanitizers; no root
# make check           runs the tests of "tools/check quick" (root, by sudo)
# make coverage        runs them, and says by file which part of it ran
# make install         to $(DESTDIR)$(PREFIX); make uninstall
# make compile_commands.json   for clangd
# make clean
# make bench san cov fuzz      what tools/bench and the tests above need
#
# V=1       shows commands
# DEBUG=1   host code without optimisation, in build-debug
# WERROR=1  turns warnings into errors (tools/check does)
# O=DIR     builds there; with sanitizers in DIR-san, for coverage in DIR-cov
O ?= build$(if $(filter 1,$(DEBUG)),-debug)
# One name for one directory: dependency files name what they were made for.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
INSTALL ?= install

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $@;)
LIBS := libbpf libmnl jansson libpcap libcap-ng libseccomp
MULTIARCH := $(shell $(CC) -print-multiarch)
VERSION := $(shell sed -n 's/^## \([0-9][^ ]*\).*/\1/p;T;q' CHANGELOG.md)

WARN := -Wall -Wextra -Wshadow $(if $(WERROR),-Werror)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 $(WARN) -Iinclude \
	-I$(O)/include -iquote tests -idirafter /usr/include/$(MULTIARCH)
ALL_CFLAGS := -std=gnu11 $(if $(filter 1,$(DEBUG)),-O0 -g3,-O2 -g) $(WARN) \
	-Wconversion -Wmissing-prototypes -D_GNU_SOURCE \
	-DFL_VERSION='"$(VERSION)"' -Iinclude -I$(O)/include -iquote user \
	-iquote tests -I$(O)/bpf $(shell $(PKG_CONFIG) --cflags $(LIBS)) $(CFLAGS)
ALL_LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBS)) -lm -lpthread $(LDLIBS)
DEPFLAGS = -MMD -MP -MF $(@:.o=.d) -MT $@

SAN_FLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
# A process that ends by _exit() would not say what of it ran.
COV_FLAGS := --coverage -fprofile-update=atomic -O0 -D_exit=exit

USER_SRCS := user/main.c $(wildcard user/*/*.c)
CORE_SRCS := $(filter-out user/main.c,$(USER_SRCS))
LIB_SRCS := $(wildcard tests/lib/*.c)
UNIT := $(patsubst %.c,%,$(wildcard tests/unit/*/*_test.c))
KERNEL := $(patsubst %.c,%,$(wildcard tests/kernel/*_test.c))
TOOLS := $(patsubst %.c,%,$(wildcard tests/tools/*.c))
TESTS := $(UNIT) $(KERNEL) $(TOOLS)
BENCH := $(patsubst %.c,%,$(filter-out %.bpf.c,$(wildcard bench/*.c)))
BPF_SRCS := $(wildcard bpf/*.bpf.c tests/kernel/*.bpf.c bench/*.bpf.c)
HOST_SRCS := $(USER_SRCS) $(LIB_SRCS) $(TESTS:=.c) $(BENCH:=.c)
SKELS := $(O)/bpf/faultline.skel.h
# Include the header of every impairment, and of every match field.
IMPAIRS := $(O)/include/faultline/impairs.h
FIELDS := $(O)/include/faultline/fields.h
LISTS := $(IMPAIRS) $(FIELDS)
# Only tests/kernel has more skeletons, of its own.
KERNEL_SKELS := $(patsubst %.bpf.c,$(O)/%.skel.h,$(wildcard tests/kernel/*.bpf.c))
cflags = $(ALL_CFLAGS) $(if $(filter tests/kernel/%,$(1)),-I$(O)/tests/kernel)

all: $(O)/faultline
tests: $(addprefix $(O)/,$(TESTS))
san: $(addprefix $(O)-san/,$(UNIT))
cov: $(addprefix $(O)-cov/,faultline $(TESTS))
bench: $(addprefix $(O)/,$(BENCH)) $(patsubst %.c,$(O)/%.o,$(filter bench/%,$(BPF_SRCS)))

# Host code, built once in each of the directories that are asked for.
define host_rules # DIRECTORY FLAGS
$(1)/%.o: %.c | $$(SKELS) $$(LISTS)
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CC) $$(call cflags,$$<) $(2) $$(DEPFLAGS) -c $$< -o $$@

$(1)/faultline: $(USER_SRCS:%.c=$(1)/%.o)
$(TESTS:%=$(1)/%): $(1)/%: $(1)/%.o $(patsubst %.c,$(1)/%.o,$(CORE_SRCS) $(LIB_SRCS))
$(BENCH:%=$(1)/%): $(1)/%: $(1)/%.o
$(addprefix $(1)/,faultline $(TESTS) $(BENCH)):
	$$(call say,LD)$$(CC) $(2) $$(LDFLAGS) $$^ $$(ALL_LDLIBS) -o $$@
endef
$(eval $(call host_rules,$(O)))
$(eval $(call host_rules,$(O)-san,$(SAN_FLAGS)))
$(eval $(call host_rules,$(O)-cov,$(COV_FLAGS)))
$(foreach d,$(O) $(O)-san $(O)-cov,$(KERNEL:%=$(d)/%.o)): | $(KERNEL_SKELS)

# Written anew when a header has come or gone.
# $(call list,FOLDER) includes every header of include/faultline/FOLDER.
list = $(Q)printf '\#include <faultline/$(1)/%s>\n' \
	$(sort $(notdir $(wildcard include/faultline/$(1)/*.h))) >$@.tmp && \
	{ cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@; }

$(IMPAIRS): FORCE
	@mkdir -p $(@D)
	$(call list,impair)

$(FIELDS): FORCE
	@mkdir -p $(@D)
	$(call list,match)

$(O)/%.bpf.o: %.bpf.c | $(LISTS)
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPF_CFLAGS) $(DEPFLAGS) -c $< -o $@

# Named by file: bpf/x.bpf.c gives x.skel.h with struct x_bpf.
$(O)/%.skel.h: $(O)/%.bpf.o
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@.tmp && mv $@.tmp $@

# What clangd wants to know, one source a line.
define command
{"directory": "$(CURDIR)", "file": "$(1)", "command": "$(subst ",\",$(2)) -c $(1)"}

endef
compile_commands.json: $(LISTS) $(SKELS) $(KERNEL_SKELS)
	$(file >$@.tmp,$(foreach s,$(HOST_SRCS),$(call command,$(s),$(CC) $(call cflags,$(s)))))
	$(file >>$@.tmp,$(foreach s,$(BPF_SRCS),$(call command,$(s),$(CLANG) $(BPF_CFLAGS))))
	$(Q)grep { $@.tmp | sed '1s/^/[/; $$!s/$$/,/; $$s/$$/]/' >$@; rm $@.tmp

# prove runs them as they are. Sanitizers stop at what they find.
test: tests san
	$(Q)prove -j$(shell nproc) -e '' $(UNIT:%=$(O)/%) $(UNIT:%=$(O)-san/%)

check: all tests san
	$(Q)O=$(O) tools/check --built quick

coverage: cov
	$(Q)O=$(O) tools/coverage

fuzz:
	$(Q)O=$(O) tests/fuzz/run.sh

PROGRAM := $(DESTDIR)$(PREFIX)/sbin/faultline
COMPLETION := $(DESTDIR)$(PREFIX)/share/bash-completion/completions/faultline

install: all
	$(INSTALL) -D -m 755 $(O)/faultline $(PROGRAM)
	$(INSTALL) -D -m 644 user/cli/complete.bash $(COMPLETION)

uninstall:
	rm -f $(PROGRAM) $(COMPLETION)

clean:
	$(Q)rm -rf $(O) $(O)-san $(O)-cov compile_commands.json

help:
	@sed -n '2,/^[^#]/s/^# \?//p' Makefile

.PHONY: all tests san cov bench test check coverage fuzz install uninstall clean help FORCE
.PHONY: compile_commands.json
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(O) $(O)-san $(O)-cov -name '*.d' 2>/dev/null)
