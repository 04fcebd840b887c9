# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/index.c %D%/index.h \
	%D%/index_bus.c \
	%D%/index_db.h \
	%D%/index_format.c \
	%D%/index_make.c \
	%D%/index_open.c \
	%D%/index_rows.c \
	%D%/index_state.c \
	%D%/index_wal.c %D%/index_wal.h \
	%D%/index_walk.c \
	%D%/twins.c %D%/twins.h
