# SPDX-License-Identifier: ISC
# make bench: never part of make check
bench_programs = \
	%D%/catch_up %D%/cgi %D%/count %D%/hmac %D%/load %D%/null_cgi \
	%D%/peer %D%/put
EXTRA_PROGRAMS += $(bench_programs)
%C%_catch_up_LDADD = $(core_libs)
%C%_cgi_LDADD = libhkc.la
%C%_count_LDADD = $(core_libs)
%C%_hmac_LDADD = libhkc.la
%C%_load_LDADD = libhkc.la
%C%_null_cgi_LDADD =
%C%_peer_LDADD = libhkc.la $(FCGI_LIBS)
%C%_put_LDADD = $(core_libs)
# of Go, where there is one
GO = go
%D%/receive: $(srcdir)/%D%/peers/receive.go
	$(AM_V_GEN)GOCACHE="$$PWD/%D%/go.cache" $(GO) build -o $@ \
		$(srcdir)/%D%/peers/receive.go && \
		rm -rf %D%/go.cache
bench-programs: $(bench_programs) $(bin_PROGRAMS) hookcask.fcgi
	if command -v $(GO) >/dev/null 2>&1; then \
		$(MAKE) $(AM_MAKEFLAGS) %D%/receive; fi
bench:
	top_builddir='$(top_builddir)' $(srcdir)/%D%/run.sh $(BENCH)
# deterministic, so it may fail a build; not part of make check: valgrind
check-instructions: %D%/count
	top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' \
	CFLAGS='$(CFLAGS)' \
		$(PYTHON3) $(srcdir)/%D%/instructions.py $(INSTRUCTIONS)
.PHONY: bench bench-programs check-instructions
CLEANFILES += %D%/receive
EXTRA_DIST += \
	%D%/bench.py %D%/bench_doors.py %D%/bench_publish.py \
	%D%/bench_table.py %D%/door.py %D%/instructions.py \
	%D%/instructions.txt %D%/peers/receive.go %D%/peers/receive.php \
	%D%/report.py %D%/run.sh %D%/slow.py
