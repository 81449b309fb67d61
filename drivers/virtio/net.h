/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio network device (virtio 1.1, 5.1) as a struct netif.
 */
#ifndef DRIVERS_VIRTIO_NET_H
#define DRIVERS_VIRTIO_NET_H

#include "drivers/virtio/virtio.h"
#include "net/netif.h"

/*
 * Brings the device up and logs it (EVENT_NETDEV_UP); NULL when it cannot be used, after the log
 * has said why.  `dev`, `port` (memory for receive buffers, a MAC address where there is none) and
 * `name` must outlive the machine: an interface is never taken down.
 */
struct netif *virtio_net_open(struct virtio_device *dev, const struct net_port *port,
			      const char *name) MUST_CHECK;

/* When ops->poll() must be called at the latest although no interrupt came; TIME_NEVER where
 * interrupts tell of everything. */
uint64_t virtio_net_poll_by(const struct netif *netif, uint64_t now_ns);

/* True when no frame is with the device any more, or never will leave it. */
bool virtio_net_sent_all(struct netif *netif);

#endif
