/*
 * SPDX-License-Identifier: MIT
 *
 * The machine's devices, as kernel/main.c sees them: which network interfaces and which source of
 * random bytes there are.
 */
#ifndef DRIVERS_DEVICES_H
#define DRIVERS_DEVICES_H

#include "base/compiler.h"
#include "log/event.h"
#include "net/netif.h"

#define DEVICES_NETIFS_MAX 4

struct net_port;
struct virtio_rng;

struct devices {
	struct netif *netifs[DEVICES_NETIFS_MAX]; /* in the order of their PCI addresses */
	unsigned n_netifs; /* 0: nothing to call with (STATUS_NO_DEVICE) */
	struct virtio_rng *rng; /* NULL: none */
};

/*
 * Finds the machine's devices and brings up those with a driver.  Each network controller and each
 * virtio device is logged (EVENT_PCI_DEVICE), with a word where there is no driver for it; what is
 * wrong with one is EVENT_DEVICE_BAD.  Memory for received frames comes from `port`, which must
 * outlive the machine; its random() is asked for a MAC address where a device brings none.
 */
void devices_probe(struct devices *devices, const struct net_port *port, struct event_sink *events);

/* Up to `len` bytes from the virtio entropy device; returns how many there are, 0 without one.  May be
 * called while devices_probe() asks for randomness: the entropy device is opened first. */
size_t devices_random(struct devices *devices, void *buf, size_t len);
/* What it has given meanwhile, without waiting; `more` asks for the next. */
size_t devices_random_poll(struct devices *devices, void *buf, size_t len, bool more);

/* The run uses this interface.  The others are not polled any more, and nothing waits for them. */
void devices_use(struct devices *devices, const struct netif *netif);

#endif
