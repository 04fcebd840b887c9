/* SPDX-License-Identifier: ISC */
/*
 * For libFuzzer and AFL++ (afl-clang-fast -fsanitize=fuzzer): one program,
 * whose name has the driver, as in fuzz-json.  See run.sh.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct fuzz_driver *driver;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dash = strrchr((*argv)[0], '-');

	(void)argc;
	for (size_t i = 0; dash != NULL && fuzz_drivers[i] != NULL; i++)
		if (strcmp(fuzz_drivers[i]->name, dash + 1) == 0)
			driver = fuzz_drivers[i];
	if (driver != NULL)
		return 0;
	fprintf(stderr, "%s: call it fuzz-DRIVER\n", (*argv)[0]);
	exit(64);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = fuzz_copy(data, len);

	driver->run(copy, len);
	free(copy);
	return 0;
}
