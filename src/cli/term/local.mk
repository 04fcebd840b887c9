# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/escape.c %D%/escape.h \
	%D%/input.c %D%/input.h \
	%D%/jsonl.c %D%/jsonl.h \
	%D%/pretty.c %D%/pretty.h \
	%D%/progress.c %D%/progress.h \
	%D%/prompt.c %D%/prompt.h \
	%D%/say.c %D%/say.h \
	%D%/screen.c %D%/screen.h \
	%D%/size.c %D%/size.h \
	%D%/when.c %D%/when.h \
	%D%/zone.c %D%/zone.h
