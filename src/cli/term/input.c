/* SPDX-License-Identifier: ISC */
/* Reads a whole file or pipe into memory, up to a limit. */
#include <config.h>

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/term/input.h"
#include "config/vault.h"

/* A secret gets all its room at once: growing would leave copies of it. */
static bool
grow(struct input *in, size_t *size, size_t max)
{
	size_t next = *size == 0 ? 4096 : *size * 2;
	char *data;

	if (max == INPUT_SECRET_MAX) {
		*size = in->kept = max + 2;
		in->data = vault_alloc(in->kept);
		return in->data != NULL;
	}
	if (next > max + 2)
		next = max + 2;
	data = malloc(next);
	if (data == NULL)
		return false;
	if (in->len > 0)
		memcpy(data, in->data, in->len);
	if (in->data != NULL)
		wipe(in->data, in->len);
	free(in->data);
	in->data = data;
	*size = next;
	return true;
}

bool
input_read_fd(struct input *in, int fd, const char *name, size_t max,
    struct err *err)
{
	size_t size = 0;
	ssize_t n;

	memset(in, 0, sizeof(*in));
	do {
		if (in->len + 1 >= size && !grow(in, &size, max)) {
			err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
			    name);
			goto fail;
		}
		n = read(fd, in->data + in->len, size - 1 - in->len);
		if (n < 0 && errno != EINTR) {
			err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
			goto fail;
		}
		if (n > 0)
			in->len += (size_t)n;
		if (in->len > max) {
			err_set(err, OUTCOME_BAD_DATA,
			    "%s: over %zu bytes", name, max);
			goto fail;
		}
	} while (n != 0);
	in->data[in->len] = '\0';
	return true;
fail:
	input_wipe(in);
	return false;
}

bool
input_read(struct input *in, const char *name, size_t max, struct err *err)
{
	bool done;
	int fd;

	if (strcmp(name, "-") == 0)
		return input_read_fd(in, STDIN_FILENO, "standard input", max,
		    err);
	memset(in, 0, sizeof(*in));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
	done = input_read_fd(in, fd, name, max, err);
	close(fd);
	return done;
}

void
input_wipe(struct input *in)
{
	if (in->kept > 0) {
		vault_free(in->data, in->kept);
	} else {
		if (in->data != NULL)
			wipe(in->data, in->len);
		free(in->data);
	}
	memset(in, 0, sizeof(*in));
}
