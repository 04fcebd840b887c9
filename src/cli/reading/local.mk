# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/archive.c %D%/archive.h \
	%D%/audit_last.c %D%/audit_last.h \
	%D%/filter.c %D%/filter.h \
	%D%/gaps.c %D%/gaps.h \
	%D%/globs.c %D%/globs.h \
	%D%/listing.c %D%/listing.h \
	%D%/listing_csv.c \
	%D%/log_dir.c %D%/log_dir.h \
	%D%/log_files.c %D%/log_files.h \
	%D%/log_known.c %D%/log_known.h \
	%D%/log_look.c %D%/log_look.h \
	%D%/log_place.c %D%/log_place.h \
	%D%/log_twins.c %D%/log_twins.h \
	%D%/lookup.c %D%/lookup.h \
	%D%/marker.c %D%/marker.h \
	%D%/reader.c %D%/reader.h \
	%D%/reading.c %D%/reading.h \
	%D%/reading_every.c %D%/reading_every.h \
	%D%/reading_log.c %D%/reading_log.h \
	%D%/reading_other.c %D%/reading_other.h \
	%D%/reading_since.c %D%/reading_since.h \
	%D%/reading_spool.c %D%/reading_spool.h \
	%D%/spool_dirs.c %D%/spool_dirs.h \
	%D%/unxz.c %D%/unxz.h \
	%D%/unzstd.c %D%/unzstd.h \
	%D%/where.c %D%/where.h
