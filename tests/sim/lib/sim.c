/*
 * Hosts, the clock and the loop.  See tests/sim/lib/sim.h.
 */
#include "tests/sim/lib/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define IDLE_STEPS_MAX 100000 /* so many steps without the clock moving are a live-lock */

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

struct sim_seeds sim_seeds(uint64_t count)
{
	const char *one = getenv("SEED"), *many = getenv("SEEDS");
	uint64_t only = one != NULL ? strtoull(one, NULL, 0) : 0;

	if (many != NULL)
		count = strtoull(many, NULL, 0);
	return only != 0 ? (struct sim_seeds){only, only} : (struct sim_seeds){1, count};
}

bool sim_next_seed(struct sim_seeds *seeds, uint64_t *seed)
{
	if (seeds->next > seeds->last)
		return false;
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
		.check_windows = true,
	};
	sim_pcap_open(sim);
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
	host->ip = host_ip(index);
	memcpy(host->mac, (const uint8_t[]){0x52, 0x54, 0, 0, 0, (uint8_t)(index + 1)}, 6);
	kit_port_open(&host->kp, sim_random(sim));
	host->kp.clock = &sim->now_ns;
	sim_device_open(host, options);
	host->stack = net_create(&host->kp.port, &options->net, sim->now_ns);
	if (host->stack == NULL)
		sim_fail(sim, "no stack");
	net_attach(host->stack, &host->netif);
	if (net_set_ipv4(host->stack, &host->netif, host->ip, UINT32_C(0xffffff00)) != ERR_OK)
		sim_fail(sim, "no address");
	sim->hosts[sim->n_hosts++] = host;
	return host;
}

void sim_set_delay(struct sim_host *host, uint64_t delay_ns)
{
	host->out.delay_ns = host->in.delay_ns = delay_ns / 2;
}

void sim_set_loss(struct sim_host *host, uint32_t ppm)
{
	host->out.loss_ppm = host->in.loss_ppm = ppm;
}

void sim_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_hosts; i++) {
		struct sim_host *host = sim->hosts[i];

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

static uint64_t host_next(const struct sim_host *host)
{
	return MIN(net_next_deadline(host->stack), sim_device_next(host));
}

static uint64_t next_event(const struct sim *sim)
{
	uint64_t next = sim_link_next(sim);

	for (unsigned i = 0; i < sim->n_hosts; i++)
		next = MIN(next, host_next(sim->hosts[i]));
	return next;
}

static void turn_host(struct sim_host *host)
{
	uint64_t now_ns = host->sim->now_ns;

	host->netif.ops->poll(&host->netif, now_ns);
	net_poll(host->stack, now_ns);
	if (host->app != NULL)
		host->app(host, host->app_ctx);
}

/* Everything that is due at one instant; a host turns only when it has something to do. */
static void step(struct sim *sim, uint64_t at_ns)
{
	if (at_ns > sim->now_ns) {
		sim->now_ns = at_ns;
		sim->idle_steps = 0;
	} else if (++sim->idle_steps > IDLE_STEPS_MAX) {
		sim_fail(sim, "live-lock: the clock stands still");
	}
	while (sim_link_next(sim) <= sim->now_ns)
		sim_link_event(sim);
	for (unsigned i = 0; i < sim->n_hosts; i++)
		if (host_next(sim->hosts[i]) <= sim->now_ns)
			turn_host(sim->hosts[i]);
}

bool sim_run(struct sim *sim, uint64_t until_ns, bool (*done)(void *ctx), void *ctx)
{
	for (unsigned i = 0; i < sim->n_hosts; i++)
		turn_host(sim->hosts[i]);
	for (;;) {
		uint64_t next = next_event(sim);

		if (done != NULL && done(ctx))
			return true;
		if (next > until_ns) {
			sim->now_ns = until_ns == TIME_NEVER ? sim->now_ns : until_ns;
			return false;
		}
		step(sim, next);
	}
}
