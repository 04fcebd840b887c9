# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/sandbox_calls.c \
	%D%/sandbox_files.c \
	%D%/sandbox_filter.c %D%/sandbox_filter.h \
	%D%/sandbox_limits.c \
	%D%/sandbox_parts.h \
	%D%/sandbox_rights.c
