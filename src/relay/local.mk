# SPDX-License-Identifier: ISC
# programs for drain --stay, each with the library of what it hands events to
pkglibexec_PROGRAMS =
relay_sources = \
	%D%/loopback.c %D%/loopback.h \
	%D%/stay.c %D%/stay.h
if PGSQL
pkglibexec_PROGRAMS += relay-pgsql
endif
relay_pgsql_SOURCES = $(relay_sources) \
	%D%/relay_pgsql.c \
	%D%/pgsql.c %D%/pgsql.h \
	%D%/pgsql_keep.c \
	%D%/pgsql_table.c
relay_pgsql_CFLAGS = $(base_cflags) $(PIE_CFLAGS) $(PGSQL_CFLAGS)
relay_pgsql_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
relay_pgsql_LDADD = $(core_libs) $(PGSQL_LIBS)
if NATS
pkglibexec_PROGRAMS += relay-nats
endif
relay_nats_SOURCES = $(relay_sources) \
	%D%/relay_nats.c \
	%D%/jetstream.c %D%/jetstream.h \
	%D%/jetstream_ask.c \
	%D%/jetstream_init.c \
	%D%/jetstream_keep.c \
	%D%/known.c %D%/known.h \
	%D%/subject.c %D%/subject.h
relay_nats_CFLAGS = $(base_cflags) $(PIE_CFLAGS) $(NATS_CFLAGS)
relay_nats_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
relay_nats_LDADD = $(core_libs) $(NATS_LIBS)
