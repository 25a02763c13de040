# SPDX-License-Identifier: BSD-2-Clause
#
# make                      build/flowbpf and build/flowbpf.bpf.o
# sudo make run IFACE=eth0  install what is missing, build, attach, print the page's address
# sudo make demo            the page on a small network of its own with clients, NAT and attacks
# sudo make check           install what the tests need and run them all
# make check-{lint,unit,bpf,cli,web,lab,fleet,package,cases,fuzz,vm,asan,hammer,debian}    one ring of them
# make judge                what the judge is worth on labelled flows, beside others (docs/judge.md)
# make bench | bench-fleet | fuzz | coverage | pictures | format | vmlinux | compile_commands.json
# make install | uninstall | clean | help
# make dist                 build/flowbpf-VERSION.tar.xz: the source and the page, which then needs no node
# sudo make deb             the same as a Debian package, build/deb/flowbpf_VERSION_ARCH.deb
# sudo make release         checks all that is promised of a release, makes both, and their SHA256SUMS; make fit: the quick part
# sudo make setcap          lets who may run build/flowbpf attach without root
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

LIBS := libbpf libmnl libmicrohttpd libcjson libidn2 libmaxminddb ncursesw nettle gnutls sqlite3 zlib
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
LDLIBS += $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lcrypt -lelf -lm

BPF_CFLAGS = -O2 -g -fno-strict-aliasing -target bpf -mcpu=v3 -std=gnu11 -Iinclude -Ibpf -Ivmlinux
BPF_CFLAGS += -Wall -Wextra $(if $(WERROR),-Werror) -Wno-unused-parameter

