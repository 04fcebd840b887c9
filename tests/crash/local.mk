# SPDX-License-Identifier: ISC
# the stores against faults
check_PROGRAMS += %D%/sweep
%C%_sweep_SOURCES = \
	%D%/check.c \
	%D%/client.c \
	%D%/heap.c \
	%D%/jobs.c %D%/jobs.h \
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
	%D%/walker.c %D%/walker.h \
	%D%/world.c %D%/world.h
# the machine has a clock of its own
%C%_sweep_LDFLAGS = $(wrap_ldflags) -Wl,--wrap=fileops_clock_ms
%C%_sweep_LDADD = $(core_libs)
# the same machine, for what drain, failed and prune keep
if TOOL
check_PROGRAMS += %D%/hand_sweep
endif
%C%_hand_sweep_SOURCES = \
	%D%/hand.h \
	%D%/hand_actor.c \
	%D%/hand_facts.c \
	%D%/hand_plays.c \
	%D%/hand_posix.c \
	%D%/hand_scenes.c \
	%D%/hand_scenes_log.c \
	%D%/hand_settle.c \
	%D%/hand_sweep.c \
	%D%/hand_walk.c \
	%D%/heap.c \
	%D%/jobs.c %D%/jobs.h \
	%D%/sim.h \
	%D%/sim_disk.c \
	%D%/sim_outside.c \
	%D%/sim_state.h \
	%D%/simfs.c \
	%D%/simvfs.c \
	%D%/walk_faults.c %D%/walk_faults.h \
	%D%/walker.c %D%/walker.h \
	%D%/world.c %D%/world.h
hand_wrap = -Wl,--wrap=fileops_clock_ms -Wl,--wrap=poll -Wl,--wrap=nanosleep \
	-Wl,--wrap=__openat_2 -Wl,--wrap=__open_2 -Wl,--wrap=__pread_chk \
	-Wl,--wrap=__read_chk -Wl,--wrap=openat -Wl,--wrap=open -Wl,--wrap=close -Wl,--wrap=fstat \
	-Wl,--wrap=fstatat -Wl,--wrap=stat -Wl,--wrap=lstat -Wl,--wrap=pread \
	-Wl,--wrap=read -Wl,--wrap=access -Wl,--wrap=fdopendir \
	-Wl,--wrap=readdir -Wl,--wrap=closedir
%C%_hand_sweep_LDFLAGS = $(wrap_ldflags) $(hand_wrap)
%C%_hand_sweep_LDADD = $(cli_libs)
# not a test by itself: outside.py kills it
EXTRA_PROGRAMS += %D%/driver
%C%_driver_SOURCES = %D%/driver.c
%C%_driver_LDADD = $(core_libs)
dist_check_SCRIPTS += %D%/outside.py %D%/spool_model.py
%D%/outside.log: %D%/driver
mutant_libs = $(SQLITE_LIBS) $(HOGWEED_LIBS) $(NETTLE_LIBS) $(LIBS) \
	$(JSONC_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(CURL_LIBS)
# minutes: not part of make check
check-mutants: all
	top_srcdir='$(srcdir)' top_builddir='$(top_builddir)' CC='$(CC)' \
	MUTANT_LIBS='$(mutant_libs)' \
		$(PYTHON3) $(srcdir)/%D%/mutants.py $(MUTANTS)
.PHONY: check-mutants
EXTRA_DIST += %D%/mutants.py %D%/mutants.txt
