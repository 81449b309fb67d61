/*
 * The composition root: the one place that knows everybody.  It brings the machine up, reads the
 * configuration, gives the stack its interface, and runs the application; whatever ends that ends
 * in machine_exit() with a status (base/status.h).
 *
 * The order is the order of need: a console before anything can be said, memory before drivers,
 * randomness before the stack (initial sequence numbers), configuration before the network.
 */
#include "app/app.h"
#include "app/report.h"
#include "base/strbuf.h"
#include "drivers/devices.h"
#include "kernel/clock.h"
#include "kernel/config.h"
#include "kernel/entropy.h"
#include "kernel/exit.h"
#include "kernel/fw_cfg.h"
#include "kernel/idle.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/smbios.h"
#include "kernel/start.h"
#include "net/net.h"
#include "net/socket.h"

/* How long a link that is down at the start is waited for: a bridge port takes a moment. */
#define LINK_WAIT_NS (2 * NS_PER_S)

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

static void port_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	entropy_fill(buf, len);
}

static struct net_port port = {
	.alloc = port_alloc,
	.free = port_free,
	.random = port_random,
};

/* --- what the application needs from this machine ---------------------------------------------- */

struct wiring {
	struct progress progress;
	struct stack *stack;
	struct netif *netif;
	struct devices devices;
};

static uint64_t machine_now(void *ctx)
{
	(void)ctx;
	return clock_now_ns();
}

static uint64_t machine_idle(void *ctx)
{
	(void)ctx;
	return idle_total_ns();
}

/* When a halt must end at the latest: what the stack has to do next, and where no interrupt tells
 * the next look at the device. */
static uint64_t wake_at(const struct wiring *w, uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t wake_ns = MIN(deadline_ns, net_next_deadline(w->stack));

	return MIN(wake_ns, devices_poll_by(w->netif, now_ns));
}

/* One turn of the idle loop.  The interrupt flag is armed before the devices are looked at, so a
 * frame that arrives in between ends the halt at once. */
static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	struct wiring *w = ctx;

	idle_begin();
	unsigned received = w->netif->ops->poll(w->netif, clock_now_ns());
	uint64_t now_ns = clock_now_ns();
	bool timer_due = net_next_deadline(w->stack) <= now_ns;
	net_poll(w->stack, now_ns);
	if (received > 0 || timer_due)
		return; /* what the application waits for may have happened */
	idle_until(wake_at(w, deadline_ns, now_ns));
}

/* --- the run ------------------------------------------------------------------------------------ */

static NORETURN void give_up(enum status status, const char *message)
{
	report_failure(log_sink(), status, message);
	machine_exit(status);
}

static void read_configuration(const struct boot_info *bi, struct config_platform *platform)
{
	struct event_sink *events = log_sink();
	struct config_tables tables = {0};
	unsigned faults = 0;

	tables.keys[0] = config_platform_keys(platform, &tables.count[0]);
	tables.keys[1] = app_config_keys(&tables.count[1]);

	/* Later sources win: the file on the partition, what the host says about this machine, what
	 * this boot was told. */
	if (bi->config_file.addr != 0)
		faults += config_read(&tables, CONFIG_SOURCE_FILE, "dialtone.conf",
				      (const char *)(uintptr_t)bi->config_file.addr,
				      bi->config_file.len, events);
	faults += smbios_read_config(&tables, bi->smbios, events);
	faults += fw_cfg_read_config(&tables, events);
	if (bi->load_options.addr != 0)
		faults += config_read_load_options(&tables,
						   (const void *)(uintptr_t)bi->load_options.addr,
						   bi->load_options.len, events);
	if (bi->cmdline.addr != 0)
		faults += config_read(&tables, CONFIG_SOURCE_LINE, "command line",
				      (const char *)(uintptr_t)bi->cmdline.addr, bi->cmdline.len,
				      events);
	faults += config_check_platform(platform, events);
	faults += app_config_check(events);

	exit_set_debug_port(platform->debug_exit);
	exit_set_way(platform->exit);
	log_set_mode(platform->log);
	if (faults > 0)
		give_up(STATUS_BAD_CONFIG, "bad configuration, see the lines above");
}

static void seed_generator(struct devices *devices, struct event_sink *events)
{
	uint8_t seed[32];
	size_t len = devices_random(devices, seed, sizeof(seed));

	if (len > 0)
		entropy_add("virtio-rng", seed, len, (unsigned)len * 8);
	entropy_ready(events);
}

