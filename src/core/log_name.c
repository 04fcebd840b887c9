/* SPDX-License-Identifier: ISC */
/* Duty: the name of a log at a time: %Y %m %d %H %% in UTC, nothing else. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/civil.h"
#include "core/log.h"

bool
log_name(char name[INDEX_NAME_MAX + 1], const char *pattern, int64_t seconds)
{
	struct civil c = civil_of(seconds);
	size_t len = 0;

	for (const char *p = pattern; *p != '\0'; p++) {
		char digits[16] = { *p, '\0' };
		size_t n;

		if (*p == '%') {
			switch (*++p) {
			case 'Y':
				snprintf(digits, sizeof(digits), "%04d",
				    c.year);
				break;
			case 'm':
				snprintf(digits, sizeof(digits), "%02d",
				    c.month);
				break;
			case 'd':
				snprintf(digits, sizeof(digits), "%02d",
				    c.day);
				break;
			case 'H':
				snprintf(digits, sizeof(digits), "%02d",
				    c.hour);
				break;
			case '%':
				break;
			default:
				return false;
			}
		}
		n = strlen(digits);
		if (len + n > INDEX_NAME_MAX)
			return false;
		memcpy(name + len, digits, n);
		len += n;
	}
	name[len] = '\0';
	return len > 0;
}
