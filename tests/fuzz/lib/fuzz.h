/*
 * SPDX-License-Identifier: MIT
 *
 * What all fuzz targets share: an input read from front to back, checks that abort with a sentence,
 * and the properties that hold for every event and every frame the code under test produces.
 *
 * A target is one file tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput(); `make fuzz TARGET=NAME`.
 * Reading past the end of the input gives zeros, so that every input is a whole script.
 */
#ifndef TESTS_FUZZ_LIB_FUZZ_H
#define TESTS_FUZZ_LIB_FUZZ_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "log/event.h"
#include "tests/lib/stack_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Says what was expected and, in the words given, what was found; aborts. */
#define FUZZ_CHECK(cond, ...) ((cond) ? (void)0 : (fuzz_report_expected(#cond), kit_fail(__VA_ARGS__)))
void fuzz_report_expected(const char *expr);

/* --- input ------------------------------------------------------------------------------------ */

struct fuzz_input {
	const uint8_t *at;
	size_t len;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->at++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint16_t high = fuzz_u8(in);

	return (uint16_t)(high << 8 | fuzz_u8(in));
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

/* At most `want` bytes, which stay where they are; the rest of the input if there are fewer. */
static inline const uint8_t *fuzz_bytes(struct fuzz_input *in, size_t want, size_t *got)
{
	const uint8_t *p = in->at;

	*got = MIN(want, in->len);
	in->at += *got;
	in->len -= *got;
	return p;
}

/* A heap block of exactly `len` bytes, so that a sanitizer sees each byte too far; free() it. */
void *fuzz_copy(const void *p, size_t len);

/* --- events (event_check.c) ------------------------------------------------------------------- */

/* A sink that writes each event in both forms and checks them: printable ASCII and nothing else,
 * one line, and the machine's is JSON. */
struct fuzz_sink {
	struct event_sink sink;
	unsigned events[EVENT_COUNT];
};

void fuzz_sink_open(struct fuzz_sink *sink);
/* The two checks by themselves. */
void fuzz_check_printable(const char *line, size_t len);
void fuzz_check_json(const char *line, size_t len);

/* --- a stack (stack_check.c) ------------------------------------------------------------------ */

/* Events of the kit's stack go through the checks of a fuzz_sink instead of being recorded. */
void fuzz_stack_events(struct kit *k);
/* What is true of every frame a stack sends, whatever it was sent: no longer than the MTU, from our
 * address, to one host, with right checksums. */
void fuzz_check_frame(const struct kit *k, const struct kit_sent *s);
/* Nothing is left: connections, timers, packets in the stack's pools, received frames. */
void fuzz_check_idle(struct kit *k);

#endif
