/*
 * SPDX-License-Identifier: MIT
 *
 * The simulator: any number of stacks in one process, over links with delay, rate, queue, loss
 * (single and in bursts), duplication, reordering, corruption, an MTU of their own, stalls and cuts,
 * under a virtual clock that jumps to the next event.
 *
 * Everything random comes from one seed, so a run that failed can be had again: SEED=n in the
 * environment (sim_seeds()).  On a failure the seed is printed and the last frames of every link
 * are written as a pcap; with PCAP=1 in the environment always.
 *
 *      host a --- out link --->  +--------+  --- in link ---> host b
 *             <-- in link ----   | switch |  <-- out link ---
 *                                +--------+
 *
 * Watched all the time, on the wire (sim_watch.c says what in full): no byte is sent beyond a window
 * that the sender has been given, no byte again that it knows to have arrived, no segment longer
 * than the peer takes; acknowledgements and edges never go back.  In the device: no byte that it
 * still reads is changed.  In the loop: nothing goes on without the clock moving, and no connection
 * waits for something that does not come (sim_stall.c).  sim_settle() fails when a connection, a
 * packet or a timer is left, sim_close() when memory is.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"

#define SIM_HOSTS_MAX 16

struct sim;
struct sim_host;

/* --- frames and links ------------------------------------------------------------------------ */

/* A frame on its way, with what a person wants to know of it. */
struct sim_frame {
	struct sim_frame *next; /* in the list of a device */
	uint64_t at_ns; /* when the next thing happens to it */
	uint64_t order; /* ties are broken by age */
	struct sim_host *from, *to;
	bool on_in_link;
	bool is_tcp;      /* of a fragment: what it is a part of */
	bool is_fragment; /* made by a router on the way */
	bool is_corrupt;  /* a link has altered it: no receiver may believe it */
	struct ipv4_header ip;
	struct tcp_header tcp;
	uint32_t payload_len; /* TCP */
	size_t len;
	uint8_t bytes[]; /* checksums complete */
};

typedef bool sim_match(const struct sim_frame *frame);

/* [from_ns, until_ns) */
struct sim_span {
	uint64_t from_ns, until_ns;
};

struct sim_link {
	/* set by the test at any time */
	uint64_t delay_ns;
	uint64_t rate_bps;      /* 0: infinite */
	uint32_t queue_bytes;   /* of the queue before the wire; 0: infinite */
	uint32_t mark_bytes;    /* RFC 3168: such a queue marks what is ECN-capable; 0: none */
	uint32_t loss_ppm;      /* per million */
	/* Gilbert and Elliott: a frame finds the link good or bad, and each frame may turn it. */
	uint32_t bad_begin_ppm, bad_end_ppm;
	uint32_t bad_loss_ppm;  /* while it is bad; loss_ppm while it is good */
	uint64_t bad_max_ns;    /* it is good again after that, however few frames come; 0: not so */
	uint32_t duplicate_ppm;
	uint32_t reorder_ppm;   /* such frames take reorder_ns longer */
	uint64_t reorder_ns;
	uint32_t corrupt_ppm;   /* one word of such an IPv4 packet has some of its bits turned */
	uint16_t mtu;           /* of a router before the link; 0: no limit */
	bool mtu_silent;        /* it tells nobody that a packet with DF was too long */
	bool cut;               /* everything is lost */
	struct sim_span truncated_span;   /* everything is lost meanwhile */
	struct sim_span stall_span; /* what is sent meanwhile arrives when it is over, in order */
	sim_match *drop_match;  /* the drop_nth frame (from 1) that matches is lost; 0: each */
	unsigned drop_nth;

	/* kept by the simulator */
	uint64_t busy_until_ns;
	uint64_t frames, bytes, lost, dropped_full, duplicated, reordered, corrupted, stalled;
	uint64_t too_big, fragmented, marked;
	unsigned matched;
	bool is_bad;
	uint64_t bad_since_ns;
};

/* --- hosts ----------------------------------------------------------------------------------- */

/* A program on a host: called whenever something happened there, and when it asked for it with
 * sim_wake(); does what it can without waiting. */
typedef void sim_app(struct sim_host *host, void *ctx);

#define SIM_APPS_MAX 64

struct sim_device; /* sim_device.c */

/* A segment that waited for a neighbour's link address. */
struct sim_held {
	uint32_t dst;
	uint16_t src_port, dst_port;
	uint32_t seq, end;
};

struct sim_host {
	struct sim *sim;
	struct kit_port kp;
	struct netif netif;
	struct stack *stack;
	struct sim_device *device;
	struct sim_link out, in;
	uint32_t ip;
	uint8_t mac[6];
	struct {
		sim_app *run;
		void *ctx;
	} apps[SIM_APPS_MAX];
	unsigned n_apps;
	uint64_t wake_ns;     /* a program wants to be called then */
	struct sim_held held[NEIGH_QUEUE_MAX]; /* what waited when ARP came last (sim_watch.c) */
	unsigned n_held;
	size_t bytes_at_first; /* of memory, when the stack was new */
};

struct sim_host_options {
	struct net_options net;
	uint32_t features; /* enum netif_features; NETIF_TX_TSO4 is not simulated */
	uint16_t mtu;      /* 0: 1500 */
	uint32_t tx_ring;  /* frames that the device takes at once; 0: 64 */
	uint32_t rx_max;   /* receive buffers; 0: 4096 */
	bool no_address;   /* it finds one by itself */
};

/* --- the whole ------------------------------------------------------------------------------- */

