# SPDX-License-Identifier: ISC
libcore_a_SOURCES += \
	%D%/delivery.c %D%/delivery.h \
	%D%/event.h \
	%D%/intake.c %D%/intake.h \
	%D%/record.c %D%/record.h \
	%D%/record_parse.c \
	%D%/reply.c %D%/reply.h \
	%D%/stored_body.c %D%/stored_body.h \
	%D%/type.c %D%/type.h
