# SPDX-License-Identifier: ISC
"""init, check and keygen."""

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import termios

import accounts
import wire
from tap import Skip
from tool_scene import (CANTCREAT, CONFIG, DOC_SECRET, NOINPUT, TOOL, USAGE,
                        command, fingerprint)

NAME = "set up"
DOC_PRINT = "40b3c122"


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def keygen_makes_a_new_secret_each_time(place):
    made = {place.good("keygen").text for _ in range(8)}
    assert len(made) == 8
    for secret in made:
        assert secret.endswith("\n") and len(wire.key_of(secret.strip())) == 24


def keygen_writes_a_private_file_and_overwrites_nothing(place):
    assert place.good("keygen", "-o", "new.secret").out == b""
    path = place.top / "new.secret"
    before = path.read_bytes()
    assert mode(path) == 0o600
    assert len(wire.key_of(before.decode().strip())) == 24
    assert "exists" in place.bad(CANTCREAT, "keygen", "-o", path).said
    assert path.read_bytes() == before


def keygen_follows_no_link(place):
    (place.top / "link").symlink_to(place.top / "elsewhere")
    place.bad(CANTCREAT, "keygen", "-o", "link")
    assert not (place.top / "elsewhere").exists()


def fingerprints_show_lines_and_no_secret(place):
    other = wire.fresh_secret()
    path = place.write("two", f"# old\n{other}\n\n  {DOC_SECRET} \n", 0o600)
    result = place.good("keygen", "--fingerprint", path)
    lines = result.text.splitlines()
    assert lines == [f"{fingerprint(other)}  line 2, whsec",
                     f"{DOC_PRINT}  line 4, whsec"], lines
    assert other[6:] not in result.text + result.said
    assert place.good("keygen", "--json", "-f", path).text == "".join(
        f'{{"key":"{print_}","line":{line},"kind":"whsec"}}\n'
        for print_, line in ((fingerprint(other), 2), (DOC_PRINT, 4)))
    place.bad(USAGE, "keygen", "--json")


def a_secret_that_is_there_twice_has_two_lines(place):
    path = place.write("two", f"{DOC_SECRET}\ntext:{'x' * 24}\n"
                       f"{DOC_SECRET}\n", 0o600)
    lines = place.good("keygen", "--fingerprint", path).text.splitlines()
    assert [line.split(",")[0] for line in lines][::2] == [
        f"{DOC_PRINT}  line 1", f"{DOC_PRINT}  line 3"], lines
    assert len(lines) == 3
    config = place.config()
    place.write("levers.secret", path.read_text(), 0o600)
    assert "warning" in place.good("check", "-c", config).said
    said = place.good("check", "-c", config).said
    assert "the same secret twice; remove one of the two" in said, said


def a_bad_secret_file_names_its_line_and_not_the_secret(place):
    path = place.write("bad", f"{DOC_SECRET}\nwhsec_not-base64!\n", 0o600)
    said = place.bad(CONFIG, "keygen", "--fingerprint", path).said
    assert f"{path}:2:" in said, said
    assert "not-base64" not in said and DOC_SECRET[6:] not in said


def loose_permissions_are_warned_of(place):
    path = place.write("loose", DOC_SECRET + "\n", 0o644)
    result = place.good("keygen", "--fingerprint", path)
    assert "warning" in result.said and "0644" in result.said


def keygen_refuses_both_at_once(place):
    place.bad(USAGE, "keygen", "-o", "a", "-f", place.secret)
    place.bad(NOINPUT, "keygen", "-f", "nowhere")


def init(place, *more, **how):
    return place.run("init", "--config", "etc/hookcask.conf", "--name",
                     "levers", "--log", "var/lib/levers.jsonl",
                     "--secret-file", "etc/levers.secret", *more, **how)


