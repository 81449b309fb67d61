/*
 * SPDX-License-Identifier: MIT
 *
 * Prints the configuration's keys from the tables that the image reads (config/platform_keys.c,
 * app/main/keys.c): for people (`make help-config`), or with --markdown as the table that stands
 * in README.md (tools/config_docs.py puts it there).  A program of the host.
 */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "config/config.h"

#define WIDTH 80u
#define TEXT_COLUMN 19u

static const char grammar[] =
	"Words key=value, separated by blanks or line ends; a value with blanks in it\n"
	"stands in double quotes; in a file, # begins a comment; all else is printable\n"
	"ASCII. What is unknown or malformed is named, all in one run, with status 2.\n";

static const char sources[] =
	"Read in this order, a later one wins:\n"
	"  1  the defaults below\n"
	"  2  dialtone.conf on the image's EFI partition\n"
	"  3  SMBIOS OEM strings, dialtone:key=value (QEMU: -smbios type=11,value=...)\n"
	"  4  fw_cfg, opt/org.dialtone/KEY, or opt/org.dialtone/config for a whole file\n"
	"  5  the kernel's command line (PVH) or the EFI load options\n"
	"Keys with a + may be given more than once: their values add up within a source,\n"
	"and a later source begins anew. More in docs/configuration.md.\n";

struct group {
	const char *title;
	const struct config_key *keys;
	size_t count;
};

static bool is_list(const struct config_key *key)
{
	return (key->traits & CONFIG_LIST) != 0;
}

/* --- for people ---------------------------------------------------------------------------------- */

/* Words from column TEXT_COLUMN on, none beyond WIDTH; `column` is where the line stands now. */
static void print_wrapped(const char *text, size_t column)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > TEXT_COLUMN && column + 1 + len > WIDTH) {
			putchar('\n');
			column = 0;
		}
		if (column < TEXT_COLUMN) {
			printf("%*s", (int)(TEXT_COLUMN - column), "");
			column = TEXT_COLUMN;
		} else if (column > TEXT_COLUMN) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, len, stdout);
		column += len;
		text += len + strspn(text + len, " ");
	}
	putchar('\n');
}

static void print_key(const struct config_key *key)
{
	char fallback[120];
	int column = printf("%s=%s", key->name, is_list(key) ? " +" : "");

	if (column >= (int)TEXT_COLUMN) {
		putchar('\n');
		column = 0;
	}
	print_wrapped(key->allowed, (size_t)column);
	print_wrapped(key->help, 0);
	snprintf(fallback, sizeof(fallback), "default: %s", key->fallback);
	print_wrapped(fallback, 0);
}

static void print_for_people(const struct group *groups, size_t n)
{
	printf("%s\n%s", grammar, sources);
	for (size_t g = 0; g < n; g++) {
		printf("\n%s\n", groups[g].title);
		for (size_t i = 0; i < groups[g].count; i++)
			print_key(&groups[g].keys[i]);
	}
}

/* --- for README.md ------------------------------------------------------------------------------- */

/* What Markdown would take for its own. */
static void print_cell(const char *text)
{
	printf(" ");
	for (; *text != '\0'; text++) {
		if (strchr("|*_<\\`", *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
	printf(" |");
}

/* A form such as name:address stands as code, which no reader takes for a link. */
static void print_allowed(const char *text)
{
	if (strchr(text, ':') != NULL)
		printf(" `%s` |", text);
	else
		print_cell(text);
}

static void print_markdown(const struct group *groups, size_t n)
{
	puts("| key | value | default | what it is |\n|---|---|---|---|");
	for (size_t g = 0; g < n; g++) {
		for (size_t i = 0; i < groups[g].count; i++) {
			const struct config_key *key = &groups[g].keys[i];

			printf("| `%s`%s |", key->name, is_list(key) ? " +" : "");
			print_allowed(key->allowed);
			print_cell(key->fallback);
			print_cell(key->help);
			putchar('\n');
		}
	}
}

int main(int argc, char **argv)
{
	static struct config_platform platform;
	struct group groups[] = {{.title = "THE MACHINE"}, {.title = "THE CALL"}};

	groups[0].keys = config_platform_keys(&platform, &groups[0].count);
	groups[1].keys = app_config_keys(&groups[1].count);
	if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
		print_markdown(groups, ARRAY_LEN(groups));
	} else if (argc == 1) {
		print_for_people(groups, ARRAY_LEN(groups));
	} else {
		fprintf(stderr, "usage: help_config [--markdown]\n");
		return 2;
	}
	return 0;
}