SRC := $(filter-out user/gen/%,$(sort $(wildcard user/*/*.c user/*/*/*.c)))
OBJ := $(SRC:%.c=$(O)/%.o) $(O)/assets.o
# The page stands built in web/built, as long as that is the one of its source: who changes nothing of
# it needs no node, which is more than half of the packages that a build takes.
CARRIED := web/built
WEB_SRC := $(shell find web -path web/node_modules -prune -o -path $(CARRIED) -prune -o -path web/pictures -prune -o -type f -print 2>/dev/null)
GENERATED_WEB := web/src/api/schema.ts web/src/pages/judge/measured.ts web/src/pages/map/world.ts
PAGE_SRC := $(sort $(filter-out $(GENERATED_WEB),$(WEB_SRC))) docs/judge.md
PAGE_DIGEST := $(shell sha256sum $(PAGE_SRC) | sha256sum | cut -d' ' -f1)
IS_CARRIED := $(filter $(PAGE_DIGEST),$(file <$(CARRIED)/source))

.DELETE_ON_ERROR:
.SECONDARY:
RINGS := $(addprefix check-,lint unit bpf cli web lab fleet package cases fuzz vm asan hammer debian)
.PHONY: all run demo check $(RINGS) tests judge fuzz coverage bench bench-fleet pictures format vmlinux
.PHONY: install geo uninstall clean help deps deps-core deps-test deps-deb dist deb fit release page built setcap

all: $(O)/flowbpf
	@:

# Beside its place first: who starts it meanwhile starts a whole one.
$(O)/flowbpf: $(OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@.new $^ $(LDLIBS) && mv -f $@.new $@

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
$(O)/%.o: %.c | $(O)/flowbpf.skel.h $(O)/owner.skel.h $(O)/owner_btf.skel.h $(O)/owner_held.skel.h $(O)/xdp.skel.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- what is made of the tables of fields and settings: the schema of a flow, lists of the manuals ---
$(O)/gen-templates: $(O)/user/gen/templates.o $(O)/user/cli/attach_opts.o $(O)/user/format.a $(O)/user/flow.a $(O)/user/util.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/openapi.json: user/api/openapi.json $(O)/gen-templates
	$(Q)$(O)/gen-templates <$< >$@

MANUALS := flowbpf.8 flowbpf.conf.5 flowbpf-filter.7
$(addprefix $(O)/,$(MANUALS)): $(O)/%: user/dist/% $(O)/gen-templates
	$(Q)$(O)/gen-templates <$< >$@

# --- systemd units: what both services have stands in one place ---------------------------------
UNITS := flowbpf.service flowbpf@.service flowbpf-lists.service flowbpf-sums.service
$(addprefix $(O)/,$(UNITS)): $(O)/%: user/dist/% user/dist/service.conf FORCE
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's,@PREFIX@,$(PREFIX),g' -e '/^@SERVICE@$$/{r user/dist/service.conf' -e 'd;}' $< >$@
.PHONY: FORCE # .SECONDARY has it that what is not there need not be made

# --- the page ----------------------------------------------------------------------------------
web/node_modules: web/package-lock.json
	$(Q)command -v npm >/dev/null || { \
		echo "web/built is the page of another source, and node builds this one: make deps installs it" >&2; exit 1; }
	$(Q)cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules

build_page = cd web && node build.mjs $(abspath $(1)) $(abspath $(O))/openapi.json

$(O)/page.digest: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo $(PAGE_DIGEST) | cmp -s - $@ || echo $(PAGE_DIGEST) >$@

ifeq ($(IS_CARRIED),)
$(O)/web/assets.list: $(O)/page.digest $(O)/openapi.json | web/node_modules
	$(call say,WEB,$@)
	$(Q)$(call build_page,$(O)/web)
else
$(O)/web/assets.list: $(O)/page.digest
	$(call say,WEB,$@ of $(CARRIED))
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && cp $(CARRIED)/*.gz $(CARRIED)/assets.list $(@D) && gunzip -k $(@D)/*.gz
	$(Q)touch $@
endif

define page_as_carried
	$(Q)$(call build_page,$(O)/page)
	$(Q)find $(O)/page -type f ! -name '*.gz' ! -name assets.list -delete
	$(Q)echo $(PAGE_DIGEST) >$(O)/page/source
endef

# What stands built is what node makes of its source, to the byte.
page: $(O)/openapi.json | web/node_modules
	$(page_as_carried)
	$(Q)diff -r $(CARRIED) $(O)/page || { echo "$(CARRIED) is not what its source gives: make built, and commit it" >&2; exit 1; }

built: $(O)/openapi.json | web/node_modules
	$(page_as_carried)
	$(Q)rm -rf $(CARRIED) && cp -r $(O)/page $(CARRIED)

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

$(O)/tests/lab/%: tests/lab/%.c $$(call linked,tests/lab/%.c)
	$(link_program)

$(O)/tests/fleet/%: tests/fleet/%.c $$(call linked,tests/fleet/%.c)
	$(link_program)

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
	$(Q)$(fresh_make) WERROR=1 all tests web/node_modules
	$(Q)tests/run.sh all

$(RINGS): WERROR := 1
$(RINGS): all tests web/node_modules
	$(Q)tests/run.sh $(@:check-%=%)

fuzz: all
	$(Q)FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/run.sh fuzz

# Lines of the parsers that the inputs found so far reach; `make fuzz` ends with it.
coverage: all
	$(Q)tests/fuzz/seed.sh $(O)/corpus >/dev/null
	$(Q)tests/fuzz/coverage.sh $(O)/corpus | sed 's/^# figure: //'

# The README's pictures, from the page over the lab's real traffic.
pictures: all web/node_modules
	$(Q)tests/deps.sh webp
	$(Q)FLOWBPF_CHECKS=motion bash tests/lab/web.sh
	img2webp -loop 0 -lossy -q 60 -m 6 $$(cat $(O)/web-shots/motion/frames) -o web/pictures/flowbpf.webp
	$(Q)FLOWBPF_CHECKS=pictures bash tests/lab/web.sh
	$(Q)bash tests/fleet/sensors.sh
	cp $(O)/web-shots/fleet-1440-light.png web/pictures/fleet.png
	cp $(O)/web-shots/flows-light.png web/pictures/flows.png
	cp $(O)/web-shots/overview-dark.png web/pictures/overview.png
	for name in history-light heat-light permalink-light strip-dark; do cp $(O)/web-shots/$$name.png web/pictures/$${name%-*}.png; done

judge: all
	$(Q)tests/judge/run

bench: deps-test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/run.sh
	$(Q)tests/bench/drops.sh
	$(Q)FLOWBPF_MINUTES=$(or $(BENCH_MINUTES),10) bash tests/web/budget.sh

# Sensors in numbers, against a cluster of four ClickHouse servers: what docs/scale.md does its arithmetic of.
bench-fleet: deps-test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/fleet.sh

# --- newcomers ---------------------------------------------------------------------------------
BUILD_PACKAGES = clang llvm gcc make pkg-config bpftool libbpf-dev libelf-dev zlib1g-dev \
	libmicrohttpd-dev libgnutls28-dev libcjson-dev libcrypt-dev libcurl4-gnutls-dev libidn2-dev libmaxminddb-dev libmnl-dev libncurses-dev libsqlite3-dev nettle-dev \
	$(if $(IS_CARRIED),,$(PAGE_PACKAGES))
PAGE_PACKAGES := nodejs npm zopfli
PACKAGING := debhelper dpkg-dev fakeroot xz-utils
# What the rings unit, bpf and cli and much of the lab need, and then the rest of them.
CORE_PACKAGES := nodejs python3 libcmocka-dev clang-19/clang curl conntrack nftables iproute2 iputils-ping ethtool \
	openssl socat jq procps kmod nginx-light dnsmasq-base bind9-dnsutils
TEST_PACKAGES := $(PAGE_PACKAGES) clang-format-19 clang-tidy-19 libclang-rt-%clang-dev shellcheck \
	chromium iodine nmap prometheus rsyslog rsyslog-gnutls tshark tcpdump strace iperf3 caddy openssh-server openssh-client tmux fish zsh \
	$(PACKAGING) lintian libcap2-bin python3-yaml \
	?clickhouse-server ?zookeeper librdkafka1 kcat qemu-system-x86 busybox-static cpio debootstrap softflowd pmacct nfdump argus-server argus-client

DEMO_PACKAGES := nodejs iproute2 nftables iputils-ping dnsmasq-base openssl socat curl jq procps python3-minimal

# DEPS=--simulate: only whether they could be had
deps:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES)

deps-core:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(CORE_PACKAGES)

deps-test:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(CORE_PACKAGES) $(TEST_PACKAGES)

deps-deb:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(PACKAGING)

run: deps
	@[ -n "$(IFACE)" ] || { echo "name the interface: sudo make run IFACE=eth0" >&2; exit 2; }
	$(Q)$(fresh_make) all
	$(Q)exec $(O)/flowbpf attach $(IFACE)

demo:
	$(Q)tests/deps.sh $(DEPS) $(BUILD_PACKAGES) $(DEMO_PACKAGES)
	$(Q)$(fresh_make) all $(O)/tests/lab/frames
	$(Q)tests/demo.sh

# For editors and clang-tidy: how each file is compiled.
compile_commands.json: Makefile $(O)/flowbpf.skel.h $(O)/owner.skel.h $(O)/owner_btf.skel.h $(O)/owner_held.skel.h $(O)/xdp.skel.h
	$(Q){ printf '['; sep=; for file in $(SRC); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" '$(CURDIR)' \
			"$$file" "$$(printf '%s' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS)) -c' | \
			sed 's,[\"],\\&,g') $$file"; sep=,; done; printf '\n]\n'; } >$@

format: web/node_modules
	$(Q)clang-format-19 -i $$(find user include bpf tests -name '*.[ch]')
	$(Q)web/node_modules/.bin/prettier --log-level warn --write 'web/src/**/*.{ts,tsx}' '{web,tests}/**/*.mjs'

# --- releases ------------------------------------------------------------------------------------
DIST = $(O)/flowbpf-$(VERSION).tar.xz
dist: $(O)/web/assets.list
	$(Q)user/dist/tarball.sh flowbpf-$(VERSION) $(O) $(PAGE_DIGEST)
	@echo $(DIST)

# Of the release, and beside the source: that stays as it is. What this make was told is not meant for that one.
deb: deps-deb
	$(Q)$(fresh_make) dist
	$(Q)rm -rf $(O)/deb && mkdir -p $(O)/deb && tar -xf $(DIST) -C $(O)/deb
	$(Q)cd $(O)/deb/flowbpf-$(VERSION) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
		-u O -u WERROR -u DESTDIR -u PREFIX -u SAN -u OPT dpkg-buildpackage -b -us -uc
	@ls $(O)/deb/*.deb

# All that is promised of a release, before it is one; the tag is set by who says so.
fit: all
	$(Q)user/dist/release.sh $(VERSION) $(O)

release: fit page
	$(Q)$(fresh_make) check
	$(Q)$(fresh_make) deb
	$(Q)cd $(O) && cp deb/*.deb . && sha256sum flowbpf-$(VERSION).tar.xz flowbpf_$(VERSION)_*.deb >SHA256SUMS && cat SHA256SUMS
	@echo "fit to be released: git tag -s v$(VERSION)"

# --- installing ----------------------------------------------------------------------------------
to = $(DESTDIR)$(PREFIX)
# FILE:PLACE of what is copied as it is
INSTALLED := $(foreach page,$(MANUALS),$(O)/$(page):share/man/man$(lastword $(subst ., ,$(page)))/$(page)) \
	$(foreach unit,$(UNITS),$(O)/$(unit):lib/systemd/system/$(unit)) \
	$(foreach timer,flowbpf-lists flowbpf-sums,user/dist/$(timer).timer:lib/systemd/system/$(timer).timer) \
	user/dist/flowbpf.bash:share/bash-completion/completions/flowbpf \
	user/dist/flowbpf.zsh:share/zsh/vendor-completions/_flowbpf \
	user/dist/flowbpf.fish:share/fish/vendor_completions.d/flowbpf.fish \
	user/dist/flowbpf.conf:share/doc/flowbpf/flowbpf.conf \
	user/dist/flowbpf.sysusers:lib/sysusers.d/flowbpf.conf \
	user/dist/flowbpf.tmpfiles:lib/tmpfiles.d/flowbpf.conf \
	user/dist/grafana.json:share/flowbpf/grafana.json \
	user/dist/grafana-fleet.json:share/flowbpf/grafana-fleet.json \
	user/dist/alerts.yml:share/flowbpf/alerts.yml
from = $(firstword $(subst :, ,$(1)))
place = $(lastword $(subst :, ,$(1)))
define newline


endef

install: all $(addprefix $(O)/,$(MANUALS) $(UNITS))
	install -D -m 755 -s --strip-program=$(STRIP) $(O)/flowbpf $(to)/sbin/flowbpf
	$(foreach pair,$(INSTALLED),install -D -m 644 $(call from,$(pair)) $(to)/$(call place,$(pair))$(newline)	)
	$(if $(DESTDIR),,-systemd-sysusers $(to)/lib/sysusers.d/flowbpf.conf || \
		useradd --system --user-group --no-create-home --shell /usr/sbin/nologin flowbpf)
	$(if $(DESTDIR),,-systemd-tmpfiles --create $(to)/lib/tmpfiles.d/flowbpf.conf)

# Without root, see README.md: the built program, or BINARY=/usr/local/sbin/flowbpf for members of the group flowbpf.
BINARY ?= $(O)/flowbpf
setcap:
	$(if $(filter $(O)/flowbpf,$(BINARY)),,chgrp flowbpf $(BINARY))
	chmod o= $(BINARY)
	setcap cap_bpf,cap_net_admin,cap_perfmon=ep $(BINARY)

# Country and network of addresses, for the daemon to find.
geo: deps
	$(Q)user/dist/geo.sh $(to)/share/flowbpf/geo

uninstall:
	rm -f $(to)/sbin/flowbpf $(foreach pair,$(INSTALLED),$(to)/$(call place,$(pair)))
	rm -rf $(to)/share/flowbpf/geo
	[ ! -d $(to)/share/flowbpf ] || rmdir --ignore-fail-on-non-empty $(to)/share/flowbpf
	[ ! -d $(to)/share/doc/flowbpf ] || rmdir --ignore-fail-on-non-empty $(to)/share/doc/flowbpf

clean:
	rm -rf $(O) web/node_modules

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

-include $(shell find $(O)/user $(O)/tests $(O)/fuzz $(O)/flowbpf.bpf.d $(O)/xdp.bpf.d -name '*.d' -type f 2>/dev/null)
