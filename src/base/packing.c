/* SPDX-License-Identifier: ISC */
/*
 * Tells by its first bytes that a file is packed, and by what; no record
 * begins like that.  Unpacks nothing.
 */
#include <config.h>

#include <string.h>

#include "base/packing.h"

static const struct packing packings[] = {
	{ "gzip", "gzip -d", "\x1F\x8B", 2 },
	{ "zstd", "zstd -d", "\x28\xB5\x2F\xFD", 4 },
	{ "xz", "xz -d", "\xFD" "7zXZ\0", 6 },
	{ "bzip2", "bzip2 -d", "BZh", 3 },
	{ "lz4", "lz4 -d", "\x04\x22\x4D\x18", 4 },
	{ "lzip", "lzip -d", "LZIP", 4 },
	{ "lzma", "xz -d", "\x5D\0\0", 3 },
	{ "compress", "uncompress", "\x1F\x9D", 2 },
	{ "zip", "unzip", "PK\x03\x04", 4 },
	{ "7z", "7z x", "7z\xBC\xAF\x27\x1C", 6 }
};

const struct packing *
packing_of(const void *head, size_t len)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (len >= packings[i].len && memcmp(head, packings[i].magic,
		    packings[i].len) == 0)
			return &packings[i];
	return NULL;
}
