#!/bin/sh
# SPDX-License-Identifier: ISC
# The RPM packages: built with Debian's rpm from a release tarball, checked by
# rpmlint. Where RPM is at home its macros, and what a build needs, are known;
# here they are given.
#
#     rpm.sh BUILD        a configured build; all is made in BUILD/rpm
build=$(cd "${1:-${top_builddir:-.}}" && pwd) || exit 99
number=0
for program in rpmbuild rpmlint; do
	if ! command -v $program >/dev/null 2>&1; then
		echo "1..0 # SKIP $program is not installed"
		exit 0
	fi
done
top=$build/rpm
rm -rf "$top"
mkdir -p "$top/SOURCES" "$top/SPECS" "$top/db" || exit 99

point() { # NAME STATUS FILE
	number=$((number + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		tail -n 40 "$3" | sed 's/^/# /'
	fi
}

make -C "$build" dist recipes >"$top/make.log" 2>&1
point "tarball and spec" $? "$top/make.log"
tarball=$(find "$build" -maxdepth 1 -name 'hookcask-*.tar.xz' | tail -n 1)
cp "$tarball" "$top/SOURCES"
cp "$build/deploy/rpm/hookcask.spec" "$top/SPECS"

# shellcheck disable=SC2016  # rpm's own variables
rpmbuild -ba --nodeps --nocheck \
	--define "_topdir $top" --define "_dbpath $top/db" \
	--define '_prefix /usr' --define '_sysconfdir /etc' \
	--define '_var /var' --define '_rundir /run' \
	--define '_sharedstatedir /var/lib' \
	--define '_libexecdir /usr/libexec' \
	--define '_libdir /usr/lib64' \
	--define '_unitdir /usr/lib/systemd/system' \
	--define '_sysusersdir /usr/lib/sysusers.d' \
	--define '_tmpfilesdir /usr/lib/tmpfiles.d' \
	--define 'systemd_post() : %*' --define 'systemd_preun() : %*' \
	--define 'systemd_postun_with_restart() : %*' \
	--define 'selinux_relabel_pre(s:) :' --define 'selinux_relabel_post(s:) :' \
	--define 'selinux_modules_install(s:) semodule -i %*' \
	--define 'selinux_modules_uninstall(s:) semodule -r %*' \
	"$top/SPECS/hookcask.spec" >"$top/rpmbuild.log" 2>&1
point "rpmbuild" $? "$top/rpmbuild.log"

find "$top/RPMS" "$top/SRPMS" -name '*.rpm' >"$top/list" 2>/dev/null
[ "$(wc -l <"$top/list")" -ge 7 ]
point "six packages and their source" $? "$top/list"

main=$(grep '/hookcask-[0-9][^/]*\.[^/]*\.rpm$' "$top/list" | grep -v src)
rpm -qp --dbpath "$top/db" --scripts "$main" >"$top/scripts" 2>&1
[ "$(grep -c "^: .*'hookcask@\*\.service'" "$top/scripts")" -eq 3 ] &&
	! grep -qE 'rm -|semanage' "$top/scripts"
point "its scripts know all instances, delete nothing" $? "$top/scripts"
labels=$(grep '/hookcask-selinux-' "$top/list")
rpm -qp --dbpath "$top/db" --scripts "$labels" >"$top/scripts" 2>&1
grep -q '^semodule -i .*/hookcask\.cil$' "$top/scripts"
point "labels are a module of a package of its own" $? "$top/scripts"
rpm -qpl --dbpath "$top/db" "$main" >"$top/files" 2>&1
for file in /usr/bin/hookcask /usr/libexec/hookcask/hookcask.fcgi \
	/usr/lib/systemd/system/hookcask.socket /usr/lib/sysusers.d/hookcask.conf \
	/var/lib/hookcask; do
	grep -qx "$file" "$top/files" || echo "missing: $file"
done >"$top/missing"
[ ! -s "$top/missing" ]
point "the files are in it" $? "$top/missing"

# shellcheck disable=SC2046  # words on purpose
rpmlint --rpmlintrc "$(dirname "$0")/../../../deploy/rpm/hookcask.rpmlintrc" \
	"$top/SPECS/hookcask.spec" $(cat "$top/list") >"$top/rpmlint.log" 2>&1
# its status is 0 for warnings
! grep -E '^[^ ]+: [EW]: ' "$top/rpmlint.log" >"$top/found"
point "rpmlint has nothing to say" $? "$top/found"
echo "1..$number"
