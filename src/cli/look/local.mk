# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/cmd_cat.c \
	%D%/cmd_gaps.c \
	%D%/cmd_list.c \
	%D%/cmd_refused.c \
	%D%/cmd_show.c \
	%D%/cmd_status.c \
	%D%/cmd_tail.c \
	%D%/hints.c %D%/hints.h \
	%D%/status.h \
	%D%/status_backlog.c \
	%D%/status_check.c \
	%D%/status_findings.c %D%/status_findings.h \
	%D%/status_json.c \
	%D%/status_judge.c \
	%D%/status_oldest.c %D%/status_oldest.h \
	%D%/status_print.c \
	%D%/status_prometheus.c \
	%D%/status_read.c \
	%D%/tail.c %D%/tail.h \
	%D%/tail_log.c \
	%D%/tail_spool.c
