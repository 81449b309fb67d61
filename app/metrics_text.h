/* SPDX-License-Identifier: MIT */
/* The Prometheus text format, version 0.0.4: what all who write it need. */
#ifndef APP_METRICS_TEXT_H
#define APP_METRICS_TEXT_H

#include "base/strbuf.h"

/* HELP and TYPE: all samples of the name follow. */
void metrics_family(struct strbuf *sb, const char *name, const char *type, const char *help);
/* A label's value, with \ and " escaped; printable ASCII, as every configured value is. */
void metrics_label(struct strbuf *sb, const char *value);

#endif
