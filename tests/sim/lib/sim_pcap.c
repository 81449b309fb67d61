/*
 * SPDX-License-Identifier: MIT
 *
 * The last frames that were sent, in memory; written as a pcap file when a simulation fails.
 * Frames that a link lost afterwards are in it too: it is what the senders saw.
 */
#include "tests/sim/lib/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define PCAP_FRAMES 4096
#define PCAP_SNAP 256 /* bytes of each frame */

struct pcap_frame {
	uint64_t t_ns;
	uint32_t len;
	uint8_t bytes[PCAP_SNAP];
};

struct sim_pcap {
	uint64_t count;
	struct pcap_frame frames[PCAP_FRAMES];
};

void sim_pcap_open(struct sim *sim)
{
	sim->pcap = malloc(sizeof(*sim->pcap));
	if (sim->pcap == NULL)
		abort();
	sim->pcap->count = 0;
}

void sim_pcap_close(struct sim *sim)
{
	free(sim->pcap);
	sim->pcap = NULL;
}

void sim_pcap_record(struct sim *sim, const struct sim_frame *frame)
{
	struct pcap_frame *slot = &sim->pcap->frames[sim->pcap->count++ % PCAP_FRAMES];

	slot->t_ns = sim->now_ns;
	slot->len = (uint32_t)frame->len;
	memcpy(slot->bytes, frame->bytes, MIN(frame->len, (size_t)PCAP_SNAP));
}

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

/* The pcap format with nanoseconds, in this machine's byte order. */
static void put_header(FILE *f)
{
	put32(f, 0xa1b23c4d);
	put32(f, 4u << 16 | 2u);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, 1); /* Ethernet */
}

void sim_pcap_write(struct sim *sim)
{
	const char *dir = getenv("TMPDIR");
	uint64_t first = sim->pcap->count > PCAP_FRAMES ? sim->pcap->count - PCAP_FRAMES : 0;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/dialtone-sim-%s-%llu.pcap", dir != NULL ? dir : "/tmp",
		 sim->name, (unsigned long long)sim->seed);
	f = fopen(path, "wb");
	if (f == NULL)
		return;
	put_header(f);
	for (uint64_t i = first; i < sim->pcap->count; i++) {
		const struct pcap_frame *p = &sim->pcap->frames[i % PCAP_FRAMES];
		uint32_t seen = MIN(p->len, (uint32_t)PCAP_SNAP);

		put32(f, (uint32_t)(p->t_ns / NS_PER_S));
		put32(f, (uint32_t)(p->t_ns % NS_PER_S));
		put32(f, seen);
		put32(f, p->len);
		fwrite(p->bytes, seen, 1, f);
	}
	fclose(f);
	fprintf(stderr, "  the last frames: %s\n", path);
}
