#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the tables of speed and size, with ratios against peers measured in the same run.

usage: run.py PROGRAM BENCH SIM [--events N] [--sizes N,N...] [--check FILE] [FILE...]
Without FILE the simulator makes recordings: of N events (default 10 million) for the table of one recording, and of each of
the sizes (default 1, 10 and 49 million) for the table of growth, with a TSC that KVM tells and with clocks that drift, 4
vCPUs and 64. Figures are medians of three runs, one above 20 million events; the machine should be otherwise idle.
--check measures one small recording and fails where a ratio is twice what FILE says; --check FILE --write writes it.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run(bench, mode, files):
    out = subprocess.run([bench, mode, *files], capture_output=True, text=True)
    if out.returncode:
        return None
    return {k: float(v) for k, v, *_ in (line.split("\t") for line in out.stdout.splitlines())}


def median(bench, mode, files, key="seconds", runs=3):
    got = [run(bench, mode, files) for _ in range(runs)]
    if None in got:
        return None, None
    return statistics.median(g[key] for g in got), got[-1]


def report_seconds(files, runs=3):
    if not shutil.which("trace-cmd"):
        return None
    times = []
    for _ in range(runs):
        begin = time.monotonic()
        for path in files:
            done = subprocess.run(["trace-cmd", "report", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if done.returncode:
                return None
        times.append(time.monotonic() - begin)
    return statistics.median(times)


def converted(files, folder):
    """The files compressed by trace-cmd with zstd; None when it cannot."""
    made = []
    for path in files:
        made.append(os.path.join(folder, "zstd-" + os.path.basename(path)))
        command = ["trace-cmd", "convert", "-i", path, "-o", made[-1], "--compression", "zstd", "--file-version", "7"]
        if not shutil.which("trace-cmd") or subprocess.run(command, capture_output=True).returncode:
            return None
    return made


def reading(bench, files, kind):
    """Rows for a kind of files: the direct reader against getting the bytes. Returns the reader's figures."""
    raw, facts = median(bench, "bytes", files)
    direct, loaded = median(bench, "direct", files)
    if raw is None or direct is None:
        return None, None
    if not kind:
        print(f"{int(loaded['events'])} events, {facts['bytes'] / 1e6:.0f} MB, median of 3 runs")
    what = f"decompress {facts['bytes'] / 1e6:.0f} MB of {kind}" if kind else "read the bytes (mapped, each summed)"
    row(what, f"{raw:.3f} s")
    row("direct reader" + (f" on {kind}" if kind else ""), f"{direct:.3f} s")
    row("  against that", ratio(direct, raw), "<= 2x" if kind else "")
    return direct, loaded


def models(bench):
    got = run(bench, "models", [])
    names = sorted({k.rsplit("_", 1)[0] for k in got or {} if not k.endswith("_given_up")})
    if names:
        print("\nEach estimator over 10 k, 100 k, 1 M anchors [ms]; growth over the last tenfold (n log n: 12x)")
    for name in names:
        ms = [got[f"{name}_{n}"] for n in (10000, 100000, 1000000)]
        row(name, " ".join(f"{x:.1f}" for x in ms), ratio(ms[2], ms[1]))


def row(what, value, target=""):
    print(f"  {what:<58} {value:>16}   {target}")


def ratio(a, b):
    return f"{a / b:.2f}x" if a and b else "-"


SHAPES = (("TSC with facts, 4 vCPUs", ["pcpus=8", "vcpus=4", "facts=0.5", "clock=tsc", "sync=kvm"]),
          ("ns with drift, 4 vCPUs", ["pcpus=8", "vcpus=4", "clock=ns", "drift_ppm=20", "sync=ptp"]),
          ("TSC with facts, 64 vCPUs", ["pcpus=64", "vcpus=64", "facts=0.5", "clock=tsc", "sync=kvm"]))


def made(sim, folder, events, shape):
    """A recording of about so many events of host and guest."""
    path = os.path.join(folder, f"made-{events}")
    subprocess.run([sim, *shape, "seconds=100000", f"events={int(events * 0.35)}", path], check=True)
    return [path + ".dat", path + "-vm1.dat"]


def batch(program, files):
    """Seconds of a whole report."""
    begin = time.monotonic()
    subprocess.run([program, "--batch", files[0]], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begin


def one_size(args, files, runs):
    """All figures of a recording: peers, and how soon verdict, first screen, everything and the batch report are there."""
    got = {}
    for mode in ("bytes", "direct", "libtracecmd", "libkshark"):
        got[mode], _ = median(args.bench, mode, files, runs=runs)
    got["report"] = report_seconds(files, 1)
    screens = [run(args.bench, "screen", files) for _ in range(runs)]
    for key in ("verdict", "first_screen", "everything", "events", "peak_per_event"):
        got[key] = statistics.median(screen[key] for screen in screens)
    got["batch"] = statistics.median(batch(args.program, files) for _ in range(runs))
    return got


COLUMNS = (("bytes", "bytes"), ("direct", "read"), ("libtracecmd", "libtracecmd"), ("libkshark", "libkshark"),
           ("report", "trace-cmd report"), ("verdict", "verdict"), ("first_screen", "screen"),
           ("everything", "everything"), ("batch", "batch report"))


def growth(args, folder):
    for name, shape in SHAPES:
        before = None
        print(f"\n{name}: seconds")
        print("  " + " ".join(["  events"] + [f"{label:>{max(9, len(label))}}" for _, label in COLUMNS] + ["B/event"]))
        for size in args.sizes:
            files = made(args.sim, folder, size, shape)
            got = one_size(args, files, 1 if size > 20000000 else 3)
            cells = [f"{got[key]:{max(9, len(label))}.3f}" if got[key] else f"{'-':>{max(9, len(label))}}"
                     for key, label in COLUMNS]
            print("  " + " ".join([f"{got['events'] / 1e6:6.1f} M"] + cells + [f"{got['peak_per_event']:7.1f}"]))
            row("    verdict against the bytes", ratio(got["verdict"], got["bytes"]), "<= 3x")
            row("    batch report against libtracecmd's load", ratio(got["batch"], got["libtracecmd"]), "<= 0.45x")
            if before:
                more = got["events"] / before["events"]
                row(f"    for {more:.1f} times the events the batch report takes",
                    f"{got['batch'] / before['batch'] / more:.2f} x that", "<= 1.15x")
            before = got
            for path in files:
                os.remove(path)


# Reading alone takes 10 ms of so small a recording: too little to be held against anything.
RATIOS = (("verdict", "verdict", "libtracecmd"), ("everything", "everything", "libtracecmd"),
          ("batch report", "batch", "libtracecmd"))


def check(args, folder):
    """A small recording: no ratio may double. The least of several runs is least disturbed by what else goes on."""
    files = made(args.sim, folder, 200000, SHAPES[0][1])
    best = {}
    for _ in range(5):
        for key, value in one_size(args, files, 1).items():
            best[key] = min(best.get(key, value), value) if value else value
    now = {name: best[a] / best[b] for name, a, b in RATIOS if best[a] and best[b]}
    if args.write:
        with open(args.check, "w", encoding="utf-8") as out:
            out.writelines(f"{name}\t{value:.3f}\n" for name, value in now.items())
    with open(args.check, encoding="utf-8") as lines:
        was = {name: float(value) for name, value in (line.rstrip("\n").split("\t") for line in lines)}
    print(f"1..{len(was)}")
    failed = 0
    for i, (name, value) in enumerate(was.items(), 1):
        if name not in now:
            print(f"ok {i} - {name} # SKIP no peer to measure against")
            continue
        failed += now[name] > 2 * value
        print(f"{'not ok' if now[name] > 2 * value else 'ok'} {i} - {name}: {now[name]:.2f}, not above twice {value:.2f}")
    return failed > 0


def one_recording(args, files, folder):
    direct, loaded = reading(args.bench, files, "")
    packed = converted(files, folder)
    if packed:
        reading(args.bench, packed, "zstd")
    tracecmd, _ = median(args.bench, "libtracecmd", files)
    kshark, _ = median(args.bench, "libkshark", files)
    report = report_seconds(files)
    for name, other, target in (("libtracecmd's load", tracecmd, ""), ("libkshark's load", kshark, ">= 5x"),
                                ("trace-cmd report > /dev/null", report, "")):
        row(f"  faster than {name}", ratio(other, direct), target)
    row("memory an event beyond the mapped file", f"{loaded['bytes_per_event']:.1f} B", "<= 24 B")
    session = run(args.bench, "session", files)
    if session:
        row("candidates", f"{int(session['candidates'])}")
        row("pairing, band and all models from scratch", f"{session['session_seconds']:.3f} s", "<= 2 s")
        row("decision, p99", f"{session['decision_p99']:.2f} ms", "<= 16 ms")
        row("refresh of what was stale", f"{session['refresh_seconds']:.3f} s", "<= 0.5 s")
    keys = run(args.bench, "keys", files)
    if keys:
        row("keys pressed: every command that moves, looks or selects", f"{int(keys['keys'])}")
        row("key to frame at 200x50, median", f"{keys['frame_median']:.2f} ms")
        row("key to frame at 200x50, p99", f"{keys['frame_p99']:.2f} ms", "<= 16 ms")
        row("key to frame at 200x50, worst", f"{keys['frame_max']:.2f} ms")
        row("keys pressed while a job ran", f"{int(keys['keys_busy'])}")
        if keys["keys_busy"]:
            row("key to frame while a job ran, p99", f"{keys['busy_p99']:.2f} ms", "<= 16 ms")
            row("key to frame while a job ran, worst", f"{keys['busy_max']:.2f} ms")
        for name in [k for k in keys if k.startswith("slow: ")]:
            row(f"  {name}", f"{keys[name]:.2f} ms")
        row("result or piece of idle work and its frame, p99", f"{keys['idle_p99']:.2f} ms", "<= 16 ms")
        row("result or piece of idle work and its frame, worst", f"{keys['idle_max']:.2f} ms")
        for name in [k for k in keys if k.startswith("slow idle: ")]:
            row(f"  {name}", f"{keys[name]:.2f} ms")
        row("longest until all that a key asked for is shown", f"{keys['settled'] / 1e3:.3f} s")
        row("first frame", f"{keys['first_frame']:.0f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("bench")
    parser.add_argument("sim")
    parser.add_argument("--events", type=int, default=10000000)
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[1000000, 10000000, 49000000])
    parser.add_argument("--check")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="vmsync-bench-", dir=os.environ.get("TMPDIR", "/var/tmp"))
    try:
        if args.check:
            return check(args, folder)
        one_recording(args, args.files or made(args.sim, folder, args.events, SHAPES[0][1]), folder)
        models(args.bench)
        if not args.files:
            growth(args, folder)
    finally:
        shutil.rmtree(folder)
    return 0


sys.exit(main())
