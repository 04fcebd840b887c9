# SPDX-License-Identifier: ISC
# every call that can fail, failing
if TOOL
check_LIBRARIES += %D%/libtool.a
check_PROGRAMS += %D%/confine %D%/serve %D%/tool
endif
# main() under another name
%C%_libtool_a_SOURCES = src/cli/main.c
%C%_libtool_a_CPPFLAGS = $(AM_CPPFLAGS) -Dmain=hookcask_main
%C%_libtool_a_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
fault_walk = %D%/fail.c %D%/fail.h %D%/walk.c %D%/walk.h
fault_request = %D%/request.c %D%/request.h $(fault_walk)
%C%_serve_SOURCES = %D%/serve.c $(fault_request)
%C%_serve_LDFLAGS = $(wrap_ldflags) $(fail_ldflags)
%C%_serve_LDADD = $(fuzz_libs)
%C%_confine_SOURCES = %D%/confine.c $(fault_request)
%C%_confine_LDFLAGS = $(%C%_serve_LDFLAGS)
%C%_confine_LDADD = $(fuzz_libs)
%C%_tool_SOURCES = %D%/tool.c $(fault_walk)
%C%_tool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz \
	-I$(top_srcdir)/tests/unit
%C%_tool_LDFLAGS = $(%C%_serve_LDFLAGS)
%C%_tool_LDADD = %D%/libtool.a $(fuzz_libs)
fail_ldflags = \
	-Wl,--wrap=mmap -Wl,--wrap=madvise -Wl,--wrap=mlock \
	-Wl,--wrap=getrlimit -Wl,--wrap=setrlimit -Wl,--wrap=prctl \
	-Wl,--wrap=syscall -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=strdup -Wl,--wrap=strndup \
	-Wl,--wrap=realpath -Wl,--wrap=read -Wl,--wrap=pread \
	-Wl,--wrap=write -Wl,--wrap=pwrite -Wl,--wrap=pwritev \
	-Wl,--wrap=fsync -Wl,--wrap=fdatasync -Wl,--wrap=ftruncate \
	-Wl,--wrap=flock -Wl,--wrap=fchmod -Wl,--wrap=fstat -Wl,--wrap=stat \
	-Wl,--wrap=lstat -Wl,--wrap=fstatat -Wl,--wrap=renameat \
	-Wl,--wrap=unlinkat -Wl,--wrap=mkdirat -Wl,--wrap=mkdir \
	-Wl,--wrap=fdopendir -Wl,--wrap=dup2 -Wl,--wrap=pipe \
	-Wl,--wrap=pipe2 -Wl,--wrap=fopen -Wl,--wrap=poll \
	-Wl,--wrap=recv -Wl,--wrap=send -Wl,--wrap=timer_create \
	-Wl,--wrap=timer_settime -Wl,--wrap=pthread_create -Wl,--wrap=fork \
	-Wl,--wrap=getentropy -Wl,--wrap=sqlite3_prepare_v2 \
	-Wl,--wrap=sqlite3_prepare_v3 -Wl,--wrap=sqlite3_open_v2 \
	-Wl,--wrap=sqlite3_step -Wl,--wrap=sqlite3_exec \
	-Wl,--wrap=sqlite3_bind_text -Wl,--wrap=sqlite3_bind_int64 \
	-Wl,--wrap=sqlite3_bind_blob -Wl,--wrap=sqlite3_wal_checkpoint_v2 \
	-Wl,--wrap=sqlite3_backup_init -Wl,--wrap=sqlite3_backup_step \
	-Wl,--wrap=open \
	-Wl,--wrap=openat -Wl,--wrap=fileops_clock_ms
