# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Sourced by deploy/quickstart.sh and tests/run.sh: installs missing Debian
# packages without starting their services.

# Needed to build everything.
# shellcheck disable=SC2034  # for those who source this
packages_build="gcc libc6-dev make autoconf automake libtool autoconf-archive
    pkg-config libfcgi-dev nettle-dev libsqlite3-dev libjson-c-dev
    libcurl4-openssl-dev libzstd-dev zlib1g-dev"

# Also needed by deploy/hosting/musl.sh.
# shellcheck disable=SC2034
packages_musl="musl-tools linux-libc-dev dpkg-dev m4 tcl"

packages_is_there() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null |
        grep -qx installed
}

# Prints those of its arguments that are not installed.
packages_missing() {
    for package; do
        packages_is_there "$package" || printf '%s ' "$package"
    done
}

# Runs a command as root.
packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "root rights are needed for: $*" >&2
        echo "run it as root, or install sudo" >&2
        return 1
    fi
}

# Our own policy file keeps a package's service from starting when it is
# installed; a policy that the machine already has is left alone.
packages_install() {
    # shellcheck disable=SC2016  # the inner shell expands it
    packages_as_root sh -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            trap "exit 130" INT
            trap "exit 143" TERM
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod 755 "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        get="apt-get -qq -y --no-install-recommends \
            -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install"
        $get "$@" >/dev/null 2>&1 || { apt-get -qq update && $get "$@"; }
    ' sh "$@" </dev/null || return 1
    # nor at the next boot
    command -v systemctl >/dev/null 2>&1 || return 0
    for package; do
        case $package in
        h2o | haproxy | lighttpd | nginx | prometheus) packages_disable "$package.service" ;;
        fcgiwrap) packages_disable fcgiwrap.service fcgiwrap.socket ;;
        esac
    done
}

packages_disable() {
    packages_as_root systemctl --quiet disable "$@" >/dev/null 2>&1 || :
}

# Installs all of its arguments, or fails.
packages_need() {
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "not a Debian system; please install what these are called" >&2
        echo "here, then start again: $missing" >&2
        return 1
    fi
    echo "installing: $missing"
    # shellcheck disable=SC2086  # words on purpose
    packages_install $missing
}
