/* SPDX-License-Identifier: MIT */
/* Building a request; see app/http/request_write.h. */
#include "app/http/request_write.h"

#include "app/http/text.h"
#include "base/chars.h"
#include "base/string.h"

const char *http_method_name(enum http_method method)
{
	static const char names[HTTP_METHODS][5] = {
		[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT"};

	return names[method];
}

/* --- header= ------------------------------------------------------------------------------------- */

struct field_view {
	struct span name, value;
};

static struct field_view field(const struct http_request *rq, size_t i)
{
	const struct http_fields *fields = &rq->options->fields;
	const struct http_field *f = &fields->entry[i];

	return (struct field_view){{fields->text + f->at, f->name_len},
				   {fields->text + f->value_at, f->value_len}};
}

/* What another host than the one meant must not see, and what was meant for that one alone. */
static bool is_for_home_only(struct span name)
{
	return text_is_word(name.at, name.len, "authorization") ||
	       text_is_word(name.at, name.len, "cookie") || text_is_word(name.at, name.len, "host");
}

static bool is_sent(const struct http_request *rq, struct field_view f)
{
	return rq->at_home || !is_for_home_only(f.name);
}

/* A field of that name in the configuration stands in the place of ours, or takes it out. */
static bool is_ours(const struct http_request *rq, const char *lower_name)
{
	for (size_t i = 0; i < rq->options->fields.list.count; i++) {
		struct field_view f = field(rq, i);

		if (is_sent(rq, f) && text_is_word(f.name.at, f.name.len, lower_name))
			return false;
	}
	return true;
}

static bool is_host(struct field_view f)
{
	return text_is_word(f.name.at, f.name.len, "host");
}

static void append_field(struct strbuf *sb, struct span name, struct span value)
{
	strbuf_mem(sb, name.at, name.len);
	strbuf_str(sb, ": ");
	strbuf_mem(sb, value.at, value.len);
	strbuf_str(sb, "\r\n");
}

static void append_configured_fields(struct strbuf *sb, const struct http_request *rq)
{
	for (size_t i = 0; i < rq->options->fields.list.count; i++) {
		struct field_view f = field(rq, i);

		if (f.value.len > 0 && is_sent(rq, f) && !is_host(f))
			append_field(sb, f.name, f.value);
	}
}

/* --- Host ---------------------------------------------------------------------------------------- */

/* RFC 9110 7.2: the host, and the port where it is not the scheme's own. */
static void append_own_host(struct strbuf *sb, const struct url *url)
{
	strbuf_str(sb, "Host: ");
	strbuf_mem(sb, url->host.at, url->host.len);
	if (url->port != 80) {
		strbuf_char(sb, ':');
		strbuf_u64(sb, url->port);
	}
	strbuf_str(sb, "\r\n");
}

/* RFC 9112 3.2: exactly one, and it comes first.  Of several in the configuration the first counts that
 * has a value; without one there is none. */
static void append_host(struct strbuf *sb, const struct http_request *rq)
{
	if (is_ours(rq, "host")) {
		append_own_host(sb, rq->url);
		return;
	}
	for (size_t i = 0; i < rq->options->fields.list.count; i++) {
		struct field_view f = field(rq, i);

		if (is_host(f) && f.value.len > 0) {
			append_field(sb, (struct span){"Host", 4}, f.value);
			return;
		}
	}
}

/* --- user= (RFC 7617) ---------------------------------------------------------------------------- */

/* RFC 4648 4 */
static void append_base64(struct strbuf *sb, const uint8_t *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t n = MIN(len - i, (size_t)3);
		uint32_t v = (uint32_t)data[i] << 16;

		if (n > 1)
			v |= (uint32_t)data[i + 1] << 8;
		if (n > 2)
			v |= data[i + 2];
		strbuf_char(sb, digits[v >> 18]);
		strbuf_char(sb, digits[v >> 12 & 63]);
		strbuf_char(sb, n > 1 ? digits[v >> 6 & 63] : '=');
		strbuf_char(sb, n > 2 ? digits[v & 63] : '=');
	}
}

/* RFC 3986 2.1; url_parse() has seen that the digits are there. */
static size_t percent_decode(uint8_t *dst, struct span text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '%') {
			dst[len++] = (uint8_t)text.at[i];
			continue;
		}
		dst[len++] = (uint8_t)(char_hex_value(text.at[i + 1]) << 4 |
				       char_hex_value(text.at[i + 2]));
		i += 2;
	}
	return len;
}

/* user= comes before the URL's own, as with curl, and either goes along where a redirect stays at home;
 * a redirect's URL may bring one for its host. */
static void append_authorization(struct strbuf *sb, const struct http_request *rq)
{
	uint8_t text[CONFIG_TEXT_MAX + 1];
	size_t len;

	if (rq->home != NULL && rq->options->user.given) {
		len = rq->options->user.len;
		memcpy(text, rq->options->user.text, len);
	} else if (rq->url->has_user) {
		len = percent_decode(text, rq->url->user);
	} else if (rq->home != NULL && rq->home->has_user) {
		len = percent_decode(text, rq->home->user);
	} else {
		return;
	}
	if (len == 0 || memchr(text, ':', len) == NULL)
		text[len++] = ':'; /* a name without a password */
	strbuf_str(sb, "Authorization: Basic ");
	append_base64(sb, text, len);
	strbuf_str(sb, "\r\n");
}

/* --- all of it ----------------------------------------------------------------------------------- */

void request_put_target(struct strbuf *sb, const struct url *url)
{
	if (url->slash_missing)
		strbuf_char(sb, '/');
	strbuf_mem(sb, url->target.at, url->target.len);
}

size_t request_body_len(const struct http_request *rq)
{
	return rq->with_body ? rq->options->body.len : 0;
}

/* RFC 9110 8.3 and 8.6: only where there is a body, or where one is expected. */
static void append_body_fields(struct strbuf *sb, const struct http_request *rq)
{
	bool wants_length = rq->method == HTTP_POST || rq->method == HTTP_PUT;
	size_t len = request_body_len(rq);

	if ((wants_length || rq->with_body) && is_ours(rq, "content-length")) {
		strbuf_str(sb, "Content-Length: ");
		strbuf_u64(sb, len);
		strbuf_str(sb, "\r\n");
	}
	if (rq->with_body && is_ours(rq, "content-type"))
		strbuf_str(sb, "Content-Type: application/x-www-form-urlencoded\r\n");
}

/* RFC 9112 9.6: the last request on a connection says so. */
void request_put(struct strbuf *sb, const struct http_request *rq)
{
	strbuf_str(sb, http_method_name(rq->method));
	strbuf_char(sb, ' ');
	request_put_target(sb, rq->url);
	strbuf_str(sb, " HTTP/1.1\r\n");
	append_host(sb, rq);
	if (is_ours(rq, "authorization"))
		append_authorization(sb, rq);
	if (rq->options->user_agent[0] != '\0' && is_ours(rq, "user-agent")) {
		strbuf_str(sb, "User-Agent: ");
		strbuf_str(sb, rq->options->user_agent);
		strbuf_str(sb, "\r\n");
	}
	if (is_ours(rq, "accept"))
		strbuf_str(sb, "Accept: */*\r\n");
	append_configured_fields(sb, rq);
	append_body_fields(sb, rq);
	if (rq->last && is_ours(rq, "connection"))
		strbuf_str(sb, "Connection: close\r\n");
	strbuf_str(sb, "\r\n");
	if (rq->with_body)
		strbuf_mem(sb, rq->options->body.text, rq->options->body.len);
}
