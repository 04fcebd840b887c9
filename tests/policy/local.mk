# SPDX-License-Identifier: ISC
# run by make check-policy
dist_noinst_SCRIPTS += \
	%D%/arrows.py %D%/completion.sh %D%/configuration.sh \
	%D%/constant.sh %D%/dist.sh %D%/example.sh %D%/exports.sh \
	%D%/hardening.sh %D%/hints.py %D%/html.sh %D%/includes.sh %D%/install.sh \
	%D%/internals.sh %D%/mutants.sh %D%/options.py %D%/promises.sh \
	%D%/security.sh %D%/tree.sh %D%/usage.sh
# it looks at what these wrote down
%D%/options.log: tests/integration/verbs/batch.log \
	tests/integration/verbs/drain.log tests/integration/verbs/look.log \
	tests/integration/verbs/manual.log tests/integration/verbs/tool.log
