# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/cmd_report.c \
	%D%/html.c %D%/html.h \
	%D%/html_charts.c \
	%D%/html_tables.c \
	%D%/html_text.c \
	%D%/html_times.c \
	%D%/report.h \
	%D%/report_json.c \
	%D%/report_log.c \
	%D%/report_read.c \
	%D%/report_text.c \
	%D%/svg.c \
	%D%/verdict.c
