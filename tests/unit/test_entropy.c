/* SPDX-License-Identifier: MIT */
/* kernel/entropy with sources of the test's own: what is credited and called weak, that each source
 * changes the output, that nothing is handed out twice. */
#include <stdlib.h>
#include <string.h>

#include "kernel/entropy/cpu_words.c"
#include "kernel/entropy/entropy.c"
#include "tests/runner/unit.h"

static bool has_rdseed, has_rdrand;
static uint64_t cpu_word;
static bool cpu_is_stuck;
static unsigned cpu_fails; /* attempts */

const char *cpu_random_name(enum cpu_random kind)
{
	if (kind == CPU_RANDOM_SEED)
		return has_rdseed ? "RDSEED" : NULL;
	return has_rdrand ? "RDRAND" : NULL;
}

bool cpu_random_read(enum cpu_random kind, uint64_t *word)
{
	(void)kind;
	if (cpu_fails > 0) {
		cpu_fails--;
		return false;
	}
	if (!cpu_is_stuck)
		cpu_word++;
	*word = cpu_word;
	return true;
}

/* Constant, or sometimes another value, as a generator draws it: `jitter_noise` times of 256. */
static uint64_t clock_ns, reading_ns, jitter_taken, jitter_state, jitter_noise;

uint64_t cpu_jitter(void)
{
	clock_ns += reading_ns;
	jitter_taken++;
	jitter_state = jitter_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (jitter_state >> 33) % 256 < jitter_noise ? jitter_state >> 50 : 100;
}

uint64_t clock_now_ns(void)
{
	return clock_ns;
}

/* The last `entropy` event. */
static uint64_t event_bits;
static char event_source[80];
static bool event_weak;

static void record(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	assert_int_equal(ev->id, EVENT_ENTROPY);
	event_weak = false;
	for (unsigned i = 0; i < ev->n_fields; i++) {
		const struct event_field *f = &ev->fields[i];

		if (event_field_type(f) == EVENT_FIELD_ABSENT)
			continue;
		if (strcmp(event_field_key(f), "bits") == 0)
			event_bits = f->u;
		if (strcmp(event_field_key(f), "weak") == 0)
			event_weak = f->b;
		if (strcmp(event_field_key(f), "source") == 0) {
			assert_int_equal(event_field_type(f), EVENT_FIELD_STR);
			assert_true(strlen(f->str) < sizeof(event_source));
			strcpy(event_source, f->str);
		}
	}
}

static struct event_sink sink = {.emit = record};
static struct boot_info bi;

static void begin(void)
{
	memset(pool, 0, sizeof(pool));
	memset(ready, 0, sizeof(ready));
	memset(sources, 0, sizeof(sources));
	n_ready = blocks = total_bits = 0;
	cpu_word = 0;
	memset(&bi, 0, sizeof(bi));
	has_rdseed = has_rdrand = cpu_is_stuck = false;
	cpu_fails = 0;
	clock_ns = jitter_taken = jitter_noise = 0;
	reading_ns = NS_PER_US;
}

/* A machine whose time is computed: nothing is credited, and it is not asked for long. */
TEST(jitter_that_never_differs_is_worth_nothing)
{
	begin();
	entropy_begin(&bi);
	entropy_ready(&sink);
	assert_string_equal(event_source, "jitter");
	assert_int_equal(event_bits, 0);
	assert_true(event_weak && entropy_is_weak());
	assert_int_equal(jitter_taken, JITTER_BARREN_MAX * JITTER_BLOCK);
}

TEST(jitter_is_gathered_until_it_is_enough)
{
	begin();
	jitter_noise = 200;
	entropy_begin(&bi);
	entropy_ready(&sink);
	assert_string_equal(event_source, "jitter");
	assert_int_equal(event_bits, 128);
	assert_false(event_weak || entropy_is_weak());
	assert_int_equal(jitter_taken, 128 / JITTER_BLOCK_BITS * JITTER_BLOCK);
}

/* Little noise is gathered for 200 ms, and said to be weak if that was not enough. */
TEST(jitter_has_its_time)
{
	begin();
	jitter_noise = 6;
	reading_ns = 50 * NS_PER_US;
	clock_ns = 5 * NS_PER_S;
	entropy_begin(&bi);
	entropy_ready(&sink);
	assert_int_equal(jitter_taken, 2 * JITTER_BLOCK); /* 102 ms each */
	assert_in_range(event_bits, 1, 127);
	assert_true(event_weak);
}

