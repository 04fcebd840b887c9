# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/forward.c %D%/forward.h \
	%D%/message.c %D%/message.h \
	%D%/post.c %D%/post.h \
	%D%/random.c %D%/random.h \
	%D%/secrets.c %D%/secrets.h
