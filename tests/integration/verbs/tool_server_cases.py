# SPDX-License-Identifier: ISC
"""
init --server, with the real lighttpd, in namespaces of its own: what it
changes of the system is changed in an overlay, and port 80 is nobody else's.
"""

import os
import pathlib
import shutil
import subprocess

from tap import Skip
from tool_scene import (BUILD, CANTCREAT, CONFIG, TOOL, UNAVAILABLE, USAGE,
                        note)

NAME = "server"
NEEDS = ("/usr/sbin/lighttpd", "/usr/sbin/lighty-enable-mod")
ENABLED = "/etc/lighttpd/conf-enabled/50-hookcask.conf"
# a systemctl that knows two servers, and that the units are there
RELOAD = """#!/bin/sh
case $* in
cat*|is-active*) exit 0 ;;
esac
echo "$*" >>{top}/reloads
[ ! -e {top}/broken ] || exit 1
case $* in
*lighttpd)
    lighttpd -f /etc/lighttpd/lighttpd.conf ;;
*nginx)
    HOOKCASK_CONFIG=/etc/hk/hookcask.conf setpriv --reuid=hookcask \
        --regid=www-data --clear-groups {top}/bin/hookcask.fcgi \
        -s {run}/hookcask/hookcask.sock >/dev/null 2>&1 </dev/null &
    nginx ;;
esac
"""
ROOM = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs {top}/layers
for place in etc usr/local var; do
    mkdir -p {top}/layers/$place/up {top}/layers/$place/work
    mount -t overlay -o "lowerdir=/$place,upperdir={top}/layers/$place/up,\
workdir={top}/layers/$place/work" overlay /$place
done
mount -t tmpfs -o mode=755 tmpfs /run
[ "$(readlink /var/run)" = /run ] || ln -sfn /run /var/run
ip link set lo up
rm -f /etc/lighttpd/conf-*/50-hookcask.conf
mkdir -p {run}/lighttpd /run/lighttpd {run}/hookcask /usr/local/sbin
chown www-data {run}/lighttpd /run/lighttpd
id hookcask >/dev/null 2>&1 || useradd --system hookcask
chown hookcask {run}/hookcask
cp {top}/systemctl /usr/local/sbin/
"""
INIT = "{top}/bin/hookcask init --server lighttpd -c /etc/hk/hookcask.conf " \
    "-l /var/lib/hk/levers.jsonl --name levers --path /webhooks/levers"
ALL = []


def case(function):
    ALL.append(function)
    return function


def runstatedir():
    for line in (BUILD / "Makefile").read_text().splitlines():
        if line.startswith("runstatedir ="):
            value = line.split("=")[1].strip()
            return value.replace("${localstatedir}", localstatedir())
    raise AssertionError("no runstatedir")


def localstatedir():
    for line in (BUILD / "Makefile").read_text().splitlines():
        for name in ("localstatedir =", "prefix ="):
            if line.startswith(name) and "$" not in line:
                found = line.split("=")[1].strip()
                return found if name[0] == "l" else found + "/var"
    raise AssertionError("no localstatedir")


def inside(place, script, stdin=b""):
    """The script's exit code, and all that was said."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    for path in (*NEEDS, "/usr/bin/unshare", "/usr/sbin/ip"):
        if not (pathlib.Path(path).exists() or shutil.which(
                pathlib.Path(path).name, path="/usr/sbin:/usr/bin:/sbin:/bin")):
            raise Skip(f"{path} is missing")
    place.top.chmod(0o755)
    (place.top / "layers").mkdir(exist_ok=True)
    (place.top / "bin").mkdir(exist_ok=True)
    for program in (TOOL, BUILD / "hookcask.fcgi"):
        shutil.copy2(program, place.top / "bin")
    note(["init", "--server", "lighttpd", "--server-name", "h", "--yes"])
    words = {"top": place.top, "run": runstatedir()}
    place.write("systemctl", RELOAD.format(**words), 0o755)
    room = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
            "sh", "-c"]
    ready = subprocess.run([*room, ROOM.format(**words)], check=False,
                           capture_output=True, text=True)
    if ready.returncode != 0:
        raise Skip(f"no namespaces and overlays here: {ready.stderr[-80:]}")
    done = subprocess.run(
        [*room, ROOM.format(**words) + "set +e\n" + script.replace(
            "INIT", INIT).format(**words)], check=False, input=stdin,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=110,
        # the leak sanitizer looks for its threads in another /proc than this
        env={**place.env, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
             "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})
    return done.returncode, done.stdout.decode()


@case
def lighttpd_runs_the_responder_after_one_command(place):
    code, said = inside(place, """
INIT --yes || exit
{top}/bin/hookcask send -c /etc/hk/hookcask.conf \
    http://127.0.0.1/webhooks/levers || exit
{top}/bin/hookcask list -c /etc/hk/hookcask.conf
kill $(cat /run/lighttpd.pid)
""")
    assert code == 0, said
    assert said.count("\nrun    ") == 4, said
    assert "was accepted, not stored" in said, said
    assert "hookcask probe https://YOUR.HOST/webhooks/levers" in said, said
    assert said.count("phone_call.ended") == 1, said
    assert (place.top / "reloads").read_text() == \
        "reload-or-restart lighttpd\n"


@case
def what_init_prints_is_what_it_runs(place):
    code, said = inside(place, """
INIT </dev/null || exit      # nobody is asked: nothing is reloaded
rm -r /etc/hk /var/lib/hk /etc/lighttpd/conf-*/50-hookcask.conf
echo ----
PLAIN | sed 's/^/plain: /'
""".replace("PLAIN", INIT.replace("--server lighttpd", "--user www-data")))
    assert code == 0, said
    assert not (place.top / "reloads").exists()
    first, second = said.split("----\n")
    ran = [line[7:] for line in first.splitlines()
           if line.startswith("run    ")]
    offered = [line[9:] for line in second.splitlines()
               if line.startswith("plain:   ")]
    start = offered.index(ran[0])
    assert offered[start:start + 4] == \
        [*ran, "systemctl reload-or-restart lighttpd"], said


@case
def a_server_that_refuses_leaves_nothing(place):
    code, said = inside(place, f"""
echo 'nonsense {{{{' >>/etc/lighttpd/lighttpd.conf
find /etc /var/lib | sort >{{top}}/before
INIT --yes
code=$?
find /etc /var/lib | sort | diff {{top}}/before - || exit 1
test ! -e {ENABLED} || exit 1
exit $code
""")
    assert code == CONFIG, said
    assert "this command failed: lighttpd -tt" in said, said
    assert not (place.top / "reloads").exists()


@case
def a_snippet_of_somebody_else_stays(place):
    code, said = inside(place, """
echo '# mine' >/etc/lighttpd/conf-available/50-hookcask.conf
INIT --yes
code=$?
grep -qx '# mine' /etc/lighttpd/conf-available/50-hookcask.conf || exit 1
test ! -e /etc/hk || exit 1
exit $code
""")
    assert code == CANTCREAT and "move it away" in said, said


@case
def a_server_that_does_not_start_is_told(place):
    place.write("broken", "")
    code, said = inside(place, "INIT --yes")
    assert code == UNAVAILABLE and "see journalctl" in said, said


@case
def nginx_gets_a_site_of_its_own(place):
    if not os.path.exists("/usr/sbin/nginx"):
        raise Skip("nginx is missing")
    code, said = inside(place, """
rm -f /etc/nginx/snippets/hookcask.conf /etc/nginx/sites-*/hookcask
INIT --server-name hooks.example.net --yes || exit
grep -q 'server_name hooks.example.net;' /etc/nginx/sites-enabled/hookcask
""".replace("INIT", INIT.replace("lighttpd", "nginx")))
    assert code == 0, said
    assert "probed http://hooks.example.net/webhooks/levers on this" in said
    assert "hookcask probe https://hooks.example.net/webhooks" in said, said


@case
def without_a_name_nginx_gets_a_line_to_include(place):
    if not os.path.exists("/usr/sbin/nginx"):
        raise Skip("nginx is missing")
    code, said = inside(place, """
rm -f /etc/nginx/snippets/hookcask.conf /etc/nginx/sites-*/hookcask
INIT --yes || exit
test ! -e /etc/nginx/sites-enabled/hookcask || exit
grep -q 'hookcask.sock;' /etc/nginx/snippets/hookcask.conf
""".replace("INIT", INIT.replace("lighttpd", "nginx")))
    assert code == 0 and not (place.top / "reloads").exists(), said
    assert "\n  include snippets/hookcask.conf;\n" in said, said


@case
def options_of_server_go_with_it(place):
    for words in (["--yes"], ["--server-name", "a.example"],
                  ["--server", "iis"]):
        place.bad(USAGE, "init", "-c", "x/h.conf", *words)
        assert not (place.top / "x").exists()
    if os.geteuid() == 0 and all(map(os.path.exists, NEEDS)):
        for words in (["--server-name", "a.example"], ["--user", "nobody"]):
            place.bad(USAGE, "init", "-c", "x/h.conf", "--server",
                      "lighttpd", *words)
            assert not (place.top / "x").exists()
