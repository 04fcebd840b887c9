# SPDX-License-Identifier: ISC
# one program a module, with Check; AM_CFLAGS and LDADD serve them all
if HAVE_CHECK
check_LIBRARIES += %D%/libunit.a
check_PROGRAMS += \
	%D%/test_base64 %D%/test_body %D%/test_config %D%/test_config_file \
	%D%/test_config_vectors %D%/test_connection \
	%D%/test_delivery %D%/test_diag %D%/test_docroot %D%/test_fcgi \
	%D%/test_index_wal %D%/test_intake %D%/test_json %D%/test_json_find \
	%D%/test_keyring %D%/test_keyset \
	%D%/test_lines %D%/test_log_name %D%/test_mac %D%/test_other_body %D%/test_outcome \
	%D%/test_record %D%/test_reply %D%/test_rights %D%/test_sandbox \
	%D%/test_secret %D%/test_settle %D%/test_sign %D%/test_signature \
	%D%/test_spool %D%/test_stats %D%/test_status %D%/test_store_group \
	%D%/test_store_lock %D%/test_store_log %D%/test_store_offers \
	%D%/test_store_spool \
	%D%/test_type %D%/test_upgrade %D%/test_vectors %D%/test_verify
if TOOL
check_PROGRAMS += \
	%D%/test_consumer_state %D%/test_engine_answer %D%/test_journal \
	%D%/test_log_window \
	%D%/test_prune %D%/test_reading_log %D%/test_report %D%/test_size \
	%D%/test_spool_dirs %D%/test_when
endif
endif
%C%_libunit_a_SOURCES = \
	%D%/index_format_1.h \
	%D%/intruder.c %D%/intruder.h \
	%D%/scratch.c %D%/scratch.h \
	%D%/store_scene.c %D%/store_scene.h \
	%D%/unit.h \
	%D%/vectors.c %D%/vectors.h
LDADD = %D%/libunit.a $(responder_libs) $(CHECK_LIBS)
%C%_test_journal_LDADD = %D%/libunit.a $(cli_libs) $(CHECK_LIBS)
%C%_test_consumer_state_LDADD = $(%C%_test_journal_LDADD)
%C%_test_engine_answer_LDADD = $(%C%_test_journal_LDADD)
%C%_test_log_window_LDADD = $(%C%_test_journal_LDADD)
%C%_test_prune_LDADD = $(%C%_test_journal_LDADD)
%C%_test_prune_LDFLAGS = $(wrap_ldflags) -Wl,--wrap=renameat \
	-Wl,--wrap=renameat2 -Wl,--wrap=unlinkat
%C%_test_reading_log_LDADD = $(%C%_test_journal_LDADD)
%C%_test_report_LDADD = $(%C%_test_journal_LDADD)
%C%_test_size_LDADD = $(%C%_test_journal_LDADD)
%C%_test_spool_dirs_LDADD = $(%C%_test_journal_LDADD)
%C%_test_spool_dirs_LDFLAGS = $(wrap_ldflags) -Wl,--wrap=fsync
%C%_test_when_LDADD = $(%C%_test_journal_LDADD)
# with a system's header that is not there
%C%_test_rights_SOURCES = %D%/test_rights.c \
	src/sandbox/sandbox_rights.c %D%/capsicum/sys/capsicum.h
%C%_test_rights_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%/capsicum \
	-DHAVE_SYS_CAPSICUM_H=1 -DHAVE_CAP_RIGHTS_LIMIT=1
