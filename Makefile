# SPDX-License-Identifier: BSD-2-Clause
#
# make                      build/flowbpf and build/flowbpf.bpf.o
# sudo make run IFACE=eth0  install what is missing, build, attach, print the page's address
# sudo make check           install what the tests need and run them all
# make check-{lint,unit,bpf,cli,web,lab,cases,fuzz,vm,asan,hammer,debian}    one ring of them
# make bench | fuzz | coverage | pictures | format | vmlinux | compile_commands.json
# make install | uninstall | clean | help
# sudo make geo             install free data on countries and networks of addresses
# V=1 shows the commands, WERROR=1 takes warnings for errors as the tests do, O=DIR builds elsewhere;
# install takes PREFIX=/usr/local and DESTDIR=.

VERSION := 0.1.0
O ?= build
PREFIX ?= /usr/local
DESTDIR ?=
IFACE ?=
CLANG ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool) /usr/sbin/bpftool)
PKG_CONFIG ?= pkg-config
WERROR ?=

Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

LIBS := libbpf libmnl libmicrohttpd libcjson libidn2 libmaxminddb nettle zlib
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
WARN += $(if $(WERROR),-Werror)
OPT ?= -O2 -g
STRIP ?= strip
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CPPFLAGS += -D_GNU_SOURCE -DFLOWBPF_VERSION='"$(VERSION)"' $(if $(SAN),-DFLOWBPF_SANITIZED)
CPPFLAGS += -Iinclude -Iuser -I$(O)
CFLAGS += -std=gnu11 $(OPT) $(WARN) $(if $(SAN),,$(HARDEN)) $(SAN) -pthread
CFLAGS += -ffile-prefix-map=$(CURDIR)=. $(shell $(PKG_CONFIG) --cflags $(LIBS) libcurl 2>/dev/null)
LDFLAGS += $(SAN) $(if $(SAN),,-pie -Wl,-z,relro,-z,now) -pthread
LDLIBS += $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lelf -lm

BPF_CFLAGS = -O2 -g -fno-strict-aliasing -target bpf -mcpu=v3 -std=gnu11 -Iinclude -Ibpf -Ivmlinux
BPF_CFLAGS += -Wall -Wextra $(if $(WERROR),-Werror) -Wno-unused-parameter

SRC := $(filter-out user/gen/%,$(sort $(wildcard user/*/*.c user/*/*/*.c)))
OBJ := $(SRC:%.c=$(O)/%.o) $(O)/assets.o
WEB_SRC := $(shell find web -path web/node_modules -prune -o -path web/pictures -prune -o -type f -print 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
RINGS := $(addprefix check-,lint unit bpf cli web lab cases fuzz vm asan hammer debian)
.PHONY: all run check $(RINGS) tests fuzz coverage bench pictures format vmlinux
.PHONY: install geo uninstall clean help deps deps-core deps-test

all: $(O)/flowbpf
	@:

$(O)/flowbpf: $(OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# --- kernel half -------------------------------------------------------------------------------
$(O)/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<
	$(Q)llvm-strip -g $@ 2>/dev/null || true

$(O)/%.skel.h: $(O)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* >$@

vmlinux:
	$(Q)mkdir -p $(O) && $(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux format c >$(O)/vmlinux.full.h
	@echo "the whole kernel's types, to look things up: $(O)/vmlinux.full.h"

# --- user half ---------------------------------------------------------------------------------
$(O)/%.o: %.c | $(O)/flowbpf.skel.h $(O)/owner.skel.h $(O)/owner_btf.skel.h $(O)/owner_held.skel.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- what is made of the table of fields: the schema of a flow, the manual's list -----------------
$(O)/gen-templates: $(O)/user/gen/templates.o $(O)/user/format.a $(O)/user/flow.a $(O)/user/util.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/openapi.json: user/api/openapi.json $(O)/gen-templates
	$(Q)$(O)/gen-templates <$< >$@

$(O)/flowbpf.8: user/dist/flowbpf.8 $(O)/gen-templates
	$(Q)$(O)/gen-templates <$< >$@

# --- the page ----------------------------------------------------------------------------------
web/node_modules: web/package-lock.json
	$(Q)cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules

$(O)/web/assets.list: $(WEB_SRC) $(O)/openapi.json | web/node_modules
	$(call say,WEB,$@)
	$(Q)cd web && node build.mjs $(abspath $(O))/web $(abspath $(O))/openapi.json

$(O)/assets.c: $(O)/web/assets.list $(O)/openapi.json user/api/embed.sh
	$(call say,EMBED,$@)
	$(Q)sh user/api/embed.sh $(O)/web $(O)/openapi.json >$@

$(O)/assets.o: $(O)/assets.c
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- tests: a program's first lines name the rooms it needs: "// link: query table" -------------
links = $(shell sed -n 's,^// link: *,,p' $(1))
linked = $(patsubst %,$(O)/user/%.a,$(call links,$(1)))
room = $(patsubst %.c,%.o,$(wildcard user/$(1)/*.c user/$(1)/*/*.c))
tests_of = $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/$(1)/*_test.c tests/$(1)/*/*_test.c)))

