#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Three people walk: a developer on a machine of their own, a customer of a
shared host, an operator at night. They type what the documentation or the
program has just told them. Arguments choose cases by their names.

The same with web servers is in doors/servers.py (the archive for shared hosts,
behind Apache), on clean machines in packaging/typed.py (README.md, README.Debian).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import accounts
import tool_dev_cases
import tool_scene
import verbs
import wire
from drain_scene import PROGRAMS, RESPONDER, Store, ids_of
from tool_scene import BUILD, DATAERR, DOC_SECRET, SOURCE

NAME = "walk"


def block(file, after):
    """The first indented block after some words of a file."""
    text = (SOURCE / file).read_text(encoding="utf-8")
    return re.search(r"\n\n((?:    .+\n)+)", text[text.index(after):]).group(1)


class Shell:
    """Types a line as they would, and returns all that it says."""

    def __init__(self, cwd, env, **who):
        self.how = {"cwd": cwd, "env": env, **who}

    def type(self, line, answer="", code=0):
        done = subprocess.run(
            ["sh", "-c", line], input=answer, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=tool_scene.TIME_LIMIT, **self.how)
        assert done.returncode == code, f"{line}: {done}"
        return done.stdout


def cgi(env, path, sent):
    """What a web server gives a program for this delivery."""
    return {**env, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": path, "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7", "CONTENT_LENGTH": str(len(sent.body)),
            **{"HTTP_" + name.upper().replace("-", "_"): value
               for name, value in sent.headers}}


def a_developer(place):
    """hookcask dev, and what it says one can do now."""
    place.top.chmod(0o755)
    shell = Shell(place.top, place.env)
    with tool_dev_cases.running(place, "--dir", "kept") as dev:
        send = re.search(r"from another terminal:\n((?:  .*\n){2})",
                         dev.text()).group(1).strip()
        if "without libcurl" in place.run("send", "-s", dev.secret,
                                          dev.url).said:
            raise tool_dev_cases.Skip("built without libcurl")
        tool_dev_cases.wait_for(dev.records, "the first event")
        assert shell.type(send).startswith("200 ")
        tool_dev_cases.wait_for(lambda: len(dev.records()) == 2, "the second")
        # the secret that the sender has, as its third step says
        real = wire.fresh_secret()
        pathlib.Path(dev.secret).write_text(real + "\n", encoding="ascii")
        other = place.write("real", real + "\n", 0o600)
        line = send.replace(dev.secret, str(other))
        assert shell.type(line).startswith("200 ")
        tool_dev_cases.wait_for(lambda: len(dev.records()) == 3, "the third")
        # one that was changed on its way, with the reason beside it
        shell.type(f"{send} --tamper --expect 401")
        tool_dev_cases.wait_for(lambda: "reason=no-match" in dev.text(),
                                "the reason")
    # what it kept is read with the same verbs as any other store
    conf = place.top / "kept/hookcask.conf"
    drain, = block("README.md", "## Process each event once").splitlines()
    line = drain.strip().replace("drain", f"drain -c {conf}").replace(
        "./my-program", "cat")
    assert shell.type(line).count('"phone_call.ended"') == 3
    assert "phone_call.ended" not in shell.type(line), "handed over twice"
    assert "no-match" in shell.type(f"hookcask refused -c {conf}")


class Customer:
    """A home directory with the unpacked archive in it."""

    def __init__(self, account, place):
        self.home, self.user = account.home, account.entry
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid,
               "extra_groups": []}
        self.env = {**place.env, "PATH": "/usr/bin:/bin",
                    "HOME": str(self.home)}
        self.shell = Shell(self.home, self.env, **who)
        self.who = who
        (self.home / "hookcask").mkdir()
        for program in PROGRAMS:
            shutil.copy2(program, self.home / "hookcask")
        shutil.copy(BUILD / "deploy/apache/suexec.htaccess",
                    self.home / "hookcask/htaccess")
        for path in (self.home / "hookcask", self.home / "hookcask/htaccess"):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def arrives(self, sent):
        """A delivery; what the server answers, and what its log gets."""
        script = self.home / "public_html/webhooks/levers.fcgi"
        done = subprocess.run(
            [script], cwd=script.parent, input=sent.body, check=False,
            env=cgi({"PATH": "/usr/bin:/bin"}, "/webhooks/levers.fcgi", sent),
            capture_output=True, timeout=tool_scene.TIME_LIMIT, **self.who)
        assert done.stdout.startswith(b"Status: "), done
        return int(done.stdout.split()[1]), done.stderr.decode()