TEST(a_source_that_repeats_is_worth_nothing)
{
	uint8_t seed[32];

	begin();
	memset(seed, 0xa5, sizeof(seed));
	entropy_add("virtio-rng", seed, sizeof(seed), 256);
	assert_true(entropy_is_weak());
	for (unsigned i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(i * 37 + i / 8);
	entropy_add("virtio-rng", seed, sizeof(seed), 256);
	assert_false(entropy_is_weak());
}

TEST(one_good_source_is_enough)
{
	begin();
	has_rdrand = true;
	entropy_begin(&bi);
	entropy_ready(&sink);
	assert_string_equal(event_source, "RDRAND");
	assert_int_equal(event_bits, 256);
	assert_false(event_weak);

	begin();
	has_rdseed = has_rdrand = true;
	entropy_begin(&bi);
	entropy_ready(&sink);
	assert_string_equal(event_source, "RDSEED");
}

TEST(an_instruction_is_tried_again_and_not_believed_when_stuck)
{
	uint64_t words[3];

	begin();
	assert_false(cpu_words(CPU_RANDOM_SEED, words, 3));
	has_rdseed = true;
	cpu_fails = ATTEMPTS - 1;
	assert_true(cpu_words(CPU_RANDOM_SEED, words, 3));
	assert_true(words[0] == 1 && words[1] == 2 && words[2] == 3);
	cpu_fails = ATTEMPTS;
	assert_false(cpu_words(CPU_RANDOM_SEED, words, 3));
	cpu_is_stuck = true;
	assert_false(cpu_words(CPU_RANDOM_SEED, words, 3));
	assert_true(cpu_words(CPU_RANDOM_SEED, words, 1));
	cpu_word = UINT64_MAX;
	assert_false(cpu_words(CPU_RANDOM_SEED, words, 1));
	cpu_word = 0;
	assert_false(cpu_words(CPU_RANDOM_SEED, words, 1));
}

TEST(sources_add_up)
{
	begin();
	bi.seed_len = 20;
	for (size_t i = 0; i < sizeof(bi.seed); i++)
		bi.seed[i] = (uint8_t)(i + 1);
	entropy_begin(&bi);
	for (size_t i = 0; i < sizeof(bi.seed); i++)
		assert_int_equal(bi.seed[i], 0);
	entropy_add("virtio-rng", "one two three four", 16, 128);
	entropy_ready(&sink);
	assert_string_equal(event_source, "EFI RNG + virtio-rng");
	assert_int_equal(event_bits, 256);
	assert_false(event_weak);
}

TEST(too_many_names_are_cut)
{
	begin();
	for (int i = 0; i < 20; i++)
		entropy_add("a source of bits", "x", 1, 1);
	assert_true(strlen(sources) < sizeof(sources));
	assert_int_equal(total_bits, 20);
}

/* With the time taken out of it, the output is a function of what was mixed in. */
TEST(each_input_matters)
{
	uint8_t inputs[70], out[3][32];

	memset(inputs, 1, sizeof(inputs));
	for (size_t i = 0; i < sizeof(inputs); i += 23) {
		begin();
		entropy_mix(inputs, sizeof(inputs));
		entropy_fill(out[0], 32);
		begin();
		entropy_mix(inputs, sizeof(inputs));
		entropy_fill(out[1], 32);
		begin();
		inputs[i] ^= 1;
		entropy_mix(inputs, sizeof(inputs));
		entropy_fill(out[2], 32);
		assert_memory_equal(out[0], out[1], 32);
		assert_memory_not_equal(out[0], out[2], 32);
	}
}

TEST(a_new_source_changes_what_comes_next)
{
	uint8_t a[8], b[8];

	begin();
	entropy_fill(a, 4);
	entropy_fill(a, 8);
	begin();
	entropy_fill(b, 4);
	entropy_mix("more", 4);
	entropy_fill(b, 8);
	assert_memory_not_equal(a, b, 8);
}

/* Drawn in any portions it is one stream, without repetition and without zeroes for long. */
TEST(portions_make_one_stream)
{
	uint8_t whole[400], parts[400];
	size_t at = 0;

	begin();
	entropy_fill(whole, sizeof(whole));
	begin();
	for (size_t n = 0; at < sizeof(parts); n = (n + 7) % 41) {
		size_t len = MIN(n, sizeof(parts) - at);

		entropy_fill(parts + at, len);
		at += len;
	}
	assert_memory_equal(whole, parts, sizeof(whole));
	for (size_t i = 0; i + 16 <= sizeof(whole); i += 8) {
		for (size_t j = i + 8; j + 8 <= sizeof(whole); j += 8)
			assert_memory_not_equal(whole + i, whole + j, 8);
	}
	/* What was handed out is nowhere in the state. */
	for (size_t i = 0; i + 8 <= sizeof(whole); i += 8) {
		for (size_t j = 0; j + 8 <= sizeof(pool); j++)
			assert_memory_not_equal(whole + i, pool + j, 8);
		for (size_t j = 0; j + 8 <= sizeof(ready); j++)
			assert_memory_not_equal(whole + i, ready + j, 8);
	}
}

/* The state does not tell what came out before. */
TEST(no_way_back)
{
	static const uint8_t nonce[CHACHA_NONCE_LEN] = "dialtone rng";
	uint8_t out[32], again[CHACHA_BLOCK_LEN];

	begin();
	entropy_mix("seed", 4);
	n_ready = 0;
	entropy_fill(out, sizeof(out));
	for (uint32_t i = 0; i <= blocks; i++) {
		chacha20_block(pool, i, nonce, again);
		assert_memory_not_equal(again, out, 32);
		assert_memory_not_equal(again + 32, out, 32);
	}
}
