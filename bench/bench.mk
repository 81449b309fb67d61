# Figures; included by the top Makefile.  Ratios measured side by side in one run, never judged by
# `make test`.
#   bench    everything (root)          goodput    the simulated links alone

$(BUILD)/bench/floor.elf: bench/floor.S | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x100000,--build-id=none,-e,floor_entry -Wl,-z,noexecstack $< -o $@

# The stack and the simulator as fast as they go, without sanitizers.
BENCH_CFLAGS := $(COMMON_CFLAGS) -O2 -DDIALTONE_VERSION='"bench"'
BENCH_SRCS   := bench/goodput.c $(BASE_SRCS) $(NET_SRCS) $(wildcard tests/sim/lib/*.c) \
                $(wildcard tests/lib/stack_kit*.c) tests/lib/assert_host.c
BENCH_OBJS   := $(BENCH_SRCS:%.c=$(BUILD)/bench/obj/%.o)

$(BUILD)/bench/obj/%.o: %.c Makefile | $(BUILD)/.setup-build $(BUILD)/.setup-check
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(BENCH_CFLAGS) -c $< -o $@

$(BUILD)/bench/goodput: $(BENCH_OBJS)
	@echo "  LINK    $@"
	$(Q)$(CC) $^ -lcmocka -o $@

-include $(BENCH_OBJS:.o=.d)

.PHONY: bench goodput
goodput: $(BUILD)/bench/goodput ## print what a connection gets out of lossy links (simulated)
	@$<

bench: $(BUILD)/.setup-run $(BUILD)/.setup-test all $(BUILD)/bench/floor.elf $(BUILD)/bench/goodput ## print the figures (root; RUNS=9)
	@$(PYTHON) bench/bench.py --build $(BUILD) --runs $(or $(RUNS),9)
