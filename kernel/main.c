/*
 * SPDX-License-Identifier: MIT
 *
 * The composition root: the one file that may include everything.  It brings the machine up, reads the
 * configuration, gives the stack its interface, and runs the application; whatever ends that ends
 * in machine_exit() with a status (base/status.h).
 *
 * The order is the order of need: a console before anything can be said, memory before drivers,
 * randomness before the stack (initial sequence numbers), configuration before the network.
 */
#include "app/app.h"
#include "app/report.h"
#include "base/string.h"
#include "drivers/devices.h"
#include "config/config.h"
#include "config/sources.h"
#include "kernel/console/console.h"
#include "kernel/entropy/entropy.h"
#include "kernel/exit.h"
#include "kernel/firmware/fw_cfg.h"
#include "machine/machine.h"
#include "log/log.h"
#include "kernel/mm/memory.h"
#include "machine/network.h"
#include "kernel/entropy/renew.h"
#include "kernel/firmware/smbios.h"
#include "kernel/start.h"
#include "kernel/time/clock.h"
#include "net/net.h"
#include "net/socket.h"

/* How long the last frames may take into the device. */
#define LET_OUT_NS (100 * NS_PER_MS)

/* --- what the stack needs from this machine --------------------------------------------------- */

static void *port_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc(size);
}

static void port_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	heap_free(ptr, size);
}

/* The generator is seeded with the first draw, or when all devices are known. */
static struct seeding {
	struct devices *devices;
	struct event_sink *events;
	bool done;
} seeding;

static size_t seed_read(void *ctx, void *buf, size_t len)
{
	return devices_random(ctx, buf, len);
}

static size_t seed_poll(void *ctx, void *buf, size_t len, bool ask)
{
	return devices_random_poll(ctx, buf, len, ask);
}

static void seed_generator(void)
{
	static struct renew_device device = {.read = seed_read, .poll = seed_poll};
	uint8_t seed[32];
	size_t len;

	if (seeding.done)
		return;
	seeding.done = true;
	device.ctx = seeding.devices;
	len = devices_random(seeding.devices, seed, sizeof(seed));
	if (len > 0)
		entropy_add("virtio-rng", seed, len, (unsigned)len * 8);
	memset(seed, 0, sizeof(seed));
	entropy_ready(seeding.events);
	renew_begin(&device, seeding.events);
}

static void port_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	seed_generator();
	(void)renew();
	entropy_fill(buf, len);
}

static uint64_t port_generation(void *ctx)
{
	(void)ctx;
	return renew();
}

static struct net_port port = {
	.alloc = port_alloc,
	.free = port_free,
	.random = port_random,
	.generation = port_generation,
};

/* --- what a run is made of ----------------------------------------------------------------------- */

struct wiring {
	struct progress progress;
	struct machine machine;
	struct network network;
	struct devices devices;
};

/* From the machine that the application has a copy of: both have the same `ctx`. */
static struct wiring *wiring_of(void *ctx)
{
	return CONTAINER_OF(ctx, struct wiring, machine);
}

/* --- the run ------------------------------------------------------------------------------------ */

static NORETURN void fail(enum status status, const char *message)
{
	report_failure(log_sink(), status, message);
	machine_exit(status);
}

static const struct config_fw_cfg fw_cfg = {
	.read = fw_cfg_read, .alloc = heap_alloc, .free = heap_free};

static unsigned read_smbios(const struct config_tables *tables, uint64_t entry,
			    struct event_sink *events)
{
	struct smbios_strings strings;
	unsigned faults = 0;
	const char *text;
	size_t len;

	if (!smbios_open(&strings, entry))
		config_ignore_smbios(events);
	while (smbios_next(&strings, &text, &len))
		faults += config_read_smbios(tables, text, len, events);
	return faults;
}

