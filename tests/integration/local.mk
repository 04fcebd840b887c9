# SPDX-License-Identifier: ISC
dist_check_SCRIPTS += \
	%D%/attack.py %D%/batch.py %D%/consumers.sh %D%/deploy.py \
	%D%/drain.py %D%/hostile.py %D%/look.py %D%/manual.py \
	%D%/responder.py %D%/tool.py %D%/vectors.py
CLEANFILES += %D%/*.given
EXTRA_DIST += \
	%D%/accounts.py %D%/backends.py %D%/cases.py %D%/cgi_cases.py \
	%D%/clean_root.py %D%/confine_cases.py %D%/deb.py %D%/doors.py \
	%D%/doors_apache.py %D%/drain_example_cases.py \
	%D%/drain_failed_cases.py %D%/drain_kill_cases.py \
	%D%/drain_log_cases.py %D%/drain_run_cases.py %D%/drain_scene.py \
	%D%/drain_spool_cases.py %D%/fcgi_cases.py %D%/fcgi_peer.py \
	%D%/flood_cases.py %D%/load.py %D%/local_cases.py \
	%D%/look_list_cases.py %D%/look_option_cases.py \
	%D%/look_reading_cases.py %D%/look_status_cases.py %D%/probe.py \
	%D%/prune_cases.py %D%/records.py %D%/replay_cases.py \
	%D%/responder_cases.py %D%/responder_doors.py %D%/rpm.sh \
	%D%/scene.py %D%/servers.py %D%/tap.py %D%/tool_audit_cases.py \
	%D%/tool_cat_cases.py %D%/tool_check_cases.py \
	%D%/tool_config_cases.py %D%/tool_dev_cases.py \
	%D%/tool_hand_cases.py %D%/tool_index_cases.py \
	%D%/tool_probe_cases.py %D%/tool_scene.py %D%/tool_send_cases.py \
	%D%/tool_set_up_cases.py %D%/tool_usage_cases.py %D%/vector_file.py \
	%D%/verbs.py %D%/wire.py
