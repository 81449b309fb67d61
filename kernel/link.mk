# SPDX-License-Identifier: MIT
# Links the kernel image; included by the top Makefile.
#
#   dialtone.debug.elf   with symbols and line numbers, for gdb
#   dialtone.elf         the same, stripped: what both boot protocols load
#
# Two passes: the second holds the table of function names (kernel/fault/symbols.c) made from the first.
# Text addresses are counted from the text's start, so the table does not move what it describes;
# the last command makes sure of that.

# BearSSL's SHA-256 is the only thing taken out of it so far: the linker takes the objects that are asked
# for.  They use the red zone and SSE, which the kernel bears: interrupts have stacks of their own, the
# CPU's SSE is on, and nothing else of the image touches its registers.
KERNEL_LIBS := -lbearssl
KERNEL_LINK = $(CC) $(KERNEL_LDFLAGS) -Wl,-z,pack-relative-relocs

$(BUILD)/kernel/symbols.none.S: tools/gen_symbols.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen_symbols.py </dev/null >$@

$(BUILD)/kernel/symbols.S: $(BUILD)/kernel/pass1.elf tools/gen_symbols.py
	@echo "  SYMBOLS $@"
	$(Q)nm -n $< | $(PYTHON) tools/gen_symbols.py >$@

$(BUILD)/kernel/symbols.o $(BUILD)/kernel/symbols.none.o: %.o: %.S
	$(Q)$(CC) -c $< -o $@

$(BUILD)/kernel/pass1.elf: $(IMAGE_OBJS) $(BUILD)/kernel/symbols.none.o kernel/arch/$(ARCH)/kernel.ld
	@echo "  LINK    $@"
	$(Q)$(KERNEL_LINK) $(filter %.o,$^) $(KERNEL_LIBS) -o $@

$(BUILD)/dialtone.debug.elf: $(IMAGE_OBJS) $(BUILD)/kernel/symbols.o kernel/arch/$(ARCH)/kernel.ld
	@echo "  LINK    $@"
	$(Q)$(KERNEL_LINK) $(filter %.o,$^) $(KERNEL_LIBS) -o $@
	@! readelf -rW $@ | grep '$(ARCH_ANY_RELOC)' | grep -v '$(ARCH_RELATIVE)' || \
		{ echo "$@: only $(ARCH_RELATIVE) relocations can be applied" >&2; rm -f $@; exit 1; }
	@nm -n $@ | $(PYTHON) tools/gen_symbols.py | cmp - $(BUILD)/kernel/symbols.S || \
		{ echo "$@: the symbol table does not describe this image" >&2; rm -f $@; exit 1; }

$(BUILD)/dialtone.elf: $(BUILD)/dialtone.debug.elf
	@echo "  STRIP   $@"
	$(Q)strip -o $@ $<
