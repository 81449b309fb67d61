/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio 1 transport on PCI: which registers each operation reads and writes, in a device that is
 * nothing but memory (virtio 1.1, 4.1.4.3, 4.1.4.4).
 */
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "base/bytes.h"
#include "drivers/virtio/pci/modern.h"
#include "kernel/mm/memory.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_pci.h"
#include "tests/runner/unit.h"

#define PCI_WINDOW ((struct pci_window){.next = 0xfe000000, .end = 0xfeb00000})
#define MMIO_PHYS UINT64_C(0x800000000)
#define MMIO_LEN 0x8000
#define COMMON 0x0
#define DEVICE 0x2000
#define NOTIFY 0x3000
#define NOTIFY_LEN 0x40
#define MSIX_TABLE 0x5000
#define VECTORS 3

static struct fake_pci bus;
static struct fake_function *nic;
static struct virtio_pci vp;
static struct virtio_device *dev;
static unsigned complaints;

static void record(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	complaints += ev->id == EVENT_DEVICE_BAD;
}

static struct event_sink sink = {.emit = record};

static void virtio_cap(uint8_t off, uint8_t next, uint8_t type, uint32_t area_off, uint32_t area_len)
{
	fake_pci_cap(nic, off, PCI_CAP_ID_VNDR, next);
	fake_pci_set8(nic, off + 2u, type == VIRTIO_PCI_CAP_NOTIFY_CFG ? 20 : 16);
	fake_pci_set8(nic, off + 3u, type);
	fake_pci_set32(nic, off + 4u, 4);
	fake_pci_set32(nic, off + 8u, area_off);
	fake_pci_set32(nic, off + 12u, area_len);
}

static void open_it(void)
{
	struct pci_window window = PCI_WINDOW;
	struct pci_device pci = fake_pci_device(&bus, nic);

	assert_int_equal(virtio_pci_open(&vp, &pci, &window, &sink), ERR_OK);
	dev = &vp.dev;
}

static void setup(void)
{
	fake_machine_reset();
	complaints = 0;
	fake_machine.mmio_phys = MMIO_PHYS;
	fake_machine.mmio_len = MMIO_LEN;
	fake_machine.mmio = calloc(1, MMIO_LEN);
	fake_pci_reset(&bus);
	nic = fake_pci_add(&bus, 0, 3, 0, 0x1af4, 0x1041, 2);
	fake_pci_bar(nic, 4, MMIO_PHYS, 0x8000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, COMMON, 0x1000);
	virtio_cap(0x50, 0x60, VIRTIO_PCI_CAP_DEVICE_CFG, DEVICE, 0x10);
	virtio_cap(0x60, 0x80, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY, NOTIFY_LEN);
	fake_pci_set32(nic, 0x70, 4); /* the doorbells' distance */
	fake_pci_cap(nic, 0x80, PCI_CAP_ID_MSIX, 0);
	nic->regs[0x80 / 4] |= (uint32_t)(PCI_MSIX_FLAGS_MASKALL | (VECTORS - 1)) << 16;
	nic->writable[0x80 / 4] = (uint32_t)(PCI_MSIX_FLAGS_MASKALL | PCI_MSIX_FLAGS_ENABLE) << 16;
	fake_pci_set32(nic, 0x84, MSIX_TABLE | 4);
	open_it();
}

static void teardown(void)
{
	free(fake_machine.mmio);
}

FIXTURE(setup, teardown);

static uint8_t *reg(unsigned off)
{
	return fake_machine.mmio + COMMON + off;
}

static void store_le16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v)); /* the host is of that kind */
}

static void store_le32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static uint32_t reg16(unsigned off)
{
	return load_le16(reg(off));
}

static uint64_t reg64(unsigned off)
{
	return load_le32(reg(off)) | (uint64_t)load_le32(reg(off + 4)) << 32;
}

