/*
 * One GET of the configured URL over a connection of its own; whatever goes wrong becomes a status
 * of base/status.h and a sentence.  series.c repeats it.
 */
#ifndef APP_HTTP_HTTP_CLIENT_H
#define APP_HTTP_HTTP_CLIENT_H

#include "app/app.h"
#include "app/report.h"

#define HTTP_ERRORMSG_MAX 512u

struct http_outcome {
	struct report report; /* its errormsg may point to the next field */
	char errormsg[HTTP_ERRORMSG_MAX];
};

/* Does it, says so with a `transfer`, and closes.  `probe` is its number, 0 where it is the only
 * one. */
void http_get(struct app_env *env, unsigned probe, struct http_outcome *outcome);

#endif
