/*
 * SPDX-License-Identifier: MIT
 *
 * An answer: which page, and the header in front of it (RFC 9110 15, RFC 9112 4).  A page is written
 * twice, the first time only to learn how long it is; what it says is of one moment, so both are the
 * same.  Header and body stand in one piece of memory and go to the socket in one call.
 */
#include "app/server/internal.h"

#include "base/string.h"

static const struct code {
	unsigned code;
	const char *reason;
} codes[] = {
#define CODE(code, reason) {code, reason},
	SERVER_CODES(CODE)
#undef CODE
};

unsigned answer_code_index(unsigned code)
{
	unsigned i = 0;

	while (i + 1 < SERVER_CODES_COUNT && codes[i].code != code)
		i++;
	return i;
}

const char *answer_reason(unsigned index, unsigned *code)
{
	*code = codes[index].code;
	return codes[index].reason;
}

void answer_free(struct server *s, struct answer *a)
{
	if (a->memory != NULL)
		s->m->free(s->m->ctx, a->memory, a->memory_size);
	a->memory = NULL;
}

/* --- the header --------------------------------------------------------------------------------- */

struct head {
	const char *type;
	size_t body_len;
	bool last;
	const struct request *request;
};

static void append_field(struct strbuf *sb, const char *name, const char *value)
{
	strbuf_str(sb, name);
	strbuf_str(sb, ": ");
	strbuf_str(sb, value);
	strbuf_str(sb, "\r\n");
}

static void append_connection(struct strbuf *sb, const struct head *h)
{
	if (h->last)
		append_field(sb, "Connection", "close");
	else if (h->request->minor == 0)
		append_field(sb, "Connection", "keep-alive");
}

/* For browsers, on every answer: what it is said to be it is; nothing is fetched or run, and the only
 * style is the page's own; no other page may show it in a frame. */
static void append_security(struct strbuf *sb)
{
	append_field(sb, "X-Content-Type-Options", "nosniff");
	append_field(sb, "Content-Security-Policy",
		     "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
		     "form-action 'none'; frame-ancestors 'none'");
	append_field(sb, "X-Frame-Options", "DENY"); /* for those older than frame-ancestors */
	append_field(sb, "Referrer-Policy", "no-referrer");
}

static void append_head(struct strbuf *sb, unsigned code, const struct head *h, uint64_t unix_s)
{
	strbuf_str(sb, "HTTP/1.1 ");
	strbuf_u64(sb, code);
	strbuf_char(sb, ' ');
	strbuf_str(sb, codes[answer_code_index(code)].reason);
	strbuf_str(sb, "\r\n");
	if (unix_s != 0) {
		strbuf_str(sb, "Date: ");
		http_date_write(sb, unix_s);
		strbuf_str(sb, "\r\n");
	}
	append_field(sb, "Server", "dialtone/" DIALTONE_VERSION);
	append_field(sb, "Content-Type", h->type);
	strbuf_str(sb, "Content-Length: ");
	strbuf_u64(sb, h->body_len);
	strbuf_str(sb, "\r\n");
	append_field(sb, "Cache-Control", "no-store");
	append_security(sb);
	if (code == 405)
		append_field(sb, "Allow", "GET, HEAD"); /* RFC 9110 15.5.6 */
	if (code == 503)
		append_field(sb, "Retry-After", "1");
	append_connection(sb, h);
	strbuf_str(sb, "\r\n");
}

/* --- short ones --------------------------------------------------------------------------------- */

/* "404 Not Found: there is no such page\n" */
static void make_words(struct answer *a, unsigned code, const char *words, struct head *h,
		       uint64_t unix_s)
{
	char text[160];
	struct strbuf body = strbuf_on(text, sizeof(text));
	struct strbuf sb = strbuf_on(a->small, sizeof(a->small));

	strbuf_u64(&body, code);
	strbuf_char(&body, ' ');
	strbuf_str(&body, codes[answer_code_index(code)].reason);
	strbuf_str(&body, ": ");
	strbuf_str(&body, words);
	strbuf_char(&body, '\n');
	h->type = "text/plain; charset=utf-8";
	h->body_len = strbuf_stored(&body);
	append_head(&sb, code, h, unix_s);
	a->code = code;
	a->body_len = 0;
	if (h->request->method != REQUEST_HEAD) { /* RFC 9110 9.3.2: whatever is wrong with it */
		strbuf_mem(&sb, text, h->body_len);
		a->body_len = h->body_len;
	}
	a->bytes = a->small;
	a->len = strbuf_stored(&sb);
}

