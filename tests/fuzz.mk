# SPDX-License-Identifier: MIT
# Fuzzing with clang's libFuzzer; included by the top Makefile.
#   make fuzz TARGET=tcp-segments TIME=600     one target (tests/fuzz/fuzz_tcp_segments.c)
#   make fuzz-smoke                            all of them, a minute in all (part of make test)
#   make fuzz-coverage                         the lines of net/ that all inputs so far reach
#   make fuzz-merge TARGET=tcp-segments        the smallest inputs that reach as much, into the tree
# What a run finds beyond the seeds in tests/fuzz/corpus/ stays in $(BUILD)/fuzz/corpus/NAME, an input
# that breaks something in $(BUILD)/fuzz/crashes/.  The sources are those of the host library, built
# again with clang and its coverage hooks; net/ counts its lines as well.

FUZZ_CC     := clang
FUZZ_CFLAGS := $(COMMON_CFLAGS) -O1 -fno-omit-frame-pointer $(SANITIZE) -DDIALTONE_VERSION='"fuzz"'
# Coverage is of the code under test; the harness, and loops over every byte, would only be slower.
FUZZ_BLIND   := tests/% net/checksum.c net/siphash.c app/http/crc32.c
FUZZ_COVER    = $(if $(filter $(FUZZ_BLIND),$<),,-fsanitize=fuzzer-no-link) \
                $(if $(filter net/% tests/fuzz/fuzz_%,$<),$(FUZZ_LINES))
# Where the counts go is said by LLVM_PROFILE_FILE (tests/fuzz/run.sh), or else nowhere.
FUZZ_LINES   := -fprofile-instr-generate=/dev/null -fcoverage-mapping
FUZZ_SRCS    := $(filter-out tests/sim/lib/%,$(HOST_SRCS)) $(wildcard tests/fuzz/lib/*.c)
FUZZ_OBJS    := $(FUZZ_SRCS:%.c=$(BUILD)/fuzz/obj/%.o)
FUZZ_TARGETS := $(subst _,-,$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BINS    := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz-%)

TIME ?= 60
FUZZ_SMOKE_TIME ?= 60

$(BUILD)/fuzz/obj/%.o: %.c Makefile tests/fuzz.mk | $(BUILD)/.setup-fuzz
	@mkdir -p $(@D)
	@echo "  FUZZ-CC $<"
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_COVER) -c $< -o $@
	$(Q)$(NARROW) $(@:.o=.d)

$(BUILD)/fuzz/libdialtone-fuzz.a: $(FUZZ_OBJS)
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^

# The target tcp-segments is in fuzz_tcp_segments.c.
define fuzz_link
$(BUILD)/fuzz/fuzz-$(1): $(BUILD)/fuzz/obj/tests/fuzz/fuzz_$(subst -,_,$(1)).o \
		$(BUILD)/fuzz/libdialtone-fuzz.a
	@echo "  LINK    $$@"
	$$(Q)$$(FUZZ_CC) $$(SANITIZE) -fsanitize=fuzzer -fprofile-instr-generate=/dev/null $$^ -lbearssl -o $$@
endef
$(foreach target,$(FUZZ_TARGETS),$(eval $(call fuzz_link,$(target))))

.PHONY: fuzz fuzz-smoke fuzz-build fuzz-coverage fuzz-merge
fuzz-build: $(FUZZ_BINS) ## build the fuzz targets

FUZZ_ONE = $(if $(TARGET),$(BUILD)/fuzz/fuzz-$(TARGET))
fuzz_one_given = test -n "$(TARGET)" || { echo "TARGET= one of: $(FUZZ_TARGETS)" >&2; exit 2; }

fuzz: $(FUZZ_ONE) ## fuzz one target: TARGET=name TIME=seconds
	@$(fuzz_one_given)
	@tests/fuzz/run.sh $(BUILD)/fuzz $(TARGET) $(TIME)

fuzz-smoke: $(FUZZ_BINS) ## all fuzz targets, a minute in all, and the lines of net/ they reach
	@tests/fuzz/smoke.sh $(BUILD)/fuzz $(FUZZ_SMOKE_TIME) $(FUZZ_TARGETS)
	@tests/fuzz/coverage.py $(BUILD)/fuzz

fuzz-coverage: $(FUZZ_BINS) ## line coverage of net/: the inputs in the tree and those found since
	@for target in $(FUZZ_TARGETS); do tests/fuzz/run.sh $(BUILD)/fuzz $$target 0 || exit 1; done
	@tests/fuzz/coverage.py $(BUILD)/fuzz

fuzz-merge: $(FUZZ_ONE) ## what was found into tests/fuzz/corpus, as few inputs as reach as much: TARGET=name
	@$(fuzz_one_given)
	@tests/fuzz/merge.sh $(BUILD)/fuzz $(TARGET)

-include $(FUZZ_OBJS:.o=.d) $(wildcard $(BUILD)/fuzz/obj/tests/fuzz/*.d)
