# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/bodies.c %D%/bodies.h \
	%D%/cmd_send.c \
	%D%/cmd_sign.c \
	%D%/cmd_verify.c \
	%D%/diagnose.c %D%/diagnose.h \
	%D%/request.c %D%/request.h
