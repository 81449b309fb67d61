/*
 * SPDX-License-Identifier: MIT
 *
 * A client and the server of tests/lib/dhcp_kit.h on one wire: the steps that the tests of the DHCP
 * client have in common.
 */
#ifndef TESTS_LIB_DHCP_SCENE_H
#define TESTS_LIB_DHCP_SCENE_H

#include "tests/lib/dhcp_kit.h"

struct dhcp_scene {
	struct kit k;
	struct dk_said said; /* the client's latest message */
};

/* A stack without an address, whose client has been started and not polled. */
void ds_open(struct dhcp_scene *s, uint64_t seed, const struct net_dhcp_options *options);
void ds_close(struct dhcp_scene *s);

/* The client's next message, with what it sent before that is not DHCP's thrown away; fails where
 * there is none, or another. */
void ds_expect(struct dhcp_scene *s, uint8_t type);
/* The same, with the clock moved until it comes, at most for so long. */
void ds_wait(struct dhcp_scene *s, uint8_t type, uint64_t within_ns);
/* Nothing of DHCP's has been sent. */
void ds_expect_silence(struct dhcp_scene *s);

/* The usual answer to the latest message, by unicast to yiaddr. */
void ds_answer(struct dhcp_scene *s, uint8_t type, uint32_t yiaddr);
/* Waits for a DISCOVER and offers that address, again with each further one, since an offer may wait
 * for another server's; until it is asked for. */
void ds_offer(struct dhcp_scene *s, uint32_t yiaddr);
/* From DISCOVER to ACK for that address in this way, with the usual answers, and this lease. */
void ds_bind(struct dhcp_scene *s, uint32_t yiaddr, uint32_t lease_s);
/* An ACK for `said` with this lease, in seconds. */
void ds_ack(struct dhcp_scene *s, uint32_t yiaddr, uint32_t lease_s);

/* Of the client's lease; NULL, or 0, when there is none. */
const struct net_lease *ds_lease(const struct dhcp_scene *s);
enum net_dhcp_reached ds_reached(const struct dhcp_scene *s);
/* net_dhcp_describe() now. */
const char *ds_describe(const struct dhcp_scene *s);
/* A field of the last event with that id; NULL: no such event, or no such field. */
const char *ds_event(const struct dhcp_scene *s, enum event_id id, const char *key);

#endif
