# SPDX-License-Identifier: MIT
# Builds the UEFI loader and the disk image; included by the top Makefile.
#
# The loader is linked as a shared object, checked, and turned into a PE file.  GNU-EFI's start-up
# code applies R_X86_64_RELATIVE relocations and no others, so any other kind fails the build.

CONF ?= tools/dialtone.conf.example

EFI_LIB     := /usr/lib
EFI_INCLUDE := /usr/include/efi

EFI_CFLAGS := $(COMMON_CFLAGS) -Os -ffreestanding -fpic -fshort-wchar -fvisibility=hidden \
  -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none \
  -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-tree-loop-distribute-patterns \
  -DGNU_EFI_USE_MS_ABI -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64
EFI_LDFLAGS := -nostdlib -shared -Bsymbolic -z nocombreloc -z noexecstack -s --no-undefined \
  -T $(EFI_LIB)/elf_x86_64_efi.lds --build-id=none --no-warn-rwx-segments
EFI_SECTIONS := .text .data .dynamic .dynsym .rela .rela.data .reloc

EFI_OBJS := $(patsubst %.c,$(BUILD)/efi/%.o,$(EFI_SRCS) base/strbuf.c)

$(BUILD)/efi/%.o: %.c | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(EFI_CFLAGS) -c $< -o $@

$(BUILD)/efi/loader.so: $(EFI_OBJS)
	@echo "  LINK    $@"
	$(Q)ld $(EFI_LDFLAGS) $(EFI_LIB)/crt0-efi-x86_64.o $^ $(EFI_LIB)/libgnuefi.a -o $@
	@readelf -rW $@ | awk '/ R_X86_64_/ && $$3 != "R_X86_64_RELATIVE" { print "$@: " $$0; bad = 1 } \
	  END { if (bad) print "$@: a relocation that the start-up code does not apply"; exit bad }'

$(BUILD)/BOOTX64.EFI: $(BUILD)/efi/loader.so
	@echo "  PE      $@"
	$(Q)SOURCE_DATE_EPOCH=0 objcopy $(addprefix -j ,$(EFI_SECTIONS)) --target=efi-app-x86_64 $< $@

# The configuration is copied only when it differs, so that `make image CONF=other` makes a new
# image and the same one twice does not.
.PHONY: efi-force
$(BUILD)/dialtone.conf: efi-force
	@mkdir -p $(@D)
	@cmp -s "$(CONF)" $@ || cp "$(CONF)" $@

$(BUILD)/dialtone.img: tools/mkimage.sh $(BUILD)/BOOTX64.EFI $(BUILD)/dialtone.elf $(BUILD)/dialtone.conf
	@echo "  IMAGE   $@"
	$(Q)tools/mkimage.sh $@ $(BUILD)/BOOTX64.EFI $(BUILD)/dialtone.elf $(BUILD)/dialtone.conf

.PHONY: image
image: $(BUILD)/dialtone.img ## bootable disk image; CONF=file puts that configuration in

-include $(EFI_OBJS:.o=.d)
