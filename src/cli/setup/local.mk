# SPDX-License-Identifier: ISC
libcli_a_SOURCES += \
	%D%/check.c %D%/check.h \
	%D%/check_reach.c \
	%D%/check_report.c \
	%D%/check_rotate.c \
	%D%/check_space.c \
	%D%/check_state.c \
	%D%/check_web.c \
	%D%/cmd_check.c \
	%D%/cmd_config.c \
	%D%/cmd_dev.c \
	%D%/cmd_init.c \
	%D%/cmd_keygen.c \
	%D%/cmd_probe.c \
	%D%/config_print.c \
	%D%/dev.h \
	%D%/dev_forward.c \
	%D%/dev_place.c \
	%D%/dev_server.c \
	%D%/hidden.c \
	%D%/parts.c %D%/parts.h \
	%D%/places.c %D%/places.h \
	%D%/plan.c %D%/plan.h \
	%D%/probe.h \
	%D%/probe_judge.c \
	%D%/probe_rows.c \
	%D%/probe_warm.c \
	%D%/server.c %D%/server.h \
	%D%/template.c %D%/template.h
# the templates of deploy/, compiled in
nodist_libcli_a_SOURCES = %D%/templates.c
%D%/templates.c: $(templates) %D%/templates.awk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && out=$$PWD/$@ && cd $(srcdir) && \
		$(AWK) -f %D%/templates.awk $(templates) >"$$out"
CLEANFILES += %D%/templates.c
EXTRA_DIST += %D%/templates.awk
