# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/stats.c %D%/stats.h \
	%D%/stats_add.c %D%/stats_add.h \
	%D%/stats_file.h \
	%D%/stats_migrate.c %D%/stats_migrate.h \
	%D%/stats_queue.c %D%/stats_queue.h \
	%D%/stats_read.c %D%/stats_read.h
