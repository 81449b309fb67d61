# SPDX-License-Identifier: MIT
# The programs of the host tests; included by the top Makefile.
#   build/host/unit   all of tests/unit    build/host/sim   the simulator's scenarios, tests/sim
# Both are tests/runner/runner.c with test files that list themselves (tests/runner/unit.h):
#   build/host/unit test_arp    build/host/unit -k claims    build/host/unit --list
#
# An island is a test file that defines functions of the code under test, to stand in for them.  It
# is linked with all that it needs of the rest before the others are, and what it has is its own.

UNIT_ISLANDS := blocking calibrate console entropy fw_cfg halt hold http_answers http_checks http_client \
                http_ping http_requests http_waits idle irq_lines irq_input log_sink pages progress renew resolver second_transport string symbols \
                virtio_net virtio_net_frames virtio_net_hostile

UNIT_OBJS   := $(patsubst %.c,$(BUILD)/host/%.o,$(wildcard tests/unit/test_*.c))
ISLAND_OBJS := $(UNIT_ISLANDS:%=$(BUILD)/host/tests/unit/test_%.o)
PLAIN_OBJS  := $(filter-out $(ISLAND_OBJS),$(UNIT_OBJS))
SIM_OBJS    := $(patsubst %.c,$(BUILD)/host/%.o,$(wildcard tests/sim/test_*.c))
RUNNER_OBJ  := $(BUILD)/host/tests/runner/runner.o
HOST_LIB    := $(BUILD)/host/libdialtone-host.a

$(ISLAND_OBJS:.o=.island.o): %.island.o: %.o $(HOST_LIB)
	$(Q)ld -r $^ -o $@
	$(Q)objcopy --wildcard --localize-symbol='*' $@

# What a file that is no island defines for all to see, it would define for all tests.
$(BUILD)/host/.plain: $(PLAIN_OBJS)
	@nm -A -g --defined-only $^ | grep -v ' __odr_asan\.' | sed 's/.*\/\(.*\)\.o:.* /\1 defines /; s/$$/: an island (tests\/unit.mk)?/' | \
		{ ! grep . >&2; }
	@touch $@

$(BUILD)/host/unit: $(PLAIN_OBJS) $(ISLAND_OBJS:.o=.island.o) $(RUNNER_OBJ) $(HOST_LIB) | $(BUILD)/host/.plain
	@echo "  LINK    $@"
	$(Q)$(CC) $(SANITIZE) $^ -lbearssl -lcmocka -o $@

$(BUILD)/host/sim: $(SIM_OBJS) $(RUNNER_OBJ) $(HOST_LIB)
	@echo "  LINK    $@"
	$(Q)$(CC) $(SANITIZE) $^ -lbearssl -lcmocka -o $@

.PHONY: unit sim
unit: $(BUILD)/host/unit ## the unit tests; TESTS="test_arp test_ipv4" or TESTS="-k claims" for some of them
	@$< $(TESTS)

sim: $(BUILD)/host/sim ## the simulator's tests; TESTS=
	@$< $(TESTS)

-include $(UNIT_OBJS:.o=.d) $(SIM_OBJS:.o=.d) $(RUNNER_OBJ:.o=.d)

# What tests/mutants/ links anew with one object exchanged.
.PHONY: host-files mutants
host-files:
	@echo "plain: $(PLAIN_OBJS)"
	@echo "islands: $(ISLAND_OBJS)"
	@echo "sim: $(SIM_OBJS)"
	@echo "runner: $(RUNNER_OBJ)"
	@echo "library: $(HOST_OBJS)"

mutants: ## would the tests notice small changes of net/ and drivers/? COUNT=500 SEED=1 MINUTES= ONLY=net/tcp
	@nice $(PYTHON) tests/mutants/mutants.py --count $(or $(COUNT),500) --seed $(or $(SEED),1) \
		--minutes $(or $(MINUTES),0) --only '$(ONLY)'
