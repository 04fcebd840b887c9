# SPDX-License-Identifier: ISC
# fuzzing (run.sh makes the engines)
if TOOL
check_LIBRARIES += %D%/libdrivers.a
check_PROGRAMS += %D%/replay
EXTRA_PROGRAMS += %D%/engine
endif
%C%_libdrivers_a_SOURCES = \
	%D%/drivers.c \
	%D%/events.c %D%/events.h \
	%D%/fuzz.c %D%/fuzz.h \
	%D%/fuzz_archive.c \
	%D%/fuzz_body.c \
	%D%/fuzz_config.c \
	%D%/fuzz_environment.c \
	%D%/fuzz_fastcgi.c \
	%D%/fuzz_journal.c \
	%D%/fuzz_json.c \
	%D%/fuzz_keyset.c \
	%D%/fuzz_lines.c \
	%D%/fuzz_reading.c \
	%D%/fuzz_record.c \
	%D%/fuzz_request.c \
	%D%/fuzz_secret.c \
	%D%/fuzz_settle.c \
	%D%/fuzz_signature.c \
	%D%/fuzz_stats.c \
	%D%/fuzz_timestamp.c \
	%D%/fuzz_verify.c \
	%D%/json_reference.c %D%/json_reference.h \
	tests/unit/vectors.c tests/unit/vectors.h
%C%_libdrivers_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
fuzz_libs = %D%/libdrivers.a libresponder.a $(cli_libs) $(FCGI_LIBS)
%C%_replay_CPPFLAGS = $(%C%_libdrivers_a_CPPFLAGS)
%C%_replay_LDADD = $(fuzz_libs)
# not built by make check: needs an engine in LDFLAGS
%C%_engine_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
%C%_engine_LDADD = $(fuzz_libs)
CLEANFILES += fuzz-found
EXTRA_DIST += %D%/run.sh \
	%D%/dict/archive.dict %D%/dict/body.dict %D%/dict/config.dict \
	%D%/dict/environment.dict %D%/dict/fastcgi.dict \
	%D%/dict/journal.dict %D%/dict/json.dict %D%/dict/keyset.dict \
	%D%/dict/lines.dict %D%/dict/reading.dict %D%/dict/record.dict \
	%D%/dict/request.dict %D%/dict/secret.dict %D%/dict/settle.dict \
	%D%/dict/signature.dict %D%/dict/stats.dict %D%/dict/timestamp.dict \
	%D%/dict/verify.dict %D%/found/journal-entry-number \
	%D%/found/request-own-secret %D%/found/settle-time-to-come
