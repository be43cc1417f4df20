# SPDX-License-Identifier: GPL-2.0
# What a user types. Modules are built aside from the sources, so that several
# kernels can stand side by side: build/<release>/*.ko, build/user/.
#
#   make [KDIR=/lib/modules/6.1.0-1-amd64/build]   modules, iptables extension, ftctl
#   make install                                   all of it into this system
#   make demo, make check                          see README.md
#   make bench [QUICK=1|CHECK=1|CI=1] [JSON=FILE] [CHART=FILE] [BASE=FILE] [ARGS=...]
#   make check-debug, make planted, make soak HOURS=1    on a debug kernel
#   make fuzz [SECONDS=60]                         ftctl's parsers, with clang
TOP	:= $(CURDIR)
# The running kernel's headers; where it has none, the newest installed
KDIR	?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	     $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
# Not "make kernelrelease": Debian names its kernels in UTS_RELEASE alone
KREL	= $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
# A kernel that is a program (User-mode Linux) is of another architecture
KARCH	= $(if $(shell grep -s '^CONFIG_UML=y' $(KDIR)/.config),ARCH=um)
# KUNIT=1 builds the engine with its KUnit suites, aside from the one without
BUILD	= $(TOP)/build/$(KREL)$(if $(KUNIT),-kunit)
DESTDIR ?=
FASTTRACK_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/fasttrack

all: modules user

need-kdir:
	@test -n "$(KDIR)" && test -e "$(KDIR)/Makefile" || { \
		echo "make: no kernel headers in KDIR=$(KDIR) (package linux-headers-amd64)" >&2; \
		exit 2; }

# kbuild writes beside its sources: give each kernel a directory of links. A machine
# may be reading the modules: what did not change stays.
modules: need-kdir
	@test -z "$(KUNIT)" || grep -qs '^CONFIG_KUNIT=' "$(KDIR)/.config" || { \
		echo "make: the kernel of KDIR=$(KDIR) has no KUnit" >&2; exit 2; }
	@test -z "$(SCRATCH)" || rm -rf $(BUILD)/obj
	@mkdir -p $(BUILD)/obj
	@cp -rsf $(TOP)/src/. $(BUILD)/obj/
	@$(MAKE) -C $(KDIR) $(KARCH) M=$(BUILD)/obj FT_TOP=$(TOP) \
		$(if $(KUNIT),FT_KUNIT=y) $(KFLAGS) modules
	@for m in $(BUILD)/obj/*.ko; do \
		cmp -s $$m $(BUILD)/$${m##*/} || cp $$m $(BUILD)/ || exit; done
	@test -z "$(WIRE)" || $(MAKE) wire

# The test device of tests/twin
wire: need-kdir
	@mkdir -p $(BUILD)/twin
	@cp -rsf $(TOP)/tests/twin/wire/. $(BUILD)/twin/
	@$(MAKE) -C $(KDIR) $(KARCH) M=$(BUILD)/twin $(KFLAGS) modules

user:
	@$(MAKE) -C tools O=$(TOP)/build/user

install: all
	install -D -m 644 -t $(DESTDIR)/lib/modules/$(KREL)/extra \
		$(BUILD)/nf_fasttrack.ko $(BUILD)/xt_FASTTRACK.ko
	test -n "$(DESTDIR)" || depmod $(KREL)
	$(MAKE) -C tools O=$(TOP)/build/user DESTDIR=$(DESTDIR) install

# KERNELS="6.1 6.12 7.3": on which kernels
export KERNELS
check:
	@tests/check

fuzz:
	@tests/fuzz/run $(SECONDS)

# Does each test fail when what it guards is taken away? Long, so no part of
# check. ONLY="h17-route h36-ttl"
mutations:
	@tests/mutations/run $(ONLY)

demo:
	@tests/demo/run

bench:
	@tests/bench/run form=$(if $(QUICK),quick,$(if $(CHECK),check,$(if $(CI),ci,full))) \
		$(if $(JSON),json=$(abspath $(JSON))) \
		$(if $(CHART),chart=$(abspath $(CHART))) \
		$(if $(BASE),base=$(abspath $(BASE))) \
		$(if $(KERNEL),kernel=$(KERNEL)) \
		$(if $(PROFILE),profile=$(PROFILE)) $(ARGS)

# Two routers, one of them fast, get the same packets
twin:
	@tests/twin/run $(if $(SEED),seed=$(SEED)) \
		$(if $(PACKETS),packets=$(PACKETS)) \
		$(if $(KERNEL),kernel=$(KERNEL))

# On the debug kernels; FULL=1: the long form, PARTS="kunit stress": some of it,
# KERNEL=kcsan: on that one
check-debug:
	@FULL=$(FULL) PARTS="$(PARTS)" KERNEL=$(KERNEL) tests/check-debug

# Bugs planted one at a time, each of which has to be caught
planted:
	@tests/planted/run

soak:
	@tests/soak/run $(or $(HOURS),1) $(or $(KERNEL),debug)

clean:
	rm -rf $(TOP)/build

.PHONY: all need-kdir modules wire user install check check-debug planted soak \
	fuzz mutations demo bench twin clean
