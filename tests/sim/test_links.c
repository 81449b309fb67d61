/*
 * SPDX-License-Identifier: MIT
 *
 * The simulator itself: each kind of trouble that a link can make does happen, is counted, and looks
 * to the stack like what it is.  Datagrams show it best, since nobody repairs them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_dgram.h"

#define DATAGRAMS 2000u
#define ARP_MAX 5u /* frames of a minute that are no datagrams, and have their troubles too */

struct scene {
	struct sim sim;
	struct sim_host *from, *to;
	struct sim_link *link; /* into the receiver */
	struct sim_dgram d;
};

static struct scene *scene_open(void)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	sim_open(&s->sim, "links", 1);
	s->from = sim_host(&s->sim, NULL);
	s->to = sim_host(&s->sim, NULL);
	s->link = &s->to->in;
	return s;
}

/* The neighbours know each other before the trouble begins: ARP asks only so often. */
static void scene_play(struct scene *s, uint32_t len)
{
	sim_dgram_start(&s->d, s->from, s->to, DATAGRAMS, len);
	(void)sim_run(&s->sim, s->sim.now_ns + 60 * NS_PER_S, NULL, NULL);
	assert_int_equal(s->d.sent, DATAGRAMS);
}

static void scene_close(struct scene *s)
{
	sim_dgram_stop(&s->d);
	sim_settle(&s->sim);
	sim_close(&s->sim);
	test_free(s);
}

TEST(a_good_link_brings_everything)
{
	struct scene *s = scene_open();

	scene_play(s, 1000);
	assert_int_equal(s->d.received, DATAGRAMS);
	assert_int_equal(sim_impairment(&s->sim), 0);
	scene_close(s);
}

TEST(bursts_are_as_long_as_configured)
{
	struct scene *s = scene_open();

	s->link->bad_begin_ppm = 10000; /* each hundredth frame; five in a row then */
	s->link->bad_end_ppm = 200000;
	s->link->bad_loss_ppm = 1000000;
	scene_play(s, 100);
	assert_in_range(s->link->lost, DATAGRAMS / 100 * 5 / 2, DATAGRAMS / 100 * 5 * 2);
	assert_in_range(s->d.received, DATAGRAMS - s->link->lost, DATAGRAMS - s->link->lost + ARP_MAX);
	scene_close(s);
}

TEST(a_bad_time_ends)
{
	struct scene *s = scene_open();

	s->link->bad_begin_ppm = 1000000;
	s->link->bad_loss_ppm = 1000000;
	s->link->bad_max_ns = NS_PER_S;
	scene_play(s, 100);
	assert_in_range(s->d.received, 10, 60); /* one in each second of a minute */
	scene_close(s);
}

/* Each is found by a checksum, and so is every datagram that did arrive (sim_dgram.c looks). */
TEST(what_is_altered_is_found_out)
{
	struct scene *s = scene_open();
	uint64_t found;

	s->link->corrupt_ppm = 300000;
	scene_play(s, 60);
	found = sim_counter(s->to, "ip_bad_checksum") + sim_counter(s->to, "ip_malformed") +
		sim_counter(s->to, "udp_bad_checksum") + sim_counter(s->to, "udp_malformed");
	assert_in_range(s->link->corrupted, DATAGRAMS / 5, DATAGRAMS / 2);
	assert_int_equal(found, s->link->corrupted);
	assert_int_equal(s->d.received, DATAGRAMS - found);
	scene_close(s);
}

TEST(a_truncation_and_a_stall)
{
	struct scene *s = scene_open();
	uint64_t now_ns = s->sim.now_ns;

	s->link->truncated_span = (struct sim_span){now_ns + 5 * NS_PER_S, now_ns + 10 * NS_PER_S};
	s->link->stall_span = (struct sim_span){now_ns + 20 * NS_PER_S, now_ns + 21 * NS_PER_S};
	scene_play(s, 100);
	assert_in_range(s->link->lost, 249, 251 + ARP_MAX); /* fifty a second */
	assert_in_range(s->link->stalled, 49, 51 + ARP_MAX);
	assert_in_range(s->d.received, DATAGRAMS - s->link->lost, DATAGRAMS - s->link->lost + ARP_MAX);
	scene_close(s);
}

TEST(a_router_cuts_what_is_too_long)
{
	struct scene *s = scene_open();

	s->from->out.mtu = 600;
	s->link->mtu = 400; /* fragments of fragments */
	scene_play(s, 1400);
	assert_true(s->from->out.fragmented + s->from->out.too_big > 0);
	assert_true(s->d.received > DATAGRAMS / 2);
	scene_close(s);
}

TEST(doubled_and_late)
{
	struct scene *s = scene_open();

	s->link->duplicate_ppm = 100000;
	s->link->reorder_ppm = 100000;
	s->link->reorder_ns = 50 * NS_PER_MS;
	scene_play(s, 100);
	assert_in_range(s->link->duplicated, DATAGRAMS / 20, DATAGRAMS / 5);
	assert_in_range(s->link->reordered, DATAGRAMS / 20, DATAGRAMS / 5);
	assert_in_range(s->d.received, DATAGRAMS + s->link->duplicated - ARP_MAX,
			DATAGRAMS + s->link->duplicated);
	scene_close(s);
}

/* What sim_fail() leaves behind is a file that begins as a pcap does, with all frames in it. */
TEST(the_pcap_is_one)
{
	struct scene *s = scene_open();
	char path[] = "/tmp/dialtone-sim-links-XXXXXX", file[300];
	uint32_t header[6], frame[4];
	unsigned frames = 0;
	FILE *f;

	assert_non_null(mkdtemp(path));
	scene_play(s, 1000);
	assert_int_equal(setenv("TMPDIR", path, 1), 0);
	sim_pcap_write(&s->sim);
	snprintf(file, sizeof(file), "%s/dialtone-sim-links-1.pcap", path);
	f = fopen(file, "rb");
	assert_non_null(f);
	assert_int_equal(fread(header, sizeof(header), 1, f), 1);
	assert_int_equal(header[0], 0xa1b23c4d);
	assert_int_equal(header[5], 1);
	while (fread(frame, sizeof(frame), 1, f) == 1 && fseek(f, frame[2], SEEK_CUR) == 0) {
		assert_true(frame[2] <= frame[3] && frame[3] <= 1514);
		frames++;
	}
	fclose(f);
	unlink(file);
	rmdir(path);
	assert_in_range(frames, DATAGRAMS, DATAGRAMS + 20);
	scene_close(s);
}
