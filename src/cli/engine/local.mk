# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/engine.h \
	%D%/engine_answer.c \
	%D%/engine_pipe.c %D%/engine_pipe.h
