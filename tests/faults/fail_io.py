#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each call of the system fails in turn, once and from then on: whole files, one line, and no decision lost unsaid.

usage: fail_io.py PROGRAM FAIL_IO DATA [STEP]
FAIL_IO is fail_io.so, DATA the bundled recordings; every STEPth call fails (default 1). Prints TAP.
"""
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import screen

program, preload, data = (os.path.abspath(a) for a in sys.argv[1:4])
step = int(sys.argv[4]) if len(sys.argv) > 4 else 1

# What each kind of call may fail with; 0 is half of what was asked for.
FAULTS = {
    "open": ("EIO", "EINTR", "EMFILE"), "read": ("EIO", "EINTR", 0), "write": ("EIO", "ENOSPC", "EINTR", 0),
    "close": ("EIO", "EINTR"), "rename": ("EIO", "ENOSPC"), "fsync": ("EIO", "ENOSPC"), "ftruncate": ("EIO", "EINTR"),
    "mkdir": ("ENOSPC",), "link": ("EPERM", "EIO"), "unlink": ("EIO",), "stat": ("EIO",), "flock": ("ENOLCK",),
    "chmod": ("EPERM",), "chown": ("EPERM",), "realpath": ("EIO",), "mmap": ("ENOMEM", "EIO"), "fork": ("EAGAIN",),
    "socketpair": ("EMFILE",), "send": ("EPIPE",), "recv": ("EIO",), "inotify": ("EMFILE", "ENOSPC"),
}
RARE = ("realpath", "fsync")
SCRIPT = ("accept filtered\nnote why\nscreen events\nsave-screen events\nreport text.txt\nreport text.json\nexport list\n"
          "write list.anchors\napply copy.dat band\n")
UNREAD = b"cannot be read, and may be part"
KINDS = {
    "text": ["--report", "text", "19-idle.dat"],
    "JSON": ["--report", "json", "19-idle.dat"],
    "page": ["--report", "html", "19-idle.dat"],
    "host alone": ["--report", "json", "15-host-only.dat"],
    "anchors": ["--batch", "--anchors", "old.anchors", "--output", "list.anchors", "19-idle.dat"],
    "corrected copy": ["--force", "--apply", "copy.dat", "19-idle.dat"],
    "script": ["--force", "--size", "100x30", "--script", "SCRIPT", "19-idle.dat"],
}


def tries(counts, first):
    """Every @step-th call of all, and all of the rare ones: class, number, fault, and whether all after it fail too"""
    every = [(c, at, fault, on) for c, nr in counts.items() for at in range(1, nr + 1) for fault in FAULTS[c]
             for on in (False, True) if not (on and fault == "EINTR")]	# nobody is interrupted for ever
    return [e for n, e in enumerate(every) if n % step == first % step or e[0] in RARE]


def environment(here, fault):
    env = {**os.environ, "HOME": here, "XDG_STATE_HOME": os.path.join(here, "state"),
           "XDG_CONFIG_HOME": os.path.join(here, "config"), "LD_PRELOAD": preload, "IO_COUNT": os.path.join(here, "count")}
    if fault:
        env.update(IO_CLASS=fault[0], IO_AT=str(fault[1]), IO_ERRNO=str(getattr(errno, str(fault[2]), 0)))
        if fault[3]:
            env["IO_ON"] = "1"
    return env


def files(here):
    out = {}
    for folder, _, names in os.walk(here):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                out[os.path.relpath(path, here)] = f.read()
    return out


def counted(out):
    return {c: int(n) for c, n in (line.split() for line in out.pop("count", b"").decode().split("\n")[:-1])}


def run(args, fault, old, folder):
    """Status, output, complaint, files, calls"""
    with tempfile.TemporaryDirectory(dir=folder) as here:
        for name, text in old.items():
            with open(os.path.join(here, name), "wb") as f:
                f.write(text)
        done = subprocess.run([program, *args], cwd=here, env=environment(here, fault), capture_output=True, timeout=60,
                              check=False, stdin=subprocess.DEVNULL)
        out = files(here)
        counts = counted(out)
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"), out, counts


def is_error(out):
    """An error as JSON, whole: who asked for JSON gets one"""
    try:
        return set(json.loads(out)) == {"vmsync_report", "program", "files", "error"}
    except ValueError:
        return False


def wrong(done, right, old):
    """What is wrong with a run; "" = nothing"""
    status, out, said, left, _ = done
    stale = any(name not in left for name in right[3])
    for name, text in left.items():
        before = old.get(name[:-1] if name.endswith("~") else name)
        if name not in right[3]:
            return f"left behind: {name}"
        if UNREAD in text or name == "events" and b" raw: " in text:	# it says what is missing
            continue
        if text not in (before, right[3][name]):
            return f"{name} is neither old nor new: {len(text)} bytes"
        stale |= text != right[3][name]
    gone = [n for n in old if n not in left]
    if gone:
        return f"gone: {gone}"
    if UNREAD in out:	# it says what is missing
        return "" if status == 0 else f"status {status}"
    if status == 0 and "vmsync-tui: a guest's file is left out: " in said:	# one that nobody named: what is missing is said there
        return ""
    if status == 0:
        return f"status 0, and other than it should be: {said[:200]!r}" if stale or (out, said) != right[1:3] else ""
    if status not in (1, 2):
        return f"status {status}: {said[:200]!r}"
    if said.count("\n") != 1 or not said.startswith("vmsync-tui: "):
        return f"complaint {said[:300]!r}"
    return "status and output" if out and not right[1].startswith(out) and not is_error(out) else ""


def batch(number, kind, args, old, folder, pool):
    right = run(args, None, old, folder)
    all_tries = tries(right[4], number)
    bad = [] if right[0] == 0 else [f"without a fault: status {right[0]}: {right[2]}"]
    for fault, done in zip(all_tries, pool.map(lambda f: run(args, f, old, folder), all_tries)):
        why = wrong(done, right, old)
        if why:
            bad.append(f"{fault}: {why}")
    return bad, len(all_tries), sum(right[4].values())


def session(fault, pairs, folder, only_counts=False):
    """Decisions, a save, more of them, and an end by a signal, in a terminal: what is wrong; "" = nothing"""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        path = screen.recording(data, home)
        env = environment(home, fault)
        expect, last, status = {}, "", None
        with screen.Screen(program, home, [path], {k: env[k] for k in env if k.startswith(("IO_", "LD_"))}) as s:
            try:
                s.first()
                for number, (line, state) in enumerate((("accept", "accepted"), ("reject", "rejected"), ("write", ""),
                                                        ("accept", "accepted"), ("reject", "rejected"),
                                                        ("accept", "accepted")), 1):
                    if state:
                        last = s.command(f"{line} #{number}")
                        expect[number] = (state, "")
                    else:
                        last = s.command(line)
                last = s.frame(b"5")
                last = s.frame(b"1")
                os.kill(s.pid, signal.SIGTERM)
                status, said = s.end()
            except screen.Ended:
                status, said = s.end()
            except TimeoutError as why:
                return f"no frame comes: {why.args[0][-300:]}"
        if only_counts:
            return counted(files(home))
        temporary = [n for n in files(home) if n.endswith(".tmp")]
        if temporary:
            return f"left behind: {temporary}"
        if status in (1, 2):	# nothing was shown, or the terminal broke
            return "" if said.count("\n") == 0 and said.startswith("vmsync-tui: ") and not expect else f"status {status}: {said!r}"
        if status != 0:
            return f"status {status}: {said!r}"
        got, _ = screen.recovered(program, pairs, home, path)
        lost = {n: s for n, s in expect.items() if got.get(n) != s}
        if lost and "NO JOURNAL" not in last:
            return f"lost without a word: {lost}; {last}"
        return ""


def main():
    failed = 0
    host = os.path.join(data, "19-idle.dat")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        subprocess.run([program, "--size", "80x24", "--script", "-", host], cwd=folder, check=True,
                       input=b"accept filtered\nmodel midpoint\nnote x\nwrite anchors\n")
        with open(os.path.join(folder, "anchors"), "rb") as f:
            anchors = f.read()
        old = {"old.anchors": anchors, "list.anchors": anchors, "copy.dat": b"old copy", "text.txt": b"old text",
               "events": b"old screen", "list": b"old list", "SCRIPT": SCRIPT.encode()}
        for name in ("19-idle.dat", "19-idle-vm1.dat", "15-host-only.dat"):
            with open(os.path.join(data, name), "rb") as f:
                old[name] = f.read()
        pairs = screen.Pairs(program, host, os.path.join(folder, "pairs"), 8)
        results = [(kind, *batch(number, kind, args, old, folder, pool)) for number, (kind, args) in enumerate(KINDS.items(), 1)]
        counts = session(None, pairs, folder, True)
        all_tries = tries(counts, 0)
        bad = [f"{f}: {why}" for f, why in zip(all_tries, pool.map(lambda f: session(f, pairs, folder), all_tries)) if why]
        results.append(("screen", bad, len(all_tries), sum(counts.values())))
        for number, (kind, bad, nr, calls) in enumerate(results, 1):
            failed += bool(bad)
            print(f"{'not ok' if bad else 'ok'} {number} - {kind}: {nr} faults in {calls} calls, {len(bad)} wrong", flush=True)
            for b in bad if step == 1 else bad[:20]:
                print(f"#   {b}")
    print(f"1..{len(results)}")
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
