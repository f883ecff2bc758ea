# SPDX-License-Identifier: GPL-2.0-only
# make            build/faultline
# make tests      every test program
# V=1 shows commands; SAN=address,undefined instruments the host code;
# WERROR=1 turns warnings into errors (tools/check does)
O ?= build
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
INSTALL ?= install

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $@;)
LIBS := libbpf libxdp libmnl jansson libpcap
MULTIARCH := $(shell $(CC) -print-multiarch)
VERSION := $(shell sed -n 's/^## \([0-9][^ ]*\).*/\1/p;T;q' CHANGELOG.md)

WARN := -Wall -Wextra -Wshadow $(if $(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 $(WARN) -Iinclude -I$(O)/include -iquote tests \
	-idirafter /usr/include/$(MULTIARCH)
ALL_CFLAGS := -std=gnu11 -g -O2 $(WARN) -Wconversion -Wmissing-prototypes \
	-D_GNU_SOURCE -DFL_VERSION='"$(VERSION)"' -Iinclude -I$(O)/include \
	-iquote user -iquote tests -I$(O)/bpf \
	$(shell $(PKG_CONFIG) --cflags $(LIBS)) $(SANFLAGS) $(CFLAGS)
ALL_LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBS)) -lm $(LDLIBS)
DEPFLAGS = -MMD -MP -MF $(@:.o=.d) -MT $@

USER_OBJS := $(patsubst %.c,$(O)/%.o,user/main.c $(wildcard user/*/*.c))
CORE_OBJS := $(filter-out $(O)/user/main.o,$(USER_OBJS))
TESTS := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*/*_test.c tests/kernel/*_test.c))
TEST_TOOLS := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c))
TEST_LIB := $(patsubst %.c,$(O)/%.o,$(wildcard tests/lib/*.c))
BENCH := $(patsubst %.c,$(O)/%,$(filter-out %.bpf.c,$(wildcard bench/*.c)))
SKELS := $(O)/bpf/faultline.skel.h
# Includes the header of every impairment.
IMPAIRS := $(O)/include/faultline/impairs.h

all: $(O)/faultline
tests: $(TESTS) $(TEST_TOOLS)
bench: $(BENCH) $(patsubst %.bpf.c,$(O)/%.bpf.o,$(wildcard bench/*.bpf.c))

$(O)/faultline: $(USER_OBJS)
	$(call say,LD)$(CC) $(SANFLAGS) $(LDFLAGS) $^ $(ALL_LDLIBS) -o $@

# Written anew when a header has come or gone.
$(IMPAIRS): FORCE
	@mkdir -p $(@D)
	$(Q)printf '#include <faultline/impair/%s>\n' \
		$(sort $(notdir $(wildcard include/faultline/impair/*.h))) >$@.tmp
	$(Q)cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(O)/%.bpf.o: %.bpf.c | $(IMPAIRS)
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPF_CFLAGS) $(DEPFLAGS) -c $< -o $@

# Named by file: bpf/x.bpf.c gives x.skel.h with struct x_bpf.
$(O)/%.skel.h: $(O)/%.bpf.o
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@.tmp && mv $@.tmp $@

# The tests' own programs.
$(patsubst %.c,$(O)/%.o,$(wildcard tests/kernel/*_test.c)): ALL_CFLAGS += -I$(O)/tests/kernel
$(patsubst %.c,$(O)/%.o,$(wildcard tests/kernel/*_test.c)): | $(patsubst %.bpf.c,$(O)/%.skel.h,$(wildcard tests/kernel/*.bpf.c))

$(O)/%.o: %.c | $(SKELS) $(IMPAIRS)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(TESTS) $(TEST_TOOLS): $(O)/%: $(O)/%.o $(CORE_OBJS) $(TEST_LIB)
	$(call say,LD)$(CC) $(SANFLAGS) $(LDFLAGS) $^ $(ALL_LDLIBS) -lpthread -o $@

$(BENCH): $(O)/%: $(O)/%.o
	$(call say,LD)$(CC) $(LDFLAGS) $^ $(ALL_LDLIBS) -lpthread -o $@

install: all
	$(INSTALL) -D -m 755 $(O)/faultline $(DESTDIR)$(PREFIX)/sbin/faultline

clean:
	$(Q)rm -rf $(O)

.PHONY: all tests bench install clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
