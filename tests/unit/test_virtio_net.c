/* SPDX-License-Identifier: MIT */
/* The virtio network driver on a device that keeps its promises, with each feature on and off. */
#include "tests/unit/virtio_net_words.h"

FIXTURE(net_kit_setup, net_kit_teardown);

/* --- setup --------------------------------------------------------------------------------- */

TEST(comes_up)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
	struct netif *netif = net_kit.netif;

	assert_string_equal(netif->name, "eth0");
	assert_memory_equal(netif->mac, mac, 6);
	assert_int_equal(netif->mtu, 1500);
	assert_int_equal(netif->features, NETIF_TX_CSUM | NETIF_RX_CSUM | NETIF_TX_SG);
	assert_true(netif->link_up);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_UP], 1);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
	assert_string_equal(fake_machine.features, "csum,guest_csum,mtu,mac,status,event_idx");
	assert_string_equal(fake_machine.link, "up");
	assert_true((net_kit.fake.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
	assert_true(net_kit.fake.notified[0] >= 1);
	assert_false(is_polled());
	/* What the driver cannot do it must not accept. */
	assert_int_equal(net_kit.fake.accepted & (VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ)), 0);
}

TEST(comes_up_without_any_feature)
{
	net_kit_reset(0);
	assert_non_null(net_kit_open());
	assert_int_equal(net_kit.netif->features, NETIF_TX_SG);
	assert_int_equal(net_kit.netif->mtu, 1500);
	assert_true(net_kit.netif->link_up);
	assert_int_equal(net_kit.netif->mac[0], 0x02); /* made up, and said to be */
	assert_non_null(strstr(fake_machine.problem, "no MAC"));
	assert_int_equal(net_kit_receive(&plain, 60), 1);
	assert_int_equal(net_kit.received, 1);
	assert_int_equal(send(net_kit_packet(60, 0)), ERR_OK);
}

TEST(mtu_is_taken_within_bounds)
{
	static const struct {
		uint16_t offered, taken;
	} rows[] = {{68, 68}, {67, 1500}, {0, 1500}, {1500, 1500}, {9000, 9000}, {65535, 65535}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_chain chain;

		net_kit_reset(NET_KIT_ALL);
		memcpy(net_kit.fake.config + offsetof(struct virtio_net_config, mtu),
		       &rows[i].offered, 2);
		assert_non_null(net_kit_open());
		assert_int_equal(net_kit.netif->mtu, rows[i].taken);
		assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD],
				 rows[i].offered < 68 ? 1 : 0);
		/* A whole packet fits, with Ethernet header and a VLAN tag, and never less than
		 * what others on an Ethernet send. */
		assert_true(fake_ring_next(&net_kit.fake.rings[0], &chain));
		assert_true(chain.in_len >= HDR_LEN + 18 + MAX(rows[i].taken, 1500));
	}
}

TEST(impossible_macs_are_replaced)
{
	static const uint8_t bad[][6] = {{0}, {1, 0, 0x5e, 0, 0, 1}, {255, 255, 255, 255, 255, 255}};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		net_kit_reset(NET_KIT_ALL);
		memcpy(net_kit.fake.config, bad[i], 6);
		assert_non_null(net_kit_open());
		assert_int_equal(net_kit.netif->mac[0], 0x02);
		assert_memory_not_equal(net_kit.netif->mac + 1, bad[i] + 1, 5);
	}
}

/* Two devices that came up in the same nanosecond have two addresses. */
TEST(an_invented_mac_is_drawn_from_the_generator)
{
	static const uint8_t drawn[6] = {0x02, 2, 3, 4, 5, 6}, drawn_next[6] = {0x02, 8, 9, 10, 11, 12};

	net_kit_reset(NET_KIT_ALL & ~VIRTIO_FEATURE(VIRTIO_NET_F_MAC));
	fake_machine.tick_ns = 0;
	assert_non_null(net_kit_open());
	assert_memory_equal(net_kit.netif->mac, drawn, 6);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	fake_virtio_net_init(&net_kit.fake, 0);
	assert_non_null(net_kit_open());
	assert_memory_equal(net_kit.netif->mac, drawn_next, 6);
}

TEST(without_interrupts_it_is_polled_and_reports_it)
{
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.dev.n_interrupts = 0;
	assert_non_null(net_kit_open());
	assert_true(is_polled());
	assert_non_null(strstr(fake_machine.problem, "polled"));
	assert_int_equal(net_kit.fake.queue_interrupt[0], VIRTIO_NO_INTERRUPT);

	net_kit_reset(NET_KIT_ALL);
	fake_machine.lines_left = 0;
	assert_non_null(net_kit_open());
	assert_true(is_polled());
}

/* Half of an eighth of 4 MiB in buffers of some 1.7 KiB each. */
TEST(little_memory_means_few_buffers)
{
	unsigned posted = 0;

	net_kit_reset(NET_KIT_ALL);
	fake_machine.pages = 1024;
	assert_non_null(net_kit_open());
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(net_kit_receive(&plain, 60), 1);
	while (fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60))
		posted++;
	assert_in_range(posted, 100, 170);
	net_kit_poll();

	/* Not even one of these would fit the share, and still there are some. */
	net_kit_reset(NET_KIT_ALL);
	fake_machine.pages = 64;
	memset(net_kit.fake.config + offsetof(struct virtio_net_config, mtu), 0xff, 2);
	assert_non_null(net_kit_open());
	assert_int_equal(net_kit.fake.rings[0].avail->idx, 8);
}

/* --- link ---------------------------------------------------------------------------------- */

static void set_device_link(bool up)
{
	uint16_t status = up ? VIRTIO_NET_S_LINK_UP : 0;

	memcpy(net_kit.fake.config + offsetof(struct virtio_net_config, status), &status, 2);
	fake_virtio_config_changed(&net_kit.fake);
}

