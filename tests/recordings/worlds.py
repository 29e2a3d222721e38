#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Simulated recordings against their truth: bands, verdicts, alignment from nothing, pairing.

usage: worlds.py PROGRAM SIM [NUMBER [SEED]]
Prints TAP: one line a claim over all worlds, with the figures. A world that fails is named by the options that make it again.
"""
import bisect
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

# What a person could meet; each world draws one of each.
KINDS = [
    {"name": "tsc", "clock": "tsc", "sync": "kvm"},
    {"name": "tsc wrong", "clock": "tsc", "sync": "kvm", "sync_error": "random"},
    {"name": "ns ptp", "clock": "ns", "sync": "ptp"},
    {"name": "ns drift", "clock": "ns", "sync": "ptp", "drift_ppm": "random"},
    {"name": "ns wander", "clock": "ns", "sync": "ptp", "wander_ppb": "random"},
    {"name": "tsc from nothing", "clock": "tsc", "sync": "none", "offset": "random", "nothing": True},
    {"name": "ns from nothing", "clock": "ns", "sync": "none", "offset": "random", "nothing": True},
    {"name": "tsc no map", "clock": "tsc", "sync": "none", "offset": "random", "guest_option": "0", "nothing": True},
    {"name": "tsc step", "clock": "tsc", "sync": "kvm", "step": "random"},
    {"name": "tsc lost", "clock": "tsc", "sync": "kvm", "lost_per_s": "3"},
]


def draw(rng, kind):
    o = {"seed": rng.randrange(1, 1 << 30), "pcpus": rng.choice([2, 4, 8]), "vcpus": rng.choice([1, 2, 4]),
         "guests": rng.choice([1, 1, 1, 2]), "seconds": 2, "stretch_us": rng.choice([20, 60, 200]),
         "idle_share": rng.choice([0.05, 0.15, 0.3]), "idle_us": rng.choice([300, 800, 3000]),
         "quiet_share": rng.choice([0, 0.2, 0.5]), "isa": rng.choice(["vmx", "svm", "svm-late", "arm64"]),
         "samples": rng.choice([1, 2, 5]), "version": rng.choice([6, 7]),
         "vcpu_skew": 0}
    if kind["clock"] == "tsc" and o["isa"] == "arm64":
        o["isa"] = "vmx"
    for key, value in kind.items():
        if key in ("name", "nothing"):
            continue
        if value == "random":
            value = {"sync_error": rng.choice([-1, 1]) * rng.choice([40000, 400000, 50000000, 5200000000]),
                     "drift_ppm": rng.uniform(-100, 100), "wander_ppb": rng.choice([10, 50, 200]),
                     "offset": rng.randrange(-(1 << 47), 1 << 42),
                     "step": f"{rng.uniform(0.6, 1.4):.3f}:{rng.choice([-1, 1]) * rng.choice([50000, 26000000, 260000000])}"}[key]
        o[key] = value
    if o.get("offset", 0) < 0:
        o["host_start"] = 5000000000000	# guest times stay positive
    return o


def truth_at(points, guest):
    """Least and greatest true offset at a guest time: a step that sets the clock back makes some times happen twice."""
    xs = [p[0] for p in points]
    i = min(max(bisect.bisect_right(xs, guest), 1), len(xs) - 1)
    (x0, y0), (x1, y1) = points[i - 1], points[i]
    if x1 == x0:
        return y0
    return y0 + (y1 - y0) * (guest - x0) / (x1 - x0)


class Tally:
    def __init__(self):
        self.count = {}
        self.bad = {}

    def add(self, claim, ok, why=""):
        good, total = self.count.get(claim, (0, 0))
        self.count[claim] = (good + bool(ok), total + 1)
        if not ok:
            self.bad.setdefault(claim, []).append(why)


def report(program, path, *more):
    out = subprocess.run([program, "--report", "json", *more, path + ".dat"], capture_output=True, text=True, timeout=300)
    if out.returncode:
        raise RuntimeError(out.stderr.strip()[:200] or f"exit {out.returncode}")
    return json.loads(out.stdout)


def check_bands(tally, claim, rep, truth, world):
    widths = []
    for guest, known in zip(sorted(rep["guests"], key=lambda g: g["name"]), truth["guests"]):
        for vcpu in guest["vcpus"]:
            points = known["truth"]["points_per_vcpu"][str(vcpu["vcpu"])]
            for segment in vcpu["segments"]:
                band = segment["band"]
                if band["offset_lo"] is None or band["offset_hi"] is None:
                    continue
                true = truth_at(points, band["at"])
                slack = known["truth"]["uncertainty"] + 1
                ok = band["offset_lo"] - slack <= true <= band["offset_hi"] + slack
                tally.add(claim, ok, f"{world} {guest['name']} vCPU {vcpu['vcpu']} at {band['at']}: "
                          f"[{band['offset_lo'] - true:.0f}, {band['offset_hi'] - true:.0f}] around the truth")
                widths.append(band["width_ns"])
    return widths


def pairing(program, path, folder):
    """Precision and recall of timer-program and idle: what the program pairs against what caused what."""
    anchors = os.path.join(folder, "anchors")
    script = os.path.join(folder, "script")
    with open(script, "w", encoding="utf-8") as f:
        f.write("filter seq==timer-program || seq==idle\naccept filtered\nwrite " + anchors + "\n")
    out = subprocess.run([program, "--script", script, path + ".dat"], capture_output=True, text=True, timeout=300)
    if out.returncode:
        raise RuntimeError(out.stderr.strip()[:200])
    made = set()
    for line in open(anchors, encoding="utf-8"):
        if line.startswith("#"):
            continue
        f = line.rstrip("\n").split("\t")
        if f[0] == "accepted":
            made.add((f[1], int(f[2]), f[3], int(f[4]), int(f[7])))
    true = set()
    for line in open(path + ".pairs", encoding="utf-8"):
        g, v, s, gt, ht = line.rstrip("\n").split("\t")
        true.add((g, int(v), s, int(gt), int(ht)))
    both = len(made & true)
    return both, len(made), len(true)


def main():
    program, sim = sys.argv[1:3]
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    folder = tempfile.mkdtemp(prefix="vmsync-worlds-")
    os.environ["XDG_STATE_HOME"] = folder
    os.environ["XDG_CONFIG_HOME"] = folder
    tally = Tally()
    widths = []
    pairs = {True: [0, 0, 0], False: [0, 0, 0]}
    path = os.path.join(folder, "w")
    try:
        for n in range(number):
            kind = KINDS[n % len(KINDS)]
            o = draw(rng, kind)
            world = kind["name"] + ": " + " ".join(f"{k}={v}" for k, v in o.items())
            nothing = kind.get("nothing", False)
            try:
                subprocess.run([sim, *(f"{k}={v}" for k, v in o.items()), path], check=True)
                truth = json.load(open(path + ".truth.json", encoding="utf-8"))["recordings"][0]
                rep = report(program, path)
                ambiguous = any(g["alignment"]["ambiguous"] for g in rep["guests"])
                aligned = all(v["segments"] for g in rep["guests"] for v in g["vcpus"])
                if nothing:
                    tally.add("aligned from nothing", aligned and not ambiguous, world)
                if ambiguous:
                    continue
                claim = "band contains the truth" + (" (from nothing)" if nothing else "") + \
                    (" (lost events)" if "lost" in kind["name"] else "")
                widths += check_bands(tally, claim, rep, truth, world)
                if kind["name"] == "tsc":
                    for g in rep["guests"]:
                        for v in g["vcpus"]:
                            tally.add("right sync is in band", v["recorded"]["verdict"] == "in-band", world)
                            tally.add("no violation at the centre", v["violations_at_band"]["guest_outside"] == 0, world)
                if kind["name"] == "tsc wrong":
                    for g in rep["guests"]:
                        for v in g["vcpus"]:
                            tally.add("wrong sync is proven wrong", v["recorded"]["verdict"] == "proven-wrong", world)
                if kind["name"] == "tsc step":
                    for g in rep["guests"]:
                        for v in g["vcpus"]:
                            tally.add("a step gives two segments", len(v["segments"]) == 2, f"{len(v['segments'])}: {world}")
                if kind["name"] in ("tsc", "tsc from nothing") and o["isa"] != "arm64":
                    got = pairing(program, path, folder)
                    sums = pairs[nothing]
                    for i in range(3):
                        sums[i] += got[i]
            except (RuntimeError, ValueError, KeyError, subprocess.SubprocessError) as e:
                tally.add("runs", False, f"{world}: {type(e).__name__} {e}")
            else:
                tally.add("runs", True)
    finally:
        shutil.rmtree(folder)
    k = 0
    failed = False
    least = {"aligned from nothing": 0.99}
    for claim, (good, total) in sorted(tally.count.items()):
        k += 1
        ok = good >= least.get(claim, 1.0) * total
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {k} - {claim}: {good} of {total}")
        for why in tally.bad.get(claim, [])[:8]:
            print("#  ", why)
    for nothing, want in ((False, 0.99), (True, 0.98)):
        both, made, true = pairs[nothing]
        if not made or not true:
            continue
        k += 1
        ok = both / made >= want and both / true >= want
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {k} - pairing {'from nothing' if nothing else 'with good sync'}: "
              f"precision {both / made:.4f}, recall {both / true:.4f}")
    widths = sorted(w for w in widths if w is not None)
    if widths:
        print(f"# band width: median {widths[len(widths) // 2]:.0f}, greatest {widths[-1]:.0f} ns (or ticks)")
    print(f"1..{k}")
    return failed


sys.exit(main())
