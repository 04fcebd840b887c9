/* SPDX-License-Identifier: ISC */
/*
 * The environment of the process: entries of the input, parted by NULs.
 * Whatever is wrong, no secret stays in it and none is in the message.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "config/config_load.h"
#include "fuzz.h"
#include "vectors.h"

#define ENTRIES_MAX	64
#define SECRET		"HOOKCASK_SECRET="

static char *entries[ENTRIES_MAX + 1];

/* Files are another driver's: this one must not open any. */
static size_t
cut_entries(char *text, size_t len)
{
	struct hookcask_span rest = span_make(text, len), entry;
	size_t count = 0;

	while (rest.len > 0 && count < ENTRIES_MAX) {
		char *start = text + (len - rest.len);

		entry = fuzz_cut(&rest, '\0');
		start[entry.len] = '\0';
		if (strncmp(start, "HOOKCASK_CONFIG=/", 17) != 0)
			entries[count++] = start;
	}
	entries[count] = NULL;
	return count;
}

/* A line for the operator, whatever was in the name. */
static void
warn(void *ctx, const char *text)
{
	(void)ctx;
	FUZZ_HOLDS(strstr(text, "not a variable of hookcask") != NULL);
	FUZZ_HOLDS(strncmp(text, SECRET, strlen(SECRET)) != 0);
}

static void
run(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct config_source source = { NULL, entries, warn, NULL, NULL };
	struct err err = ERR_INIT;
	struct config c;
	char *secrets[ENTRIES_MAX];
	size_t count, secret_count = 0;

	FUZZ_HOLDS(text != NULL);
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	count = cut_entries(text, len);
	for (size_t i = 0; i < count; i++)
		if (strncmp(entries[i], SECRET, strlen(SECRET)) == 0)
			secrets[secret_count++] = entries[i] + strlen(SECRET);
	if (config_load(&c, &source, &err)) {
		FUZZ_HOLDS(c.endpoint_count == 1);
		FUZZ_HOLDS((c.endpoints[0].secrets != NULL) !=
		    (c.endpoints[0].secret_file != NULL));
		FUZZ_HOLDS((c.endpoints[0].log != NULL) !=
		    (c.endpoints[0].spool != NULL));
		config_wipe(&c);
	} else {
		FUZZ_HOLDS(err.kind == OUTCOME_BAD_CONFIG);
		FUZZ_HOLDS(err.text[0] != '\0');
	}
	config_forget();
	/* gone, and overwritten where they were */
	for (size_t i = 0; entries[i] != NULL; i++)
		FUZZ_HOLDS(strncmp(entries[i], SECRET, strlen(SECRET)) != 0);
	for (size_t i = 0; i < secret_count; i++)
		FUZZ_HOLDS(secrets[i][0] == '\0');
	free(text);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	static const char rest[] = "PATH=/bin\0HOOKCASK_LOG=/l/x%H\0"
	    "HOOKCASK_NAME=a\0HOOKCASK_TOLERANCE=10\0HOOKCASK_MODE=0640\0"
	    "HOOKCASK_ACCEPT_TYPES=a* b,c\0HOOKCASK_DEDUP_WINDOW=48h\0"
	    "HOOKCASK_SANDBOX=off\0HOOKCASK_ODD=1";
	size_t len = 0;

	fuzz_put_text(buf, size, &len, SECRET);
	fuzz_put(buf, size, &len, vector_get(v, "secret", 0));
	fuzz_put(buf, size, &len, span_make("", 1));
	fuzz_put(buf, size, &len, span_make(rest, sizeof(rest)));
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char text[] = "HOOKCASK_SECRET_FILE=/s\0"
	    "HOOKCASK_SPOOL=/p\0HOOKCASK_THREADS=3\0HOOKCASK_MAX_BODY=9\0"
	    "HOOKCASK_IGNORE_TYPES=x\0HOOKCASK_LOCK_TIMEOUT=1\0"
	    "HOOKCASK_BODY_TIMEOUT=2\0HOOKCASK_DIAG=/d\0HOOKCASK_PATH=/u\0"
	    "HOOKCASK_ALLOW_DOCROOT=yes\0HOOKCASK_NAME=b";
	size_t len = 0;

	if (n == 0)
		fuzz_put(buf, size, &len, span_make(text, sizeof(text)));
	if (n == 1)
		fuzz_put_text(buf, size, &len, "HOOKCASK_CONFIG=odd");
	return len;
}

const struct fuzz_driver fuzz_environment = {
	"environment", run, seed, own, 5000
};
