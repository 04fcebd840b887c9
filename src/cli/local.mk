# SPDX-License-Identifier: ISC
# hookcask, the operator's tool; all but its main() is in an archive that tests
# link, too: each room of this folder adds its files
if TOOL
bin_PROGRAMS = hookcask
noinst_LIBRARIES += libcli.a
endif
libcli_a_SOURCES =
libcli_a_CFLAGS = $(base_cflags) $(PIE_CFLAGS) $(JSONC_CFLAGS) $(CURL_CFLAGS) \
	$(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
cli_libs = libcli.a $(core_libs) $(JSONC_LIBS) $(CURL_LIBS) $(ZLIB_LIBS) \
	$(ZSTD_LIBS)
hookcask_SOURCES = %D%/main.c
hookcask_CFLAGS = $(base_cflags) $(PIE_CFLAGS)
hookcask_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
hookcask_LDADD = $(cli_libs)

# completion, made from the table of verbs
if COMPLETION
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = completion/hookcask
nodist_zshcompletion_DATA = completion/_hookcask
nodist_fishcompletion_DATA = completion/hookcask.fish
complete = $(AM_V_GEN)$(MKDIR_P) completion && \
	./hookcask$(EXEEXT) help --completion
completion/hookcask: hookcask$(EXEEXT)
	$(complete) bash >$@.new && mv $@.new $@
completion/_hookcask: hookcask$(EXEEXT)
	$(complete) zsh >$@.new && mv $@.new $@
completion/hookcask.fish: hookcask$(EXEEXT)
	$(complete) fish >$@.new && mv $@.new $@
CLEANFILES += completion/hookcask completion/_hookcask \
	completion/hookcask.fish
endif
