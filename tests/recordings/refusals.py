#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inputs that are of no use, and options that mean nothing: status 2, one line on standard error, nothing else.

usage: refusals.py PROGRAM DATA
DATA holds the bundled recordings. Prints TAP. Never may a signal end the program.
"""
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from tap import plan, tap


def run(program, args, before=None):
    home = os.path.join(os.getcwd(), "home")
    env = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([program, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=env,
                          preexec_fn=before)


def complaint(done):
    """What is wrong with a refusal; "" when it is as it should be."""
    if done.returncode != 2:
        return f"status {done.returncode}"
    if done.stdout:
        return f"{len(done.stdout)} bytes on standard output"
    if done.stderr.count(b"\n") != 1 or not done.stderr.endswith(b"\n"):
        return f"standard error: {done.stderr[:300]!r}"
    if not done.stderr.startswith(b"vmsync-tui: ") or any(c < 0x20 for c in done.stderr[:-1]):
        return f"not a line for people: {done.stderr[:300]!r}"
    return ""


def refused(program, what, args):
    wrong = complaint(run(program, args))
    tap(not wrong, f"{what} is refused" + (f": {wrong}" if wrong else ""))


def put(name, content):
    with open(name, "wb") as f:
        f.write(content)
    return name


def copy(data, source, target):
    """A recording alone in a folder of its own, so that nothing is found beside it."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(os.path.join(data, source), target)
    return target


def files(program, data):
    batch = ["--batch"]
    refused(program, "a file that is not there", [*batch, "none.dat"])
    refused(program, "the same with the screen", ["none.dat"])
    os.mkdir("folder.dat")
    refused(program, "a folder", [*batch, "folder.dat"])
    refused(program, "an empty file", [*batch, put("empty.dat", b"")])
    refused(program, "a device", [*batch, "/dev/null"])
    rng = random.Random(1)
    for size in (1, 10, 100, 4096, 100000):
        refused(program, f"{size} random bytes", [*batch, put("random.dat", rng.randbytes(size))])
    magic = b"\x17\x08\x44tracing"
    refused(program, "random bytes behind a magic", [*batch, put("random.dat", magic + b"7\0" + rng.randbytes(5000))])
    refused(program, "an unknown version", [*batch, put("version.dat", magic + b"99\0" + bytes(5000))])
    refused(program, "a name too long", [*batch, "x" * 300])
    done = run(program, [*batch, "x" * 300])
    tap(b"too long" in done.stderr, "and the reason is not cut off")
    refused(program, "a name with control bytes", [*batch, "no\x1b[31m\nsuch.dat"])
    if os.geteuid():
        os.chmod(put("secret.dat", magic), 0)
        refused(program, "an unreadable file", [*batch, "secret.dat"])
    refused(program, "a guest alone", [*batch, copy(data, "01-demo-vm1.dat", "guest/01-demo-vm1.dat")])
    alone = copy(data, "01-demo.dat", "host/01-demo.dat")
    refused(program, "a host alone that shall be corrected", [*batch, "--apply", "out.dat", alone])
    refused(program, "a host alone without clock facts",
            [*batch, copy(data, "n08e-exit-vcpu0.dat", "filtered/n08e-exit-vcpu0.dat")])
    copy(data, "14-no-kvm-events-vm1.dat", "nokvm/14-no-kvm-events-vm1.dat")
    refused(program, "a host without kvm events",
            [*batch, copy(data, "14-no-kvm-events.dat", "nokvm/14-no-kvm-events.dat")])
    refused(program, "a host with the guest of another",
            [*batch, "host/01-demo.dat", os.path.join(data, "12a-tsc-step-all-vm1.dat")])


def truncated(program, data):
    """A file cut short is refused, or read as far as it goes: with a report, and without a complaint."""
    for name in ("19-idle.dat", "19-idle-vm1.dat"):
        bad = []
        seen = {0: 0, 2: 0}
        for other in ("19-idle.dat", "19-idle-vm1.dat"):
            copy(data, other, "cut/" + other)
        with open(os.path.join(data, name), "rb") as f:
            whole = f.read()
        for i in range(40):
            size = len(whole) * i // 40 + (i % 3)
            put("cut/" + name, whole[:size])
            done = run(program, ["--batch", "cut/19-idle.dat", "cut/19-idle-vm1.dat"])
            wrong = complaint(done)
            if done.returncode == 0:
                wrong = "" if done.stdout and not done.stderr else f"status 0 with {done.stderr[:200]!r}"
            if wrong:
                bad.append(f"at {size}: {wrong}")
            else:
                seen[done.returncode] += 1
        tap(not bad, f"{name} cut at 40 places: {seen[2]} refused, {seen[0]} read" + "".join("; " + b for b in bad))


