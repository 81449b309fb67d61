/*
 * SPDX-License-Identifier: MIT
 *
 * The files of fw_cfg whose names are ours, read into the configuration; see config/sources.h.
 * Sizes and counts that the host names are bounded before memory is allocated for them.
 */
#include "config/sources.h"

#include <linux/qemu_fw_cfg.h>

#include "base/bytes.h"
#include "base/string.h"

#define SOURCE "fw_cfg"
#define PREFIX "opt/org.dialtone/"
#define WHOLE_FILE "config"
#define FILES_MAX 1024u        /* QEMU has some thirty */
#define FILE_MAX (64u * 1024)  /* bytes; as \dialtone.conf */

/* struct fw_cfg_file of <linux/qemu_fw_cfg.h>, big endian. */
#define ENTRY_LEN sizeof(struct fw_cfg_file)
#define ENTRY_SIZE_OFF offsetof(struct fw_cfg_file, size)
#define ENTRY_SELECT_OFF offsetof(struct fw_cfg_file, select)
#define ENTRY_NAME_OFF offsetof(struct fw_cfg_file, name)

struct directory {
	uint8_t *bytes; /* the count, then the entries */
	uint32_t len;   /* bytes */
	uint32_t count;
};

struct reading {
	const struct config_tables *tables;
	const struct config_fw_cfg *device;
	struct event_sink *events;
	unsigned faults;
};

/* NULL, or what is wrong. */
static const char *directory_read(const struct reading *r, struct directory *dir)
{
	static const char unread[] = "the directory cannot be read from the device";
	uint8_t count[4];

	if (!r->device->read(FW_CFG_FILE_DIR, count, sizeof(count)))
		return unread;
	dir->count = MIN(load_be32(count), FILES_MAX);
	if (dir->count < load_be32(count))
		event_emit(r->events, EVENT_CONFIG_NOTE, 0, 0, EV_STR("source", SOURCE),
			   EV_STR("note", "only the first 1024 files are looked at"));
	dir->len = sizeof(count) + dir->count * (uint32_t)ENTRY_LEN;
	dir->bytes = r->device->alloc(dir->len);
	if (dir->bytes == NULL)
		return "the directory does not fit into memory";
	return r->device->read(FW_CFG_FILE_DIR, dir->bytes, dir->len) ? NULL : unread;
}

static const uint8_t *entry_at(const struct directory *dir, uint32_t i)
{
	return dir->bytes + 4 + i * ENTRY_LEN;
}

/* The part of the entry's name behind our prefix; NULL: not ours. */
static const char *our_name(const uint8_t *entry, size_t *len)
{
	const char *name = (const char *)entry + ENTRY_NAME_OFF;
	const char *nul = memchr(name, '\0', FW_CFG_MAX_FILE_PATH);

	*len = nul != NULL ? (size_t)(nul - name) : FW_CFG_MAX_FILE_PATH;
	if (*len <= strlen(PREFIX) || memcmp(name, PREFIX, strlen(PREFIX)) != 0)
		return NULL;
	*len -= strlen(PREFIX);
	return name + strlen(PREFIX);
}

static bool is_whole_file(const char *name, size_t len)
{
	return len == strlen(WHOLE_FILE) && memcmp(name, WHOLE_FILE, len) == 0;
}

/* A file made by an editor or by echo ends its line; the value does not. */
static size_t without_line_end(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	return len;
}

static void read_file_text(struct reading *r, const char *name, size_t name_len, const char *text,
		      size_t len)
{
	if (is_whole_file(name, name_len))
		r->faults += config_read(r->tables, CONFIG_SOURCE_FILE, SOURCE, text, len, r->events);
	else
		r->faults += config_read_value(r->tables, SOURCE, name, name_len, text,
					       without_line_end(text, len), r->events);
}

static void refuse_file(struct reading *r, const char *name, size_t name_len, const char *problem)
{
	r->faults++;
	if (config_names_fault(r->tables))
		event_emit(r->events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", SOURCE),
			   EV_TEXT("text", name, name_len), EV_TEXT("key", name, name_len),
			   EV_STR("problem", problem));
}

static void read_file(struct reading *r, const uint8_t *entry, const char *name, size_t name_len)
{
	uint32_t len = load_be32(entry + ENTRY_SIZE_OFF);
	char *text;

	if (len > FILE_MAX) {
		refuse_file(r, name, name_len, "is larger than 64 KiB");
		return;
	}
	text = r->device->alloc(MAX(len, 1u));
	if (text == NULL)
		refuse_file(r, name, name_len, "does not fit into memory");
	else if (len > 0 && !r->device->read(load_be16(entry + ENTRY_SELECT_OFF), text, len))
		refuse_file(r, name, name_len, "cannot be read from the device");
	else
		read_file_text(r, name, name_len, text, len);
	r->device->free(text, MAX(len, 1u));
}

/* The whole file first: a single key is the more deliberate word. */
static void read_ours(struct reading *r, const struct directory *dir, bool whole)
{
	for (uint32_t i = 0; i < dir->count; i++) {
		size_t len;
		const char *name = our_name(entry_at(dir, i), &len);

		if (name != NULL && is_whole_file(name, len) == whole)
			read_file(r, entry_at(dir, i), name, len);
	}
}

unsigned config_read_fw_cfg(const struct config_tables *tables, const struct config_fw_cfg *device,
			    struct event_sink *events)
{
	struct reading r = {.tables = tables, .device = device, .events = events};
	struct directory dir = {0};
	const char *problem;

	if (device == NULL)
		return 0;
	problem = directory_read(&r, &dir);
	if (problem == NULL) {
		read_ours(&r, &dir, true);
		read_ours(&r, &dir, false);
	} else {
		event_emit(events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", SOURCE),
			   EV_STR("problem", problem));
		r.faults++;
	}
	device->free(dir.bytes, dir.len);
	return r.faults;
}
