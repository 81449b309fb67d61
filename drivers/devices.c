/*
 * SPDX-License-Identifier: MIT
 *
 * From PCI functions to drivers; see devices.h.
 */
#include "drivers/devices.h"

#include <linux/virtio_ids.h>

#include "base/string.h"
#include "drivers/bus/pci/pci.h"
#include "drivers/virtio/net/net.h"
#include "drivers/virtio/pci/modern.h"
#include "drivers/virtio/rng.h"
#include "kernel/mm/memory.h"

#define BASE_CLASS_NETWORK 0x02

static const char *const netif_names[DEVICES_NETIFS_MAX] = {"eth0", "eth1", "eth2", "eth3"};

struct probe {
	struct devices *devices;
	const struct net_port *port;
	struct event_sink *events;
	struct pci_window window;
	/* Opened when all are known: one that brings no MAC address draws it, and the entropy device
	 * may be found behind it. */
	struct pci_device nets[DEVICES_NETIFS_MAX];
	unsigned n_nets;
};

static const char *describe(const struct probe *probe, const struct pci_device *pci, uint16_t type)
{
	switch (type) {
	case VIRTIO_ID_NET:
		return probe->n_nets < DEVICES_NETIFS_MAX
			       ? "virtio network device"
			       : "virtio network device, one too many: not used";
	case VIRTIO_ID_RNG:
		return probe->devices->rng == NULL ? "virtio entropy device"
						   : "virtio entropy device, not needed";
	default:
		return pci->base_class == BASE_CLASS_NETWORK
			       ? "network controller without a driver (virtio-net is supported)"
			       : "virtio device without a driver";
	}
}

static void report(const struct probe *probe, const struct pci_device *pci, uint16_t type)
{
	char at[PCI_AT_LEN];
	uint8_t vendor_be[2];
	uint8_t device_be[2];

	pci_at(pci, at);
	store_be16(vendor_be, pci->vendor_id);
	store_be16(device_be, pci->device_id);
	event_emit(probe->events, EVENT_PCI_DEVICE, 0, 0, EV_STR("at", at),
		   EV_HEX("vendor_id", vendor_be, 2), EV_HEX("device_id", device_be, 2),
		   EV_STR("what", describe(probe, pci, type)));
}

/* The memory of a device that was opened stays: its driver holds it for ever. */
static struct virtio_device *open_transport(struct probe *probe, const struct pci_device *pci)
{
	struct virtio_pci *vp = heap_alloc(sizeof(*vp));

	if (vp == NULL)
		return NULL;
	if (virtio_pci_open(vp, pci, &probe->window, probe->events) != ERR_OK) {
		heap_free(vp, sizeof(*vp));
		return NULL;
	}
	return &vp->dev;
}

static void probe_net(struct probe *probe, const struct pci_device *pci)
{
	struct devices *devices = probe->devices;
	struct virtio_device *dev = open_transport(probe, pci);
	struct netif *netif = dev == NULL ? NULL
					  : virtio_net_open(dev, probe->port,
							    netif_names[devices->n_netifs]);

	if (netif != NULL)
		devices->netifs[devices->n_netifs++] = netif;
}

static void probe_rng(struct probe *probe, const struct pci_device *pci)
{
	if (probe->devices->rng != NULL)
		return;

	struct virtio_device *dev = open_transport(probe, pci);

	if (dev != NULL)
		probe->devices->rng = virtio_rng_open(dev);
}

static void found(void *ctx, const struct pci_device *pci)
{
	struct probe *probe = ctx;
	uint16_t type = virtio_pci_type(pci);

	if (type == 0 && pci->base_class != BASE_CLASS_NETWORK)
		return;
	report(probe, pci, type);
	if (type == VIRTIO_ID_NET && probe->n_nets < DEVICES_NETIFS_MAX)
		probe->nets[probe->n_nets++] = *pci;
	else if (type == VIRTIO_ID_RNG)
		probe_rng(probe, pci);
}

void devices_probe(struct devices *devices, const struct net_port *port, struct event_sink *events)
{
	struct probe probe = {
		.devices = devices, .port = port, .events = events, .window = pci_host_window()};

	*devices = (struct devices){0};
	pci_enumerate(&pci_host, events, found, &probe);
	for (unsigned i = 0; i < probe.n_nets; i++)
		probe_net(&probe, &probe.nets[i]);
}

size_t devices_random(struct devices *devices, void *buf, size_t len)
{
	return devices->rng == NULL ? 0 : virtio_rng_read(devices->rng, buf, len);
}

size_t devices_random_poll(struct devices *devices, void *buf, size_t len, bool more)
{
	return devices->rng == NULL ? 0 : virtio_rng_poll(devices->rng, buf, len, more);
}

void devices_use(struct devices *devices, const struct netif *netif)
{
	for (unsigned i = 0; i < devices->n_netifs; i++) {
		if (devices->netifs[i] != netif)
			netif_deactivate(devices->netifs[i]);
	}
}
