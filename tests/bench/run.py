#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the table of speed and size, with ratios against peers measured in the same run.

usage: run.py BENCH SIM [--events N] [FILE...]
Without FILE the simulator makes a recording of N host events (default 5 million; with its guest about twice as many).
Each figure is the median of three runs; the machine should be otherwise idle.
"""
import argparse
import os
import shutil
import statistics
import subprocess
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
    names = sorted({k.rsplit("_", 1)[0] for k in got or {}})
    if names:
        print("\nEach estimator over 10 k, 100 k, 1 M anchors [ms]; growth over the last tenfold (n log n: 12x)")
    for name in names:
        ms = [got[f"{name}_{n}"] for n in (10000, 100000, 1000000)]
        row(name, " ".join(f"{x:.1f}" for x in ms), ratio(ms[2], ms[1]))


def row(what, value, target=""):
    print(f"  {what:<58} {value:>16}   {target}")


def ratio(a, b):
    return f"{a / b:.2f}x" if a and b else "-"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("sim")
    parser.add_argument("--events", type=int, default=5000000)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="vmsync-bench-")
    files = args.files
    try:
        if not files:
            subprocess.run([args.sim, "pcpus=8", "vcpus=4", "seconds=100000", f"events={args.events}",
                            os.path.join(folder, "big")], check=True)
            files = [os.path.join(folder, "big.dat"), os.path.join(folder, "big-vm1.dat")]
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
        models(args.bench)
    finally:
        shutil.rmtree(folder)


main()
