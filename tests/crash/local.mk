# SPDX-License-Identifier: ISC
# the stores against faults
check_PROGRAMS += %D%/sweep
%C%_sweep_SOURCES = \
	%D%/check.c \
	%D%/client.c \
	%D%/heap.c \
	%D%/meet.c %D%/meet.h \
	%D%/meet_fail.c \
	%D%/meet_index.c \
	%D%/meet_kill.c \
	%D%/meet_names.c \
	%D%/meet_others.c \
	%D%/scenes_log.c \
	%D%/scenes_offers.c \
	%D%/scenes_spool.c \
	%D%/sim.h \
	%D%/sim_disk.c \
	%D%/sim_outside.c \
	%D%/sim_state.h \
	%D%/simfs.c \
	%D%/simvfs.c \
	%D%/sweep.c %D%/sweep.h \
	%D%/walk.c \
	%D%/walk_faults.c %D%/walk_faults.h \
	%D%/world.c %D%/world.h
# the machine has a clock of its own
%C%_sweep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fileops_clock_ms
%C%_sweep_LDADD = $(core_libs)
# not a test by itself: outside.py kills it
EXTRA_PROGRAMS += %D%/driver
%C%_driver_SOURCES = %D%/driver.c
%C%_driver_LDADD = $(core_libs)
dist_check_SCRIPTS += %D%/outside.py
%D%/outside.log: %D%/driver
# minutes: not part of make check
check-mutants: all
	top_srcdir='$(srcdir)' top_builddir='$(top_builddir)' CC='$(CC)' \
	MUTANT_LIBS='$(SQLITE_LIBS) $(HOGWEED_LIBS) $(NETTLE_LIBS) $(LIBS)' \
		$(PYTHON3) $(srcdir)/%D%/mutants.py $(MUTANTS)
.PHONY: check-mutants
EXTRA_DIST += %D%/mutants.py %D%/mutants.txt
