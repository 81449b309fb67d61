/* SPDX-License-Identifier: MIT */
/* SMBIOS OEM strings as a source of configuration: hypervisors let their users put texts there
 * (`-smbios type=11,value=...`). */
#include "config/sources.h"

#include "base/string.h"

#define SOURCE "SMBIOS"
#define PREFIX "dialtone:"

void config_ignore_smbios(struct event_sink *events)
{
	event_emit(events, EVENT_CONFIG_NOTE, 0, 0, EV_STR("source", SOURCE),
		   EV_STR("note", "the table cannot be read, ignored"));
}

unsigned config_read_smbios(const struct config_tables *tables, const char *text, size_t len,
			    struct event_sink *events)
{
	if (len < strlen(PREFIX) || memcmp(text, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	return config_read_pair(tables, SOURCE, text + strlen(PREFIX), len - strlen(PREFIX), events);
}
