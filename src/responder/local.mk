# SPDX-License-Identifier: ISC
# hookcask.fcgi; all but its main() is in an archive that tests link, too
noinst_LIBRARIES += libresponder.a
libresponder_a_SOURCES = \
	%D%/body.c %D%/body.h \
	%D%/connection.c %D%/connection.h \
	%D%/crowd.c %D%/crowd.h \
	%D%/docroot.c %D%/docroot.h \
	%D%/fcgi_conn.c %D%/fcgi_conn.h \
	%D%/fcgi_params.c %D%/fcgi_params.h \
	%D%/fcgi_record.c %D%/fcgi_record.h \
	%D%/gateway.h \
	%D%/gateway_cgi.c \
	%D%/gateway_fcgi.c \
	%D%/listener.c %D%/listener.h \
	%D%/loop.c %D%/loop.h \
	%D%/loop_read.c \
	%D%/report.c \
	%D%/serve.c %D%/serve.h \
	%D%/site.c %D%/site.h \
	%D%/workers.c %D%/workers.h
libresponder_a_CFLAGS = $(base_cflags) $(PIE_CFLAGS) $(FCGI_CFLAGS)
responder_libs = libresponder.a $(core_libs) $(FCGI_LIBS)
# "exec" in the name: "make install-exec" installs it, before the link below
responderexecdir = $(responderdir)
responderexec_PROGRAMS = hookcask.fcgi
hookcask_fcgi_SOURCES = %D%/main.c
hookcask_fcgi_CFLAGS = $(libresponder_a_CFLAGS)
hookcask_fcgi_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
hookcask_fcgi_LDADD = $(responder_libs)

# the same program as CGI; --program-prefix and its like rename both
cgi_link = cgi=`echo hookcask.cgi | $(SED) '$(transform)'`; \
	fcgi=`echo hookcask.fcgi | $(SED) '$(transform)'`; \
	rm -f "$(DESTDIR)$(responderdir)/$$cgi"
install-exec-hook:
	$(cgi_link) && cd "$(DESTDIR)$(responderdir)" && $(LN_S) "$$fcgi" "$$cgi"
uninstall-cgi-link:
	$(cgi_link)
.PHONY: uninstall-cgi-link