def changing(program, data):
    """A file that is cut short while it is read: a report, or one line; never a signal."""
    bad, seen = [], {0: 0, 2: 0}
    for i in range(60):
        copy(data, "06b-wrong-2s-vm1.dat", "changing/06b-wrong-2s-vm1.dat")
        host = copy(data, "06b-wrong-2s.dat", "changing/06b-wrong-2s.dat")
        with subprocess.Popen([program, "--batch", host], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run_now:
            time.sleep(i * 0.001)
            os.truncate(host, (i % 7) * 4096)
            out, err = run_now.communicate(timeout=120)
        if run_now.returncode not in seen or err.count(b"\n") != (run_now.returncode == 2):
            bad.append(f"status {run_now.returncode}, {err[:200]!r}")
        else:
            seen[run_now.returncode] += 1
    tap(not bad, f"cut while it is read: {seen[2]} refused, {seen[0]} read" + "".join("; " + b for b in bad))


def options(program, data):
    demo = os.path.join(data, "19-idle.dat")
    for args in (["--nonsense", demo], ["--at", "soon", demo], ["--at", "99999999999999999999", demo],
                 ["--offset", "1.5", demo], ["--report", "xml", demo], ["--color", "mauve", demo],
                 ["--glyphs", "runes", demo], [demo, "--anchors"], ["--apply", "--force", demo], ["--batch", "--model", "guess", demo],
                 ["--batch", "--reader", "mine", demo], ["--script", "none.script", demo],
                 ["--batch", "--anchors", "none.anchors", demo], ["--batch", "--sequences", "none.seq", demo],
                 ["--batch", "--sequences", put("bad.seq", b"\xff\x00\x01"), demo],
                 ["--batch", "--sequences", put("bad2.seq", b"this is no sequence\n"), demo],
                 ["--batch", "--anchors", put("bad.anchors", b"\x00\xff\x01 not anchors"), demo],
                 ["--batch", "--anchors", put("bad2.anchors", b"# vmsync-anchors 999\n"), demo],
                 ["--batch", "--anchors", demo, demo], ["--batch", "--anchors", "/", demo],
                 ["--script", put("bad.script", b"no-such-command\n"), demo],
                 ["--script", put("size.script", b"\n"), "--size", "big", demo], ["--apply"], []):
        refused(program, " ".join(a if a != demo else "FILE" for a in args) or "no argument at all", args)
    other = os.path.join(data, "01-demo.dat")
    put("other.script", b"accept all\nwrite other.anchors\n")
    run(program, ["--script", "other.script", other])
    refused(program, "an anchors file none of whose pairs is here", ["--batch", "--anchors", "other.anchors", demo])
    done = run(program, ["--batch", "--model", "guess", demo])
    tap(b"--list-models" in done.stderr, "a model that is none is told where they are")
    done = run(program, ["--batch", "--range", "+0.2s..+0.6s", other])
    told = re.search(rb"host times (\d+) to (\d+)\n(?s:.*)ticks of ([0-9.]+) ns", done.stdout)
    ns = json.loads(run(program, ["--report", "json", other]).stdout)["host"]["ns_per_unit"]
    tap(done.returncode == 0 and told and abs(float(told[3]) / ns - 1) < 1e-3 and 0.35 < (int(told[2]) - int(told[1])) * ns / 1e9 <= 0.4005,
        f"seconds are ticks as timers tell, and it is said how long those are: {told}")
    ticks = [round(t / float(told[3])) for t in (0.2e9, 0.6e9)] if told else [0, 0]
    same = run(program, ["--batch", "--range", "+%dtk..+%dtk" % tuple(ticks), other])
    tap(same.stdout.split(b"note:")[0] == done.stdout.split(b"note:")[0], "and the same part is read by its ticks")
    other = os.path.join(data, "14-no-kvm-events.dat")
    refused(program, "seconds where nothing says how long a tick is", ["--batch", "--range", "+0s..+0.1s", other])
    tap(re.search(rb"in ticks all is about \+0tk\.\.\+5\d{9}tk", run(program, ["--batch", "--range", "+0s..+0.1s", other]).stderr),
        "and how many ticks all is, is told")


def writes(program, data):
    """What cannot be written is refused too, and the recording stays as it is."""
    copy(data, "19-idle-vm1.dat", "own/19-idle-vm1.dat")
    host = copy(data, "19-idle.dat", "own/19-idle.dat")
    for what, path in (("into no folder", "nowhere/out.dat"), ("over the guest", "own/19-idle-vm1.dat"),
                       ("over the host", host), ("over a folder", "own")):
        with open("own/19-idle-vm1.dat", "rb") as f:
            before = f.read()
        refused(program, f"a corrected copy {what}", ["--batch", "--force", "--apply", path, host])
        with open("own/19-idle-vm1.dat", "rb") as f:
            same = f.read() == before
        tap(same, f"a corrected copy {what} leaves the guest as it is")


def spared(program, data):
    """No command writes over the recording, by whatever name; a limit on files is told and leaves nothing behind."""
    copy(data, "19-idle-vm1.dat", "spare/19-idle-vm1.dat")
    host = copy(data, "19-idle.dat", "spare/19-idle.dat")
    os.symlink("19-idle.dat", "spare/link")
    os.link("spare/19-idle-vm1.dat", "spare/hard.json")
    put("spare/text", b"no anchors\n")
    before = {f: open("spare/" + f, "rb").read() for f in os.listdir("spare")}
    for verb, path in (("write", host), ("write", "spare/link"), ("write", "spare/text"), ("report", "spare/hard.json"),
                       ("report", host), ("bug-report", host), ("save-screen", "spare/link"), ("export", host), ("apply", "spare/hard.json")):
        put("spare.script", f"accept #1\nmodel band-middle\n{verb} {path}\n".encode())
        refused(program, f"{verb} {path}", ["--script", "spare.script", host])
    for path in (host, "spare/text"):
        done = run(program, ["--batch", "--output", path, host])
        tap(done.returncode == 2 and done.stderr.count(b"\n") == 1, f"--output {path}: status {done.returncode}")
    small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    put("spare.script", b"accept all\nwrite spare/limited.anchors\n")
    wrong = complaint(run(program, ["--script", "spare.script", host], small))
    tap(not wrong, f"a limit on the size of files is told {wrong}")
    now = {f: open("spare/" + f, "rb").read() for f in os.listdir("spare")}
    tap(now == before, f"files are as they were: {sorted(now)}")


def unasked(program, data):
    """What is there is replaced only when the person insists, and what is no file never; nothing waits for a reader."""
    copy(data, "19-idle-vm1.dat", "there/19-idle-vm1.dat")
    host = copy(data, "19-idle.dat", "there/19-idle.dat")
    verbs = ("report", "bug-report", "save-screen", "export", "apply", "write")
    os.mkfifo("there/fifo")
    os.symlink("nowhere", "there/dangling")
    put("there/other.anchors", b"# vmsync-anchors 1\nmore\n")
    put("there/old", b"from before\n")
    old = lambda: open("there/old", "rb").read()
    for verb in verbs:
        for path, why in (("there/old", b"nothing was written"), ("there/fifo", b"device, pipe or socket"),
                          ("/dev/full", b"device, pipe or socket"), ("there/dangling", b"leads nowhere")):
            for insist in ("", "!") if path != "there/old" else ("",):
                put("there.script", f"accept all\nmodel band-middle\n{verb}{insist} {path}\n".encode())
                done = run(program, ["--script", "there.script", host])
                wrong = complaint(done) or (why not in done.stderr and f"no reason in {done.stderr!r}")
                tap(not wrong, f"{verb}{insist} {path}" + (f": {wrong}" if wrong else ""))
    for verb in verbs[:-1]:
        put("there.script", f"accept all\nmodel band-middle\n{verb}! there/other.anchors\n".encode())
        done = run(program, ["--script", "there.script", host])
        tap(b"holds decisions" in done.stderr, f"{verb}! over anchors: {done.stderr!r}")
    tap(old() == b"from before\n" and os.readlink("there/dangling") == "nowhere", "nothing was replaced")
    refused(program, "--apply over a file", ["--apply", "there/old", host])
    for verb in verbs:
        for insist, args in (("!", []), ("", ["--force"])):
            put("there/old", b"from before\n")
            os.chmod("there/old", 0o604)
            if not os.getuid():
                os.chown("there/old", 4321, 1234)
            put("there.script", f"accept all\nmodel band-middle\n{verb}{insist} there/old\n".encode())
            done = run(program, ["--script", "there.script", *args, host])
            st = os.stat("there/old")
            tap(done.returncode == 0 and old() != b"from before\n" and st.st_mode & 0o7777 == 0o604 and
                (os.getuid() or (st.st_uid, st.st_gid) == (4321, 1234)), f"{verb}{insist} {args} replaces: {done.stderr!r}")
    put("there/old", b"from before\n")
    done = run(program, ["--apply", "there/old", "--force", host])
    tap(done.returncode == 0, f"--apply --force: {done.stderr!r}")
    for args in (["--script", "there/fifo", host], ["--sequences", "there/fifo", "--batch", host],
                 ["--anchors", "there/fifo", "--batch", host], ["--batch", "there/fifo"]):
        refused(program, f"{args[0]} of a pipe", args)


def no_room(program, data):
    """Where nothing more can be written: every command says why, status 2; what was there before stays."""
    copy(data, "19-idle-vm1.dat", "full/19-idle-vm1.dat")
    host = copy(data, "19-idle.dat", "full/19-idle.dat")
    for name in ("report.txt", "report.json", "screen.txt"):
        put("full/" + name, b"from before\n")
    before = {f: open("full/" + f, "rb").read() for f in os.listdir("full")}
    small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    for line in ("report! full/report.txt", "report! full/report.json", "save-screen! full/screen.txt", "export full/list.tsv",
                 "write full/new.anchors", "apply! full/new.dat"):
        put("full.script", f"accept all\nmodel band-middle\n{line}\n".encode())
        done = run(program, ["--script", "full.script", host], small)
        wrong = complaint(done) or (b"File too large" not in done.stderr and f"no reason in {done.stderr!r}")
        tap(not wrong, f"{line.split()[0]} over a limit says why" + (f": {wrong}" if wrong else ""))
    now = {f: open("full/" + f, "rb").read() for f in os.listdir("full")}
    tap(now == before, f"nothing is left behind and nothing lost: {sorted(now)}")
    if not os.path.exists("/dev/full"):
        return
    for kind in ("text", "json"):
        with open("/dev/full", "wb") as out:
            done = subprocess.run([program, "--report", kind, host], stdout=out, stderr=subprocess.PIPE, timeout=120, check=False)
        tap(done.returncode == 1 and b"No space left on device" in done.stderr,
            f"a {kind} report on standard output: status {done.returncode}, {done.stderr!r}")


def without_kshark(program, data):
    """KernelShark's library is asked for by who needs it alone; what is no library stands where it would be."""
    os.mkdir("lib")
    put("lib/libkshark.so.2", b"no library")
    os.environ["LD_LIBRARY_PATH"] = os.path.abspath("lib")
    recording = os.path.join(data, "19-idle.dat")
    done = run(program, ["--batch", "--reader", "libkshark", recording])
    tap(not complaint(done) and b"libkshark" in done.stderr, f"a reader without its library is refused: {done.stderr[:200]!r}")
    tap(run(program, ["--batch", recording]).returncode == 0, "the others do not miss it")
    del os.environ["LD_LIBRARY_PATH"]


def main():
    program = os.path.abspath(sys.argv[1])
    data = os.path.abspath(sys.argv[2])
    print("TAP version 13")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files(program, data)
        truncated(program, data)
        changing(program, data)
        options(program, data)
        writes(program, data)
        spared(program, data)
        unasked(program, data)
        no_room(program, data)
        without_kshark(program, data)
        os.chdir("/")
    return plan()


sys.exit(main())