def init_makes_all_of_an_endpoint(place):
    result = init(place, "--path", "/webhooks/levers")
    assert result.code == 0, result
    top = place.top
    for name in ("etc/hookcask.conf", "etc/levers.secret", "var/lib"):
        assert (top / name).exists(), name
        assert name in result.text, f"{name} was not said"
    assert mode(top / "etc/levers.secret") == 0o600
    assert mode(top / "var/lib") == 0o700
    assert not (top / "var/lib/levers.jsonl").exists()
    secret = (top / "etc/levers.secret").read_text().strip()
    assert secret not in result.text + result.said
    assert fingerprint(secret) in result.text
    checked = place.good("check", "--config", top / "etc/hookcask.conf")
    assert "/webhooks/levers" in checked.text
    assert "next" in result.text and "hookcask send" in result.text


def init_prints_json_apart_from_what_people_read(place):
    result = init(place, "--path", "/webhooks/levers", "--json")
    assert result.code == 0, result
    made = json.loads(result.text)
    secret = (place.top / "etc/levers.secret").read_text().strip()
    assert secret not in result.text + result.said
    assert {name: made[name] for name in (
        "endpoint", "secret_is_new", "spool", "path", "user", "server")} == {
            "endpoint": "levers", "secret_is_new": True, "spool": None,
            "path": "/webhooks/levers", "user": None, "server": None}, made
    for name in ("config", "secret_file"):
        assert (place.top / made[name]).exists(), made
    assert made["log"].endswith("var/lib/levers.jsonl")
    assert "What to do next" in result.said and "made " in result.said
    again = init(place, "--json")
    assert again.code != 0 and again.text == "", again


def init_overwrites_nothing(place):
    assert init(place).code == 0
    before = {path: path.read_bytes()
              for path in place.top.rglob("*") if path.is_file()}
    result = init(place)
    assert result.code == CANTCREAT, result
    assert 'endpoint "levers"' in result.text  # what to add
    assert before == {path: path.read_bytes()
                      for path in place.top.rglob("*") if path.is_file()}


def init_takes_a_pasted_secret(place):
    result = init(place, "--secret", "-", stdin=DOC_SECRET.encode() + b"\r\n")
    assert result.code == 0, result
    assert DOC_PRINT in result.text
    assert DOC_SECRET[6:] not in result.text + result.said


def init_asks_a_terminal_without_echo(place):
    code, seen = place.on_terminal(
        "init", "--config", "c/hookcask.conf", "--log", "log/svix.jsonl",
        "--secret-file", "c/secret", "--secret", "-",
        typed=DOC_SECRET.encode() + b"\n", prompt=b"Enter: ")
    assert code == 0, seen
    assert DOC_PRINT.encode() in seen
    assert DOC_SECRET[6:].encode() not in seen, seen


