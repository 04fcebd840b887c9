# SPDX-License-Identifier: ISC
# real processes: harness/ is what all share, doors/ what reaches the responder,
# verbs/ the tool, packaging/ what is shipped beside them
dist_check_SCRIPTS += \
	%D%/doors/attack.py %D%/doors/hostile.py %D%/doors/responder.py \
	%D%/doors/vectors.py %D%/packaging/consumers.sh \
	%D%/packaging/deploy.py %D%/verbs/batch.py %D%/verbs/drain.py \
	%D%/verbs/hints.py %D%/verbs/histories.py %D%/verbs/look.py \
	%D%/verbs/manual.py \
	%D%/verbs/relay.py %D%/verbs/tool.py %D%/verbs/two_versions.py \
	%D%/verbs/walk.py
CLEANFILES += %D%/*.given
# minutes: not part of make check
check-histories-mutants: all
	top_srcdir='$(srcdir)' top_builddir='$(top_builddir)' CC='$(CC)' \
	MUTANT_LIBS='$(mutant_libs) $(FCGI_LIBS)' \
		$(PYTHON3) $(srcdir)/%D%/verbs/histories_mutants.py $(MUTANTS)
.PHONY: check-histories-mutants
EXTRA_DIST += \
	%D%/doors/backends.py %D%/doors/cases.py %D%/doors/cgi_cases.py \
	%D%/doors/confine_cases.py %D%/doors/doors.py \
	%D%/doors/doors_apache.py %D%/doors/doors_kept.py \
	%D%/doors/fcgi_cases.py %D%/doors/flood_cases.py \
	%D%/doors/kept.py %D%/doors/local_cases.py \
	%D%/doors/probe.py %D%/doors/responder_cases.py \
	%D%/doors/responder_doors.py %D%/doors/servers.py \
	%D%/harness/accounts.py %D%/harness/browser.py \
	%D%/harness/certificate.py \
	%D%/harness/fcgi_peer.py \
	%D%/harness/load.py %D%/harness/nats_server.py \
	%D%/harness/records.py %D%/harness/scene.py \
	%D%/harness/stats_file.py %D%/harness/tap.py %D%/harness/tool_scene.py \
	%D%/harness/vector_file.py %D%/harness/wire.py \
	%D%/packaging/clean_root.py %D%/packaging/deb.py \
	%D%/packaging/machine.py %D%/packaging/pages.py \
	%D%/packaging/rpm.sh \
	%D%/packaging/systemd.py %D%/packaging/terminal.py \
	%D%/packaging/typed.py %D%/verbs/drain_example_cases.py \
	%D%/verbs/drain_failed_cases.py %D%/verbs/drain_kill_cases.py \
	%D%/verbs/drain_files_cases.py \
	%D%/verbs/drain_log_cases.py %D%/verbs/drain_place_cases.py \
	%D%/verbs/drain_rotate_cases.py \
	%D%/verbs/drain_run_cases.py %D%/verbs/hint_cases.py \
	%D%/verbs/histories_mutants.py %D%/verbs/histories_mutants.txt \
	%D%/verbs/drain_scene.py %D%/verbs/drain_spool_cases.py \
	%D%/verbs/drain_to_cases.py \
	%D%/verbs/drain_stay_cases.py %D%/verbs/stay_program.py \
	%D%/verbs/look_cause_cases.py \
	%D%/verbs/look_list_cases.py %D%/verbs/look_option_cases.py \
	%D%/verbs/look_other_cases.py \
	%D%/verbs/look_monitoring_cases.py %D%/verbs/look_page_cases.py %D%/verbs/look_reading_cases.py %D%/verbs/look_report_cases.py \
	%D%/verbs/look_status_cases.py \
	%D%/verbs/prune_cases.py %D%/verbs/relay_doc_cases.py \
	%D%/verbs/relay_mariadb_cases.py %D%/verbs/relay_nats_cases.py \
	%D%/verbs/relay_pgsql_cases.py %D%/verbs/replay_cases.py \
	%D%/verbs/tool_audit_cases.py %D%/verbs/tool_cat_cases.py \
	%D%/verbs/tool_check_cases.py %D%/verbs/tool_config_cases.py \
	%D%/verbs/tool_dev_cases.py %D%/verbs/tool_hand_cases.py \
	%D%/verbs/tool_index_cases.py %D%/verbs/tool_probe_cases.py \
	%D%/verbs/tool_safety_cases.py \
	%D%/verbs/tool_send_cases.py %D%/verbs/tool_server_cases.py \
	%D%/verbs/tool_set_up_cases.py \
	%D%/verbs/tool_usage_cases.py %D%/verbs/verbs.py
