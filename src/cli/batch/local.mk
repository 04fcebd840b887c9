# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/cmd_drain.c \
	%D%/cmd_failed.c \
	%D%/cmd_replay.c \
	%D%/drain.h \
	%D%/drain_consumer.c %D%/drain_consumer.h \
	%D%/drain_ends.c \
	%D%/drain_event.c \
	%D%/drain_job.c %D%/drain_job.h \
	%D%/drain_json.c \
	%D%/drain_log.c %D%/drain_log.h \
	%D%/drain_log_back.c \
	%D%/drain_log_known.c \
	%D%/drain_log_line.c \
	%D%/drain_log_open.c \
	%D%/drain_log_place.c \
	%D%/drain_log_settle.c \
	%D%/drain_notice.c %D%/drain_notice.h \
	%D%/drain_pick.c \
	%D%/drain_post.c \
	%D%/drain_run.c %D%/drain_run.h \
	%D%/drain_spool.c %D%/drain_spool.h \
	%D%/drain_spool_back.c \
	%D%/drain_spool_entry.c \
	%D%/drain_stay.c %D%/drain_stay.h \
	%D%/drain_stay_link.c \
	%D%/failed.h \
	%D%/failed_change.c \
	%D%/failed_group.c \
	%D%/failed_items.c \
	%D%/failed_print.c \
	%D%/log_window.c %D%/log_window.h \
	%D%/replay.h \
	%D%/replay_log.c \
	%D%/replay_post.c \
	%D%/replay_run.c