TEST(opening)
{
	assert_int_equal(dev->type, VIRTIO_ID_NET);
	assert_int_equal(dev->n_interrupts, VECTORS);
	assert_string_equal(dev->interrupt_kind, "MSI-X");
	/* The vectors may send, and none is masked altogether; the device reads and writes memory. */
	assert_int_equal(nic->regs[0x80 / 4] >> 16 & (PCI_MSIX_FLAGS_MASKALL | PCI_MSIX_FLAGS_ENABLE),
			 PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(nic->regs[PCI_COMMAND / 4] & (PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY),
			 PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	assert_int_equal(complaints, 0);
}

TEST(without_msix_there_is_no_interrupt)
{
	fake_pci_set8(nic, 0x61, 0);
	open_it();
	assert_int_equal(dev->n_interrupts, 0);
	assert_int_equal(complaints, 0);
}

TEST(numbers_of_devices)
{
	const struct {
		uint16_t vendor, device;
		uint16_t type;
	} rows[] = {
		{0x1af4, 0x1040, 0}, {0x1af4, 0x1041, 1}, {0x1af4, 0x107f, 0x3f}, {0x1af4, 0x1080, 0},
		{0x1af3, 0x1041, 0}, {0x1af4, 0x1000, VIRTIO_ID_NET}, {0x1af4, 0x1005, VIRTIO_ID_RNG},
		{0x1af4, 0x1006, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct pci_device pci = {.vendor_id = rows[i].vendor, .device_id = rows[i].device};

		assert_int_equal(virtio_pci_type(&pci), rows[i].type);
	}
}

TEST(features_and_status)
{
	store_le32(reg(VIRTIO_PCI_COMMON_DF), 0x12345678);
	/* Memory shows one half in both selections. */
	assert_true(dev->ops->features(dev) == UINT64_C(0x1234567812345678));
	assert_int_equal(load_le32(reg(VIRTIO_PCI_COMMON_DFSELECT)), 1);
	dev->ops->set_features(dev, UINT64_C(0x0000000500000007));
	assert_int_equal(load_le32(reg(VIRTIO_PCI_COMMON_GFSELECT)), 1);
	assert_int_equal(load_le32(reg(VIRTIO_PCI_COMMON_GF)), 5);
	dev->ops->set_status(dev, 0x8f);
	assert_int_equal(*reg(VIRTIO_PCI_COMMON_STATUS), 0x8f);
	*reg(VIRTIO_PCI_COMMON_STATUS) = 0x40;
	assert_int_equal(dev->ops->status(dev), 0x40);
	*reg(VIRTIO_PCI_COMMON_CFGGENERATION) = 9;
	assert_int_equal(dev->ops->config_generation(dev), 9);
}

static struct virtq *new_queue(uint16_t index)
{
	static struct virtq queue;
	static uint8_t areas[3][64];

	queue = (struct virtq){.index = index, .size = 16, .descriptor_area = areas[0],
			       .driver_area = areas[1], .device_area = areas[2]};
	return &queue;
}

TEST(a_queue_is_enabled)
{
	struct virtq *queue = new_queue(2);

	store_le16(reg(VIRTIO_PCI_COMMON_Q_SIZE), 256);
	assert_int_equal(dev->ops->queue_size(dev, 1), 256);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_SELECT), 1);
	store_le16(reg(VIRTIO_PCI_COMMON_Q_NOFF), 3);
	assert_int_equal(dev->ops->queue_enable(dev, queue, 1), ERR_OK);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_SELECT), 2);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_SIZE), 16);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_MSIX), 1);
	assert_true(reg64(VIRTIO_PCI_COMMON_Q_DESCLO) == phys_of(queue->descriptor_area));
	assert_true(reg64(VIRTIO_PCI_COMMON_Q_AVAILLO) == phys_of(queue->driver_area));
	assert_true(reg64(VIRTIO_PCI_COMMON_Q_USEDLO) == phys_of(queue->device_area));
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_ENABLE), 1);
	dev->ops->notify(dev, queue);
	assert_int_equal(load_le16(fake_machine.mmio + NOTIFY + 3 * 4), 2);
}

TEST(a_queue_without_an_interrupt)
{
	store_le16(reg(VIRTIO_PCI_COMMON_Q_MSIX), 0x7777);
	assert_int_equal(dev->ops->queue_enable(dev, new_queue(0), VIRTIO_NO_INTERRUPT), ERR_OK);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_MSIX), 0x7777);
	assert_int_equal(dev->ops->config_interrupt(dev, 2), ERR_OK);
	assert_int_equal(reg16(VIRTIO_PCI_COMMON_MSIX), 2);
}

/* Virtio 1.1, 4.1.4.4: aligned, and inside of the structure to its last byte. */
TEST(doorbells_outside_of_the_structure)
{
	const struct {
		uint32_t multiplier;
		uint16_t off;
		int err;
	} rows[] = {
		{2, NOTIFY_LEN / 2 - 1, ERR_OK}, {2, NOTIFY_LEN / 2, ERR_RANGE}, {2, 0xffff, ERR_RANGE},
		{1, 3, ERR_RANGE}, {1, 4, ERR_OK}, {0, 0xffff, ERR_OK}, {UINT32_MAX, 0xffff, ERR_RANGE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		vp.notify_multiplier = rows[i].multiplier;
		store_le16(reg(VIRTIO_PCI_COMMON_Q_NOFF), rows[i].off);
		store_le16(reg(VIRTIO_PCI_COMMON_Q_ENABLE), 0);
		assert_int_equal(dev->ops->queue_enable(dev, new_queue(0), VIRTIO_NO_INTERRUPT),
				 rows[i].err);
		assert_int_equal(reg16(VIRTIO_PCI_COMMON_Q_ENABLE), rows[i].err == ERR_OK);
	}
}

TEST(configuration_of_any_width)
{
	uint8_t buf[8];

	for (unsigned i = 0; i < 16; i++)
		fake_machine.mmio[DEVICE + i] = (uint8_t)(0xa0 + i);
	for (uint32_t len = 1; len <= 8; len++) {
		for (uint32_t off = 0; off + len <= 16; off++) {
			memset(buf, 0, sizeof(buf));
			assert_int_equal(dev->ops->config_read(dev, off, buf, len), ERR_OK);
			assert_memory_equal(buf, fake_machine.mmio + DEVICE + off, len);
		}
	}
	assert_int_equal(dev->ops->config_read(dev, 13, buf, 4), ERR_RANGE);
	assert_int_equal(dev->ops->config_read(dev, 17, buf, 1), ERR_RANGE);
	assert_int_equal(dev->ops->config_read(dev, 16, buf, 0), ERR_OK);
	assert_int_equal(dev->ops->config_read(dev, 4, buf, UINT32_MAX), ERR_RANGE);
}
