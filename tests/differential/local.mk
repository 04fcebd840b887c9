# SPDX-License-Identifier: ISC
# not a test by itself: the scripts ask it
if TOOL
EXTRA_PROGRAMS += %D%/verdict
dist_check_SCRIPTS += %D%/scanner.py %D%/verifier.py
endif
%C%_verdict_LDADD = $(core_libs) $(JSONC_LIBS)
%D%/scanner.log %D%/verifier.log: %D%/verdict
EXTRA_DIST += %D%/verdict.py %D%/verifier.mjs
