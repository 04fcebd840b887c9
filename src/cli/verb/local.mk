# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/completion.c %D%/completion.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/options.c %D%/options.h \
	%D%/usage.c %D%/usage.h \
	%D%/verb.h
