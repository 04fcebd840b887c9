# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/cmd_report.c \
	%D%/report.h \
	%D%/report_json.c \
	%D%/report_log.c \
	%D%/report_read.c \
	%D%/report_text.c \
	%D%/verdict.c
