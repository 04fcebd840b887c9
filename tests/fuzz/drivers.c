/* SPDX-License-Identifier: ISC */
/* The table of drivers. */
#include <config.h>

#include "fuzz.h"

const struct fuzz_driver *const fuzz_drivers[] = {
	&fuzz_archive, &fuzz_body, &fuzz_config, &fuzz_environment,
	&fuzz_fastcgi, &fuzz_journal, &fuzz_json, &fuzz_keyset, &fuzz_lines,
	&fuzz_reading, &fuzz_record, &fuzz_request, &fuzz_secret,
	&fuzz_settle, &fuzz_signature, &fuzz_stats, &fuzz_timestamp,
	&fuzz_verify, NULL
};