static NORETURN void refuse_device(const struct devices *devices, const char *name)
{
	char text[96];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, "ip=: there is no device ");
	strbuf_str(&sb, name);
	for (unsigned i = 0; i < devices->n_netifs; i++) {
		strbuf_str(&sb, i == 0 ? ", only " : ", ");
		strbuf_str(&sb, devices->netifs[i]->name);
	}
	give_up(STATUS_NO_DEVICE, text);
}

/* The one that ip= names, or the first. */
static struct netif *choose_netif(const struct devices *devices, const char *name)
{
	struct netif *netif = devices_netif(devices, name);

	if (devices->n_netifs == 0)
		give_up(STATUS_NO_DEVICE, "no network device that this image can drive");
	if (netif == NULL)
		refuse_device(devices, name);
	return netif;
}

static void wait_for_link(struct wiring *w, uint64_t timeout_ns)
{
	uint64_t patience_ns = clock_now_ns() + LINK_WAIT_NS;
	uint64_t deadline_ns = MIN(patience_ns, timeout_ns);

	while (!w->netif->link_up && clock_now_ns() < deadline_ns)
		machine_turn(w, deadline_ns);
	if (w->netif->link_up)
		return;
	if (timeout_ns < patience_ns)
		give_up(STATUS_TIMED_OUT, "timed out, waiting for the link");
	give_up(STATUS_COULD_NOT_CONNECT, "the network link is down");
}

/* net_set_ipv4() has checked that the mask has no holes. */
static unsigned prefix_len(uint32_t mask)
{
	unsigned len = 0;

	while (mask << len != 0 && len < 32)
		len++;
	return len;
}

static struct stack *network_up(struct netif *netif, const struct config_ip *ip)
{
	struct event_sink *events = log_sink();
	struct stack *stack = net_create(&port, NULL, clock_now_ns());

	if (stack == NULL)
		give_up(STATUS_OUT_OF_MEMORY, "no memory for the protocol stack");
	net_attach(stack, netif);
	if (net_set_ipv4(stack, netif, ip->client, ip->mask) != ERR_OK)
		give_up(STATUS_BAD_CONFIG, "ip=: not the address of a host on that network");
	if (ip->gateway != 0 && net_set_gateway(stack, netif, ip->gateway) != ERR_OK)
		give_up(STATUS_BAD_CONFIG, "ip=: the gateway is not on the interface's network");
	event_emit(events, EVENT_ADDR_SET, 0, 0, EV_STR("name", netif->name),
		   EV_IPV4("ip", ip->client),
		   EV_U64("prefix", prefix_len(ip->mask)),
		   EV_IF(ip->gateway != 0, EV_IPV4("gateway", ip->gateway)));
	return stack;
}

/* The name servers that ip= names. */
static struct app_names names_of(const struct config_ip *ip)
{
	struct app_names names = {.n_servers = 0};

	for (unsigned i = 0; i < ARRAY_LEN(ip->dns); i++)
		if (ip->dns[i] != 0)
			names.servers[names.n_servers++] = ip->dns[i];
	return names;
}

/* A machine that ends takes with it what its device has not transmitted yet. */
static void let_go_out(struct wiring *w)
{
	uint64_t deadline_ns = clock_now_ns() + LET_OUT_NS;

	while (!devices_sent_all(w->netif) && clock_now_ns() < deadline_ns)
		machine_turn(w, MIN(deadline_ns, clock_now_ns() + NS_PER_MS));
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

	devices_probe(&wiring.devices, &port, events);
	seed_generator(&wiring.devices, events);
	wiring.netif = choose_netif(&wiring.devices, platform.ip.device);
	wiring.stack = network_up(wiring.netif, &platform.ip);
	wait_for_link(&wiring, platform.timeout_ns);

	struct app_env env = {
		.machine = {
			.stack = wiring.stack,
			.ctx = &wiring,
			.now_ns = machine_now,
			.turn = machine_turn,
			.random = port_random,
			.idle_ns = machine_idle,
			.progress = &wiring.progress,
		},
		.events = events,
		.platform = &platform,
		.names = names_of(&platform.ip),
		.deadline_ns = platform.timeout_ns,
	};
	status = app_main(&env);
	let_go_out(&wiring);
	machine_exit(status);
}
