/*
 * SPDX-License-Identifier: MIT
 *
 * The random generator: ChaCha20 with fast key erasure.  The pool is a 32-byte key.  Mixing xors
 * input into it, 32 bytes at a time, and replaces it with the first half of the block that it
 * generates; drawing does the same and hands out the second half.  So neither past output nor past
 * input can be found from a key that leaks later.
 */
#include "kernel/entropy.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/random.h"
#include "kernel/chacha.h"
#include "kernel/entropy_pool.h"

#define ENOUGH_BITS 256u
#define WEAK_BITS 128u
#define CPU_WORDS 4u

/* Jitter: readings taken, and how many of them are believed to make one bit. */
#define JITTER_READINGS 512u
#define JITTER_PER_BIT 8u

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
	memset(block, 0, sizeof(block));
	__asm__ volatile("" : : "r"(block) : "memory"); /* the erasure is not dead code */
}

/* What is ready afterwards was drawn after the input. */
static void mix(const void *buf, size_t len)
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

void entropy_add(const char *source, const void *buf, size_t len, unsigned bits)
{
	uint64_t now = rdtsc();

	mix(&now, sizeof(now));
	mix(buf, len);
	total_bits += bits;
	note_source(source);
}

static void add_cpu(void)
{
	uint64_t words[CPU_WORDS];

	if (cpu_rdseed(words, CPU_WORDS))
		entropy_add("RDSEED", words, sizeof(words), 8 * sizeof(words));
	else if (cpu_rdrand(words, CPU_WORDS))
		entropy_add("RDRAND", words, sizeof(words), 8 * sizeof(words));
}

static void add_jitter(void)
{
	uint64_t readings[4];

	for (unsigned i = 0; i < JITTER_READINGS; i += ARRAY_LEN(readings)) {
		for (unsigned j = 0; j < ARRAY_LEN(readings); j++)
			readings[j] = cpu_jitter();
		mix(readings, sizeof(readings));
	}
	entropy_add("jitter", readings, sizeof(readings), JITTER_READINGS / JITTER_PER_BIT);
}

void entropy_begin(struct boot_info *bi)
{
	uint64_t times[3] = {rdtsc(), bi->entry_tsc, bi->wall_clock_s};

	mix(times, sizeof(times));
	if (bi->seed_len > 0) {
		entropy_add("EFI RNG", bi->seed, bi->seed_len, 8 * bi->seed_len);
		memset(bi->seed, 0, sizeof(bi->seed)); /* nobody can read it again */
	}
	add_cpu();
}

void entropy_ready(struct event_sink *events)
{
	if (total_bits < ENOUGH_BITS)
		add_jitter();
	event_emit(events, EVENT_ENTROPY, 0, 0, EV_U64("bits", MIN(total_bits, ENOUGH_BITS)),
		   EV_STR("source", sources),
		   EV_IF(total_bits < WEAK_BITS, EV_BOOL("weak", true)));
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
