/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio network device (virtio 1.1, 5.1) as a struct netif.
 */
#ifndef DRIVERS_VIRTIO_NET_NET_H
#define DRIVERS_VIRTIO_NET_NET_H

#include "drivers/virtio/virtio.h"
#include "net/netif.h"

/*
 * Brings the device up, as a watched irq_source, and logs it (EVENT_NETDEV_UP); NULL when it cannot be used, after the log
 * has said why.  `dev`, `port` (memory for receive buffers, a MAC address where there is none) and
 * `name` must outlive the machine: an interface is never taken down.
 */
struct netif *virtio_net_open(struct virtio_device *dev, const struct net_port *port,
			      const char *name) MUST_CHECK;

#endif
