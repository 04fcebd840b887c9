/* SPDX-License-Identifier: ISC */
/*
 * The short run of make check: every driver over its seeds, over what was
 * found before, and over a fixed number of mutations of them, the same at
 * each run.
 *
 *	replay				all drivers, TAP
 *	replay --rounds N DRIVER...	this many mutations
 *	replay --file DRIVER FILE...	these inputs, once each
 *	replay --seeds DRIVER DIR	writes its seeds as files
 *	replay --drivers		their names
 */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "fuzz.h"
#include "vectors.h"

#define INPUT_MAX	((size_t)64 << 10)
#define TOKENS_MAX	256

struct input {
	uint8_t	*data;
	size_t	 len;
};

struct corpus {
	const struct fuzz_driver *driver;
	struct input		 *inputs;
	size_t			  count;
	struct hookcask_span	  tokens[TOKENS_MAX];
	size_t			  token_count;
};

/* xorshift64*: small, and the same everywhere */
static uint64_t
random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static size_t
random_below(uint64_t *state, size_t n)
{
	return n == 0 ? 0 : (size_t)(random_next(state) >> 16) % n;
}

static void
corpus_add(struct corpus *c, const void *data, size_t len)
{
	c->inputs = realloc(c->inputs, (c->count + 1) * sizeof(*c->inputs));
	FUZZ_HOLDS(c->inputs != NULL);
	c->inputs[c->count].data = fuzz_copy(data, len);
	c->inputs[c->count++].len = len;
}

static void
add_vector(const struct vector *v, void *ctx)
{
	static uint8_t buf[INPUT_MAX];
	struct corpus *c = ctx;
	size_t len = c->driver->seed(v, buf, sizeof(buf));

	if (len > 0)
		corpus_add(c, buf, len);
}

static void
add_file(struct corpus *c, const char *path)
{
	static uint8_t buf[FUZZ_SEED_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (n < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	close(fd);
	corpus_add(c, buf, (size_t)n);
}

static void
add_found(struct corpus *c, const char *top)
{
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/tests/fuzz/found/%s-*", top,
	    c->driver->name);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_file(c, found.gl_pathv[i]);
	globfree(&found);
}

/* A line of a dictionary: "text" with \xNN, \" and \\. */
static void
add_token(struct corpus *c, const char *line)
{
	char token[256];
	size_t len = 0;

	if (*line++ != '"')
		return;
	for (; *line != '"' && *line != '\0' && len < sizeof(token); line++) {
		unsigned byte = (unsigned char)*line;

		if (line[0] == '\\' && sscanf(line, "\\x%2x", &byte) == 1)
			line += 3;
		else if (line[0] == '\\')
			byte = (unsigned char)*++line;
		token[len++] = (char)byte;
	}
	FUZZ_HOLDS(*line == '"' && len > 0 && c->token_count < TOKENS_MAX);
	c->tokens[c->token_count++] = span_make(fuzz_copy(token, len), len);
}

static void
add_tokens(struct corpus *c, const char *top)
{
	char path[4096], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fuzz/dict/%s.dict", top,
	    c->driver->name);
	file = fopen(path, "r");
	if (file == NULL)
		return;
	while (getline(&line, &size, file) != -1)
		add_token(c, line);
	free(line);
	fclose(file);
}

static void
corpus_init(struct corpus *c, const struct fuzz_driver *driver)
{
	static uint8_t buf[FUZZ_SEED_MAX];
	const char *top = getenv("top_srcdir");
	char vectors[4096];
	size_t len;

	memset(c, 0, sizeof(*c));
	c->driver = driver;
	if (top == NULL)
		top = ".";
	/* those of its own, or the deliveries */
	snprintf(vectors, sizeof(vectors), "%s/tests/vectors/%s", top,
	    driver->name);
	if (access(vectors, F_OK) == -1)
		*strrchr(vectors, '/') = '\0';
	corpus_add(c, "", 0);
	if (driver->seed != NULL)
		vectors_read(vectors, add_vector, c);
	for (size_t i = 0; driver->own != NULL &&
	    (len = driver->own(i, buf, sizeof(buf))) > 0; i++)
		corpus_add(c, buf, len);
	add_found(c, top);
	add_tokens(c, top);
}

static void
corpus_wipe(struct corpus *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->inputs[i].data);
	free(c->inputs);
	for (size_t i = 0; i < c->token_count; i++)
		free((void *)(uintptr_t)c->tokens[i].data);
}

/* Opens a gap of that many bytes, as far as there is room. */
static size_t
insert(struct input *in, size_t at, size_t len)
{
	if (len > INPUT_MAX - in->len)
		len = INPUT_MAX - in->len;
	memmove(in->data + at + len, in->data + at, in->len - at);
	in->len += len;
	return len;
}