benches := $(patsubst %.c,$(O)/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))

tests: $(call tests_of,unit) $(call tests_of,bpf) $(benches) $(O)/flowbpf.bpf.o

define link_program
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< \
		-Wl,--start-group $(call linked,$<) -Wl,--end-group -lcmocka $(LDLIBS)
endef

.SECONDEXPANSION:
# Of a room the linker takes only the modules that a test really needs.
define room_archive
$(O)/user/$(1).a: $(addprefix $(O)/,$(call room,$(1)))
$(O)/fuzz/user/$(1).a: $(addprefix $(O)/fuzz/,$(call room,$(1)))
$(O)/user/$(1).a $(O)/fuzz/user/$(1).a:
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach dir,$(wildcard user/*/),$(eval $(call room_archive,$(patsubst user/%/,%,$(dir)))))

$(O)/tests/unit/%: tests/unit/%.c $$(call linked,tests/unit/%.c)
	$(link_program)

$(O)/tests/bpf/%: tests/bpf/%.c $$(call linked,tests/bpf/%.c) | $(O)/flowbpf.bpf.o
	$(link_program)

$(O)/tests/bench/floor.bpf.o: tests/bench/floor.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/bench/%: tests/bench/%.c $$(call linked,tests/bench/%.c) | $(O)/flowbpf.bpf.o \
		$(O)/tests/bench/floor.bpf.o
	$(link_program)

$(O)/tests/lab/%: tests/lab/%.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(LDLIBS)

# What is fuzzed is built apart, so that all of it is instrumented.
FUZZ_SAN := address,undefined -fno-sanitize-recover=undefined
$(O)/fuzz/%.o: %.c
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) \
		-Itests -MMD -MP -c -o $@ $<

fuzzed = $(patsubst %,$(O)/fuzz/user/%.a,$(call links,$(1)))
$(O)/tests/fuzz/%: $(O)/fuzz/tests/fuzz/%.o $$(call fuzzed,tests/fuzz/%.c)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $< \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

# The packages come first, so what is built by them is built by a make of its own.
fresh_make = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

check: deps-test
	$(Q)$(fresh_make) WERROR=1 all tests
	$(Q)tests/run.sh all

$(RINGS): WERROR := 1
$(RINGS): all tests
	$(Q)tests/run.sh $(@:check-%=%)

fuzz: all
	$(Q)FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/run.sh fuzz

# Lines of the parsers that the inputs found so far reach; `make fuzz` ends with it.
coverage: all
	$(Q)tests/fuzz/seed.sh $(O)/corpus >/dev/null
	$(Q)tests/fuzz/coverage.sh $(O)/corpus | sed 's/^# figure: //'

# The README's pictures, from the page over the lab's real traffic.
pictures: all
	$(Q)FLOWBPF_CHECKS=pictures bash tests/lab/web.sh
	cp $(O)/web-shots/flows-light.png web/pictures/flows.png
	cp $(O)/web-shots/overview-dark.png web/pictures/overview.png

bench: deps-test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/run.sh
	$(Q)FLOWBPF_MINUTES=$(or $(BENCH_MINUTES),10) bash tests/web/budget.sh

# --- newcomers ---------------------------------------------------------------------------------
BUILD_PACKAGES := clang llvm gcc make pkg-config bpftool libbpf-dev libelf-dev zlib1g-dev \
	libmicrohttpd-dev libcjson-dev libcurl4-gnutls-dev libidn2-dev libmaxminddb-dev libmnl-dev nettle-dev nodejs npm
# What the rings unit, bpf and cli and much of the lab need, and then the rest of them.
CORE_PACKAGES := libcmocka-dev clang-19/clang curl conntrack nftables iproute2 iputils-ping ethtool \
	openssl socat jq procps kmod nginx-light dnsmasq-base bind9-dnsutils
TEST_PACKAGES := clang-format-19 clang-tidy-19 libclang-rt-%clang-dev shellcheck \
	chromium tshark tcpdump strace iperf3 caddy \
	qemu-system-x86 busybox-static cpio xz-utils debootstrap softflowd pmacct nfdump argus-server argus-client

# DEPS=--simulate: only whether they could be had
deps:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES)

deps-core:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(CORE_PACKAGES)

deps-test:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(CORE_PACKAGES) $(TEST_PACKAGES)

run: deps
	@[ -n "$(IFACE)" ] || { echo "name the interface: sudo make run IFACE=eth0" >&2; exit 2; }
	$(Q)$(fresh_make) all
	$(Q)exec $(O)/flowbpf attach $(IFACE)

# For editors and clang-tidy: how each file is compiled.
compile_commands.json: Makefile $(O)/flowbpf.skel.h $(O)/owner.skel.h $(O)/owner_btf.skel.h $(O)/owner_held.skel.h
	$(Q){ printf '['; sep=; for file in $(SRC); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" '$(CURDIR)' \
			"$$file" "$$(printf '%s' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS)) -c' | \
			sed 's,[\"],\\&,g') $$file"; sep=,; done; printf '\n]\n'; } >$@

format: web/node_modules
	$(Q)clang-format-19 -i $$(find user include bpf tests -name '*.[ch]')
	$(Q)web/node_modules/.bin/prettier --log-level warn --write 'web/src/**/*.{ts,tsx}' '{web,tests}/**/*.mjs'

to = $(DESTDIR)$(PREFIX)
install: all $(O)/flowbpf.8
	install -D -m 755 -s --strip-program=$(STRIP) $(O)/flowbpf $(to)/sbin/flowbpf
	install -D -m 644 $(O)/flowbpf.8 $(to)/share/man/man8/flowbpf.8
	install -D -m 644 user/dist/flowbpf.bash $(to)/share/bash-completion/completions/flowbpf
	install -D -m 644 user/dist/flowbpf.zsh $(to)/share/zsh/vendor-completions/_flowbpf
	install -D -m 644 user/dist/flowbpf.fish $(to)/share/fish/vendor_completions.d/flowbpf.fish
	install -D -m 644 user/dist/flowbpf.conf $(to)/share/doc/flowbpf/flowbpf.conf
	sed 's,@PREFIX@,$(PREFIX),g' user/dist/flowbpf@.service >$(O)/flowbpf@.service
	install -D -m 644 $(O)/flowbpf@.service $(to)/lib/systemd/system/flowbpf@.service
	sed 's,@PREFIX@,$(PREFIX),g' user/dist/flowbpf-lists.service >$(O)/flowbpf-lists.service
	install -D -m 644 $(O)/flowbpf-lists.service $(to)/lib/systemd/system/flowbpf-lists.service
	install -D -m 644 user/dist/flowbpf-lists.timer $(to)/lib/systemd/system/flowbpf-lists.timer
	install -D -m 644 user/dist/flowbpf.sysusers $(to)/lib/sysusers.d/flowbpf.conf
	$(if $(DESTDIR),,-systemd-sysusers $(to)/lib/sysusers.d/flowbpf.conf || \
		useradd --system --user-group --no-create-home --shell /usr/sbin/nologin flowbpf)

# Country and network of addresses, for the daemon to find.
geo: deps
	$(Q)user/dist/geo.sh $(to)/share/flowbpf/geo

uninstall:
	rm -f $(to)/sbin/flowbpf $(to)/share/man/man8/flowbpf.8 \
		$(to)/share/bash-completion/completions/flowbpf \
		$(to)/share/zsh/vendor-completions/_flowbpf \
		$(to)/share/fish/vendor_completions.d/flowbpf.fish \
		$(to)/share/doc/flowbpf/flowbpf.conf $(to)/lib/systemd/system/flowbpf@.service \
		$(to)/lib/systemd/system/flowbpf-lists.service $(to)/lib/systemd/system/flowbpf-lists.timer \
		$(to)/lib/sysusers.d/flowbpf.conf
	rm -rf $(to)/share/flowbpf/geo
	[ ! -d $(to)/share/flowbpf ] || rmdir --ignore-fail-on-non-empty $(to)/share/flowbpf
	[ ! -d $(to)/share/doc/flowbpf ] || rmdir --ignore-fail-on-non-empty $(to)/share/doc/flowbpf

clean:
	rm -rf $(O) web/node_modules

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

-include $(shell find $(O)/user $(O)/tests $(O)/fuzz $(O)/flowbpf.bpf.d -name '*.d' -type f 2>/dev/null)