static void read_configuration(const struct boot_info *bi, struct config_platform *platform)
{
	struct event_sink *events = log_sink();
	struct config_tally tally = {0};
	struct config_tables tables = {.tally = &tally};
	unsigned faults = 0;

	console_set_deadline(&platform->timeout_ns); /* as far as it is known */
	tables.keys[0] = config_platform_keys(platform, &tables.count[0]);
	tables.keys[1] = app_config_keys(&tables.count[1]);

	/* Later sources win: the file on the partition, what the host gives for this machine, what
	 * it gives for this boot. */
	if (bi->config_file.addr != 0)
		faults += config_read(&tables, CONFIG_SOURCE_FILE, "dialtone.conf",
				      (const char *)(uintptr_t)bi->config_file.addr,
				      bi->config_file.len, events);
	faults += read_smbios(&tables, bi->smbios, events);
	faults += config_read_fw_cfg(&tables, fw_cfg_init() ? &fw_cfg : NULL, events);
	if (bi->load_options.addr != 0)
		faults += config_read_load_options(&tables,
						   (const void *)(uintptr_t)bi->load_options.addr,
						   bi->load_options.len, events);
	if (bi->cmdline.addr != 0)
		faults += config_read(&tables, CONFIG_SOURCE_LINE, "command line",
				      (const char *)(uintptr_t)bi->cmdline.addr, bi->cmdline.len,
				      events);
	config_report_more(&tables, events);
	faults += app_config_check(events);

	exit_set_debug_port(platform->debug_exit);
	exit_set_way(platform->exit);
	log_set_mode(platform->log);
	if (faults > 0)
		console_flush_in_time();
	console_set_deadline(NULL); /* the verdict comes out in any case */
	if (faults > 0)
		fail(STATUS_BAD_CONFIG, "bad configuration, see the lines above");
}

static struct net_options net_options_of(const struct config_platform *platform)
{
	return (struct net_options){.max_sockets = 1400, /* a server's places, those that wait for one, and the client's */
				    .ecn = platform->ecn,
				    .congestion = platform->congestion};
}

/* From the devices to an address, or the end of the run. */
static void network_start(struct wiring *w)
{
	struct network *n = &w->network;
	enum status status = network_choose(n, w->devices.netifs, w->devices.n_netifs);

	if (status == STATUS_OK && n->netif != NULL) {
		devices_use(&w->devices, n->netif);
		net_attach(w->machine.stack, n->netif);
	}
	if (status == STATUS_OK)
		status = network_up(n);
	if (status != STATUS_OK) {
		report_failed_wait(log_sink(), status, n->problem, network_refused(n));
		machine_exit(status);
	}
}

static const char *no_address(void *ctx)
{
	return network_no_address(&wiring_of(ctx)->network);
}

static const struct refused *refused_meanwhile(void *ctx)
{
	return network_refused(&wiring_of(ctx)->network);
}

static bool another_address(void *ctx, uint64_t deadline_ns)
{
	return network_another_address(&wiring_of(ctx)->network, deadline_ns);
}

static struct app_names names_now(void *ctx)
{
	struct network *n = &wiring_of(ctx)->network;

	network_update_names(n);
	struct app_names names = {.n_servers = n->n_dns, .search = n->domain};

	_Static_assert(ARRAY_LEN(names.servers) == ARRAY_LEN(n->dns), "as many");
	memcpy(names.servers, n->dns, sizeof(names.servers));
	return names;
}

NORETURN void kernel_main(struct boot_info *bi)
{
	static struct config_platform platform;
	static struct wiring wiring;
	struct event_sink *events = log_sink();

	machine_start(bi, events);
	port.events = events;
	progress_init(&wiring.progress, events);
	read_configuration(bi, &platform);

	enum status status = app_check(events);
	if (status != STATUS_OK)
		machine_exit(status);

	const struct net_options options = net_options_of(&platform);
	seeding = (struct seeding){.devices = &wiring.devices, .events = events};
	devices_probe(&wiring.devices, &port, events);
	seed_generator();
	kernel_new_canary();
	if (platform.entropy == CONFIG_ENTROPY_REQUIRE && entropy_is_weak())
		fail(STATUS_WEAK_ENTROPY, "the random generator is seeded too weakly: add a "
					     "virtio-rng device or -cpu with RDRAND");
	const struct machine_parts parts = {.stack = net_create(&port, &options, clock_now_ns()),
					    .progress = &wiring.progress,
					    .random = port_random};
	if (parts.stack == NULL)
		fail(STATUS_OUT_OF_MEMORY, "no memory for the protocol stack");
	machine_init(&wiring.machine, &parts);
	wiring.network = (struct network){
		.machine = &wiring.machine, .events = events, .platform = &platform,
		.stays = app_stays(&platform)};
	network_start(&wiring);

	struct app_env env = {
		.machine = wiring.machine,
		.events = events,
		.platform = &platform,
		.names = names_now,
		.no_address = no_address,
		.refused = refused_meanwhile,
		.another_address = another_address,
		.deadline_ns = platform.timeout_ns,
	};
	status = app_main(&env);
	network_drain(&wiring.network, clock_now_ns() + LET_OUT_NS);
	machine_exit(status);
}
