/* SPDX-License-Identifier: ISC */
/* Amounts of bytes as people type and read them. */
#ifndef CLI_TERM_SIZE_H
#define CLI_TERM_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#define SIZE_TEXT	32

/* "12.3 GiB" */
void	size_format(char text[SIZE_TEXT], uint64_t bytes);
/* "500M", "10G": bytes, or K, M, G, T of 1024 each. */
bool	size_parse(const char *text, int64_t *bytes);

#endif
