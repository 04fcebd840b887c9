# SPDX-License-Identifier: ISC
# libhookcask; its objects are also linked into the programs
include_HEADERS = include/hookcask.h
lib_LTLIBRARIES = libhookcask.la
noinst_LTLIBRARIES = libhkc.la
libhkc_la_SOURCES = \
	%D%/base64.c %D%/base64.h \
	%D%/ed25519.c %D%/ed25519.h \
	%D%/mac.c %D%/mac.h \
	%D%/message.c %D%/message.h \
	%D%/secret.c \
	%D%/sign.c \
	%D%/signature.c %D%/signature.h \
	%D%/status.c \
	%D%/timestamp.c %D%/timestamp.h \
	%D%/verify.c
libhkc_la_CFLAGS = $(base_cflags) $(NETTLE_CFLAGS) $(HOGWEED_CFLAGS)
libhkc_la_LIBADD = $(HOGWEED_LIBS) $(NETTLE_LIBS)
libhookcask_la_SOURCES =
libhookcask_la_LIBADD = libhkc.la
libhookcask_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/%D%/libhookcask.map
libhookcask_la_DEPENDENCIES = libhkc.la %D%/libhookcask.map
EXTRA_DIST += %D%/libhookcask.map
# its place is configure's: --with-pkgconfigdir
pkgconfig_DATA = libhookcask.pc
libhookcask.pc: $(srcdir)/%D%/libhookcask.pc.in Makefile
	$(AM_V_GEN)$(fill) $(srcdir)/%D%/libhookcask.pc.in >$@
CLEANFILES += libhookcask.pc
EXTRA_DIST += %D%/libhookcask.pc.in
