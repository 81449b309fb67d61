/* SPDX-License-Identifier: MIT */
/* drivers/devices and the operations of struct netif: an interface's driver is known to its operations
 * alone, so interfaces of a kind that is not virtio are as good. */
#include <string.h>

#include "drivers/devices.h"
#include "tests/runner/unit.h"

/* The driver of another kind of card.  Nothing lies around its netif that virtio-net would find. */
struct other_card {
	unsigned deactivated;
	unsigned with_device; /* frames */
	uint64_t poll_by_ns;
};

static int other_send(struct netif *netif, struct pktbuf *pkt)
{
	(void)netif;
	pktbuf_free(pkt);
	return 0;
}

static unsigned other_poll(struct netif *netif, uint64_t now_ns)
{
	(void)netif;
	(void)now_ns;
	return 0;
}

static unsigned other_room(struct netif *netif)
{
	(void)netif;
	return 1;
}

static uint64_t other_poll_by(struct netif *netif, uint64_t now_ns)
{
	(void)now_ns;
	return ((struct other_card *)netif->driver)->poll_by_ns;
}

static bool other_sent_all(struct netif *netif)
{
	return ((struct other_card *)netif->driver)->with_device == 0;
}

static void other_deactivate(struct netif *netif)
{
	((struct other_card *)netif->driver)->deactivated++;
}

static const struct netif_ops other_ops = {
	.send = other_send, .poll = other_poll, .tx_room = other_room,
	.poll_by = other_poll_by, .sent_all = other_sent_all, .deactivate = other_deactivate,
};
/* One that has nothing to say. */
static const struct netif_ops least_ops = {
	.send = other_send, .poll = other_poll, .tx_room = other_room,
};

static struct other_card cards[3];
static struct netif netifs[3];
static struct devices devices;

static void setup(void)
{
	memset(cards, 0, sizeof(cards));
	devices = (struct devices){.n_netifs = 3};
	for (unsigned i = 0; i < 3; i++) {
		netifs[i] = (struct netif){.name = "other", .ops = &other_ops, .driver = &cards[i]};
		devices.netifs[i] = &netifs[i];
	}
}

FIXTURE(setup, NULL);

TEST(the_others_are_deactivated)
{
	devices_use(&devices, &netifs[1]);
	assert_int_equal(cards[0].deactivated, 1);
	assert_int_equal(cards[1].deactivated, 0);
	assert_int_equal(cards[2].deactivated, 1);
}

TEST(one_without_the_operation_is_left_alone)
{
	netifs[0].ops = &least_ops;
	devices_use(&devices, &netifs[1]);
	assert_int_equal(cards[0].deactivated, 0);
	assert_int_equal(cards[2].deactivated, 1);
}

TEST(its_own_operations_answer)
{
	cards[0].with_device = 2;
	cards[0].poll_by_ns = 77;
	assert_false(netif_sent_all(&netifs[0]));
	assert_true(netif_sent_all(&netifs[1]));
	assert_true(netif_poll_by(&netifs[0], 5) == 77);
	netifs[0].ops = &least_ops;
	assert_true(netif_sent_all(&netifs[0]));
	assert_true(netif_poll_by(&netifs[0], 5) == TIME_NEVER);
}

TEST(without_an_entropy_device_there_are_no_bytes)
{
	uint8_t buf[4];

	assert_int_equal(devices_random(&devices, buf, sizeof(buf)), 0);
	assert_int_equal(devices_random_poll(&devices, buf, sizeof(buf), true), 0);
}
