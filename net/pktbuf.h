/*
 * SPDX-License-Identifier: MIT
 *
 * Packet buffers.
 *
 * A struct pktbuf is one packet on its way through the stack, with exactly one owner.
 *
 *   head        data              tail            end
 *    |  headroom  |  bytes so far   |   tailroom   |      then pieces[0..n_pieces): payload that
 *    +------------+-----------------+--------------+      lies elsewhere, sent after [data, tail)
 *
 * Ownership: a function that sends or receives a struct pktbuf * consumes it, also when it fails.
 * Accessors borrow.  The owner at the end calls pktbuf_free().
 *
 * Headroom is reserved once for every header below (PKTBUF_HEADROOM), so no layer ever copies to
 * prepend.  Payload pieces point into memory of the sender (TCP's send buffer); `pieces_release`
 * is called exactly once, when no device can read them any more.
 *
 * Memory: each block holds the struct and its bytes together.  Pools belong to a caller (a driver
 * for what it receives into, the stack for what it builds) and must outlive their buffers.
 */
#ifndef NET_PKTBUF_H
#define NET_PKTBUF_H

#include "base/compiler.h"
#include "base/net_addr.h"

struct net_port;
struct netif;
struct stack;

/* virtio-net header (12) + Ethernet (14) + VLAN (4) + IPv4 (60) + TCP (60), rounded up. */
#define PKTBUF_HEADROOM 160
#define PKTBUF_PIECES_MAX 4

enum pktbuf_flags {
	/* TX: the device (or netif_send) must complete the checksum over [csum_start, end of
	 * packet) and store it at csum_start + csum_off; the pseudo-header sum is already there. */
	PKTBUF_CSUM_PARTIAL = 1u << 0,
	/* RX: the transport checksum needs no look: the device verified it, or the sender is on
	 * this host and left it partial (VIRTIO_NET_HDR_F_NEEDS_CSUM). */
	PKTBUF_CSUM_VALID = 1u << 1,
	/* RX: the Ethernet destination was broadcast or multicast (no ICMP error, no RST). */
	PKTBUF_LINK_BROADCAST = 1u << 2,
};

struct pktbuf_piece {
	const uint8_t *base;
	uint32_t len;
};

/* What a completion learns, beside the packet itself. */
struct pktbuf_sent {
	size_t len; /* bytes of the frame, link header included */
	struct net_addr next_hop; /* the neighbour that it was sent to; of no family: by broadcast */
	uint64_t now_ns;
};

struct pktbuf {
	struct pktbuf *next; /* link of the queue that owns it */
	uint8_t *head, *data, *tail, *end;
	struct pktbuf_pool *pool;
	struct netif *netif; /* RX: where it came in */

	uint16_t flags; /* enum pktbuf_flags */
	uint16_t csum_start; /* from data, bytes; meaning: see flags */
	uint16_t csum_off;
	uint16_t gso_size; /* payload bytes per segment where this is a large segment, else 0 */
	/* Where the layers' headers are.  RX: each from when its layer has read it; TX: of a packet with a
	 * completion, when that is called. */
	uint16_t l3_off, l4_off; /* from head, bytes: network and transport header */
	uint8_t l2_len; /* bytes of link header before l3_off; 0: there is none (a reassembled datagram) */

	uint8_t n_pieces;
	uint8_t held; /* pktbuf_hold() */
	uint8_t sent_kind; /* the completion's own, as sent_arg */
	uint32_t sent_arg;
	struct pktbuf_piece pieces[PKTBUF_PIECES_MAX];
	void (*pieces_release)(struct pktbuf *pkt); /* NULL: nothing to tell */
	void *pieces_owner;
	/* TX: the completion, registered by the layer that built the packet; NULL: none, and the other
	 * sent_ fields have no value.  Called when a device has taken the packet, not where none does.  The
	 * bytes in [head, tail) and the layers' offsets are those of the frame then, whatever the device is
	 * and however long the packet has waited for its neighbour; data belongs to the device.  A checksum
	 * that the device completes (PKTBUF_CSUM_PARTIAL) is not in them.  Borrows both.
	 * `sent_owner`: what it is for; NULL where there is none (any more): neigh_unlink_owner(). */
	void (*sent)(struct stack *stack, const struct pktbuf *pkt, const struct pktbuf_sent *facts);
	void *sent_owner;
	uint64_t resolve_until_ns; /* TX: its next hop is asked for until then at least; 0: as usual */
	uint64_t pieces_cookie; /* the owner's: TCP keeps the first sequence number here */
};

/* --- pools ------------------------------------------------------------------------------- */

struct pktbuf_pool {
	const struct net_port *port;
	struct pktbuf *free_list;
	size_t block_size; /* bytes, struct included; 0: each block has a size of its own */
	size_t bytes, max_bytes; /* of a pool whose blocks differ: in use, and at most */
	uint32_t allocated; /* blocks ever taken from port->alloc */
	uint32_t in_use;
	uint32_t max; /* blocks at most */
};

