# SPDX-License-Identifier: ISC
# for web servers, supervisors and batch jobs: one template a file, and
# "hookcask config" has them compiled in
apachedir = $(docdir)/examples/apache
apparmordir = $(docdir)/examples/apparmor
consumersdir = $(docdir)/examples/consumers
caddydir = $(docdir)/examples/caddy
crondir = $(docdir)/examples/cron
grafanadir = $(docdir)/examples/grafana
icingadir = $(docdir)/examples/icinga
h2odir = $(docdir)/examples/h2o
haproxydir = $(docdir)/examples/haproxy
lighttpddir = $(docdir)/examples/lighttpd
logrotatedir = $(docdir)/examples/logrotate
nginxdir = $(docdir)/examples/nginx
openrcdir = $(docdir)/examples/openrc
prometheusdir = $(docdir)/examples/prometheus
runitdir = $(docdir)/examples/runit
sampledir = $(docdir)/examples
spawnfcgidir = $(docdir)/examples/spawn-fcgi
systemddir = $(docdir)/examples/systemd
sysusersdir = $(docdir)/examples/sysusers.d
tmpfilesdir = $(docdir)/examples/tmpfiles.d
apache_DATA = %D%/apache/cgi.htaccess %D%/apache/fcgid.htaccess \
	%D%/apache/hookcask-cgi.conf %D%/apache/hookcask-fcgid.conf \
	%D%/apache/hookcask-proxy-fcgi.conf %D%/apache/suexec.htaccess
apache_SCRIPTS = %D%/apache/wrapper
apparmor_DATA = %D%/apparmor/hookcask.fcgi
caddy_DATA = %D%/caddy/Caddyfile
cron_DATA = %D%/cron/crontab %D%/cron/hookcask
icinga_DATA = %D%/icinga/hookcask.conf
h2o_DATA = %D%/h2o/hookcask.yaml
haproxy_DATA = %D%/haproxy/hookcask.cfg
lighttpd_DATA = %D%/lighttpd/hookcask-cgi.conf \
	%D%/lighttpd/hookcask-socket.conf %D%/lighttpd/hookcask-spawn.conf
logrotate_DATA = %D%/logrotate/hookcask %D%/logrotate/system
nginx_DATA = %D%/nginx/hookcask-fcgiwrap.conf \
	%D%/nginx/hookcask-site.conf %D%/nginx/hookcask.conf
openrc_SCRIPTS = %D%/openrc/hookcask
runit_SCRIPTS = %D%/runit/run
spawnfcgi_SCRIPTS = %D%/spawn-fcgi/hookcask-multiwatch \
	%D%/spawn-fcgi/hookcask-spawn-fcgi
systemd_DATA = %D%/systemd/hookcask-drain.service \
	%D%/systemd/hookcask-prune@.service \
	%D%/systemd/hookcask-prune@.timer \
	%D%/systemd/hookcask.service \
	%D%/systemd/hookcask.socket %D%/systemd/hookcask@.service
sysusers_DATA = %D%/sysusers.d/hookcask.conf
tmpfiles_DATA = %D%/tmpfiles.d/hookcask.conf
dist_grafana_DATA = %D%/grafana/hookcask.json
dist_prometheus_DATA = %D%/prometheus/hookcask.rules.yml
dist_sample_DATA = %D%/hookcask.conf.sample
dist_consumers_SCRIPTS = %D%/examples/ended.php %D%/examples/ended.pl \
	%D%/examples/ended.py %D%/examples/ended.sh \
	%D%/examples/to-mariadb.sh
filled_scripts = $(apache_SCRIPTS) $(openrc_SCRIPTS) $(runit_SCRIPTS) \
	$(spawnfcgi_SCRIPTS)
filled = $(apache_DATA) $(apparmor_DATA) $(caddy_DATA) $(cron_DATA) \
	$(h2o_DATA) $(haproxy_DATA) $(icinga_DATA) $(lighttpd_DATA) \
	$(logrotate_DATA) $(nginx_DATA) $(systemd_DATA) $(sysusers_DATA) \
	$(tmpfiles_DATA) $(filled_scripts)
templates = $(filled:=.in)
# all again when one changes: make has no portable rule for each by itself
$(filled): $(templates) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(fill) $(srcdir)/$@.in >$@ && \
		case ' $(filled_scripts) ' in *' $@ '*) chmod +x $@ ;; esac
CLEANFILES += $(filled)
EXTRA_DIST += $(templates) %D%/packages.sh %D%/quickstart.sh

# make dist-hosting: archives for shared hosts, .tar.xz and .tar.gz,
# in a build with --enable-static-deps; with the responder of another one, that
# deploy/hosting/musl.sh has prepared: make dist-hosting HOSTING_RESPONDER=FILE
HOSTING_RESPONDER = hookcask.fcgi
hosting = $(PACKAGE)-$(VERSION)-hosting-$(host_cpu)
dist-hosting: hookcask $(HOSTING_RESPONDER) %D%/apache/suexec.htaccess
	$(srcdir)/%D%/hosting/pack.sh $(srcdir) . $(VERSION) $(host_cpu) \
		$(hosting) $(HOSTING_RESPONDER)
.PHONY: dist-hosting
CLEANFILES += $(hosting).tar.gz $(hosting).tar.xz
EXTRA_DIST += %D%/hosting/LIBRARIES %D%/hosting/README.in \
	%D%/hosting/musl.sh %D%/hosting/pack.sh

# make recipes: for distributions, with the version filled in
recipes = %D%/alpine/APKBUILD %D%/arch/PKGBUILD %D%/freebsd/Makefile \
	%D%/rpm/hookcask.spec
recipes: $(recipes)
.PHONY: recipes
$(recipes): $(recipes:=.in) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(fill) $(srcdir)/$@.in >$@
CLEANFILES += $(recipes)
EXTRA_DIST += $(recipes:=.in) %D%/alpine/hookcask.pre-install \
	%D%/freebsd/pkg-descr %D%/rpm/hookcask.cil \
	%D%/rpm/hookcask.rpmlintrc
EXTRA_DIST += %D%/container/Containerfile %D%/container/hookcask.conf \
	%D%/container/lighttpd.conf
EXTRA_DIST += %D%/build-deb.sh \
	%D%/debian/README.Debian %D%/debian/changelog.in \
	%D%/debian/clean %D%/debian/control.in %D%/debian/copyright.in \
	%D%/debian/hookcask-nats.install \
	%D%/debian/hookcask-nats.lintian-overrides \
	%D%/debian/hookcask-pgsql.install \
	%D%/debian/hookcask-pgsql.lintian-overrides \
	%D%/debian/hookcask.dirs %D%/debian/hookcask.docs \
	%D%/debian/hookcask.install %D%/debian/hookcask.lintian-overrides \
	%D%/debian/hookcask.postinst %D%/debian/hookcask.postrm \
	%D%/debian/hookcask.prerm \
	%D%/debian/libhookcask-dev.install \
	%D%/debian/libhookcask-dev.lintian-overrides \
	%D%/debian/libhookcask0.install \
	%D%/debian/libhookcask0.lintian-overrides \
	%D%/debian/libhookcask0.symbols %D%/debian/rules \
	%D%/debian/source/format %D%/debian/source/lintian-overrides \
	%D%/debian/tests/apache-fcgid %D%/debian/tests/control \
	%D%/debian/tests/deliver %D%/debian/tests/library \
	%D%/debian/tests/lighttpd \
	%D%/debian/upstream/metadata.in %D%/debian/watch.in
