/* SPDX-License-Identifier: MIT */
/* The methods that the client can ask with (RFC 9110 9). */
#ifndef APP_HTTP_METHOD_H
#define APP_HTTP_METHOD_H

enum http_method { HTTP_METHOD_DEFAULT, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_METHODS };

/* "GET"; HTTP_METHOD_DEFAULT has no name: "". */
const char *http_method_name(enum http_method method);

#endif
