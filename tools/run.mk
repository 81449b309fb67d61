# Running the image in QEMU; included by the top Makefile.  Every variable is an option of
# tools/run.py (`tools/run.py --help`): `make run NET=tap BOOT=uefi URL=http://192.168.77.1/`.
# make ends with 0 or with its own 2; scripts that want the guest's status call tools/run.py.

RUN_VARIABLES := BOOT MACHINE NET TAP BRIDGE MODE PORT URL IP LOG TIMEOUT HOLD APPEND MEM CSUM \
                 NIC PCAP SERIAL2 DIAGRAM ACCEL DEADLINE

run_quote = '$(subst ','\'',$(1))'
run_lower = $(shell echo $(1) | tr A-Z a-z)
RUN_OPTIONS = $(foreach v,$(RUN_VARIABLES),$(if $($(v)),--$(call run_lower,$(v))=$(call run_quote,$($(v)))))
RUN = $(PYTHON) tools/run.py --kernel $(BUILD)/dialtone.elf --image $(BUILD)/dialtone.img $(RUN_OPTIONS)

RUN_FILES := $(BUILD)/dialtone.elf $(if $(filter uefi,$(BOOT)),$(BUILD)/dialtone.img)

.PHONY: run gdb
run: $(RUN_FILES) | $(BUILD)/.setup-run ## start it in QEMU: NET= BOOT= MACHINE= URL= IP= LOG= PCAP= DIAGRAM= ... (tools/run.mk)
	@$(RUN) $(if $(QEMU_ARGS),-- $(QEMU_ARGS))

.PHONY: pictures
pictures: $(BUILD)/dialtone.elf | $(BUILD)/.setup-run $(BUILD)/.setup-pictures ## make docs/images: two runs, drawn, as seen in a browser
	@$(PYTHON) tools/pictures.py --kernel $<

gdb: $(RUN_FILES) | $(BUILD)/.setup-run ## start it stopped, with gdb and the kernel's symbols
	@$(RUN) --gdb $(if $(GDB_BATCH),--gdb-batch=$(call run_quote,$(GDB_BATCH))) $(if $(QEMU_ARGS),-- $(QEMU_ARGS))
