# SPDX-License-Identifier: MIT
# The network stack as a library for other people's programs; included by the top Makefile.
#   make lib       build/lib/libdialtone-net.a and the public headers in build/lib/include
#   check-example  builds tests/example against these two alone, and runs it
# The archive holds one object, in which only what the public headers declare is global: no name of
# the stack's inside can collide with a name of the program it is linked into.  docs/library.md

LIB         := $(BUILD)/lib
LIB_HEADERS := $(addprefix net/,net.h congestion.h counters.h dhcp.h netif.h pktbuf.h port.h socket.h) \
               $(addprefix base/,assert.h bytes.h compiler.h err.h net_addr.h refused.h) \
               $(addprefix log/,event.h events.def)
# For one version: where these were before, they still are.
LIB_MOVED   := base/event.h base/events.def
LIB_INCLUDE := $(LIB_HEADERS:%=$(LIB)/include/%) $(LIB_MOVED:%=$(LIB)/include/%)
# Headers that an earlier version exported.
LIB_STALE   = $(filter-out $(LIB_INCLUDE),$(wildcard $(LIB)/include/*/*))
LIB_GLOBALS := net_* netif_* pktbuf_* sock_* refused_* err_text
LIB_SRCS    := $(BASE_SRCS) $(NET_SRCS)
LIB_OBJS    := $(LIB_SRCS:%.c=$(LIB)/obj/%.o)
LIB_CFLAGS  := $(COMMON_CFLAGS) -O2 -fPIC -fstack-protector-strong

EXAMPLE_CFLAGS := -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Werror

.PHONY: lib check-example
lib: $(LIB)/libdialtone-net.a $(LIB_INCLUDE) ## the stack as a library for the host: archive and headers in build/lib
	@rm -f $(LIB_STALE)

$(LIB)/obj/%.o: %.c Makefile net/lib.mk | $(BUILD)/.setup-build
	@mkdir -p $(@D)
	@echo "  LIB-CC  $<"
	$(Q)$(CC) $(LIB_CFLAGS) -c $< -o $@
	$(Q)$(NARROW) $(@:.o=.d)

$(LIB)/dialtone-net.o: $(LIB_OBJS)
	@echo "  LD      $@"
	$(Q)ld -r $^ -o $@
	$(Q)objcopy --wildcard $(LIB_GLOBALS:%=--keep-global-symbol='%') $@

$(LIB)/libdialtone-net.a: $(LIB)/dialtone-net.o
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^

$(LIB_MOVED:%=$(LIB)/include/%): $(LIB)/include/base/%: net/lib.mk
	@mkdir -p $(@D)
	@echo '#include "log/$*" /* it has moved there */' > $@

$(LIB)/include/%: %
	@mkdir -p $(@D)
	@cp $< $@

# No -I of the repository: what the program needs is in the library.
$(LIB)/example/%: tests/example/%.c lib
	@mkdir -p $(@D)
	@echo "  EXAMPLE $@"
	$(Q)$(CC) $(EXAMPLE_CFLAGS) -I$(LIB)/include $< $(LIB)/libdialtone-net.a -o $@

check-example: $(LIB)/example/two_stacks
	@$< && echo "example: two stacks talked to each other"

-include $(LIB_OBJS:.o=.d)
