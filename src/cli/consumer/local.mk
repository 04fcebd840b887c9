# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/consumer.c %D%/consumer.h \
	%D%/journal.c %D%/journal.h \
	%D%/journal_line.c \
	%D%/lease.c %D%/lease.h \
	%D%/standing.c %D%/standing.h \
	%D%/state.c %D%/state.h \
	%D%/state_table.c %D%/state_table.h \
	%D%/state_write.c
