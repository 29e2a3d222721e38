#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what foreign text may do to whoever reads an output: nothing. Usage: foreign.py PROGRAM SIMULATOR

A recording whose names (files, guest, clock, events, fields, tasks, sequences, notes) hold control bytes, marks of
direction, characters without width and bytes that are no UTF-8, through every output that there is.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

from tap import plan, tap

program, simulator = (os.path.abspath(a) for a in sys.argv[1:3])

# What stands instead, cut to the same length: the files are patched where they stand.
NAMES = {
    b"kvm_eoi": b"\x1b]2;E\a",
    b"sched_waking": b"sch\xe2\x80\xaeed\xe2\x80\x8b",
    b"sched_switch": b"sched\x1b[31m\xff\x9b",
    b"hrtimer_start": b"hrt\x7f\xe2\x81\xa6\xc2\x9bstr",
    b"hrtimer_expire_entry": b"hrtimer\xef\xbb\xbf\xc2\xad\xf3\xa0\x80\x81_z",
    b"irq_handler_entry": b"irq\x08\x08\x08_handler\xc0\xaf\x1b",
    b"CPU 0/KVM": b"C\x1b[2J/\xe2\x82\r",
    b"u64 now;": b"u64 \x1b\xffw;",
    b"vm1": b"v\x9bm",
    b"x86-tsc": b"x\x1b[7m\xe9\x85",
}


def nasty_world(folder):
    subprocess.run([simulator, "seed=3", "vcpus=1", "pcpus=1", "seconds=0.2", os.path.join(folder, "w")], check=True)
    out = []
    for suffix in (".dat", "-vm1.dat"):
        with open(os.path.join(folder, "w" + suffix), "rb") as f:
            data = f.read()
        for plain, nasty in NAMES.items():
            data = data.replace(plain, nasty.ljust(len(plain), b"~")[:len(plain)])
        name = os.path.join(folder.encode(), b"n\x1b[31m\xe2\x80\xae\xff\n\xe2\x80\x8b\xc2\x85x" + suffix.encode())
        with open(name, "wb") as f:
            f.write(data)
        out.append(name)
    return out


def bad(data, what):
    """Why these bytes are not to be shown to anybody; None = they are"""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        return f"{what}: no UTF-8 at {e.start}: {data[max(0, e.start - 30):e.end + 10]!r}"
    for i, c in enumerate(text):
        if c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or c == "\u034f"):
            return f"{what}: U+{ord(c):04X} at {i}: {text[max(0, i - 40):i + 20]!r}"
    return None


def run(args, folder, log=None, stdin=b""):
    env = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder, LC_ALL="C.UTF-8")
    env.pop("VMSYNC_LOG", None)
    if log:
        env["VMSYNC_LOG"] = log + ":debug"
    return subprocess.run([program] + args, capture_output=True, input=stdin, env=env, cwd=folder, check=False)


