/*
 * SPDX-License-Identifier: MIT
 *
 * Hosts, the clock and the loop.  See tests/sim/lib/sim.h.
 */
#include "net/tcp/conn/layer.h"
#include "tests/sim/lib/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


#define IDLE_STEPS_MAX 100000 /* so many steps without the clock moving are a live-lock */
#define STALL_STEPS 16 /* who stalls does so for more than one */

const struct sim_observer *sim_observer;

/* --- randomness: splitmix64 ------------------------------------------------------------------ */

uint64_t sim_random(struct sim *sim)
{
	uint64_t z = sim->random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t sim_counter(const struct sim_host *host, const char *name)
{
	return net_counter_by_name(host->stack, name);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

struct sim_seeds sim_seeds(uint64_t count)
{
	uint64_t only = from_environment("SEED", 0);
	uint64_t first = only != 0 ? only : from_environment("SEED_FIRST", 1);
	uint64_t last = only != 0 ? only : first - 1 + from_environment("SEEDS", count);

	return (struct sim_seeds){first, first, last};
}

bool sim_next_seed(struct sim_seeds *seeds, uint64_t *seed)
{
	if (seeds->next > seeds->last) {
		printf("%llu scenarios, seeds %llu..%llu\n",
		       (unsigned long long)(seeds->last - seeds->first + 1),
		       (unsigned long long)seeds->first, (unsigned long long)seeds->last);
		return false;
	}
	*seed = seeds->next++;
	return true;
}

/* --- life ------------------------------------------------------------------------------------ */

void sim_open(struct sim *sim, const char *name, uint64_t seed)
{
	*sim = (struct sim){
		.name = name,
		.seed = seed,
		.random_state = seed * UINT64_C(0x2545f4914f6cdd1d),
		.now_ns = NS_PER_S,
	};
	sim_pcap_open(sim);
	sim_watch_open(sim);
}

/* The table of connections grows with them, and stays. */
static size_t table_bytes(const struct stack *stack)
{
	return stack->tcp->n_buckets * sizeof(stack->tcp->buckets[0]);
}

static uint32_t host_ip(unsigned index)
{
	return UINT32_C(0x0a000001) + index;
}

struct sim_host *sim_host(struct sim *sim, const struct sim_host_options *options)
{
	static const struct sim_host_options none;
	struct sim_host *host = calloc(1, sizeof(*host));
	unsigned index = sim->n_hosts;

	if (host == NULL || index == SIM_HOSTS_MAX)
		sim_fail(sim, "no room for another host");
	if (options == NULL)
		options = &none;
	host->sim = sim;
	host->wake_ns = TIME_NEVER;
	host->ip = host_ip(index);
	memcpy(host->mac, (const uint8_t[]){0x52, 0x54, 0, 0, 0, (uint8_t)(index + 1)}, 6);
	kit_port_open(&host->kp, sim_random(sim));
	host->kp.clock = &sim->now_ns;
	if (sim_observer != NULL)
		sim_observer->opened(host);
	sim_device_open(host, options);
	host->stack = net_create(&host->kp.port, &options->net, sim->now_ns);
	if (host->stack == NULL)
		sim_fail(sim, "no stack");
	net_attach(host->stack, &host->netif);
	if (!options->no_address &&
	    net_set_ipv4(host->stack, &host->netif, host->ip, UINT32_C(0xffffff00)) != ERR_OK)
		sim_fail(sim, "no address");
	host->bytes_at_first = host->kp.live_bytes - table_bytes(host->stack);
	sim->hosts[sim->n_hosts++] = host;
	return host;
}

void sim_add_app(struct sim_host *host, sim_app *run, void *ctx)
{
	if (host->n_apps == SIM_APPS_MAX)
		sim_fail(host->sim, "no room for another program");
	host->apps[host->n_apps].run = run;
	host->apps[host->n_apps++].ctx = ctx;
}

void sim_wake(struct sim_host *host, uint64_t at_ns)
{
	host->wake_ns = MIN(host->wake_ns, at_ns);
}

void sim_set_delay(struct sim_host *host, uint64_t delay_ns)
{
	host->out.delay_ns = host->in.delay_ns = delay_ns / 2;
}

void sim_set_loss(struct sim_host *host, uint32_t ppm)
{
	host->out.loss_ppm = host->in.loss_ppm = ppm;
}

uint64_t sim_impairment(const struct sim *sim)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < sim->n_hosts; i++) {
		const struct sim_link *links[] = {&sim->hosts[i]->out, &sim->hosts[i]->in};

		for (unsigned j = 0; j < ARRAY_LEN(links); j++)
			n += links[j]->lost + links[j]->dropped_full + links[j]->duplicated +
			     links[j]->reordered + links[j]->corrupted + links[j]->stalled +
			     links[j]->too_big + links[j]->fragmented;
	}
	return n;
}

