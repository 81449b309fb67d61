# Figures; included by the top Makefile.  Ratios measured side by side in one run, never judged by
# `make test`.

$(BUILD)/bench/floor.elf: bench/floor.S | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x100000,--build-id=none,-e,floor_entry -Wl,-z,noexecstack $< -o $@

.PHONY: bench
bench: $(BUILD)/.setup-run $(BUILD)/.setup-test all $(BUILD)/bench/floor.elf ## print the figures (root; RUNS=9)
	@$(PYTHON) bench/bench.py --build $(BUILD) --runs $(or $(RUNS),9)
