# SPDX-License-Identifier: MIT
# dialtone: build, run, test.  `make help` lists the targets.
#
# Everything is built below build/ (BUILD=...).  The build chooses files, never #ifs inside them:
#   build/kernel/...   freestanding objects of the image      build/efi/...  the GNU-EFI loader
#   build/host/...     the same sources for the host, under Address- and UndefinedBehaviorSanitizer

BUILD   ?= build
APP     ?= app/main
ifeq ($(origin CC),default)
CC      := gcc
endif
PYTHON  := /usr/bin/python3
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)

# `make V=1` shows the commands themselves.
Q := $(if $(V),,@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# The CPU: a folder in kernel/arch/, whose arch.mk has what else of the build depends on it.
ARCH    := x86_64
include kernel/arch/$(ARCH)/arch.mk

# --- what is built of what -------------------------------------------------------------------------

BASE_SRCS   := $(wildcard base/*.c)
LOG_SRCS    := $(wildcard log/*.c)
CONFIG_SRCS := $(wildcard config/*.c)
MACHINE_SRCS := $(wildcard machine/*.c)
NET_SRCS    := $(sort $(shell find net -name '*.c'))
DRIVER_SRCS := $(sort $(shell find drivers -name '*.c'))
PORTABLE_KERNEL_SRCS := $(sort $(shell find kernel -path kernel/arch -prune -o -name '*.c' -print)) $(wildcard boot/*.c)
KERNEL_SRCS := $(PORTABLE_KERNEL_SRCS) $(wildcard kernel/arch/$(ARCH)/*.c) $(ARCH_BOOT_SRCS)
KERNEL_ASMS := $(wildcard kernel/arch/$(ARCH)/*.S) $(ARCH_BOOT_ASMS)
APP_SRCS    := $(wildcard app/*.c app/dns/*.c)
# The built-in application, app/main, is made of three more rooms: a client and a server.
BUILTIN_APP_SRCS := $(wildcard app/main/*.c app/probe/*.c app/http/*.c app/server/*.c)
APP_DIR_SRCS := $(if $(filter app/main,$(APP)),$(BUILTIN_APP_SRCS),$(wildcard $(APP)/*.c))
EFI_SRCS    := $(wildcard boot/efi/*.c) boot/boot_info.c

# Sources of the kernel and the drivers that are plain logic and so are tested on the host too.
HOST_EXTRA_SRCS := $(addprefix kernel/,entropy/chacha.c entropy/jitter.c time/rtc_date.c time/steady.c \
                     firmware/acpi_tables.c firmware/acpi_vm_generation.c firmware/smbios_tables.c \
                     mm/memory_map.c \
                     irq/irq_input.c irq/irq_source.c arch/$(ARCH)/pci_config.c) \
                   boot/boot_info.c boot/pvh/start_info.c \
                   $(addprefix boot/efi/,elf_check.c map_convert.c page_tables.c wall_clock.c)
HOST_SRCS := $(BASE_SRCS) $(LOG_SRCS) $(CONFIG_SRCS) $(NET_SRCS) $(DRIVER_SRCS) $(MACHINE_SRCS) $(APP_SRCS) \
             $(BUILTIN_APP_SRCS) $(HOST_EXTRA_SRCS) $(wildcard tests/lib/*.c) $(wildcard tests/sim/lib/*.c)

# Loops over every byte are built for speed, all else for size: -O2 for the whole path of a packet
# is 1 % fewer instructions a segment (make bench) and 6 KiB more image.
FAST_SRCS := net/checksum.c kernel/libc/string.c app/http/crc32.c

# --- flags -----------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
COMMON_CFLAGS := -std=gnu11 -g $(WARNINGS) -I. -Ikernel/arch/$(ARCH)/include -MMD -MP

KERNEL_CFLAGS := $(COMMON_CFLAGS) -Os -ffreestanding -fpie -fvisibility=hidden -fno-common \
  $(ARCH_CFLAGS) -fno-omit-frame-pointer -fstack-protector-strong \
  -fno-asynchronous-unwind-tables -fno-strict-aliasing \
  -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns \
  -DDIALTONE_VERSION='"$(VERSION)"'
KERNEL_LDFLAGS := -nostdlib -static-pie -Wl,-T,kernel/arch/$(ARCH)/kernel.ld -Wl,--no-dynamic-linker -Wl,-z,text \
  -Wl,-z,noexecstack -Wl,--gc-sections -Wl,--build-id=none -Wl,--hash-style=sysv \
  -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_CFLAGS := $(COMMON_CFLAGS) -O1 -fno-omit-frame-pointer $(SANITIZE) -DDIALTONE_VERSION='"host"'

# What a change of log/events.def builds again.
EVENTS_FOLDER := $(BUILD)/events
NARROW        := tools/event_deps.sh narrow $(EVENTS_FOLDER)
EVENTS_DONE   := $(shell tools/event_deps.sh stamps $(EVENTS_FOLDER))

# --- setting up ------------------------------------------------------------------------------------
# Each stamp checks the packages its targets need and installs what is missing (tools/setup.sh).

$(BUILD)/.setup-%: tools/setup.sh
	@mkdir -p $(BUILD)
	@tools/setup.sh $*
	@touch $@

# --- the image ------------------------------------------------------------------------------------

.PHONY: all
all: $(BUILD)/dialtone.elf $(BUILD)/BOOTX64.EFI $(BUILD)/dialtone.img ## build kernel, loader and disk image

IMAGE_SRCS := $(BASE_SRCS) $(LOG_SRCS) $(CONFIG_SRCS) $(NET_SRCS) $(DRIVER_SRCS) $(MACHINE_SRCS) $(KERNEL_SRCS) \
              $(APP_SRCS) $(APP_DIR_SRCS)
IMAGE_OBJS := $(IMAGE_SRCS:%.c=$(BUILD)/kernel/%.o) $(KERNEL_ASMS:%.S=$(BUILD)/kernel/%.o)

$(FAST_SRCS:%.c=$(BUILD)/kernel/%.o): KERNEL_CFLAGS += -O2

$(BUILD)/kernel/%.o: %.c Makefile | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(KERNEL_CFLAGS) -c $< -o $@
	$(Q)$(NARROW) $(@:.o=.d)

$(BUILD)/kernel/%.o: %.S Makefile | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(KERNEL_CFLAGS) -D__ASSEMBLER__=1 -c $< -o $@

include kernel/link.mk
include boot/efi/efi.mk

# --- the host library and its tests ---------------------------------------------------------------

HOST_OBJS := $(HOST_SRCS:%.c=$(BUILD)/host/%.o)

$(BUILD)/host/%.o: %.c Makefile | $(BUILD)/.setup-build $(BUILD)/.setup-check
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(HOST_CFLAGS) -c $< -o $@
	$(Q)$(NARROW) $(@:.o=.d)

# Its barriers are where a test lets the device act.
$(BUILD)/host/drivers/virtio/queue/split.o: HOST_CFLAGS += -iquote tests/lib/interleave

$(BUILD)/host/libdialtone-host.a: $(HOST_OBJS)
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^

HELP_CONFIG := $(BUILD)/host/tools/help_config

$(HELP_CONFIG): $(HELP_CONFIG).o $(BUILD)/host/libdialtone-host.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(SANITIZE) $^ -lbearssl -o $@

include tests/unit.mk
include tests/tests.mk
include tests/fuzz.mk
include tools/run.mk
include bench/bench.mk
include net/lib.mk

# --- house-keeping ---------------------------------------------------------------------------------

.PHONY: help help-config clean
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort | expand -t 16

help-config: $(HELP_CONFIG) ## list the configuration's keys
	@$<

clean: ## remove everything that was built
	rm -rf $(BUILD)

.SECONDARY:
-include $(IMAGE_OBJS:.o=.d) $(HOST_OBJS:.o=.d) $(HELP_CONFIG).d
