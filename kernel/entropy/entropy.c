/*
 * SPDX-License-Identifier: MIT
 *
 * The random generator: ChaCha20 with fast key erasure.  The pool is a 32-byte key.  Mixing xors
 * input into it, 32 bytes at a time, and replaces it with the first half of the block that it
 * generates; drawing does the same and hands out the second half.  So neither past output nor past
 * input can be found from a key that leaks later.
 */
#include "kernel/entropy/entropy.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "kernel/arch/cpu.h"
#include "kernel/entropy/chacha.h"
#include "kernel/entropy/cpu_words.h"
#include "kernel/entropy/erase.h"
#include "kernel/time/clock.h"
#include "kernel/entropy/entropy_pool.h"
#include "kernel/entropy/jitter.h"

#define ENOUGH_BITS 256u
#define WEAK_BITS 128u
#define CPU_WORDS 4u

/* Jitter is gathered until it makes up for what is missing, for so long, and not on where it is
 * worth nothing: a machine whose time is computed will not become less predictable. */
#define JITTER_NS_MAX (200 * NS_PER_MS)
#define JITTER_BARREN_MAX 8u /* blocks in a row */

static uint8_t pool[CHACHA_KEY_LEN];
static uint8_t ready[CHACHA_BLOCK_LEN - CHACHA_KEY_LEN]; /* drawn, not handed out yet */
static unsigned n_ready;
static uint32_t blocks;
static unsigned total_bits;
static char sources[64];

/* One block; its first half becomes the key, its second half is what was drawn. */
static void turn(void)
{
	static const uint8_t nonce[CHACHA_NONCE_LEN] = "dialtone rng";
	uint8_t block[CHACHA_BLOCK_LEN];

	chacha20_block(pool, blocks++, nonce, block);
	memcpy(pool, block, sizeof(pool));
	memcpy(ready, block + sizeof(pool), sizeof(ready));
	n_ready = sizeof(ready);
	erase(block, sizeof(block));
}

void entropy_mix(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len > 0) {
		size_t n = MIN(len, sizeof(pool));

		for (size_t i = 0; i < n; i++)
			pool[i] ^= p[i];
		turn();
		p += n;
		len -= n;
	}
}

static void note_source(const char *source)
{
	size_t len = strlen(sources), name_len = strlen(source);

	if (len + name_len + 4 > sizeof(sources))
		return;
	if (len > 0) {
		memcpy(sources + len, " + ", 3);
		len += 3;
	}
	memcpy(sources + len, source, name_len + 1);
}

/* The same eight bytes twice in a seed come of a source that is stuck. */
static bool repeats(const uint8_t *p, size_t len)
{
	for (size_t i = 8; i + 8 <= len; i += 8) {
		for (size_t j = 0; j < i; j += 8) {
			if (memcmp(p + i, p + j, 8) == 0)
				return true;
		}
	}
	return false;
}

void entropy_add(const char *source, const void *buf, size_t len, unsigned bits)
{
	uint64_t now = cpu_counter();

	if (repeats(buf, len))
		bits = 0;

	entropy_mix(&now, sizeof(now));
	entropy_mix(buf, len);
	total_bits += bits;
	note_source(source);
}

static bool add_cpu(enum cpu_random kind)
{
	uint64_t words[CPU_WORDS];

	if (!cpu_words(kind, words, CPU_WORDS))
		return false;
	entropy_add(cpu_random_name(kind), words, sizeof(words), 8 * sizeof(words));
	return true;
}

/* One block of readings into the pool; the bits it is credited with. */
static unsigned mix_jitter(void)
{
	static uint8_t symbols[JITTER_BLOCK];
	uint64_t readings[4];
	unsigned bits;

	for (unsigned i = 0; i < JITTER_BLOCK; i++) {
		readings[i % 4] = cpu_jitter();
		symbols[i] = jitter_symbol(readings[i % 4]);
		if (i % 4 == 3)
			entropy_mix(readings, sizeof(readings));
	}
	bits = jitter_bits(symbols);
	memset(symbols, 0, sizeof(symbols)); /* no other code may see what became a secret */
	return bits;
}

static void add_jitter(void)
{
	uint64_t end_ns = clock_now_ns() + JITTER_NS_MAX;
	unsigned bits = 0, barren = 0;

	do {
		unsigned more = mix_jitter();

		bits += more;
		barren = more > 0 ? 0 : barren + 1;
	} while (bits < WEAK_BITS && barren < JITTER_BARREN_MAX && clock_now_ns() < end_ns);
	entropy_add("jitter", NULL, 0, bits);
}

void entropy_begin(struct boot_info *bi)
{
	uint64_t times[3] = {cpu_counter(), bi->entry_counter, bi->wall_clock_s};

	entropy_mix(times, sizeof(times));
	if (bi->seed_len > 0) {
		entropy_add("EFI RNG", bi->seed, bi->seed_len, 8 * bi->seed_len);
		memset(bi->seed, 0, sizeof(bi->seed)); /* nobody can read it again */
	}
	if (!add_cpu(CPU_RANDOM_SEED))
		(void)add_cpu(CPU_RANDOM_GENERATOR);
}

void entropy_ready(struct event_sink *events)
{
	if (entropy_is_weak())
		add_jitter();
	event_emit(events, EVENT_ENTROPY, 0, 0, EV_U64("bits", MIN(total_bits, ENOUGH_BITS)),
		   EV_STR("source", sources),
		   EV_IF(entropy_is_weak(), EV_BOOL("weak", true)));
}

bool entropy_is_weak(void)
{
	return total_bits < WEAK_BITS;
}

void entropy_fill(void *buf, size_t len)
{
	uint8_t *out = buf;

	while (len > 0) {
		size_t n;

		if (n_ready == 0)
			turn();
		n = MIN(len, (size_t)n_ready);
		memcpy(out, ready + sizeof(ready) - n_ready, n);
		memset(ready + sizeof(ready) - n_ready, 0, n);
		n_ready -= (unsigned)n;
		out += n;
		len -= n;
	}
}
