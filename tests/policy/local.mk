# SPDX-License-Identifier: ISC
dist_check_SCRIPTS += \
	%D%/arrows.py %D%/completion.sh %D%/configuration.sh \
	%D%/constant.sh %D%/dist.sh %D%/example.sh %D%/exports.sh \
	%D%/hardening.sh %D%/html.sh %D%/includes.sh %D%/install.sh \
	%D%/mutants.sh %D%/options.py %D%/promises.sh %D%/security.sh \
	%D%/tree.sh %D%/usage.sh
# it looks at what these wrote down
%D%/options.log: tests/integration/batch.log \
	tests/integration/drain.log tests/integration/look.log \
	tests/integration/manual.log tests/integration/tool.log
