/* SPDX-License-Identifier: MIT */
/* The Prometheus text format; see app/metrics_text.h. */
#include "app/metrics_text.h"

void metrics_family(struct strbuf *sb, const char *name, const char *type, const char *help)
{
	strbuf_str(sb, "# HELP ");
	strbuf_str(sb, name);
	strbuf_char(sb, ' ');
	strbuf_str(sb, help);
	strbuf_str(sb, "\n# TYPE ");
	strbuf_str(sb, name);
	strbuf_char(sb, ' ');
	strbuf_str(sb, type);
	strbuf_char(sb, '\n');
}

void metrics_label(struct strbuf *sb, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			strbuf_char(sb, '\\');
		strbuf_char(sb, *value);
	}
}
