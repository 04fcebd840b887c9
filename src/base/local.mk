# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/civil.c %D%/civil.h \
	%D%/diag.c %D%/diag.h \
	%D%/diag_writer.c %D%/diag_writer.h \
	%D%/err.c %D%/err.h \
	%D%/fileops.c %D%/fileops.h \
	%D%/fileops_all.c \
	%D%/fileops_wait.c %D%/fileops_wait.h \
	%D%/json.c %D%/json.h \
	%D%/json_find.c %D%/json_find.h \
	%D%/lines.c %D%/lines.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/packing.c %D%/packing.h \
	%D%/path.c %D%/path.h \
	%D%/sanitized.h \
	%D%/span.h \
	%D%/wipe.h
