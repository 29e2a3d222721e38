#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Simulated recordings against their truth: bands, verdicts, steps, alignment from nothing, pairing.

usage: worlds.py PROGRAM SIM [NUMBER [SEED [INSTANTS]]]
INSTANTS: at how many guest times each segment's band is asked for with --at, first and last event included (default 2).
Prints TAP: one line a claim over all worlds, with the figures. A world that fails is named by the options that make it again.
"""
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
    {"name": "ns wander", "clock": "ns", "sync": "ptp", "drift_ppm": "random", "wander_ppb": "random"},
    {"name": "tsc from nothing", "clock": "tsc", "sync": "none", "offset": "random", "nothing": True},
    {"name": "ns from nothing", "clock": "ns", "sync": "none", "offset": "random", "drift_ppm": "random", "nothing": True},
    {"name": "tsc no map", "clock": "tsc", "sync": "none", "offset": "random", "guest_option": "0", "nothing": True},
    {"name": "tsc step", "clock": "tsc", "sync": "kvm", "step": "random"},
    {"name": "tsc lost", "clock": "tsc", "sync": "kvm", "lost_per_s": "3"},
    {"name": "tsc skew", "clock": "tsc", "sync": "kvm", "vcpu_skew": "random"},
    {"name": "host skew", "clock": "tsc", "sync": "kvm", "pcpu_skew": "random"},
    {"name": "tsc skew from nothing", "clock": "tsc", "sync": "none", "offset": "random", "vcpu_skew": "random", "nothing": True},
    {"name": "ns step", "clock": "ns", "sync": "ptp", "step": "random"},
    {"name": "ns lost", "clock": "ns", "sync": "ptp", "drift_ppm": "random", "lost_per_s": "3"},
    {"name": "tsc step of one", "clock": "tsc", "sync": "kvm", "step": "of one"},
    {"name": "tsc step from nothing", "clock": "tsc", "sync": "none", "offset": "random", "step": "random", "nothing": True},
]
SURE = ("tsc", "tsc wrong", "tsc step", "tsc step of one", "tsc skew")	# no event lost, no alignment to be found


def draw(rng, kind):
    o = {"seed": rng.randrange(1, 1 << 30), "pcpus": rng.choice([2, 4, 8]), "vcpus": rng.choice([1, 2, 4]),
         "guests": rng.choice([1, 1, 1, 2]), "seconds": 2, "stretch_us": rng.choice([20, 60, 200]),
         "idle_share": rng.choice([0.05, 0.15, 0.3]), "idle_us": rng.choice([300, 800, 3000]),
         "quiet_share": rng.choice([0, 0.2, 0.5]), "isa": rng.choice(["vmx", "svm", "svm-late", "arm64"]),
         "samples": rng.choice([1, 2, 5]), "version": rng.choice([6, 7])}
    if kind["clock"] == "tsc" and o["isa"] == "arm64":
        o["isa"] = "vmx"
    for key, value in kind.items():
        if key in ("name", "nothing"):
            continue
        if value in ("random", "of one"):
            jump = rng.choice([-1, 1]) * rng.choice([50000, 26000000, 260000000])
            value = {"sync_error": rng.choice([-1, 1]) * rng.choice([40000, 400000, 50000000, 5200000000]),
                     "drift_ppm": round(rng.uniform(-100, 100), 3), "wander_ppb": rng.choice([1, 5, 20]),
                     "offset": rng.randrange(-(1 << 47), 1 << 42),
                     "vcpu_skew": rng.choice([-1, 1]) * rng.choice([300, 8000, 260000, 26000000]),
                     "pcpu_skew": rng.choice([-1, 1]) * rng.choice([100, 4000, 26000]),
                     "step": f"{rng.uniform(0.6, 1.4):.3f}:{jump}" + (":0" if value == "of one" else "")}[key]
        o[key] = value
    if o.get("offset", 0) < 0:
        o["host_start"] = 5000000000000	# guest times stay positive
    return o


def true_offsets(pieces, guest):
    """The true offsets at a guest time: of each line that has it, two where a clock was set back; else of the nearest one."""
    found = []
    for piece in pieces:
        points = piece["points"]
        for (x0, y0), (x1, y1) in zip(points, points[1:]):
            if x0 <= guest <= x1:
                found.append(y0 + (y1 - y0) * (guest - x0) / (x1 - x0) if x1 > x0 else y0)
                break
    if not found:
        x, y = min((p for piece in pieces for p in (piece["points"][0], piece["points"][-1])), key=lambda p: abs(p[0] - guest))
        lead = min(piece["points"][0][0] for piece in pieces), max(piece["points"][-1][0] for piece in pieces)
        found = [y] if x in lead else []	# none in a leap of the clock
    return found


class Tally:
    def __init__(self):
        self.count = {}
        self.bad = {}

    def add(self, claim, ok, why=""):
        good, total = self.count.get(claim, (0, 0))
        self.count[claim] = (good + bool(ok), total + 1)
        if not ok:
            self.bad[claim] = self.bad.get(claim, 0) + 1
            if self.bad[claim] <= 20:
                print(f"# not: {claim}: {why}", flush=True)


def report(program, path, *more):
    out = subprocess.run([program, "--report", "json", *more, path + ".dat"], capture_output=True, text=True, timeout=300)
    if out.returncode:
        raise RuntimeError(out.stderr.strip()[:200] or f"exit {out.returncode}")
    return json.loads(out.stdout)


def check_bands(tally, claim, rep, truth, world, at=None):
    """The bands of a report at the instants it gives; a constant band (at: None) holds at every instant of its segment."""
    widths = []
    for guest, known in zip(sorted(rep["guests"], key=lambda g: g["name"]), truth["guests"]):
        slack = known["truth"]["uncertainty"] + 1
        for vcpu in guest["vcpus"]:
            points = known["truth"]["pieces_per_vcpu"][str(vcpu["vcpu"])]
            for segment in vcpu["segments"]:
                band = segment["band"]
                if band["offset_lo"] is None or band["offset_hi"] is None or at not in (None, band["at"]):
                    continue
                asked = [band["at"]]
                if band["constant"]:
                    asked += [segment["guest_from"], segment["guest_to"]]
                for x in asked:
                    true = true_offsets(points, x)
                    if not true:
                        continue
                    out = min(max(band["offset_lo"] - slack - t, t - band["offset_hi"] - slack) for t in true)
                    tally.add(claim, out <= 0, f"{world}: {guest['name']} vCPU {vcpu['vcpu']} at {x}: outside by "
                              f"{out + slack:.1f} of [{band['offset_lo']}, {band['offset_hi']}]")
                widths.append(band["width_ns"])
    return widths


def instants(rep, nr):
    """Guest times to ask for: of each segment of a line the first and last event, and between."""
    times = set()
    for guest in rep["guests"]:
        for vcpu in guest["vcpus"][:2]:
            for segment in vcpu["segments"]:
                if not segment["band"]["constant"]:
                    a, b = segment["guest_from"], segment["guest_to"]
                    times.update(a + (b - a) * i // (nr - 1) for i in range(nr))
    return sorted(times)


def steps_seen(tally, rep, o):
    at, ahead, *one = o["step"].split(":")
    for guest in rep["guests"]:
        for vcpu in guest["vcpus"]:
            want = 2 if not one or int(one[0]) == vcpu["vcpu"] else 1
            got = len(vcpu["segments"])
            tally.add("as many segments as the clock has", got == want,
                      f"{got}, not {want}, on {guest['name']} vCPU {vcpu['vcpu']}: " + spell(o))


def spell(o):
    return " ".join(f"{k}={v}" for k, v in o.items())


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


def clocks(tally, rep, truth, o, world):
    """vCPUs and host CPUs that are said to differ do so, by at least as much; those far apart are told apart."""
    skew = abs(o.get("pcpu_skew", 0))
    for guest, known in zip(sorted(rep["guests"], key=lambda g: g["name"]), truth["guests"]):
        points = known["truth"]["pieces_per_vcpu"]
        far = abs(o.get("vcpu_skew", 0)) * (len(guest["vcpus"]) - 1)
        all_of = guest["together"]
        if all_of and not skew and "step" not in o:
            if all_of["one_offset_fits"]:
                tally.add("vCPUs far apart are told apart", far < 4000, world)
            else:
                a, b = (true_offsets(points[str(all_of[k])], all_of["at"]) for k in ("above", "below"))
                tally.add("vCPUs said to differ do", min(a) - max(b) + 2 >= all_of["apart"] > 0, world)
        for vcpu in guest["vcpus"]:
            several = {p["cpu"] for p in vcpu["host_cpus"] if p["bounds"] >= 400}
            if skew < 4000:
                tally.add("host CPUs of one clock are not said to differ", vcpu["host_cpus_agree"] or skew > 0, world)
            elif len(several) > 1:
                tally.add("host CPUs far apart are told apart", not vcpu["host_cpus_agree"], world)


def verdicts(tally, kind, rep, world):
    want = {"tsc": "in-band", "tsc skew": "in-band", "tsc wrong": "proven-wrong"}.get(kind["name"])
    for guest in rep["guests"]:
        for vcpu in guest["vcpus"]:
            if want:
                tally.add(f"recorded sync is {want}", vcpu["recorded"]["verdict"] == want, world)
            if kind["name"] in SURE:
                tally.add("no violation at the centre", vcpu["violations_at_band"]["guest_outside"] == 0, world)


def check_world(tally, program, path, kind, o, nr):
    """Returns the widths of the bands; None when the alignment is ambiguous, and said to be so."""
    world = kind["name"] + ": " + spell(o)
    nothing = kind.get("nothing", False)
    truth = json.load(open(path + ".truth.json", encoding="utf-8"))["recordings"][0]
    rep = report(program, path)
    if kind["clock"] == "tsc" and rep["host"]["ns_per_unit"]:
        tally.add("the length of a tick", abs(rep["host"]["ns_per_unit"] * 2.6 - 1) < 2e-4, world)
    ambiguous = any(g["alignment"]["ambiguous"] for g in rep["guests"])
    aligned = all(v["segments"] for g in rep["guests"] for v in g["vcpus"])
    if nothing:
        tally.add("aligned from nothing", aligned and not ambiguous, world)
    if ambiguous:
        return None
    claim = "band contains the truth" + (" (from nothing)" if nothing else "") + (" (lost events)" if "lost" in kind["name"] else "")
    if "pcpu_skew" in o:	# there is no one truth to be in a band
        clocks(tally, rep, truth, o, world)
        return []
    widths = check_bands(tally, claim, rep, truth, world)
    for at in instants(rep, nr):
        check_bands(tally, claim + " at every instant asked", report(program, path, "--at", str(at)), truth, world, at)
    verdicts(tally, kind, rep, world)
    clocks(tally, rep, truth, o, world)
    if "step" in o:
        steps_seen(tally, rep, o)
    return widths


def print_tap(tally, pairs, widths):
    k = 0
    failed = False
    least = {"aligned from nothing": 0.99}
    for claim, (good, total) in sorted(tally.count.items()):
        k += 1
        ok = good >= least.get(claim, 1.0) * total
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {k} - {claim}: {good} of {total}")
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


def main():
    program, sim = sys.argv[1:3]
    number, seed, nr = [int(a) for a in sys.argv[3:6]] + [40, 1, 2][len(sys.argv[3:6]):]
    rng = random.Random(seed)
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
            try:
                for left in os.listdir(folder):	# a guest of the world before is none of this one
                    if left.startswith("w"):
                        os.unlink(os.path.join(folder, left))
                subprocess.run([sim, *spell(o).split(), path], check=True)
                got = check_world(tally, program, path, kind, o, nr)
                if got is None:
                    continue
                widths += got
                if kind["name"] in ("tsc", "tsc from nothing"):
                    sums = pairs[kind.get("nothing", False)]
                    for i, count in enumerate(pairing(program, path, folder)):
                        sums[i] += count
            except (RuntimeError, ValueError, KeyError, subprocess.SubprocessError, OSError) as e:
                tally.add("runs", False, f"{kind['name']}: {spell(o)}: {type(e).__name__} {e}")
            else:
                tally.add("runs", True)
    except KeyboardInterrupt:
        print("# interrupted: the claims are over the worlds so far")
    finally:
        shutil.rmtree(folder)
    return print_tap(tally, pairs, widths)


if __name__ == "__main__":
    sys.exit(main())