static void
mutate_once(struct input *in, const struct corpus *c, uint64_t *state)
{
	static const uint8_t odd[] = "\0\1\x7f\x80\xff\n\r\t \"\\%,=.0{}[]v";
	size_t at = random_below(state, in->len + 1), len;
	const struct input *other;
	struct hookcask_span token;

	switch (random_below(state, c->token_count > 0 ? 9 : 7)) {
	case 0:
		if (at < in->len)
			in->data[at] ^= (uint8_t)(1 << random_below(state, 8));
		break;
	case 1:
		if (at < in->len)
			in->data[at] = odd[random_below(state, sizeof(odd))];
		break;
	case 2:
		if (insert(in, at, 1) > 0)
			in->data[at] = odd[random_below(state, sizeof(odd))];
		break;
	case 3:				/* cut a piece out */
		len = random_below(state, in->len - at + 1);
		if (random_below(state, 2) == 0 && len > 8)
			len = 8;
		memmove(in->data + at, in->data + at + len,
		    in->len - at - len);
		in->len -= len;
		break;
	case 4:				/* say a piece twice */
		len = insert(in, at, random_below(state, in->len - at + 1));
		if (at + len < in->len)
			memcpy(in->data + at, in->data + at + len,
			    len < in->len - at - len ? len :
			    in->len - at - len);
		break;
	case 5:				/* a piece of another input */
		other = &c->inputs[random_below(state, c->count)];
		len = random_below(state, other->len + 1);
		len = insert(in, at, len);
		memcpy(in->data + at, other->data + random_below(state,
		    other->len - len + 1), len);
		break;
	case 6:
		in->len = at;
		break;
	default:
		token = c->tokens[random_below(state, c->token_count)];
		len = insert(in, at, token.len);
		memcpy(in->data + at, token.data, len);
	}
}

static struct input running;

/* A driver aborts: its input is kept where the build is. */
static void
keep_input(int signal)
{
	int fd = open("fuzz-found", O_WRONLY | O_CREAT | O_TRUNC, 0666);

	(void)signal;
	if (fd >= 0 && write(fd, running.data, running.len) >= 0)
		fprintf(stderr, "replay: the input is in fuzz-found\n");
}

static void
run_one(const struct fuzz_driver *driver, const uint8_t *data, size_t len)
{
	running.data = fuzz_copy(data, len);
	running.len = len;
	driver->run(running.data, len);
	free(running.data);
}

static void
mutate(const struct corpus *c, unsigned rounds)
{
	static uint8_t mutated[INPUT_MAX];
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned i = 0; i < rounds; i++) {
		const struct input *from =
		    &c->inputs[random_below(&state, c->count)];
		struct input in = { mutated,
			from->len < INPUT_MAX ? from->len : INPUT_MAX };

		memcpy(mutated, from->data, in.len);
		for (size_t n = 1 + random_below(&state, 4); n > 0; n--)
			mutate_once(&in, c, &state);
		run_one(c->driver, mutated, in.len);
	}
}

static void
replay(const struct fuzz_driver *driver, unsigned rounds, unsigned *point)
{
	struct corpus c;

	corpus_init(&c, driver);
	for (size_t i = 0; i < c.count; i++)
		run_one(driver, c.inputs[i].data, c.inputs[i].len);
	printf("ok %u - %s: %zu seeds\n", ++*point, driver->name, c.count);
	fflush(stdout);
	mutate(&c, rounds);
	printf("ok %u - %s: %u mutations\n", ++*point, driver->name, rounds);
	fflush(stdout);
	corpus_wipe(&c);
}

static const struct fuzz_driver *
driver_of(const char *name)
{
	for (size_t i = 0; fuzz_drivers[i] != NULL; i++)
		if (strcmp(fuzz_drivers[i]->name, name) == 0)
			return fuzz_drivers[i];
	fprintf(stderr, "replay: there is no driver %s\n", name);
	exit(EXIT_FAILURE);
}

static int
write_seeds(const struct fuzz_driver *driver, const char *dir)
{
	struct corpus c;
	char path[4096];

	corpus_init(&c, driver);
	mkdir(dir, 0777);
	for (size_t i = 0; i < c.count; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/seed-%zu", dir, i);
		file = fopen(path, "w");
		if (file == NULL || fwrite(c.inputs[i].data, 1,
		    c.inputs[i].len, file) != c.inputs[i].len ||
		    fclose(file) != 0) {
			perror(path);
			return EXIT_FAILURE;
		}
	}
	corpus_wipe(&c);
	return EXIT_SUCCESS;
}

static int
run_files(const struct fuzz_driver *driver, char **paths)
{
	struct corpus c = { .driver = driver };

	for (; *paths != NULL; paths++)
		add_file(&c, *paths);
	for (size_t i = 0; i < c.count; i++)
		run_one(driver, c.inputs[i].data, c.inputs[i].len);
	corpus_wipe(&c);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	unsigned point = 0, rounds = 0;
	int first = 1;

	signal(SIGABRT, keep_input);
	if (argc == 2 && strcmp(argv[1], "--drivers") == 0) {
		for (size_t i = 0; fuzz_drivers[i] != NULL; i++)
			puts(fuzz_drivers[i]->name);
		return EXIT_SUCCESS;
	}
	if (argc > 3 && strcmp(argv[1], "--file") == 0)
		return run_files(driver_of(argv[2]), argv + 3);
	if (argc == 4 && strcmp(argv[1], "--seeds") == 0)
		return write_seeds(driver_of(argv[2]), argv[3]);
	if (argc > 3 && strcmp(argv[1], "--rounds") == 0) {
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
		first = 3;
	}
	for (int i = first; i < argc; i++)
		replay(driver_of(argv[i]), rounds, &point);
	for (size_t i = 0; argc == 1 && fuzz_drivers[i] != NULL; i++)
		replay(fuzz_drivers[i], fuzz_drivers[i]->rounds, &point);
	printf("1..%u\n", point);
	return EXIT_SUCCESS;
}
