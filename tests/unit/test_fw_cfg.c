/* SPDX-License-Identifier: MIT */
/* config/source_fw_cfg: which files are ours, in which order, and a device that says anything. */
#include <stdlib.h>
#include <string.h>

#include <linux/qemu_fw_cfg.h>

#include "base/bytes.h"
#include "config/sources.h"
#include "log/format.h"
#include "tests/runner/unit.h"

/* --- a device ---------------------------------------------------------------------------------- */

#define FILES 40

static struct {
	bool there, broken, mute;
	uint8_t directory[4 + FILES * 64];
	uint32_t n_files;
	struct { char text[4096]; uint32_t len; } files[FILES];
} device;

static bool device_read(uint16_t selector, void *buf, uint32_t len)
{
	uint32_t i = selector - FW_CFG_FILE_FIRST;

	if (device.mute)
		return false;
	if (selector == FW_CFG_FILE_DIR) {
		memset(buf, 0, len); /* QEMU gives zeros behind an item's end */
		memcpy(buf, device.directory, MIN(len, sizeof(device.directory)));
		return true;
	}
	if (device.broken || i >= FILES)
		return false;
	memset(buf, 0, len);
	memcpy(buf, device.files[i].text, MIN(len, device.files[i].len));
	return true;
}

static size_t held, heap_left;

static void *give_memory(size_t size)
{
	if (size > heap_left)
		return NULL;
	held += size;
	return malloc(size);
}

static void give_back(void *ptr, size_t size)
{
	held -= ptr != NULL ? size : 0;
	free(ptr);
}

static const struct config_fw_cfg fw_cfg = {
	.read = device_read, .alloc = give_memory, .free = give_back};

static uint8_t *add_file(const char *name, const char *text, uint32_t len)
{
	uint32_t i = device.n_files++;
	uint8_t *entry = device.directory + 4 + 64 * i;

	memcpy(device.files[i].text, text, MIN(len, sizeof(device.files[i].text)));
	device.files[i].len = len;
	store_be32(device.directory, device.n_files);
	store_be32(entry, len);
	store_be16(entry + 4, (uint16_t)(FW_CFG_FILE_FIRST + i));
	strncpy((char *)entry + 8, name, 56);
	return entry;
}

static void add(const char *name, const char *text)
{
	add_file(name, text, (uint32_t)strlen(text));
}

/* --- the configuration ------------------------------------------------------------------------- */

static struct config_platform platform;
static char colour[CONFIG_TEXT_MAX];
static const struct config_key app_keys[] = {
	{"colour", "a word", "", "", config_set_text, colour, NULL, false},
};
static struct config_tables tables;
static char said[1 << 16];

static void record(struct event_sink *sink, const struct event *ev)
{
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	(void)sink;
	log_format_text(&sb, ev, 0);
	strncat(said, line + strlen("[   0.000000] config   "), sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static struct event_sink sink = {.emit = record};

static void fresh(void)
{
	memset(&device, 0, sizeof(device));
	device.there = true;
	tables.keys[0] = config_platform_keys(&platform, &tables.count[0]);
	tables.keys[1] = app_keys;
	tables.count[1] = ARRAY_LEN(app_keys);
	colour[0] = said[0] = '\0';
	held = 0;
	heap_left = SIZE_MAX;
}

FIXTURE(fresh, NULL);

static unsigned read_all(void)
{
	unsigned faults = config_read_fw_cfg(&tables, device.there ? &fw_cfg : NULL, &sink);

	assert_int_equal(held, 0);
	return faults;
}

TEST(no_device)
{
	add("opt/org.dialtone/colour", "red");
	device.there = false;
	assert_int_equal(read_all(), 0);
	assert_string_equal(said, "");
}

TEST(keys_and_a_whole_file)
{
	add("etc/e820", "\1\2\3");
	add("opt/org.dialtone/colour", "deep blue\n"); /* as echo writes it */
	add("opt/org.dialtone/config", "# ours\ncolour=red\ntimeout=7\n");
	add("opt/org.dialtone", "x");
	add("opt/org.dialtoneX/colour", "x");
	assert_int_equal(read_all(), 0);
	assert_string_equal(colour, "deep blue"); /* the single key is later, wherever it stands */
	assert_true(platform.timeout_ns == 7 * NS_PER_S);
	assert_string_equal(said, "colour=red (from fw_cfg)\ntimeout=7 (from fw_cfg)\n"
				  "colour=deep blue (from fw_cfg)\n");
}

TEST(faults_are_named)
{
	add("opt/org.dialtone/color", "red");
	add("opt/org.dialtone/timeout", "soon");
	add("opt/org.dialtone/colour", "r\200d");
	assert_int_equal(read_all(), 3);
	assert_non_null(strstr(said, "fw_cfg: color=red: unknown key"));
	assert_non_null(strstr(said, "fw_cfg: timeout=soon: not a number of seconds"));
	assert_non_null(strstr(said, "byte 0x80 is not printable ASCII"));
}

TEST(sizes_that_are_too_large)
{
	char *long_text = malloc(4000);

	memset(long_text, 'x', 4000);
	add_file("opt/org.dialtone/colour", long_text, 4000);
	store_be32(add_file("opt/org.dialtone/config", "", 0), 64 * 1024 + 1);
	assert_int_equal(read_all(), 2);
	assert_non_null(strstr(said, "longer than 2047 bytes"));
	assert_non_null(strstr(said, "config: is larger than 64 KiB"));
	free(long_text);
}

TEST(a_directory_that_lies)
{
	add("opt/org.dialtone/colour", "red");
	store_be32(device.directory, UINT32_MAX); /* what is behind it reads as zeros */
	assert_int_equal(read_all(), 0);
	assert_string_equal(colour, "red");
	assert_non_null(strstr(said, "fw_cfg: only the first 1024 files are looked at"));

	fresh(); /* a name that fills its place is not terminated */
	add("opt/org.dialtone/a-name-that-is-longer-than-any-file-may-have", "red");
	assert_int_equal(read_all(), 1);
	assert_non_null(strstr(said, "unknown key"));
}

TEST(a_device_that_fails)
{
	add("opt/org.dialtone/colour", "red");
	device.broken = true;
	assert_int_equal(read_all(), 1);
	assert_non_null(strstr(said, "colour: cannot be read from the device"));
	device.mute = true;
	assert_int_equal(read_all(), 1);
	assert_non_null(strstr(said, "fw_cfg: the directory cannot be read from the device"));
}

TEST(memory_runs_out)
{
	add("opt/org.dialtone/colour", "red");
	heap_left = 4 + 64;
	store_be32(device.directory, 1);
	add("opt/org.dialtone/config", "colour=green # and more than the heap has, see above ........."
	    "................................................................................");
	store_be32(device.directory, 1);
	assert_int_equal(read_all(), 0);
	heap_left = 0;
	assert_int_equal(read_all(), 1); /* what may be in it is not left out without a word */
	assert_non_null(strstr(said, "fw_cfg: the directory does not fit into memory"));
}
