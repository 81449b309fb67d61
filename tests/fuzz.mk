# Fuzzing with clang's libFuzzer; included by the top Makefile.
#   make fuzz TARGET=tcp-segments TIME=600     one target (tests/fuzz/fuzz_tcp_segments.c)
#   make fuzz-smoke                            each for a few seconds, a minute in all
# What a run finds beyond the seeds in tests/fuzz/corpus/ stays in $(BUILD)/fuzz/corpus/NAME, an input
# that breaks something in $(BUILD)/fuzz/crashes/.  The sources are those of the host library, built
# again with clang and its coverage hooks.

FUZZ_CC     := clang
FUZZ_CFLAGS := $(COMMON_CFLAGS) -O1 -fno-omit-frame-pointer $(SANITIZE) -DDIALTONE_VERSION='"fuzz"'
# Coverage is of the code under test; the harness, and loops over every byte, would only be slower.
FUZZ_BLIND   := tests/% net/checksum.c net/siphash.c app/http/crc32.c
FUZZ_COVER    = $(if $(filter $(FUZZ_BLIND),$<),,-fsanitize=fuzzer-no-link)
FUZZ_SRCS    := $(filter-out tests/sim/lib/%,$(HOST_SRCS)) $(wildcard tests/fuzz/lib/*.c)
FUZZ_OBJS    := $(FUZZ_SRCS:%.c=$(BUILD)/fuzz/obj/%.o)
FUZZ_TARGETS := $(subst _,-,$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BINS    := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz-%)

TIME ?= 60
FUZZ_SMOKE_TIME ?= 6

$(BUILD)/fuzz/obj/%.o: %.c Makefile tests/fuzz.mk | $(BUILD)/.setup-fuzz
	@mkdir -p $(@D)
	@echo "  FUZZ-CC $<"
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_COVER) -c $< -o $@

$(BUILD)/fuzz/libdialtone-fuzz.a: $(FUZZ_OBJS)
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^

# The target tcp-segments is in fuzz_tcp_segments.c.
define fuzz_link
$(BUILD)/fuzz/fuzz-$(1): $(BUILD)/fuzz/obj/tests/fuzz/fuzz_$(subst -,_,$(1)).o \
		$(BUILD)/fuzz/libdialtone-fuzz.a
	@echo "  LINK    $$@"
	$$(Q)$$(FUZZ_CC) $$(SANITIZE) -fsanitize=fuzzer $$^ -o $$@
endef
$(foreach target,$(FUZZ_TARGETS),$(eval $(call fuzz_link,$(target))))

.PHONY: fuzz fuzz-smoke fuzz-build
fuzz-build: $(FUZZ_BINS) ## build the fuzz targets

fuzz: $(if $(TARGET),$(BUILD)/fuzz/fuzz-$(TARGET)) ## fuzz one target: TARGET=name TIME=seconds
	@test -n "$(TARGET)" || { echo "TARGET= one of: $(FUZZ_TARGETS)" >&2; exit 2; }
	@tests/fuzz/run.sh $(BUILD)/fuzz $(TARGET) $(TIME)

fuzz-smoke: $(FUZZ_BINS) ## each fuzz target for a few seconds, a minute in all
	@for target in $(FUZZ_TARGETS); do \
		tests/fuzz/run.sh $(BUILD)/fuzz $$target $(FUZZ_SMOKE_TIME) || exit 1; \
	done

-include $(FUZZ_OBJS:.o=.d) $(wildcard $(BUILD)/fuzz/obj/tests/fuzz/*.d)