struct sim {
	const char *name;
	uint64_t seed, random_state;
	uint64_t now_ns;
	struct sim_host *hosts[SIM_HOSTS_MAX];
	unsigned n_hosts;
	struct sim_frame **heap; /* frames in flight, earliest first */
	unsigned n_heap, cap_heap;
	uint64_t order;
	struct sim_watch *watch;
	/* Called for each frame that a host hands to its device, or gets from it; NULL: not. */
	void (*on_sent)(void *ctx, struct sim_host *from, const uint8_t *frame, size_t len);
	void (*on_received)(void *ctx, struct sim_host *to, const uint8_t *frame, size_t len);
	void *on_ctx;
	unsigned idle_steps; /* steps since the clock last moved */
	uint64_t steps;
	struct sim_pcap *pcap;
};

/* Sees every simulation of the program (sim_golden.c). */
struct sim_observer {
	void (*opened)(struct sim_host *host); /* a new host, before its stack is made */
	void (*sent)(struct sim_host *from, const uint8_t *frame, size_t len); /* to its device */
	void (*closes)(struct sim_host *host); /* before its stack goes */
};
extern const struct sim_observer *sim_observer; /* NULL: nobody looks */

/* `name` names the scenario in failures. */
void sim_open(struct sim *sim, const char *name, uint64_t seed);
/* Destroys the hosts; a leak, or a frame kept, is a failure. */
void sim_close(struct sim *sim);

/* A host on the switch: 10.0.0.1 is the first.  `options` may be NULL. */
struct sim_host *sim_host(struct sim *sim, const struct sim_host_options *options);
void sim_add_app(struct sim_host *host, sim_app *run, void *ctx);
/* The host's programs are called at `at_ns` at the latest. */
void sim_wake(struct sim_host *host, uint64_t at_ns);
/* Bytes of receive buffers that the stack holds back. */
size_t sim_rx_memory(const struct sim_host *host);
/* Both directions of the host's cable. */
void sim_set_delay(struct sim_host *host, uint64_t delay_ns);
void sim_set_loss(struct sim_host *host, uint32_t ppm);

/* Runs until `done` says so (NULL: never), the clock reaches `until_ns`, or nothing is left to do.
 * True when `done` said so. */
bool sim_run(struct sim *sim, uint64_t until_ns, bool (*done)(void *ctx), void *ctx);

/* Everything has been closed: runs until all of it has ended by its time-outs, and fails when a
 * connection, a packet, a timer or unexplained memory is left on some host. */
void sim_settle(struct sim *sim);
/* Frames that links have lost, doubled, altered or held up: what explains a retransmission. */
uint64_t sim_impairment(const struct sim *sim);
/* Text that was sent, and of it again; both directions of all connections. */
uint64_t sim_watch_text(const struct sim *sim, uint64_t *again);

/* Prints, writes the pcap, aborts: the runner reports the test as failed. */
__attribute__((noreturn, format(printf, 2, 3))) void sim_fail(struct sim *sim, const char *format,
							      ...);

uint64_t sim_random(struct sim *sim);
/* A counter of the host's stack by name. */
uint64_t sim_counter(const struct sim_host *host, const char *name);

/* The seeds to run: 1..count; or as the environment says: the one in SEED, or SEEDS many, from
 * SEED_FIRST on. */
struct sim_seeds {
	uint64_t first, next, last;
};
struct sim_seeds sim_seeds(uint64_t count);
/* False behind the last; says then how many there were. */
bool sim_next_seed(struct sim_seeds *seeds, uint64_t *seed);

/* --- for the files of the simulator ---------------------------------------------------------- */

/* sim_link.c.  The frame enters the link, which consumes it; returns when its last bit is on it. */
uint64_t sim_link_enter(struct sim *sim, struct sim_link *link, struct sim_frame *frame);
struct sim_frame *sim_frame_make(struct sim_host *from, const uint8_t *bytes, size_t len);
struct sim_frame *sim_frame_copy(const struct sim_frame *frame);
/* The earliest frame has its time: moves it on, or gives it to its host. */
void sim_link_event(struct sim *sim);
/* sim_router.c.  A frame leaves a host: its first link.  Returns when its last bit has left. */
uint64_t sim_link_send(struct sim *sim, struct sim_host *from, const uint8_t *bytes, size_t len);
/* A frame has crossed its first link: on to those it is for. */
void sim_router_forward(struct sim *sim, struct sim_frame *frame);
uint64_t sim_link_next(const struct sim *sim);
void sim_links_close(struct sim *sim);

void sim_device_open(struct sim_host *host, const struct sim_host_options *options);
void sim_device_flush(struct sim_host *host);
void sim_device_close(struct sim_host *host);
/* Consumes. */
void sim_device_deliver(struct sim_host *host, struct sim_frame *frame);

/* sim_stall.c: no connection waits for something that does not come. */
void sim_expect_no_stall(struct sim_host *host);

void sim_watch_open(struct sim *sim);
/* A stack has handed the frame to its device, or is about to be handed it by its device. */
void sim_watch_sent(struct sim *sim, const struct sim_frame *frame);
void sim_watch_received(struct sim *sim, const struct sim_frame *frame);
/* What can only be said of a whole run: nothing was sent without need. */
void sim_watch_close(struct sim *sim);
void sim_pcap_open(struct sim *sim);
void sim_pcap_record(struct sim *sim, const struct sim_frame *frame);
void sim_pcap_write(struct sim *sim);
void sim_pcap_close(struct sim *sim);

#endif
