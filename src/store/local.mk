# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/admin.c %D%/admin.h \
	%D%/admin_add.c \
	%D%/batch.c %D%/batch.h \
	%D%/hold.c %D%/hold.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/ledger_index.c \
	%D%/ledger_redo.c %D%/ledger_redo.h \
	%D%/log.c %D%/log.h \
	%D%/log_aside.c \
	%D%/log_file.c \
	%D%/log_mark.c \
	%D%/log_index.c \
	%D%/log_name.c \
	%D%/log_orphans.c \
	%D%/log_settle.c \
	%D%/log_siblings.c \
	%D%/log_tail.c %D%/log_tail.h \
	%D%/offers.c %D%/offers.h \
	%D%/offers_leave.c \
	%D%/offers_parts.h \
	%D%/offers_take.c \
	%D%/other_body.c %D%/other_body.h \
	%D%/spool.c %D%/spool.h \
	%D%/spool_files.c \
	%D%/spool_tmp.c \
	%D%/statedir.c %D%/statedir.h \
	%D%/store.c %D%/store.h \
	%D%/store_batch.c \
	%D%/store_parts.h \
	%D%/store_put.c \
	%D%/store_ride.c
