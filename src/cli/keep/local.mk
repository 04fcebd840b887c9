# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/audit.c %D%/audit.h \
	%D%/audit_print.c \
	%D%/cmd_audit.c \
	%D%/cmd_index.c \
	%D%/cmd_prune.c \
	%D%/forget_lost.c %D%/forget_lost.h \
	%D%/lost.c %D%/lost.h \
	%D%/prune.h \
	%D%/prune_consumers.c \
	%D%/prune_log.c \
	%D%/prune_print.c \
	%D%/prune_spool.c \
	%D%/rebuild.c %D%/rebuild.h