def init_interrupted_leaves_the_terminal_echoing(place):
    master, slave = os.openpty()
    try:
        process = subprocess.Popen(
            command("init", "--config", "c/h.conf", "--log", "l/l.jsonl",
                    "--secret-file", "c/secret", "--secret", "-"),
            cwd=place.top, env=place.env, stdin=slave,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seen = b""
        while not seen.endswith(b"Enter: "):
            seen += process.stderr.read(1)
            assert seen
        assert not termios.tcgetattr(slave)[3] & termios.ECHO
        process.terminate()
        code = process.wait(60)
        process.stderr.close()
        assert code == -signal.SIGTERM, code
        assert termios.tcgetattr(slave)[3] & termios.ECHO
    finally:
        os.close(master)
        os.close(slave)
    assert not (place.top / "c/secret").exists()


def init_refuses_a_secret_in_its_arguments(place):
    result = init(place, "--secret", DOC_SECRET)
    assert result.code == USAGE, result
    assert DOC_SECRET[6:] not in result.said
    assert not (place.top / "etc").exists()


def init_refuses_a_bad_secret_and_makes_no_file_of_it(place):
    result = init(place, "--secret", "-", stdin=b"v1,whsec_abc\n")
    assert result.code == CONFIG, result
    assert not (place.top / "etc/levers.secret").exists()
    assert not (place.top / "etc/hookcask.conf").exists()


def init_keeps_a_secret_that_is_there(place):
    result = place.good(
        "init", "-c", "e/h.conf", "--spool", "spool", "-s", place.secret)
    assert DOC_PRINT in result.text
    assert place.secret.read_text() == DOC_SECRET + "\n"
    assert mode(place.top / "spool") == 0o700
    assert f'spool = "{place.top}/spool"' in \
        (place.top / "e/h.conf").read_text()


def init_refuses_names_that_the_file_cannot_hold(place):
    for option, value in (("--name", "Levers"), ("--name", "a b"),
                          ("--name", ""), ("--name", "-a"),
                          ("--name", "a" * 33), ("--path", "webhooks"),
                          ("--path", '/a"b'), ("--path", "/a b"),
                          ("--log", "a${HOME}b"), ("--log", 'a"b'),
                          ("--log", "a\nb"), ("--user", "no such user")):
        place.bad(USAGE, "init", "-c", "x/h.conf", option, value)
        assert not (place.top / "x").exists(), (option, value)
    place.bad(USAGE, "init", "-c", "x/h.conf", "--log", "a", "--spool", "b")


def init_as_root_gives_the_store_to_its_user(place):
    if os.geteuid() != 0:
        raise Skip("needs root")
    user = pwd.getpwnam("nobody")
    place.top.chmod(0o755)
    result = init(place, "--user", "nobody")
    assert result.code == 0, result
    st = os.lstat(place.top / "var/lib")
    assert (st.st_uid, st.st_gid) == (user.pw_uid, user.pw_gid)
    assert os.lstat(place.top / "etc/hookcask.conf").st_uid == 0
    assert mode(place.top / "etc/hookcask.conf") == 0o644
    # the check ran as that user
    assert "nobody" in result.text


def as_root_for_nobody(place, *more):
    """init by a root whose umask hides things."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    place.top.chmod(0o755)
    before = os.umask(0o077)
    try:
        return place.run("init", "--user", "nobody", "--name", "levers",
                         *more)
    finally:
        os.umask(before)


def init_as_root_makes_what_its_user_can_reach(place):
    result = as_root_for_nobody(place, "-c", "etc/hookcask/hookcask.conf",
                                "-l", "var/lib/hookcask/levers.jsonl")
    assert result.code == 0, result
    for name in ("etc", "etc/hookcask", "var", "var/lib"):
        st = os.lstat(place.top / name)
        assert st.st_uid == 0 and mode(place.top / name) == 0o755, name
    store = place.top / "var/lib/hookcask"
    assert mode(store) == 0o700 and os.lstat(store).st_uid != 0
    # the secret is beside the log that was named
    assert mode(store / "levers.secret") == 0o600
    subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", "cat",
                    place.top / "etc/hookcask/hookcask.conf",
                    store / "levers.secret"], check=True,
                   capture_output=True)


def init_leaves_a_secret_in_a_directory_of_root_to_root(place):
    (place.top / "etc").mkdir()
    result = as_root_for_nobody(place, "-c", "etc/hookcask.conf", "-d",
                                "var/spool")
    assert result.code == 0, result
    secret = place.top / "etc/levers.secret"
    st = os.lstat(secret)
    assert (st.st_uid, st.st_gid) == (0, pwd.getpwnam("nobody").pw_gid)
    assert mode(secret) == 0o640


def init_follows_no_link_that_the_user_planted(place):
    for name in ("roots", "home"):
        (place.top / name).mkdir()
    if os.geteuid() == 0:
        shutil.chown(place.top / "home", "nobody")
    for link, log in (("home/logs", "home/logs/levers.jsonl"),
                      ("home/deep", "home/deep/er/levers.jsonl")):
        (place.top / link).symlink_to(place.top / "roots")
        result = as_root_for_nobody(place, "-c", "home/hookcask.conf",
                                    "-l", log)
        assert result.code == CANTCREAT, result
        assert not list((place.top / "roots").iterdir()), result


def check_walks_each_path_as_the_owner_of_the_store(place):
    result = as_root_for_nobody(place, "-c", "etc/hookcask.conf", "-l",
                                "var/lib/levers.jsonl", "-s",
                                "keys/levers/secret")
    assert result.code == 0, result
    config = place.top / "etc/hookcask.conf"
    place.good("check", "-c", config)
    for name in ("etc", "keys", "var"):
        (place.top / name).chmod(0o700)
        result = place.bad(CONFIG, "check", "-c", config)
        assert f"{place.top}/{name}: user nobody, who owns the store, " \
            "cannot pass it (mode 0700, owner root)" in result.said, result
        (place.top / name).chmod(0o755)
    config.chmod(0o600)
    said = place.bad(CONFIG, "check", "-c", config).said
    assert f"{config}: user nobody, who owns the store, cannot read" in said
    config.chmod(0o644)
    place.good("check", "-c", "etc/hookcask.conf")


def init_gives_nothing_away_without_root(place):
    if os.geteuid() == 0:
        raise Skip("is root")
    result = init(place, "--user", "root")
    assert result.code == 77, result


def check_finds_no_fault_in_a_good_configuration(place):
    result = place.good("check", "--config", place.config())
    assert DOC_PRINT in result.text and "levers.jsonl" in result.text
    assert DOC_SECRET[6:] not in result.text + result.said


def check_takes_the_environment_too(place):
    path = place.config()
    place.good("check", env={"HOOKCASK_CONFIG": str(path)})
    result = place.good("check", env={
        "HOOKCASK_SECRET": DOC_SECRET,
        "HOOKCASK_LOG": str(place.top / "var/levers.jsonl")})
    assert DOC_PRINT in result.text
    assert DOC_SECRET[6:] not in result.text + result.said


def the_command_line_wins_over_the_environment(place):
    path = place.config()
    place.good("check", "-c", path, env={
        "HOOKCASK_CONFIG": "/nowhere", "HOOKCASK_SECRET": "bad",
        "HOOKCASK_TOLERANCE": "bad"})


def check_names_file_and_line_of_a_fault(place):
    path = place.config(more="    no-such-key = 1\n")
    said = place.bad(CONFIG, "check", "-c", path).said
    assert f"{path}:4:" in said, said


def check_refuses_a_secret_that_others_can_read(place):
    path = place.config()
    place.secret.chmod(0o644)
    said = place.bad(CONFIG, "check", "-c", path).said
    assert str(place.secret) in said, said


def check_wants_the_directory_of_a_store(place):
    path = place.config(store=f'log = "{place.top}/nowhere/l.jsonl"')
    said = place.bad(CONFIG, "check", "-c", path).said
    assert f"{place.top}/nowhere" in said, said
    assert not (place.top / "nowhere").exists()


def check_refuses_a_directory_that_others_can_write(place):
    path = place.config()
    (place.top / "var").chmod(0o777)
    assert "chmod" in place.bad(CONFIG, "check", "-c", path).said


def check_refuses_a_log_that_is_none(place):
    path = place.config()
    log = place.top / "var/levers.jsonl"
    log.symlink_to("/dev/null")
    place.bad(CONFIG, "check", "-c", path)
    log.unlink()
    log.touch()
    log.chmod(0o666)
    assert "chmod" in place.bad(CONFIG, "check", "-c", path).said


def check_refuses_a_directory_that_is_a_link(place):
    (place.top / "link").symlink_to(place.top / "var")
    path = place.config(store=f'log = "{place.top}/link/l.jsonl"')
    assert "symbolic link" in place.bad(CONFIG, "check", "-c", path).said


def check_makes_nothing(place):
    path = place.config()
    before = sorted(place.top.rglob("*"))
    place.good("check", "-c", path)
    assert sorted(place.top.rglob("*")) == before


def check_prints_a_configuration_that_says_the_same(place):
    path = place.config(
        more='    path = "/webhooks/levers"\n    mode = 0640\n'
        '    tolerance = 120\n    dedup-window = "72h"\n'
        '    accept-types = { "phone_call.*", "a\\\\b" }\n'
        '    ignore-types = { "x" }\n')
    first = place.good("check", "-c", path, "--print").text
    for line in ('path = "/webhooks/levers"', "mode = 0640",
                 "tolerance = 120", 'dedup-window = "3d"',
                 'accept-types = { "phone_call.*", "a\\\\b" }',
                 'ignore-types = { "x" }', "max-body = 2097152",
                 "threads = 8", "lock-timeout = 5", "body-timeout = 8"):
        assert line in first, f"{line}\n{first}"
    again = place.write("again.conf", first)
    second = place.good("check", "-c", again, "--print").text
    assert first.splitlines()[1:] == second.splitlines()[1:]


def check_without_a_configuration_fails(place):
    place.bad(CONFIG, "check", "-c", "nowhere.conf")


def every_verb_finds_the_configuration_of_a_user(place):
    account = accounts.Account()
    try:
        def run(*words, code=0, **env):
            process = subprocess.run(
                [tool, *words], cwd="/", user=account.entry.pw_uid,
                group=account.entry.pw_gid, extra_groups=[],
                env={**place.env, "HOME": "/nowhere", **env}, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            assert process.returncode == code, process.stdout
            return process.stdout

        tool = shutil.copy2(TOOL, account.home / "tool")
        config = account.home / "hookcask/hookcask.conf"
        said = run("check", code=CONFIG)
        assert f"{config} (" in said and "or /" in said, said
        assert f"made   {config}" in run("init", "--name", "levers")
        for verb in (["check"], ["refused"], ["status"], ["config", "cron"],
                     ["list"], ["index"]):
            assert run(*verb).count(f"configuration: {config}\n") == 1
        # what is named wins, and what another could have written is not taken
        assert "configuration:" not in run("check", "-c", str(config))
        run("check", code=CONFIG, HOOKCASK_CONFIG="/nowhere")
        config.chmod(0o666)
        assert str(config) in run("check", code=CONFIG)
        config.chmod(0o600)
        os.chown(config, 0, 0)
        assert str(config) in run("check", code=CONFIG)
        # root's own are its system's
        env = {"HOME": str(account.home)}
        assert str(config) not in place.run("check", env=env).said
    finally:
        account.remove()


ALL = [
    keygen_makes_a_new_secret_each_time,
    keygen_writes_a_private_file_and_overwrites_nothing,
    keygen_follows_no_link, fingerprints_show_lines_and_no_secret,
    a_secret_that_is_there_twice_has_two_lines,
    a_bad_secret_file_names_its_line_and_not_the_secret,
    loose_permissions_are_warned_of, keygen_refuses_both_at_once,
    init_makes_all_of_an_endpoint, init_prints_json_apart_from_what_people_read,
    init_overwrites_nothing,
    init_takes_a_pasted_secret, init_asks_a_terminal_without_echo,
    init_interrupted_leaves_the_terminal_echoing,
    init_refuses_a_secret_in_its_arguments,
    init_refuses_a_bad_secret_and_makes_no_file_of_it,
    init_keeps_a_secret_that_is_there,
    init_refuses_names_that_the_file_cannot_hold,
    init_as_root_gives_the_store_to_its_user,
    init_as_root_makes_what_its_user_can_reach,
    init_leaves_a_secret_in_a_directory_of_root_to_root,
    init_follows_no_link_that_the_user_planted,
    check_walks_each_path_as_the_owner_of_the_store,
    every_verb_finds_the_configuration_of_a_user,
    init_gives_nothing_away_without_root,
    check_finds_no_fault_in_a_good_configuration,
    check_takes_the_environment_too,
    the_command_line_wins_over_the_environment,
    check_names_file_and_line_of_a_fault,
    check_refuses_a_secret_that_others_can_read,
    check_wants_the_directory_of_a_store,
    check_refuses_a_directory_that_others_can_write,
    check_refuses_a_log_that_is_none,
    check_refuses_a_directory_that_is_a_link, check_makes_nothing,
    check_prints_a_configuration_that_says_the_same,
    check_without_a_configuration_fails,
]
