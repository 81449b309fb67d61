# SPDX-License-Identifier: MIT
# Targets that test; included by the top Makefile.
#   check-fast  layers, rules about sources and documents, unit tests: while one works  (a quarter of a minute)
#   check  the host part alone: check-fast, another CPU's compiler, tools, at last the simulator  (about a minute)
#          (the programs of units and simulator: tests/unit.mk)
#   test   everything: check, the fuzzers for a minute (tests/fuzz.mk), then the image in QEMU
#          (tests/boot)                                                   (a few minutes)
#   soak   seeded scenarios of the simulator for as long as it is told (TIME=seconds)
# TESTS= is passed to pytest for the boot tests: make boot-tests TESTS='-k refused'; to the program of
# the unit tests or the simulator: make unit TESTS='test_arp -k claims'.

PYTEST := PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider
LAYER_OBJS := $(filter $(BUILD)/kernel/net/% $(BUILD)/kernel/base/% $(BUILD)/kernel/app/%,$(IMAGE_OBJS))
# All of the image but what is written for one CPU.
PORTABLE_SRCS := $(filter-out kernel/arch/% boot/pvh/%,$(IMAGE_SRCS))

# What reads sources and documents alone, and is quick.
RULES := $(patsubst %,tests/tools/test_%.py,check_layers check_tcb check_words clause_docs config_docs deploying hostile_doc layer_docs \
           licence links names metrics_docs tcp_docs white_box)
OTHER_TOOLS := $(filter-out $(RULES),$(wildcard tests/tools/test_*.py))
RUN_TOOLS = DIALTONE_BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/runner/tools.py

.PHONY: check check-fast check-layers check-portable check-words check-rules check-tools docs soak test boot-tests
# One after the other, also under make -j: what fails is seen early, and each has all processors.
check: ## host tests: check-fast, another CPU's compiler, then tools, then the simulator (sanitizers)
	@$(MAKE) --no-print-directory check-fast
	@$(MAKE) --no-print-directory check-portable
	@$(MAKE) --no-print-directory check-tools
	@$(MAKE) --no-print-directory check-example
	@$(MAKE) --no-print-directory sim TESTS=

check-fast: ## to run after every change: layers, rules, unit tests
	@$(MAKE) --no-print-directory check-layers
	@$(MAKE) --no-print-directory check-words
	@$(MAKE) --no-print-directory unit TESTS=
	@$(MAKE) --no-print-directory check-rules

check-words: ## names, comments, documents: the field's words (docs/style.md)
	@tools/check_words.py

check-layers: $(LAYER_OBJS) $(PORTABLE_SRCS:%.c=$(BUILD)/kernel/%.o)
	@tools/check_tcb.py
	@tools/check_layers.py --objects $(LAYER_OBJS) --portable $(PORTABLE_SRCS:%.c=$(BUILD)/kernel/%.o)

# Another CPU's compiler over all that is portable, with what kernel/arch/aarch64/ has.  It generates code
# only of the files that use what is inline there; so it takes a few hundredths of a second a file.
CROSS_CC     := aarch64-linux-gnu-gcc
CROSS_CFLAGS := $(filter-out $(ARCH_CFLAGS),$(KERNEL_CFLAGS:-Ikernel/arch/$(ARCH)/include=-Ikernel/arch/aarch64/include)) \
                -mgeneral-regs-only
CROSS_MODE   := -fsyntax-only
CROSS_CODE   := kernel/libc/string.c kernel/panic.c kernel/start.c kernel/console/console.c kernel/time/clock.c \
                drivers/bus/pci/msix.c $(wildcard drivers/virtio/pci/modern.c drivers/virtio/queue/split.c)
CROSS_CHECKED := $(PORTABLE_SRCS:%.c=$(BUILD)/cross/%.checked)

$(CROSS_CODE:%.c=$(BUILD)/cross/%.checked): CROSS_MODE = -c -o $(@:.checked=.o)

check-portable: $(CROSS_CHECKED) ## the portable sources through a compiler for AArch64

$(BUILD)/cross/%.checked: %.c Makefile | $(BUILD)/.setup-check
	@mkdir -p $(@D)
	@echo "  AARCH64 $<"
	$(Q)$(CROSS_CC) $(CROSS_CFLAGS) $(CROSS_MODE) -MF $(@:.checked=.d) -MT $@ $<
	@touch $@

-include $(CROSS_CHECKED:.checked=.d)

docs: $(HELP_CONFIG) ## write the generated parts of docs/tcp.md, docs/architecture.md and README.md, and the schema of the log
	@tools/tcp_docs.py --write
	@tools/layer_docs.py --write
	@tools/log_schema.py --write
	@tools/config_docs.py $(HELP_CONFIG) --write

check-rules: $(HELP_CONFIG) | $(BUILD)/.setup-check ## the documents and the sources agree
	@$(RUN_TOOLS) $(RULES)

check-tools: $(BUILD)/lib/example/two_stacks $(HELP_CONFIG) | $(BUILD)/.setup-check ## the tests of tools/
	@$(RUN_TOOLS) $(OTHER_TOOLS)

# Where a change is meant to change what a run does (docs/testing.md).
.PHONY: golden-update
golden-update: $(BUILD)/host/sim all | $(BUILD)/.setup-run $(BUILD)/.setup-test ## rewrite tests/golden
	@GOLDEN_UPDATE=1 $< test_golden_calls test_golden_stack
	@GOLDEN_UPDATE=1 DIALTONE_BUILD=$(abspath $(BUILD)) tools/as-net-root.sh env $(PYTEST) tests/boot/test_golden.py

# The files that draw a whole scenario from each seed.
soak: $(BUILD)/host/sim ## simulate for TIME=60 seconds, on every processor; FIRST= is the first seed
	@nice $(PYTHON) tests/sim/soak.py --seconds $(or $(TIME),60) --first $(or $(FIRST),0) $< test_worlds test_bad_networks

TEST_APPS := $(notdir $(wildcard tests/apps/*))
TEST_APP_KERNELS := $(TEST_APPS:%=$(BUILD)/app-%/dialtone.elf)

# An image with another application in it has a build folder of its own.
$(BUILD)/app-%/dialtone.elf: tests/apps/% FORCE
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/app-$* APP=tests/apps/$* $@

.PHONY: FORCE
FORCE:

# One after the other, also under make -j: the boot tests want the machine for themselves.
test: ## everything: check, the fuzzers for a minute, and the image in QEMU with real servers
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory fuzz-smoke
	@$(MAKE) --no-print-directory boot-tests
	@echo "test: all of it passed (host tests, tools, layers, fuzzers, and the boot tests above)"

boot-tests: all $(TEST_APP_KERNELS) | $(BUILD)/.setup-run $(BUILD)/.setup-test ## the tests in QEMU alone; TESTS="-k name"
	@DIALTONE_BUILD=$(abspath $(BUILD)) tools/as-net-root.sh env $(PYTEST) -rs --durations=5 tests/boot $(TESTS)
