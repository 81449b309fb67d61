/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio network device: setup, link state, and the operations of struct netif.  Virtio 1.1, 5.1.
 *
 * NOT DONE: a control queue, several queue pairs, coming back after a device that asked for a
 * reset (it is aborted, and logged).
 */
#include "drivers/virtio/net/net.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "drivers/virtio/net/private.h"
#include "kernel/mm/memory.h"
#include "net/port.h"

#define MTU_DEFAULT 1500
#define MTU_LEAST 68 /* RFC 791: every internet module forwards this much */
/* Where no interrupt reports the link. */
#define CHECK_INTERVAL_NS (100 * NS_PER_MS)

static const struct {
	uint8_t bit;
	const char *name;
} features[] = {
	{VIRTIO_NET_F_CSUM, "csum"},
	{VIRTIO_NET_F_GUEST_CSUM, "guest_csum"},
	{VIRTIO_NET_F_MTU, "mtu"},
	{VIRTIO_NET_F_MAC, "mac"},
	{VIRTIO_NET_F_STATUS, "status"},
	{VIRTQ_F_EVENT_IDX, "event_idx"},
};

static struct virtio_net *net_of(struct netif *netif)
{
	return CONTAINER_OF(netif, struct virtio_net, netif);
}

/* --- link ---------------------------------------------------------------------------------- */

static const char *link_text(const struct virtio_net *net)
{
	return net->netif.link_up ? "up" : "down";
}

static void set_link(struct virtio_net *net, bool up)
{
	if (net->netif.link_up == up)
		return;
	net->netif.link_up = up;
	net->unreported = true;
	event_emit(net->dev->events, EVENT_NETDEV_LINK, 0, 0, EV_STR("name", net->netif.name),
		   EV_STR("link", link_text(net)));
}

/* Virtio 1.1, 5.1.4: without STATUS the link is assumed to be up.  False: unknown at present. */
static bool read_link(struct virtio_net *net, bool *up)
{
	uint16_t status = VIRTIO_NET_S_LINK_UP;

	if (virtio_has(net->dev, VIRTIO_NET_F_STATUS) &&
	    virtio_config_read(net->dev, offsetof(struct virtio_net_config, status), &status,
			       sizeof(status)) != ERR_OK)
		return false;
	*up = (status & VIRTIO_NET_S_LINK_UP) != 0;
	return true;
}

static void free_all(struct virtq *queue)
{
	struct pktbuf *pkt;

	while (queue != NULL && (pkt = virtq_abandon(queue)) != NULL)
		pktbuf_free(pkt);
}

void virtio_net_fail(struct virtio_net *net, const char *what, const char *problem)
{
	char text[96];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	if (net->dev->dead)
		return;
	strbuf_str(&sb, what);
	strbuf_str(&sb, ": ");
	strbuf_str(&sb, problem);
	if (virtio_abort(net->dev, text)) {
		free_all(net->rx);
		free_all(net->tx);
	}
	set_link(net, false);
}

/* What a configuration interrupt may mean: the link changed, or the device needs a reset.  Where
 * there is none, none arrives, or it came while the configuration could not be read, the clock is
 * next. */
static void check_device(struct virtio_net *net, uint64_t now_ns)
{
	uint8_t status = net->dev->ops->status(net->dev);
	bool up = net->netif.link_up;

	if ((status & VIRTIO_CONFIG_S_NEEDS_RESET) != 0) {
		virtio_net_fail(net, "device", "asks for a reset");
		return;
	}
	net->next_check_ns = read_link(net, &up) && net->config_line != NULL && !net->polled
				    ? TIME_NEVER
				    : now_ns + CHECK_INTERVAL_NS;
	set_link(net, up);
}

static bool check_is_due(struct virtio_net *net, uint64_t now_ns)
{
	if (net->config_line != NULL && net->config_line->fired != 0 && irq_take(net->config_line))
		return true;
	return now_ns >= net->next_check_ns;
}

/* The interrupt of a changed configuration cannot be switched off, so it is always armed. */
static uint64_t config_arm(const struct virtio_net *net, uint64_t now_ns)
{
	if (net->config_line != NULL && net->config_line->fired != 0)
		return now_ns;
	return net->next_check_ns;
}

/* --- struct netif -------------------------------------------------------------------------- */

static int net_send(struct netif *netif, struct pktbuf *pkt)
{
	return virtio_net_tx_send(net_of(netif), pkt);
}

