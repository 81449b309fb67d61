# SPDX-License-Identifier: MIT
# Running the image in QEMU; included by the top Makefile.  Every variable is an option of
# tools/run.py (`tools/run.py --help`): `make run NET=tap BOOT=uefi URL=http://192.168.77.1/`.
# `make duet` is the same for tools/duet.py, two machines on one wire.
# make ends with 0 or with its own 2; scripts that want the guest's status call tools/run.py.

RUN_VARIABLES := BOOT MACHINE NET TAP BRIDGE MODE PORT URL IP LOG TIMEOUT HOLD APPEND MEM CSUM \
                 NIC PCAP SERIAL2 DIAGRAM ACCEL DEADLINE

DUET_VARIABLES := BOOT MACHINE NET URL LOG TIMEOUT APPEND SERVER_APPEND MEM CSUM PCAP DIAGRAM LOGS \
                  ACCEL DEADLINE

run_quote = '$(subst ','\'',$(1))'
run_lower = $(shell echo $(1) | tr A-Z_ a-z-)
run_options = $(foreach v,$(1),$(if $($(v)),--$(call run_lower,$(v))=$(call run_quote,$($(v)))))
run_files = --kernel $(BUILD)/dialtone.elf --image $(BUILD)/dialtone.img
RUN = $(PYTHON) tools/run.py $(run_files) $(call run_options,$(RUN_VARIABLES))
DUET = $(PYTHON) tools/duet.py $(run_files) $(call run_options,$(DUET_VARIABLES))

RUN_FILES := $(BUILD)/dialtone.elf $(if $(filter uefi,$(BOOT)),$(BUILD)/dialtone.img)

.PHONY: run duet gdb
run: $(RUN_FILES) | $(BUILD)/.setup-run ## start it in QEMU: NET= BOOT= MACHINE= URL= IP= LOG= PCAP= DIAGRAM= ... (tools/run.mk)
	@$(RUN) $(if $(QEMU_ARGS),-- $(QEMU_ARGS))

duet: $(RUN_FILES) | $(BUILD)/.setup-run ## start two on one wire, one calling the other; one diagram of both: NET= URL= DIAGRAM= LOGS= ...
	@$(DUET) $(if $(QEMU_ARGS),-- $(QEMU_ARGS))

.PHONY: pictures
pictures: $(BUILD)/dialtone.elf | $(BUILD)/.setup-run $(BUILD)/.setup-pictures ## make docs/images: three runs, drawn, as seen in a browser
	@$(PYTHON) tools/pictures.py --kernel $<

gdb: $(RUN_FILES) | $(BUILD)/.setup-run ## start it stopped, with gdb and the kernel's symbols
	@$(RUN) --gdb $(if $(GDB_BATCH),--gdb-batch=$(call run_quote,$(GDB_BATCH))) $(if $(QEMU_ARGS),-- $(QEMU_ARGS))