def a_customer_of_a_shared_host(place):
    """doc/hosting.md, then how to read, to be told why, to drain by cron."""
    account = accounts.Account()
    try:
        customer = Customer(account, place)
        typed = block("doc/hosting.md", "Unpack the archive").splitlines()
        assert typed[0].strip().startswith("tar xf "), typed
        for line in typed[1:]:
            customer.shell.type(line, f"{DOC_SECRET}\n"
                                if "--secret -" in line else "")
        tool = "hookcask/hookcask"
        said = customer.shell.type(f"{tool} check")
        assert f"configuration: {customer.home}/hookcask/hookcask.conf" in \
            said, said
        assert "nothing yet" in customer.shell.type(f"{tool} status")
        sent = wire.Delivery(DOC_SECRET)
        assert customer.arrives(sent)[0] == 200
        assert customer.arrives(sent)[0] == 200
        log = customer.home / "hookcask/levers.jsonl"
        assert log.stat().st_uid == customer.user.pw_uid
        assert len(log.read_text().splitlines()) == 1
        readme = (SOURCE / "deploy/hosting/README.in").read_text()
        read, = re.findall(r"^    (hookcask/hookcask cat .*)$", readme, re.M)
        assert sent.body.decode() in customer.shell.type(read)
        # the sender has another secret; the line names the verb that helps
        code, said = customer.arrives(wire.Delivery(wire.fresh_secret()))
        assert code == 401 and "reason=no-match" in said, said
        said = customer.shell.type(f"{tool} refused")
        assert "no-match" in said and "192.0.2.7" in said, said
        # each minute, by the line that goes into the user's crontab
        crontab = customer.shell.type(f"{tool} config cron crontab")
        job, = re.findall(r"^\* \* \* \* \* (.*)$", crontab, re.M)
        program, = re.findall(r" -- \$HOME/(\S+)", job)
        customer.shell.type(f"mkdir $(dirname {program}); cat >{program}; "
                            f"chmod 755 {program}",
                            '#!/bin/sh\ncat >>"$HOME/did"\n')
        customer.shell.type(job)
        customer.shell.type(job)
        assert (customer.home / "did").read_bytes() == sent.body
        said = customer.shell.type(f"{tool} status")
        assert re.search(r"^  stored +1, ", said, re.M), said
        # nothing that others may read is in the public folder
        assert sorted(path.name for path in
                      (customer.home / "public_html").rglob("*")) == \
            [".htaccess", "levers.fcgi", "webhooks"]
    finally:
        account.remove()


class Night:
    """5,000 events that nobody has drained, and an operator's shell."""

    checks = "hookcask status --check --disk 0% --skew 9999d"

    def __init__(self, place):
        self.store = Store(place)
        self.store.put(ids_of(5000))
        self.store.deliver()
        self.shell = Shell(place.top, {
            **place.env, "HOOKCASK_CONFIG": str(self.store.conf)})
        self.type = self.shell.type

    def warns(self, words):
        said = self.type(self.checks, code=1)
        assert said.startswith("HOOKCASK WARNING") and words in said, said
        return said

    def is_well(self):
        said = self.type(self.checks)
        assert said.startswith("HOOKCASK OK"), said


def nobody_drains(night, place):
    """From the warning to a backlog of none."""
    said = night.warns("nobody drains 5001 events; run hookcask drain")
    drain, = re.findall("run (hookcask drain),", said)
    place.write("all", '#!/bin/sh\n'
                'grep -o "msg_[^\\"]*" | sort -u >>did\n', 0o755)
    night.type(f"{drain} --batch 1000 -- ./all")
    assert len((place.top / "did").read_text().split()) == 5001
    night.is_well()


def a_program_fails(night, place):
    """A customer without an account: what is set aside, why, and again."""
    acme = [night.store.deliver(b'{"type":"order.paid","customer":"acme"}')
            for _ in range(3)]
    other = night.store.deliver(b'{"type":"order.paid","customer":"b"}')
    place.write("one", "#!/bin/sh\nif grep -q acme && ! [ -e account ]; then\n"
                "    echo acme has no account >&2; exit 1\nfi\n"
                'echo "$HOOKCASK_ID" >>paid\n', 0o755)
    said = night.type("hookcask drain --tries 1 -- ./one", code=DATAERR)
    assert "3 events were set aside; see hookcask failed" in said, said
    see, = re.findall("see (hookcask failed)", night.warns("has set aside 3"))
    said = night.type(f"{see} --group")
    assert re.search("^ +3 .*acme has no account$", said, re.M), said
    said = night.type("hookcask list --where /customer=acme")
    assert all(i in said for i in acme) and other not in said, said
    (place.top / "account").touch()
    said = night.type(f"{see} retry", code=64)
    assert "or --all" in said, said
    night.type(f"{see} retry --all")
    night.type("hookcask drain -- ./one")
    paid = (place.top / "paid").read_text().split()
    assert sorted(paid) == sorted([other, *acme]), paid
    night.is_well()


def the_secret_was_rotated(night, place):
    """Refused for a reason that names what to do, and helps."""
    new = wire.fresh_secret()
    sent = wire.Delivery(new)

    def post():
        done = subprocess.run([RESPONDER], input=sent.body, check=True,
                              env=cgi(night.shell.how["env"], "/levers", sent),
                              capture_output=True)
        return int(done.stdout.split()[1])

    assert post() == 401
    hint = json.loads(night.type("hookcask refused --json").splitlines()[-1])
    assert "rotated at the sender" in hint["hint"], hint
    with open(place.secret, "a", encoding="ascii") as file:
        file.write(new + "\n")
    assert post() == 200
    assert sent.id in night.type(f"hookcask show {sent.id}")


def an_operator_at_night(place):
    night = Night(place)
    nobody_drains(night, place)
    a_program_fails(night, place)
    the_secret_was_rotated(night, place)
    # a slip of the tongue
    assert "did you mean list?" in night.type("hookcask lst", code=64)
    assert "did you mean levers?" in night.type(
        "hookcask list --endpoint lever", code=64)
    # in the morning: nothing was lost, and nothing that is needed goes
    assert "No gap." in night.type("hookcask gaps")
    assert re.search("^lost +0 ", night.type("hookcask audit"), re.M)
    said = night.type("hookcask prune --max-age 0s --dry-run", code=0)
    assert "1 left" in said, said


ALL = [an_operator_at_night, a_developer, a_customer_of_a_shared_host]

if __name__ == "__main__":
    sys.exit(verbs.main((sys.modules[__name__],), PROGRAMS))