def outputs(folder, files):
    """What the program says, by name: standard output and error of each kind of run, files that it writes."""
    seqs = os.path.join(folder, "s.seq")
    with open(seqs, "wb") as f:
        f.write(b"sequence s\x1b[31m\xff\xe2\x80\xae {\n}\n")
    with open(os.path.join(folder, "bad.anchors"), "wb") as f:
        f.write(b"# vmsync-anchors 1\n# muted \x1b[31m\xff\nstate\tguest\tvcpu\tsequence\tguest_time\tguest_cpu\t"
                b"guest_event\thost_time\thost_cpu\thost_event\thost_tid\tdelay_ns\ttag\n"
                b"accepted\tv\x9bm\t0\t\x1b[1m\t5\t0\t\xe2\x80\xae\t9\t0\t\x9b\t1000\t1\t\xff\x1b\n")
    script = ["accept filtered", "note a\x1b[31m\u202enote\u009b", "copy", "explain", "save-screen explain.scr",
              "close", "help", "save-screen help.scr", "close", "lanes", "save-screen lanes.scr", "close",
              "export list.tsv", "report r.txt", "report r.json", "report r.html", "write a.anchors", "options", "save-screen o.scr", "close"]
    alone = ["filter event ~ hrt", "filter event == \x1b[31m", "search \u202e", "align second", "range", "mute \x1b", "goto \x9b",
             "map all \x1b help", "set \u202e \x1b", "open \x1b", "source \x1b", "model \x1b"]
    for screen in "main candidates plots sequences events models log".split():
        script += [f"screen {screen}", f"save-screen {screen}.scr", "down", "details on", f"save-screen {screen}-d.scr"]
    for plot in "band outside errors residuals delays delay-histogram stability clocks drift".split():
        script += ["screen plots", f"plot {plot}", f"save-screen plot-{plot}.scr"]
    done = {}
    for reader in ("direct", "libtracecmd", "libkshark"):
        log = os.path.join(folder, f"log-{reader}")
        for kind in ("text", "json", "html"):
            done[f"{reader} {kind}"] = run(["--reader", reader, "--report", kind] + files, folder, log)
        done[f"{reader} events"] = run(["--reader", reader, "--size", "160x50", "--script", "-"] + files, folder, log,
                                       f"screen events\nsave-screen events-{reader}.scr\n".encode())
    done["script"] = run(["--force", "--size", "160x50", "--script", "-"] + files, folder, os.path.join(folder, "log"),
                         ("\n".join(script) + "\n").encode("utf-8", "surrogateescape"))
    # a line that fails ends a script
    for line in alone:
        done[f"script {line!r}"] = run(["--size", "160x50", "--script", "-"] + files, folder, None,
                                       f"screen candidates\n{line}\nsave-screen line-{len(done)}.scr\n".encode())
    done["host alone"] = run(["--batch", files[0]], folder)
    done["host alone, JSON"] = run(["--report", "json", files[0]], folder)
    done["guest alone"] = run(["--batch", files[1]], folder)
    done["sequences"] = run(["--batch", "--sequences", seqs] + files, folder)
    done["anchors"] = run(["--batch", "--anchors", os.path.join(folder, "bad.anchors")] + files, folder)
    done["no such file"] = run(["--batch", b"no\x1b[31m\xff\xe2\x80\xae"], folder)
    done["no such option"] = run([b"--x\x1b[31m\xff"], folder)
    done["no such command"] = run(["--size", "80x24", "--script", "-"] + files, folder, None, b"x\x1b[31m\xff\xe2\x80\xae\n")
    done["apply"] = run(["--apply", b"out\x1b[1m\xff", "--model", "recorded\x1b"] + files, folder)
    done["apply refused"] = run(["--apply", files[1]] + files, folder)
    return done


def main():
    with tempfile.TemporaryDirectory() as folder:
        files = nasty_world(folder)
        done = outputs(folder, files)
        problems = []
        for name, r in done.items():
            problems += filter(None, (bad(r.stdout, f"{name}: stdout"), bad(r.stderr, f"{name}: stderr")))
            if r.returncode not in (0, 1, 2):
                problems.append(f"{name}: ended with {r.returncode}")
        texts = {n: open(os.path.join(folder, n), "rb").read() for n in os.listdir(folder)
                 if n.endswith((".scr", ".tsv", ".txt", ".json", ".html", ".anchors")) and n not in ("bad.anchors", "w.truth.json")
                 or n.startswith("log")}
        problems += filter(None, (bad(data, n) for n, data in texts.items()))
        tap(not problems, f"{len(done)} runs and {len(texts)} files say nothing that is not seen")
        for p in problems:
            print(f"#   {p}")
        for n in ("direct text", "direct json", "script", "host alone"):
            tap(done[n].returncode == 0, f"{n} works: {done[n].stderr.decode('utf-8', 'replace').strip()[:200]}")

        text = done["direct text"].stdout.decode()
        # one line a stream: a newline in a name begins none
        tap("clock x^[[7m\\xe9\\x85" in text and "v\\x9bm: " in text and "n^[[31m<U+202E>\\xff^J<U+200B><U+0085>x.dat" in text,
            "the text report shows what stands in names")
        report = json.loads(done["direct json"].stdout)
        files_said = [re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]), f.encode()) for f in report["files"]]
        tap(files_said == files, "the JSON report gives names back, byte by byte")
        events = texts.get("events.scr", b"").decode() + texts.get("events-d.scr", b"").decode()
        tap("sched^[[31m\\xff\\x9b" in events and "C^[[2J/" in events, "the events screen shows what stands in names")
        anchors = texts.get("a.anchors", b"")
        tap(b"sched\\x1b[31m\\xff\\x9b" in anchors, "the anchors file escapes what stands in names")
    return plan()


if __name__ == "__main__":
    sys.exit(main())