/* --- pages -------------------------------------------------------------------------------------- */

static size_t length_of(const struct page *page, const struct view *view)
{
	struct strbuf counting = strbuf_on(NULL, 0);

	page->write(&counting, view);
	return counting.len;
}

#define OTHERS_AT_MOST 8u /* that lose what they hold for one page */

/* The page behind `head_len` bytes for its header; false: no memory. */
static bool alloc_memory(struct server *s, struct session *c, size_t head_len, size_t body_len,
			 uint64_t now_ns)
{
	struct answer *a = &c->answer;

	a->memory_size = head_len + body_len + 1;
	a->memory = s->m->alloc(s->m->ctx, a->memory_size);
	for (unsigned i = 0; a->memory == NULL && i < OTHERS_AT_MOST; i++) {
		if (!crowd_make_room(s, c, now_ns))
			break;
		a->memory = s->m->alloc(s->m->ctx, a->memory_size);
	}
	return a->memory != NULL;
}

static void make_page(struct server *s, struct session *c, const struct page *page, struct head *h,
		      const struct view *view)
{
	struct answer *a = &c->answer;
	struct strbuf head = strbuf_on(a->small, sizeof(a->small)), body;
	size_t head_len;
	char *at;

	h->type = page->type;
	h->body_len = length_of(page, view);
	append_head(&head, 200, h, view->unix_s);
	head_len = strbuf_stored(&head);
	a->code = 200;
	a->bytes = a->small;
	a->len = head_len;
	a->body_len = 0;
	if (h->request->method == REQUEST_HEAD)
		return;
	if (!alloc_memory(s, c, head_len, h->body_len, view->now_ns)) {
		make_words(a, 503, "no memory for the page", h, view->unix_s);
		return;
	}
	at = a->memory;
	memcpy(at, a->small, head_len);
	body = strbuf_on(at + head_len, h->body_len + 1);
	page->write(&body, view);
	a->bytes = at;
	a->body_len = strbuf_stored(&body);
	a->len = head_len + a->body_len;
}

/* Worked out once: the seconds of the one clock do not begin with those of the other, so that the
 * difference of both is one more or less from time to time, and that would be a restart. */
static void note_time(struct server *s, struct view *view)
{
	if (s->m->unix_s != NULL)
		view->unix_s = s->m->unix_s(s->m->ctx);
	if (view->unix_s != 0 && s->entry_unix_s == 0)
		s->entry_unix_s = view->unix_s - view->now_ns / NS_PER_S;
	view->entry_unix_s = s->entry_unix_s;
}

static struct view view_of(struct server *s, const struct session *c, uint64_t now_ns)
{
	struct view view = {.server = s, .local = c->local, .now_ns = now_ns};

	note_time(s, &view);
	view.has_memory = s->m->memory != NULL;
	if (view.has_memory)
		s->m->memory(s->m->ctx, &view.memory_total, &view.memory_available);
	return view;
}

void answer_make(struct server *s, struct session *c, bool last, uint64_t now_ns)
{
	struct answer *a = &c->answer;
	const struct request *r = &c->request;
	struct view view = view_of(s, c, now_ns);
	struct head h = {.last = last, .request = r};
	const struct page *page = r->path_overlong ? NULL : page_find(r->path, r->path_len);

	a->at = 0;
	a->memory = NULL;
	if (r->phase == REQUEST_BAD)
		make_words(a, r->code, r->problem, &h, view.unix_s);
	else if (r->method == REQUEST_UNKNOWN)
		make_words(a, 501, "a method that is not known", &h, view.unix_s);
	else if (r->method == REQUEST_KNOWN)
		make_words(a, 405, "pages here are only read", &h, view.unix_s);
	else if (page == NULL)
		make_words(a, 404, "there is no such page", &h, view.unix_s);
	else
		make_page(s, c, page, &h, &view);
}
