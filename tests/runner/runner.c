/*
 * SPDX-License-Identifier: MIT
 *
 * The program that all test files are linked into (unit.h): chooses, runs a file in a process of
 * its own, as many at once as there are processors, and prints a line for each as it ends.
 *
 *      unit                        everything
 *      unit test_arp test_ipv4     these files
 *      unit -k claims              what has that in "file: test"; may be given several times
 *      unit --list                 says what there is, one "file: test" a line
 *
 * A test that crashes, or that a sanitizer stops, is named; the tests behind it are run in another
 * process.  What a file printed is shown where it did not pass, and where it is the only one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/runner/unit.h"

#define FILES_MAX 512
#define NAME_LEN 96
#define TIME_LIMIT_S 600

extern const struct unit_entry *const __start_unit_entries[];
extern const struct unit_entry *const __stop_unit_entries[];

/* A test that was chosen: an entry, or a row of one. */
struct chosen {
	const struct unit_entry *entry;
	const void *row;
	const char *name;
};

/* Shared with the process that runs the file. */
struct progress {
	unsigned current; /* the test that runs: an index into `tests`; n_tests: none of them */
	unsigned failed;
	unsigned passed;
};

struct file {
	char name[NAME_LEN]; /* test_arp */
	void (*setup)(void), (*teardown)(void), (*setup_once)(void);
	struct chosen *tests;
	unsigned n_tests;
	bool takes_long;
	/* While it runs. */
	pid_t pid; /* 0: not */
	unsigned from, crashes;
	struct progress *progress;
	FILE *output;
	struct timespec began;
};

static struct file files[FILES_MAX];
static unsigned n_files;

static struct options {
	const char *words[64];
	unsigned n_words;
	char *const *names;
	bool list, here, stop, quiet;
	unsigned jobs, time_limit_s;
} options;

/* --- what there is ------------------------------------------------------------------------------- */

static void name_of(const char *path, char name[NAME_LEN])
{
	const char *base = strrchr(path, '/');

	snprintf(name, NAME_LEN, "%s", base != NULL ? base + 1 : path);
	name[strcspn(name, ".")] = '\0';
}

static struct file *file_of(const char *path)
{
	char name[NAME_LEN];

