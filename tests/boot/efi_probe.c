/*
 * SPDX-License-Identifier: MIT
 *
 * A kernel for testing the loader alone: says on the serial port what it was given and on what it
 * stands, overwrites every byte it was told is usable, says that it still lives, and ends QEMU
 * (isa-debug-exit at 0xf4, QEMU's status 33).
 *
 * test_image.py builds it as a static PIE and reads its lines "probe: KEY=VALUE".
 */
#include "base/strbuf.h"
#include "base/string.h"
#include "boot/boot_info.h"

#define COM1 0x3f8
#define COM1_LSR (COM1 + 5)
#define LSR_THR_EMPTY 0x20
#define DEBUG_EXIT 0xf4

#define FLAG_DIRECTION (1u << 10)
#define FLAG_INTERRUPTS (1u << 9)

void probe_main(const struct boot_info *bi);

static uint8_t bss[3 * 4096];
static uint64_t data = 0x1122334455667788;

static uint8_t port_in(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static void port_out(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void say(const char *line)
{
	for (; *line != '\0'; line++) {
		while (!(port_in(COM1_LSR) & LSR_THR_EMPTY))
			;
		port_out(COM1, (uint8_t)*line);
	}
}

static struct strbuf line_start(char *buf, size_t cap, const char *key)
{
	struct strbuf sb = strbuf_on(buf, cap);

	strbuf_str(&sb, "probe: ");
	strbuf_str(&sb, key);
	strbuf_char(&sb, '=');
	return sb;
}

static void report_u64(const char *key, uint64_t v)
{
	char buf[80];
	struct strbuf sb = line_start(buf, sizeof(buf), key);

	strbuf_u64(&sb, v);
	strbuf_str(&sb, "\r\n");
	say(buf);
}

static void report_bytes(const char *key, const struct boot_text *text)
{
	static char buf[4096];
	struct strbuf sb = line_start(buf, sizeof(buf) - 2, key);

	if (text->addr == 0)
		strbuf_str(&sb, "absent");
	else
		strbuf_hex_bytes(&sb, (const void *)(uintptr_t)text->addr, text->len);
	say(buf);
	say("\r\n");
}

static void report_range(const struct boot_memory *m)
{
	char buf[120];
	struct strbuf sb = line_start(buf, sizeof(buf), "range");

	strbuf_u64(&sb, m->type);
	strbuf_char(&sb, ',');
	strbuf_u64(&sb, m->base);
	strbuf_char(&sb, ',');
	strbuf_u64(&sb, m->len);
	strbuf_str(&sb, "\r\n");
	say(buf);
}

static void report_cpu(void)
{
	uint64_t cr3, flags, rsp;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	__asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
	report_u64("cr3", cr3);
	report_u64("rsp", rsp);
	report_u64("interrupts", (flags & FLAG_INTERRUPTS) != 0);
	report_u64("direction", (flags & FLAG_DIRECTION) != 0);
}

static void report_image(void)
{
	uint64_t sum = 0;

	/* The compiler may not assume what it knows of either. */
	__asm__ volatile("" : "+m"(data), "+m"(bss));
	for (size_t i = 0; i < sizeof(bss); i++)
		sum += bss[i];
	report_u64("bss_sum", sum);
	report_u64("data", data);
	report_u64("code", (uintptr_t)probe_main);
}

static void overwrite_usable(const struct boot_info *bi)
{
	for (uint32_t i = 0; i < bi->memory_count; i++) {
		void *to = (void *)(uintptr_t)bi->memory[i].base;
		uint64_t count = bi->memory[i].len / 8;

		if (bi->memory[i].type == BOOT_MEMORY_USABLE)
			__asm__ volatile("rep stosq" : "+D"(to), "+c"(count)
					 : "a"(UINT64_C(0xcccccccccccccccc)) : "memory");
	}
}

/* On the stack the loader gave; rdi is the boot information. */
__asm__(".globl probe_entry\n"
	".hidden probe_entry\n"
	"probe_entry:\n\t"
	"call probe_main\n\t"
	"ud2\n");

void probe_main(const struct boot_info *bi)
{
	uint64_t now_tsc = __builtin_ia32_rdtsc();

	say("\r\n");
	report_u64("magic", bi->magic);
	report_u64("version", bi->version);
	report_u64("size", bi->size);
	report_u64("protocol", bi->protocol);
	report_u64("at", (uintptr_t)bi);
	report_u64("kernel_base", bi->kernel_base);
	report_u64("kernel_len", bi->kernel_len);
	report_u64("rsdp", bi->rsdp);
	report_u64("wall_clock_s", bi->wall_clock_s);
	report_u64("wall_clock_counter", bi->wall_clock_counter);
	report_u64("entry_counter", bi->entry_counter);
	report_u64("now_tsc", now_tsc);
	report_u64("seed_len", bi->seed_len);
	report_bytes("seed", &(struct boot_text){(uintptr_t)bi->seed, sizeof(bi->seed)});
	report_bytes("cmdline", &bi->cmdline);
	report_bytes("config_file", &bi->config_file);
	report_bytes("load_options", &bi->load_options);
	report_u64("memory_dropped", bi->memory_dropped);
	for (uint32_t i = 0; i < bi->memory_count; i++)
		report_range(&bi->memory[i]);
	report_image();
	report_cpu();
	overwrite_usable(bi);
	report_bytes("config_file_after", &bi->config_file);
	say("probe: end\r\n");
	port_out(DEBUG_EXIT, 16);
	for (;;)
		__asm__ volatile("hlt");
}