/* `buf_size`: bytes from head to end that each buffer offers, headroom included. */
void pktbuf_pool_init(struct pktbuf_pool *pool, const struct net_port *port, size_t buf_size,
		      uint32_t max);
/* A pool for what is seldom and large: each block is taken from the port at the size asked for, and
 * given back when it is freed.  `max_bytes`: all blocks together. */
void pktbuf_pool_init_sized(struct pktbuf_pool *pool, const struct net_port *port,
			    size_t max_bytes);
/* Gives all memory back.  Every buffer must be home. */
void pktbuf_pool_destroy(struct pktbuf_pool *pool);

/* An empty buffer with `headroom` bytes before data, or NULL (pool at its maximum, or no memory). */
struct pktbuf *pktbuf_alloc(struct pktbuf_pool *pool, size_t headroom) MUST_CHECK;
/* From a pool of the second kind: room for `headroom` and `len` bytes. */
struct pktbuf *pktbuf_alloc_sized(struct pktbuf_pool *pool, size_t headroom, size_t len) MUST_CHECK;
/* Memory that the buffer occupies, its struct included. */
size_t pktbuf_block_size(const struct pktbuf *pkt);
/* For an owner that retains a received packet until it is read: the packet itself as long as its pool has
 * many more (a device that finds none receives nothing, not even ARP), else a copy in `own`, a pool of
 * the second kind, from the network header on.  NULL: there is no room.  Consumes. */
struct pktbuf *pktbuf_retain(struct pktbuf_pool *own, struct pktbuf *pkt) MUST_CHECK;
/* False: keeping the packet would take of the last quarter of `own`, which is for those who hold
 * nothing yet. */
bool pktbuf_may_retain_more(const struct pktbuf_pool *own, const struct pktbuf *pkt);
/* Releases the pieces, returns the buffer to its pool.  NULL is allowed. */
void pktbuf_free(struct pktbuf *pkt);

/* The next pktbuf_free() leaves the packet as it is, until pktbuf_release(): for a caller that hands the
 * packet over and still has to read its headers after that.  One holder at a time; data belongs to the
 * new owner. */
static inline void pktbuf_hold(struct pktbuf *pkt)
{
	pkt->held = true;
}
/* Frees what has been given to pktbuf_free() meanwhile. */
void pktbuf_release(struct pktbuf *pkt);

/* --- accessors (borrow) --------------------------------------------------------------------- */

static inline size_t pktbuf_headroom(const struct pktbuf *pkt)
{
	return (size_t)(pkt->data - pkt->head);
}

static inline size_t pktbuf_tailroom(const struct pktbuf *pkt)
{
	return (size_t)(pkt->end - pkt->tail);
}

/* Where data is, as one of the layers' offsets. */
static inline uint16_t pktbuf_data_off(const struct pktbuf *pkt)
{
	return (uint16_t)(pkt->data - pkt->head);
}

/* The frame that the packet is in, from the link's header on. */
static inline const uint8_t *pktbuf_frame(const struct pktbuf *pkt)
{
	return pkt->head + pkt->l3_off - pkt->l2_len;
}

/* Bytes in [data, tail): all of a received packet, the headers of one being sent. */
static inline size_t pktbuf_len(const struct pktbuf *pkt)
{
	return (size_t)(pkt->tail - pkt->data);
}

/* Bytes in all: [data, tail) and the pieces. */
size_t pktbuf_total_len(const struct pktbuf *pkt);

/* Prepends `len` bytes of header: the caller has reserved the headroom (asserted). */
void *pktbuf_push(struct pktbuf *pkt, size_t len);
/* Removes `len` bytes from the front; the caller has checked pktbuf_len() (asserted). */
void *pktbuf_pull(struct pktbuf *pkt, size_t len);
/* Appends room for `len` bytes and returns it, or NULL when the tailroom is short. */
void *pktbuf_put(struct pktbuf *pkt, size_t len) MUST_CHECK;
/* Cuts [data, tail) to `len` bytes (<= its length now). */
void pktbuf_trim(struct pktbuf *pkt, size_t len);
/* Adds a piece of the sender's memory; false when PKTBUF_PIECES_MAX are in use. */
bool pktbuf_add_piece(struct pktbuf *pkt, const void *base, uint32_t len) MUST_CHECK;

/* --- FIFO queue ------------------------------------------------------------------------------ */

struct pktbuf_queue {
	struct pktbuf *first;
	struct pktbuf *last;
	uint32_t count;
};

void pktbuf_queue_push(struct pktbuf_queue *q, struct pktbuf *pkt);
struct pktbuf *pktbuf_queue_pop(struct pktbuf_queue *q); /* NULL when empty */
void pktbuf_queue_free(struct pktbuf_queue *q);          /* frees all it holds */

/* Names of the version before; they go with the next one. */
#define pktbuf_keep pktbuf_retain
#define pktbuf_may_keep_more pktbuf_may_retain_more

#endif