	name_of(path, name);
	for (unsigned i = 0; i < n_files; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	if (n_files == FILES_MAX)
		abort();
	memcpy(files[n_files].name, name, NAME_LEN);
	return &files[n_files++];
}

static bool file_is_wanted(const struct file *file)
{
	if (options.names[0] == NULL)
		return true;
	for (char *const *name = options.names; *name != NULL; name++)
		if (strcmp(*name, file->name) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct file *file, const char *test)
{
	char both[2 * NAME_LEN + 160];

	if (!file_is_wanted(file))
		return false;
	snprintf(both, sizeof(both), "%s: %s", file->name, test);
	for (unsigned i = 0; i < options.n_words; i++)
		if (strstr(both, options.words[i]) != NULL)
			return true;
	return options.n_words == 0;
}

static void choose(struct file *file, const struct unit_entry *entry, const char *name,
		   const void *row)
{
	if (!is_wanted(file, name))
		return;
	file->tests = realloc(file->tests, (file->n_tests + 1) * sizeof(*file->tests));
	file->tests[file->n_tests++] = (struct chosen){.entry = entry, .row = row, .name = name};
}

static void choose_rows(struct file *file, const struct unit_entry *entry)
{
	for (size_t i = 0; i < entry->n_rows; i++) {
		const void *row = (const char *)entry->rows + i * entry->row_len;

		choose(file, entry, *(const char *const *)row, row);
	}
}

static void collect_entry(const struct unit_entry *entry)
{
	struct file *file = file_of(entry->file);

	if (entry->rows != NULL)
		choose_rows(file, entry);
	else if (entry->name != NULL)
		choose(file, entry, entry->name, NULL);
	file->takes_long |= entry->takes_long;
	if (entry->setup != NULL)
		file->setup = entry->setup;
	if (entry->teardown != NULL)
		file->teardown = entry->teardown;
	if (entry->setup_once != NULL)
		file->setup_once = entry->setup_once;
}

/* The compiler puts them where it likes; a test is run where its file has it. */
static int by_file_and_line(const void *a, const void *b)
{
	const struct unit_entry *const *x = a, *const *y = b;
	int files_differ = strcmp((*x)->file, (*y)->file);

	return files_differ != 0 ? files_differ : (*x)->line - (*y)->line;
}

static void collect_entries(void)
{
	size_t n = (size_t)(__stop_unit_entries - __start_unit_entries);
	const struct unit_entry **entries = calloc(n, sizeof(const struct unit_entry *));

	memcpy(entries, __start_unit_entries, n * sizeof(const struct unit_entry *));
	qsort(entries, n, sizeof(const struct unit_entry *), by_file_and_line);
	for (size_t i = 0; i < n; i++)
		collect_entry(entries[i]);
	free(entries);
}

static int long_ones_first(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->takes_long != y->takes_long ? y->takes_long - x->takes_long
					      : strcmp(x->name, y->name);
}

/* --- the process that runs a file ---------------------------------------------------------------- */

static struct file *running;

static int before_test(void **state)
{
	const struct chosen *test = *state;

	running->progress->current = (unsigned)(test - running->tests);
	if (running->setup != NULL)
		running->setup();
	return 0;
}

static void test_itself(void **state)
{
	const struct chosen *test = *state;

	if (test->row != NULL)
		test->entry->run_row(test->row);
	else
		test->entry->run();
}

static int after_test(void **state)
{
	(void)state;
	if (running->teardown != NULL)
		running->teardown();
	return 0;
}

/* Runs the one test; says whether it passed. */
static bool run_one(struct chosen *test)
{
	const struct CMUnitTest as_cmocka_has_it = {.name = test->name,
						    .test_func = test_itself,
						    .setup_func = before_test,
						    .teardown_func = after_test,
						    .initial_state = test};

	return _cmocka_run_group_tests(running->name, &as_cmocka_has_it, 1, NULL, NULL) == 0;
}

/* Runs the tests of `file` from `file->from` on. */
static void run_file(struct file *file)
{
	running = file;
	if (file->setup_once != NULL)
		file->setup_once();
	for (unsigned i = file->from; i < file->n_tests; i++) {
		if (run_one(&file->tests[i])) {
			file->progress->passed++;
			continue;
		}
		file->progress->failed++;
		if (options.stop)
			break;
	}
	file->progress->current = file->n_tests;
}

static void become_the_test(struct file *file)
{
	int fd = fileno(file->output);

	setvbuf(stdout, NULL, _IOLBF, 0); /* what it said is not lost when it crashes */
	if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(2);
	alarm(options.time_limit_s);
	run_file(file);
	exit(0); /* where the leak checker has a look */
}

/* --- the processes -------------------------------------------------------------------------------- */

static void start(struct file *file)
{
	if (file->output == NULL) {
		file->output = tmpfile();
		file->progress = mmap(NULL, sizeof(*file->progress), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		clock_gettime(CLOCK_MONOTONIC, &file->began);
	}
	if (file->output == NULL || file->progress == MAP_FAILED) {
		perror("unit");
		exit(2);
	}
	fflush(NULL);
	file->progress->current = file->n_tests;
	file->pid = fork();
	if (file->pid == 0)
		become_the_test(file);
	if (file->pid < 0) {
		perror("unit: fork");
		exit(2);
	}
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

/* "N scenarios, ..." at the start of a line: a program that draws them from seeds says how many. */
static unsigned scenarios_in(FILE *output)
{
	unsigned all = 0, n;
	char line[512], word[16];

	rewind(output);
	while (fgets(line, sizeof(line), output) != NULL)
		if (sscanf(line, "%u %15[a-z]", &n, word) == 2 && strcmp(word, "scenarios") == 0)
			all += n;
	return all;
}

/* cmocka's summary of each test is ours to make. */
static void show(FILE *output)
{
	char line[4096];

	rewind(output);
	while (fgets(line, sizeof(line), output) != NULL)
		if (strncmp(line, "[==========]", 12) != 0 && strncmp(line, "[  PASSED  ]", 12) != 0 &&
		    strncmp(line, "[  FAILED  ] 1 test(s)", 22) != 0 && strcmp(line, "\n 1 FAILED TEST(S)\n") != 0)
			fputs(line, stdout);
}

struct totals {
	unsigned files, bad_files, tests, scenarios;
};

static void report(struct file *file, bool bad, struct totals *totals)
{
	unsigned scenarios = scenarios_in(file->output);

	if (bad || (n_files == 1 && !options.quiet))
		show(file->output);
	printf("%s %s  %u tests", bad ? "BAD  " : "ok   ", file->name, file->progress->passed);
	if (scenarios > 0)
		printf(", %u scenarios", scenarios);
	if (bad)
		printf(", %u did not pass", file->progress->failed + file->crashes);
	printf("  %.2f s\n", seconds_since(&file->began));
	fflush(stdout);
	totals->files++;
	totals->bad_files += bad;
	totals->tests += file->progress->passed;
	totals->scenarios += scenarios;
}

/* What became of the process: false where the file is to go on behind the test that ended it. */
static bool is_over(struct file *file, int status)
{
	unsigned at = file->progress->current;
	bool died = WIFSIGNALED(status) || WEXITSTATUS(status) != 0;

	if (!died)
		return true;
	file->crashes++;
	fseek(file->output, 0, SEEK_END);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		fprintf(file->output, "[  TOO LATE ] ");
	else
		fprintf(file->output, "[  DIED    ] ");
	fprintf(file->output, "%s: %s\n", file->name,
		at < file->n_tests ? file->tests[at].name : "outside of its tests (a leak?)");
	fflush(file->output);
	file->from = at + 1;
	return at >= file->n_tests || file->from >= file->n_tests || options.stop;
}

static struct file *file_of_pid(pid_t pid)
{
	for (unsigned i = 0; i < n_files; i++)
		if (files[i].pid == pid)
			return &files[i];
	return NULL;
}

/* Waits for one; says whether a place is free now. */
static bool reap(struct totals *totals)
{
	int status;
	pid_t pid = wait(&status);
	struct file *file = pid > 0 ? file_of_pid(pid) : NULL;

	if (pid < 0 && errno != EINTR) {
		perror("unit: wait");
		exit(2);
	}
	if (file == NULL)
		return false;
	file->pid = 0;
	if (!is_over(file, status)) {
		start(file);
		return false;
	}
	report(file, file->progress->failed + file->crashes > 0, totals);
	return true;
}

static struct totals run_all(void)
{
	struct totals totals = {0};
	unsigned in_flight = 0;

	for (unsigned i = 0; i < n_files && !(options.stop && totals.bad_files > 0); i++) {
		while (in_flight >= options.jobs)
			in_flight -= reap(&totals);
		start(&files[i]);
		in_flight++;
	}
	while (in_flight > 0)
		in_flight -= reap(&totals);
	return totals;
}

/* --- the command --------------------------------------------------------------------------------- */

static void drop_empty_files(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_files; i++)
		if (files[i].n_tests > 0)
			files[n++] = files[i];
	n_files = n;
}

static void list(void)
{
	for (unsigned i = 0; i < n_files; i++)
		for (unsigned k = 0; k < files[i].n_tests; k++)
			printf("%s: %s\n", files[i].name, files[i].tests[k].name);
}

/* Everything in this process, for a debugger. */
static int run_here(void)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < n_files; i++) {
		files[i].progress = calloc(1, sizeof(*files[i].progress));
		run_file(&files[i]);
		failed += files[i].progress->failed;
	}
	return failed > 0;
}

static void usage(FILE *to)
{
	fputs("usage: unit [-k WORDS]... [-l] [-x] [-q] [-g] [-j N] [-t SECONDS] [FILE]...\n"
	      "  FILE             test_arp: that file's tests alone\n"
	      "  -k, --only       tests with these words in \"file: test\"\n"
	      "  -l, --list       print what there is\n"
	      "  -x, --stop       end with the first test that does not pass\n"
	      "  -q, --quiet      do not show what a single file prints\n"
	      "  -g, --here       all in one process, for a debugger\n"
	      "  -j, --jobs       files at once (the processors)\n"
	      "  -t, --time       seconds a file may take (600)\n", to);
}

static void read_option(int option)
{
	switch (option) {
	case 'k':
		if (options.n_words < sizeof(options.words) / sizeof(options.words[0]))
			options.words[options.n_words++] = optarg;
		break;
	case 'l': options.list = true; break;
	case 'x': options.stop = true; break;
	case 'q': options.quiet = true; break;
	case 'g': options.here = true; break;
	case 'j': options.jobs = (unsigned)atoi(optarg); break;
	case 't': options.time_limit_s = (unsigned)atoi(optarg); break;
	case 'h': usage(stdout); exit(0);
	default: usage(stderr); exit(2);
	}
}

static void read_command_line(int argc, char **argv)
{
	static const struct option known[] = {
		{"only", required_argument, NULL, 'k'}, {"list", no_argument, NULL, 'l'},
		{"stop", no_argument, NULL, 'x'},       {"quiet", no_argument, NULL, 'q'},
		{"here", no_argument, NULL, 'g'},       {"jobs", required_argument, NULL, 'j'},
		{"time", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	options.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	options.time_limit_s = TIME_LIMIT_S;
	while ((option = getopt_long(argc, argv, "k:lxqgj:t:h", known, NULL)) != -1)
		read_option(option);
	if (options.jobs == 0)
		options.jobs = 1;
	options.names = argv + optind;
}

/* A file that nobody has is a mistake in the command, not a success of no tests. */
static bool names_are_known(void)
{
	for (char *const *name = options.names; *name != NULL; name++) {
		bool found = false;

		for (unsigned i = 0; i < n_files; i++)
			found |= strcmp(files[i].name, *name) == 0;
		if (!found) {
			fprintf(stderr, "unit: no test file is called %s\n", *name);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct totals totals;

	read_command_line(argc, argv);
	collect_entries();
	if (!names_are_known())
		return 2;
	drop_empty_files();
	qsort(files, n_files, sizeof(files[0]), long_ones_first);
	if (options.list) {
		list();
		return 0;
	}
	if (n_files == 0) {
		fprintf(stderr, "unit: no test has these words\n");
		return 2;
	}
	if (options.here)
		return run_here();
	totals = run_all();
	printf("host tests: %u files, %u tests, %u files did not pass; %u seeded scenarios\n",
	       totals.files, totals.tests, totals.bad_files, totals.scenarios);
	return totals.bad_files > 0;
}