void sim_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_hosts; i++) {
		struct sim_host *host = sim->hosts[i];

		if (sim_observer != NULL)
			sim_observer->closes(host);
		sim_device_flush(host);
		net_destroy(host->stack);
		sim_device_close(host);
		if (host->kp.live_blocks != 0)
			sim_fail(sim, "host %u leaked %u blocks, %zu bytes", i + 1,
				 host->kp.live_blocks, host->kp.live_bytes);
		kit_port_close(&host->kp);
		free(host);
	}
	sim_links_close(sim);
	sim_watch_close(sim);
	if (getenv("PCAP") != NULL)
		sim_pcap_write(sim);
	sim_pcap_close(sim);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "\nsim %s at %.6f s: ", sim->name, (double)sim->now_ns / 1e9);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n  again with: SEED=%llu\n", (unsigned long long)sim->seed);
	va_end(args);
	sim_pcap_write(sim);
	abort();
}

/* --- the loop -------------------------------------------------------------------------------- */

static uint64_t host_next(struct sim_host *host, uint64_t now_ns)
{
	return MIN(MIN(net_next_deadline(host->stack), netif_poll_by(&host->netif, now_ns)), host->wake_ns);
}

static uint64_t next_event(const struct sim *sim)
{
	uint64_t next = sim_link_next(sim);

	for (unsigned i = 0; i < sim->n_hosts; i++)
		next = MIN(next, host_next(sim->hosts[i], sim->now_ns));
	return next;
}

static void turn_host(struct sim_host *host)
{
	uint64_t now_ns = host->sim->now_ns;

	host->netif.ops->poll(&host->netif, now_ns);
	net_poll(host->stack, now_ns);
	if (host->wake_ns <= now_ns)
		host->wake_ns = TIME_NEVER;
	for (unsigned i = 0; i < host->n_apps; i++)
		host->apps[i].run(host, host->apps[i].ctx);
}

static void expect_no_stalls(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_hosts; i++)
		sim_expect_no_stall(sim->hosts[i]);
}

/* Everything that is due at one instant; a host turns only when it has something to do. */
static void step(struct sim *sim, uint64_t at_ns)
{
	sim->steps++;
	if (at_ns > sim->now_ns) {
		sim->now_ns = at_ns;
		sim->idle_steps = 0;
	} else if (++sim->idle_steps > IDLE_STEPS_MAX) {
		sim_fail(sim, "live-lock: the clock stands still");
	}
	while (sim_link_next(sim) <= sim->now_ns)
		sim_link_event(sim);
	for (unsigned i = 0; i < sim->n_hosts; i++)
		if (host_next(sim->hosts[i], sim->now_ns) <= sim->now_ns)
			turn_host(sim->hosts[i]);
	if (sim->steps % STALL_STEPS == 0)
		expect_no_stalls(sim);
}

bool sim_run(struct sim *sim, uint64_t until_ns, bool (*done)(void *ctx), void *ctx)
{
	for (unsigned i = 0; i < sim->n_hosts; i++)
		turn_host(sim->hosts[i]);
	for (;;) {
		uint64_t next = next_event(sim);

		if (done != NULL && done(ctx))
			return true;
		if (next > until_ns || next == TIME_NEVER) {
			expect_no_stalls(sim);
			sim->now_ns = until_ns == TIME_NEVER ? sim->now_ns : until_ns;
			return false;
		}
		step(sim, next);
	}
}

/* --- the end --------------------------------------------------------------------------------- */

#define SETTLED_NS (2000 * NS_PER_S) /* longer than every time-out there is */

static void expect_settled(struct sim *sim, unsigned i)
{
	struct sim_host *host = sim->hosts[i];
	struct stack *stack = host->stack;
	const struct pktbuf_pool *pool = &stack->pool, *frames = &stack->frame_pool;
	size_t explained;

	if (stack->tcp->n_connections != 0 || stack->tcp->listeners != NULL)
		sim_fail(sim, "host %u keeps %u connections%s", i + 1, stack->tcp->n_connections,
			 stack->tcp->listeners != NULL ? " and a listener" : "");
	if (net_next_deadline(stack) != TIME_NEVER)
		sim_fail(sim, "host %u has a timer set, and nothing to do", i + 1);
	if (pool->in_use != 0 || frames->in_use != 0 || sim_rx_memory(host) != 0)
		sim_fail(sim, "host %u keeps %u packets, %u frames and %zu bytes it received",
			 i + 1, pool->in_use, frames->in_use, sim_rx_memory(host));
	explained = host->bytes_at_first + pool->allocated * pool->block_size +
		    frames->allocated * frames->block_size +
		    table_bytes(stack);
	if (host->kp.live_bytes > explained)
		sim_fail(sim, "host %u keeps %zu bytes that nothing explains", i + 1,
			 host->kp.live_bytes - explained);
}

void sim_settle(struct sim *sim)
{
	(void)sim_run(sim, sim->now_ns + SETTLED_NS, NULL, NULL);
	for (unsigned i = 0; i < sim->n_hosts; i++)
		expect_settled(sim, i);
}