TEST(link_is_followed_by_interrupt)
{
	unsigned reads;

	set_device_link(false);
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
	assert_string_equal(fake_machine.link, "down");
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_NETDOWN);
	assert_int_equal(net_kit.pool.in_use, 0);
	set_device_link(true);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 2);
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	/* Without an interrupt the device is not asked. */
	reads = net_kit.fake.config_reads;
	for (unsigned i = 0; i < 100; i++)
		net_kit_poll();
	assert_int_equal(net_kit.fake.config_reads, reads);
}

TEST(link_shares_the_only_interrupt)
{
	for (unsigned round = 0; round < 2; round++) {
		net_kit_reset(NET_KIT_ALL);
		if (round == 0)
			net_kit.fake.dev.n_interrupts = 1;
		else
			fake_machine.lines_left = 1;
		assert_non_null(net_kit_open());
		assert_false(is_polled());
		assert_int_equal(net_kit.fake.config_interrupt, 0);
		set_device_link(false);
		net_kit_poll();
		assert_false(net_kit.netif->link_up);
	}
}

static void change_link_silently(void)
{
	net_kit.fake.config[offsetof(struct virtio_net_config, status)] ^= VIRTIO_NET_S_LINK_UP;
	net_kit.fake.generation++;
}

/* A device whose frames raise none tells of its link by none either. */
TEST(silence_is_not_waited_for_by_the_link)
{
	net_kit_idle();
	net_kit.deaf = true;
	for (unsigned i = 0; i < 5; i++)
		net_kit_receive(&plain, 60);
	assert_true(is_polled());
	change_link_silently();
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
	change_link_silently();
	assert_true(net_kit_arm() <= net_kit.now_ns + NS_PER_S);
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	/* And is again, when they arrive. */
	net_kit.deaf = false;
	net_kit_receive(&plain, 60);
	net_kit.now_ns += NS_PER_S;
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
}

TEST(link_is_followed_by_the_clock_where_no_interrupt_reports)
{
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.dev.n_interrupts = 0;
	assert_non_null(net_kit_open());
	net_kit_poll();
	set_device_link(false);
	net_kit.now_ns += 50 * NS_PER_MS;
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	net_kit.now_ns += 51 * NS_PER_MS;
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
}

/* Frames have an interrupt, the link has none: whoever sleeps is told when to look. */
TEST(link_without_an_interrupt_of_its_own_ends_the_sleep)
{
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.refuses_config_interrupt = true;
	set_device_link(false);
	assert_non_null(net_kit_open());
	assert_false(is_polled());
	net_kit_poll();
	set_device_link(true);
	net_kit.now_ns = net_kit_arm();
	assert_in_range(net_kit.now_ns, 1, 200 * NS_PER_MS);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	/* And nobody wakes up for a device that was given up. */
	net_kit.fake.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* Between the last poll and the halt: the stack's own sending finds the device broken, or the
 * interrupt of a change comes. */
TEST(news_of_the_link_forbid_the_halt)
{
	net_kit_idle();
	set_device_link(false);
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_true(irq_poll_sources(net_kit.now_ns));
	assert_false(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
	set_device_link(true);
	net_kit_idle();
	net_kit.fake.rings[1].used->idx = 9999;
	fill_tx(0);
	assert_true(net_kit.fake.dev.dead);
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_true(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* Before one is connected, or before DRIVER_OK, a change raises no interrupt. */
TEST(link_that_changed_while_the_driver_came_up_is_seen)
{
	net_kit_reset(NET_KIT_ALL);
	assert_non_null(net_kit_open());
	assert_true(net_kit.netif->link_up);
	memset(net_kit.fake.config + offsetof(struct virtio_net_config, status), 0, 2);
	net_kit_idle();
	assert_false(net_kit.netif->link_up);
}

/* The interrupt came, and the configuration could not be read: it is tried again. */
TEST(link_that_does_not_settle_is_looked_at_again)
{
	net_kit_idle();
	set_device_link(false);
	net_kit.fake.never_settles = true;
	net_kit_idle();
	assert_true(net_kit.netif->link_up);
	net_kit.fake.never_settles = false;
	assert_in_range(net_kit_arm(), net_kit.now_ns + 1, net_kit.now_ns + NS_PER_S);
	net_kit.now_ns = net_kit_arm();
	net_kit_idle();
	assert_false(net_kit.netif->link_up);
	assert_true(net_kit_arm() == TIME_NEVER);
}

TEST(deactivated_interface_is_not_polled)
{
	net_kit_idle();
	netif_deactivate(net_kit.netif);
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_false(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
	assert_int_equal(net_kit.received, 0);
}

TEST(link_may_be_down_from_the_start)
{
	net_kit_reset(NET_KIT_ALL);
	set_device_link(false);
	assert_non_null(net_kit_open());
	assert_false(net_kit.netif->link_up);
	assert_string_equal(fake_machine.link, "down");
	set_device_link(true);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
}

TEST(interrupt_storm_without_news_is_silent)
{
	for (unsigned i = 0; i < 1000; i++) {
		fake_virtio_config_changed(&net_kit.fake);
		net_kit.fake.lines[0]->fired = 1;
		assert_int_equal(net_kit_poll(), 0);
	}
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}

/* Three in a row, and an interrupt begins the count anew. */
TEST(silences_are_counted_in_a_row)
{
	net_kit_idle();
	for (unsigned round = 0; round < 10; round++) {
		net_kit.deaf = true;
		net_kit_receive(&plain, 60);
		net_kit_receive(&plain, 60);
		net_kit.deaf = false;
		net_kit_receive(&plain, 60);
		net_kit_receive(&plain, 60);
	}
	assert_false(is_polled());
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}
