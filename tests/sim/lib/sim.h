/*
 * The simulator: any number of stacks in one process, over links with delay, rate, queue, loss,
 * duplication and reordering, under a virtual clock that jumps to the next event.
 *
 * Everything random comes from one seed, so a run that failed can be had again: SEED=n in the
 * environment (sim_seeds()).  On a failure the seed is printed and the last frames of every link
 * are written as a pcap.
 *
 *      host a --- out link --->  +--------+  --- in link ---> host b
 *             <-- in link ----   | switch |  <-- out link ---
 *                                +--------+
 *
 * What is watched all the time (sim_watch.c): no byte is ever sent beyond a window that the sender
 * has been given; no byte that a device still reads is changed; nothing goes on without the clock
 * moving.  sim_close() fails when memory, packets or connections are left.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "net/socket.h"
#include "tests/lib/stack_kit.h"

#define SIM_HOSTS_MAX 16
#define SIM_FLOWS_MAX 64

struct sim;
struct sim_host;

/* --- frames and links ------------------------------------------------------------------------ */

/* A frame on its way, with what a person wants to know of it. */
struct sim_frame {
	uint64_t at_ns; /* when the next thing happens to it */
	uint64_t order; /* ties are broken by age */
	struct sim_host *from, *to;
	bool on_in_link;
	bool is_tcp;
	struct ipv4_header ip;
	struct tcp_header tcp;
	uint32_t payload_len; /* TCP */
	size_t len;
	uint8_t bytes[]; /* checksums complete */
};

typedef bool sim_match(const struct sim_frame *frame);

struct sim_link {
	/* set by the test at any time */
	uint64_t delay_ns;
	uint64_t rate_bps;      /* 0: infinite */
	uint32_t queue_bytes;   /* of the queue before the wire; 0: infinite */
	uint32_t mark_bytes;    /* RFC 3168: such a queue marks what is ECN-capable; 0: none */
	uint32_t loss_ppm;      /* per million */
	uint32_t duplicate_ppm;
	uint32_t reorder_ppm;   /* such frames take reorder_ns longer */
	uint64_t reorder_ns;
	bool cut;               /* everything is lost */
	sim_match *drop_match;  /* the drop_nth frame (from 1) that matches is lost; 0: each */
	unsigned drop_nth;

	/* kept by the simulator */
	uint64_t busy_until_ns;
	uint64_t frames, bytes, lost, dropped_full, duplicated, marked;
	unsigned matched;
};

/* --- hosts ----------------------------------------------------------------------------------- */

/* A program on a host: called whenever something happened there; does what it can without
 * waiting. */
typedef void sim_app(struct sim_host *host, void *ctx);

struct sim_device; /* sim_device.c */

struct sim_host {
	struct sim *sim;
	struct kit_port kp;
	struct netif netif;
	struct stack *stack;
	struct sim_device *device;
	struct sim_link out, in;
	uint32_t ip;
	uint8_t mac[6];
	sim_app *app;
	void *app_ctx;
};

struct sim_host_options {
	struct net_options net;
	uint32_t features; /* enum netif_features; NETIF_TX_TSO4 is not simulated */
	uint16_t mtu;      /* 0: 1500 */
	uint32_t tx_ring;  /* frames that the device takes at once; 0: 64 */
	uint32_t rx_max;   /* receive buffers; 0: 4096 */
};

/* --- the whole ------------------------------------------------------------------------------- */

/* What one direction of a connection has sent and been allowed. */
struct sim_flow {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
	bool edge_known, scale_offered;
	uint8_t scale;      /* what src's SYN offered: how its own windows are to be read */
	uint32_t edge;      /* highest ACK + window that has reached src */
	uint64_t data_bytes, segments;
};

struct sim {
	const char *name;
	uint64_t seed, random_state;
	uint64_t now_ns;
	struct sim_host *hosts[SIM_HOSTS_MAX];
	unsigned n_hosts;
	struct sim_frame **heap; /* frames in flight, earliest first */
	unsigned n_heap, cap_heap;
	uint64_t order;
	struct sim_flow flows[SIM_FLOWS_MAX];
	unsigned n_flows;
	unsigned idle_steps; /* steps since the clock last moved */
	struct sim_pcap *pcap;
	bool check_windows;  /* true at first */
};

/* `name` names the scenario in failures. */
void sim_open(struct sim *sim, const char *name, uint64_t seed);
/* Destroys the hosts; a leak, or a frame kept, is a failure. */
void sim_close(struct sim *sim);

/* A host on the switch: 10.0.0.1 is the first.  `options` may be NULL. */
struct sim_host *sim_host(struct sim *sim, const struct sim_host_options *options);
/* Bytes of receive buffers that the stack holds back. */
size_t sim_rx_memory(const struct sim_host *host);
/* Both directions of the host's cable. */
void sim_set_delay(struct sim_host *host, uint64_t delay_ns);
void sim_set_loss(struct sim_host *host, uint32_t ppm);

/* Runs until `done` says so (NULL: never), the clock reaches `until_ns`, or nothing is left to do.
 * True when `done` said so. */
bool sim_run(struct sim *sim, uint64_t until_ns, bool (*done)(void *ctx), void *ctx);

/* Prints, writes the pcap, aborts: cmocka reports the test as failed. */
__attribute__((noreturn, format(printf, 2, 3))) void sim_fail(struct sim *sim, const char *format,
							      ...);

uint64_t sim_random(struct sim *sim);
/* A counter of the host's stack by name. */
uint64_t sim_counter(const struct sim_host *host, const char *name);

/* The seeds to run: 1..count, or 1..SEEDS, or the one in SEED (environment). */
struct sim_seeds {
	uint64_t next, last;
};
struct sim_seeds sim_seeds(uint64_t count);
bool sim_next_seed(struct sim_seeds *seeds, uint64_t *seed);

/* --- for the files of the simulator ---------------------------------------------------------- */

/* A frame enters the sender's link.  Returns when its last bit has left the device. */
uint64_t sim_link_send(struct sim *sim, struct sim_host *from, const uint8_t *bytes, size_t len);
/* The earliest frame has its time: moves it on, or gives it to its host. */
void sim_link_event(struct sim *sim);
uint64_t sim_link_next(const struct sim *sim);
void sim_links_close(struct sim *sim);

void sim_device_open(struct sim_host *host, const struct sim_host_options *options);
void sim_device_flush(struct sim_host *host);
void sim_device_close(struct sim_host *host);
void sim_device_deliver(struct sim_host *host, const struct sim_frame *frame);
uint64_t sim_device_next(const struct sim_host *host);

void sim_watch_sent(struct sim *sim, const struct sim_frame *frame);
void sim_watch_delivered(struct sim *sim, const struct sim_frame *frame);
void sim_pcap_open(struct sim *sim);
void sim_pcap_record(struct sim *sim, const struct sim_frame *frame);
void sim_pcap_write(struct sim *sim);
void sim_pcap_close(struct sim *sim);

#endif
