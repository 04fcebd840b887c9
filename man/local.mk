# SPDX-License-Identifier: ISC
# manual pages; those of the tool go with it
dist_man_MANS = \
	%D%/hookcask-durability.7 %D%/hookcask-files.5 %D%/hookcask.conf.5 \
	%D%/hookcask.fcgi.8 %D%/hookcask_key_init.3 %D%/hookcask_sign.3 \
	%D%/hookcask_status_name.3 %D%/hookcask_verify.3 %D%/libhookcask.3
if TOOL
dist_man_MANS += \
	%D%/hookcask-audit.1 %D%/hookcask-cat.1 %D%/hookcask-check.1 \
	%D%/hookcask-config.1 %D%/hookcask-dev.1 %D%/hookcask-drain.1 \
	%D%/hookcask-failed.1 %D%/hookcask-gaps.1 %D%/hookcask-index.1 \
	%D%/hookcask-init.1 %D%/hookcask-keygen.1 %D%/hookcask-list.1 \
	%D%/hookcask-probe.1 %D%/hookcask-prune.1 %D%/hookcask-refused.1 \
	%D%/hookcask-replay.1 %D%/hookcask-report.1 %D%/hookcask-send.1 %D%/hookcask-show.1 \
	%D%/hookcask-sign.1 %D%/hookcask-status.1 %D%/hookcask-tail.1 \
	%D%/hookcask-stay.7 %D%/hookcask-verify.1 %D%/hookcask.1
endif
if PGSQL
dist_man_MANS += %D%/hookcask-relay-pgsql.8
endif
if NATS
dist_man_MANS += %D%/hookcask-relay-nats.8
endif
# functions that share a page, and the page
man3_links = hookcask_key_fingerprint:hookcask_key_init \
	hookcask_key_wipe:hookcask_key_init hookcask_precheck:hookcask_verify \
	hookcask_status_text:hookcask_status_name
# --program-prefix and its like rename pages, too
each_man3_link = for link in $(man3_links); do \
	page=`echo "$$link" | $(SED) 's/.*://;$(transform)'`.3; \
	link=`echo "$${link%:*}" | $(SED) '$(transform)'`.3; \
	rm -f "$(DESTDIR)$(man3dir)/$$link"
install-data-hook:
	$(each_man3_link) && \
		(cd "$(DESTDIR)$(man3dir)" && $(LN_S) "$$page" "$$link") || \
		exit 1; done
uninstall-man-links:
	$(each_man3_link); done
.PHONY: uninstall-man-links
# make html: all of them for a browser, in html/
html-local:
	cd $(srcdir) && MANDOC='$(MANDOC)' man3_links='$(man3_links)' \
		$(SHELL) %D%/html.sh "$(abs_builddir)/html" $(dist_man_MANS)
clean-local:
	rm -rf html
EXTRA_DIST += %D%/html.sh %D%/hookcask-relay-nats.8 \
	%D%/hookcask-relay-pgsql.8
