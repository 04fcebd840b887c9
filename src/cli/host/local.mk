# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/child.c %D%/child.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/files.c %D%/files.h \
	%D%/home.c %D%/home.h \
	%D%/owner.c %D%/owner.h \
	%D%/program_env.c %D%/program_env.h \
	%D%/replaced.c %D%/replaced.h \
	%D%/stops.c %D%/stops.h \
	%D%/trusted.c %D%/trusted.h \
	%D%/web_root.c %D%/web_root.h
