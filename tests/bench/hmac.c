/* SPDX-License-Identifier: ISC */
/*
 * Bare HMAC-SHA256 over the lines of a file that is in memory: what no audit
 * can be quicker than.  Prints bytes a second.
 * usage: hmac FILE
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/mac.h"

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	struct hookcask_key key;
	unsigned long sum = 0;
	double begun;
	char *data;
	size_t len;
	FILE *f;

	if (argc != 2 || (f = fopen(argv[1], "rb")) == NULL ||
	    hookcask_key_init(&key, secret, sizeof(secret) - 1) !=
	    HOOKCASK_OK)
		return 64;
	fseek(f, 0, SEEK_END);
	len = (size_t)ftell(f);
	rewind(f);
	data = malloc(len);
	if (data == NULL || fread(data, 1, len, f) != len)
		return 66;
	fclose(f);
	begun = seconds();
	for (char *p = data; p < data + len;) {
		char *end = memchr(p, '\n', (size_t)(data + len - p));
		struct hkc_message message;
		struct hookcask_span body;
		char text[HKC_MAC_TEXT];

		if (end == NULL)
			break;
		body.data = p;
		body.len = (size_t)(end - p);
		memset(&message, 0, sizeof(message));
		message.body = &body;
		message.body_count = 1;
		hkc_mac(&key, &message, text);
		sum += (unsigned char)text[0];
		p = end + 1;
	}
	printf("%.0f bytes a second of CPU time (%lu)\n",
	    (double)len / (seconds() - begun), sum);
	free(data);
	return 0;
}