static unsigned poll_device(struct virtio_net *net, uint64_t now_ns)
{
	if (net->dev->dead)
		return 0;
	if (check_is_due(net, now_ns))
		check_device(net, now_ns);
	/* Sent frames first: an acknowledgement among the received ones may only release bytes
	 * that no descriptor refers to any more. */
	if (!net->dev->dead)
		virtio_net_tx_reclaim(net);
	return net->dev->dead ? 0 : virtio_net_rx_poll(net);
}

static unsigned net_poll_device(struct netif *netif, uint64_t now_ns)
{
	return poll_device(net_of(netif), now_ns);
}

static unsigned net_tx_room(struct netif *netif)
{
	return virtio_net_tx_room(net_of(netif));
}

static uint64_t net_poll_by(struct netif *netif, uint64_t now_ns)
{
	struct virtio_net *net = net_of(netif);
	uint64_t rx_ns, tx_ns, config_ns;

	if (net->unreported) /* since the poll, while the stack was sending */
		return now_ns;
	if (net->dev->dead)
		return TIME_NEVER;
	rx_ns = virtio_net_rx_arm(net, now_ns);
	tx_ns = virtio_net_tx_arm(net, now_ns);
	config_ns = config_arm(net, now_ns);
	return MIN(MIN(rx_ns, tx_ns), config_ns);
}

static bool net_sent_all(struct netif *netif)
{
	struct virtio_net *net = net_of(netif);

	if (!net->dev->dead)
		virtio_net_tx_reclaim(net);
	return net->dev->dead || virtq_in_flight(net->tx) == 0;
}

static void net_deactivate(struct netif *netif)
{
	irq_unwatch(&net_of(netif)->source);
}

static const struct netif_ops net_ops = {
	.send = net_send,
	.poll = net_poll_device,
	.tx_room = net_tx_room,
	.poll_by = net_poll_by,
	.sent_all = net_sent_all,
	.deactivate = net_deactivate,
};

/* --- struct irq_source --------------------------------------------------------------------- */

static bool source_poll(struct irq_source *source, uint64_t now_ns)
{
	struct virtio_net *net = CONTAINER_OF(source, struct virtio_net, source);
	bool received = poll_device(net, now_ns) > 0;
	bool something = received || net->unreported;

	net->unreported = false;
	return something;
}

static uint64_t source_arm(struct irq_source *source, uint64_t now_ns)
{
	struct virtio_net *net = CONTAINER_OF(source, struct virtio_net, source);

	return net_poll_by(&net->netif, now_ns);
}

/* --- setup --------------------------------------------------------------------------------- */

/* A locally administered address for a device that brings none (5.1.5): it has to differ from
 * those of neighbours that were started in the same moment. */
static void invent_mac(struct virtio_net *net, const struct net_port *port)
{
	port->random(port->ctx, net->netif.mac, NETIF_MAC_LEN);
	net->netif.mac[0] = 0x02;
	virtio_complain(net->dev, "has no MAC address; a random one is used");
}

static int read_mac(struct virtio_net *net, const struct net_port *port)
{
	static const uint8_t zero[NETIF_MAC_LEN];

	if (virtio_has(net->dev, VIRTIO_NET_F_MAC)) {
		int err = virtio_config_read(net->dev, offsetof(struct virtio_net_config, mac),
					     net->netif.mac, NETIF_MAC_LEN);

		if (err != ERR_OK)
			return err;
	}
	/* A group address cannot be a sender's. */
	if ((net->netif.mac[0] & 1) != 0 || memcmp(net->netif.mac, zero, NETIF_MAC_LEN) == 0)
		invent_mac(net, port);
	return ERR_OK;
}

static int read_mtu(struct virtio_net *net)
{
	uint16_t mtu = MTU_DEFAULT;
	int err = ERR_OK;

	if (virtio_has(net->dev, VIRTIO_NET_F_MTU))
		err = virtio_config_read(net->dev, offsetof(struct virtio_net_config, mtu), &mtu,
					 sizeof(mtu));
	/* Virtio 1.1, 5.1.4.1: a device must not offer less. */
	if (err == ERR_OK && mtu < MTU_LEAST) {
		virtio_complain(net->dev, "offers an MTU under 68; 1500 is used");
		mtu = MTU_DEFAULT;
	}
	net->netif.mtu = mtu;
	return err;
}

