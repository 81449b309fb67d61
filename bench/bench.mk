# SPDX-License-Identifier: MIT
# Figures; included by the top Makefile.  Ratios measured side by side in one run, never judged by
# `make test`.
#   bench        everything (root)
#   goodput      the simulated links alone
#   bench-cost   what a segment and an idle connection cost, alone

$(BUILD)/bench/floor.elf: bench/floor.S | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x100000,--build-id=none,-e,floor_entry -Wl,-z,noexecstack $< -o $@

# The stack and the simulator as fast as they go, without sanitizers.
BENCH_PROGRAMS := goodput segment_cost
BENCH_CFLAGS := $(COMMON_CFLAGS) -O2 -DDIALTONE_VERSION='"bench"'
BENCH_SRCS   := $(BASE_SRCS) $(NET_SRCS) $(filter-out %/sim_server.c %/sim_call.c %/sim_golden.c,$(wildcard tests/sim/lib/*.c)) \
                $(wildcard tests/lib/stack_kit*.c) tests/lib/dhcp_kit.c tests/lib/assert_host.c
BENCH_OBJS   := $(BENCH_SRCS:%.c=$(BUILD)/bench/obj/%.o)

$(BUILD)/bench/obj/%.o: %.c Makefile | $(BUILD)/.setup-build $(BUILD)/.setup-check
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(BENCH_CFLAGS) -c $< -o $@
	$(Q)$(NARROW) $(@:.o=.d)

$(BENCH_PROGRAMS:%=$(BUILD)/bench/%): $(BUILD)/bench/%: $(BUILD)/bench/obj/bench/%.o $(BENCH_OBJS)
	@echo "  LINK    $@"
	$(Q)$(CC) $^ -lcmocka -o $@

-include $(BENCH_OBJS:.o=.d) $(BENCH_PROGRAMS:%=$(BUILD)/bench/obj/bench/%.d)

.PHONY: bench goodput bench-cost
goodput: $(BUILD)/bench/goodput ## print what a connection gets out of lossy links (simulated)
	@$<

bench-cost: $(BUILD)/bench/segment_cost | $(BUILD)/.setup-test ## instructions a segment, bytes a connection
	@$(PYTHON) bench/segment_cost.py --build $(BUILD)

bench: $(BUILD)/.setup-run $(BUILD)/.setup-test all $(BUILD)/bench/floor.elf $(BENCH_PROGRAMS:%=$(BUILD)/bench/%) ## print the figures (root; RUNS=9)
	@$(PYTHON) bench/bench.py --build $(BUILD) --runs $(or $(RUNS),9)
