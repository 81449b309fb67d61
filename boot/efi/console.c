/*
 * SPDX-License-Identifier: MIT
 *
 * What the loader says, on the firmware's console.  Nothing is said where all goes well but one
 * line; every fault is one sentence that names its subject and, where there is one, a remedy.
 * Texts are ASCII literals of ours or numbers; nothing from outside is printed.
 */
#include "base/strbuf.h"
#include "boot/efi/loader.h"

#define LINE_MAX 256

/* The specification's words (UEFI 2.10, appendix D) for what a boot can meet. */
static const struct {
	EFI_STATUS status;
	const char *text;
} status_texts[] = {
	{EFI_LOAD_ERROR, "load error"},
	{EFI_INVALID_PARAMETER, "invalid parameter"},
	{EFI_UNSUPPORTED, "unsupported"},
	{EFI_BUFFER_TOO_SMALL, "buffer too small"},
	{EFI_NOT_READY, "not ready"},
	{EFI_DEVICE_ERROR, "device error"},
	{EFI_OUT_OF_RESOURCES, "out of resources"},
	{EFI_VOLUME_CORRUPTED, "volume corrupted"},
	{EFI_NO_MEDIA, "no media"},
	{EFI_MEDIA_CHANGED, "media changed"},
	{EFI_NOT_FOUND, "not found"},
	{EFI_ACCESS_DENIED, "access denied"},
	{EFI_SECURITY_VIOLATION, "security violation"},
};

static void strbuf_status(struct strbuf *sb, EFI_STATUS status)
{
	for (size_t i = 0; i < ARRAY_LEN(status_texts); i++) {
		if (status_texts[i].status == status) {
			strbuf_str(sb, status_texts[i].text);
			return;
		}
	}
	strbuf_str(sb, "status 0x");
	strbuf_hex(sb, status, 1);
}

void loader_print(const struct loader *l, const char *text)
{
	static const char prefix[] = "dialtone: ";
	CHAR16 line[LINE_MAX + sizeof(prefix) + 2];
	size_t n = 0;

	/* A headless machine may have no console at all. */
	if (l->st->ConOut == NULL)
		return;
	for (const char *p = prefix; *p != '\0'; p++)
		line[n++] = (CHAR16)*p;
	for (size_t i = 0; i < LINE_MAX && text[i] != '\0'; i++)
		line[n++] = (CHAR16)text[i];
	line[n++] = L'\r';
	line[n++] = L'\n';
	line[n] = L'\0';
	l->st->ConOut->OutputString(l->st->ConOut, line);
}

EFI_STATUS loader_fail(const struct loader *l, const char *subject, const char *problem,
		       const char *advice, EFI_STATUS status)
{
	char line[LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	strbuf_str(&sb, subject);
	strbuf_char(&sb, ' ');
	strbuf_str(&sb, problem);
	if (EFI_ERROR(status)) {
		strbuf_str(&sb, " (");
		strbuf_status(&sb, status);
		strbuf_str(&sb, ")");
	}
	if (advice != NULL) {
		strbuf_str(&sb, "; ");
		strbuf_str(&sb, advice);
	}
	loader_print(l, line);
	return EFI_ERROR(status) ? status : EFI_LOAD_ERROR;
}