static int read_config(struct virtio_net *net, const struct net_port *port)
{
	int err = read_mac(net, port);

	if (err == ERR_OK)
		err = read_mtu(net);
	if (err != ERR_OK)
		(void)virtio_abort(net->dev, err == ERR_TIMEDOUT
						       ? "its configuration never settles"
						       : "its configuration is too short");
	(void)read_link(net, &net->netif.link_up);
	return err;
}

static void report_polled(struct virtio_device *dev)
{
	char text[64];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, "no interrupt is possible (");
	strbuf_str(&sb, dev->interrupt_kind);
	strbuf_str(&sb, "); it is polled");
	virtio_complain(dev, text);
}

/* One interrupt for both queues (nothing is gained by two: each wake-up checks everything), one for
 * the configuration, or the same where the device has no second.  Returns the queues'. */
static uint16_t connect_interrupts(struct virtio_net *net)
{
	struct virtio_device *dev = net->dev;

	net->polled = dev->n_interrupts == 0 ||
		      dev->ops->interrupt_open(dev, 0, &net->queue_irq, &net->source) != ERR_OK;
	if (net->polled) {
		report_polled(dev);
		return VIRTIO_NO_INTERRUPT;
	}

	bool own = dev->n_interrupts > 1 &&
		   dev->ops->interrupt_open(dev, 1, &net->config_irq, &net->source) == ERR_OK;

	if (dev->ops->config_interrupt(dev, own ? 1 : 0) == ERR_OK)
		net->config_line = own ? &net->config_irq : &net->queue_irq;
	return 0;
}

static void announce(struct virtio_net *net)
{
	char text[64];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	for (unsigned i = 0; i < ARRAY_LEN(features); i++) {
		if (!virtio_has(net->dev, features[i].bit))
			continue;
		if (sb.len > 0)
			strbuf_char(&sb, ',');
		strbuf_str(&sb, features[i].name);
	}
	event_emit(net->dev->events, EVENT_NETDEV_UP, 0, 0, EV_STR("name", net->netif.name),
		   EV_MAC("mac", net->netif.mac), EV_U64("mtu", net->netif.mtu),
		   EV_STR("driver", "virtio-net"), EV_STR("at", net->dev->at),
		   EV_STR("features", text), EV_STR("link", link_text(net)));
}

static int bring_up(struct virtio_net *net, const struct net_port *port)
{
	uint64_t wanted = VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) |
			  VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) |
			  VIRTIO_FEATURE(VIRTIO_NET_F_MTU) | VIRTIO_FEATURE(VIRTIO_NET_F_MAC) |
			  VIRTIO_FEATURE(VIRTIO_NET_F_STATUS);
	int err = virtio_negotiate(net->dev, wanted);

	if (err == ERR_OK)
		err = read_config(net, port);
	if (err != ERR_OK)
		return err;

	uint16_t interrupt = connect_interrupts(net);

	err = virtio_net_rx_open(net, port, interrupt);
	if (err == ERR_OK)
		err = virtio_net_tx_open(net, interrupt);
	if (err != ERR_OK) {
		free_all(net->rx);
		return err;
	}
	virtio_driver_ok(net->dev);
	virtio_queue_kick(net->dev, net->rx);
	return ERR_OK;
}

static uint32_t netif_feature_set(const struct virtio_net *net)
{
	return (uint32_t)NETIF_TX_SG |
	       (virtio_has(net->dev, VIRTIO_NET_F_CSUM) ? NETIF_TX_CSUM : 0) |
	       (virtio_has(net->dev, VIRTIO_NET_F_GUEST_CSUM) ? NETIF_RX_CSUM : 0);
}

struct netif *virtio_net_open(struct virtio_device *dev, const struct net_port *port,
			      const char *name)
{
	struct virtio_net *net = heap_alloc(sizeof(*net));

	if (net == NULL) {
		(void)virtio_abort(dev, "no memory for the driver");
		return NULL;
	}
	*net = (struct virtio_net){
		.netif = {.name = name, .ops = &net_ops},
		.dev = dev,
		.source = {.poll = source_poll, .arm = source_arm},
	};
	net->netif.driver = net;
	/* On failure the memory stays: an interrupt line, once open, is there for ever. */
	if (bring_up(net, port) != ERR_OK) {
		irq_unwatch(&net->source);
		return NULL;
	}
	irq_watch(&net->source);
	net->netif.features = netif_feature_set(net);
	announce(net);
	return &net->netif;
}
