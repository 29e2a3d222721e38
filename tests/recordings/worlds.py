#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Simulated recordings against their truth: bands, verdicts, steps, alignment from nothing, pairing.

usage: worlds.py PROGRAM SIM [NUMBER [SEED [KIND...]]]
KIND: as in world_kinds.py; "all"; without one, all that are not marked as open there, and those that were mended. World n has
the seed SEED + n, so a world that fails is made again with NUMBER 1, its seed and its kind. As many at a time as there are CPUs,
or WORLDS_JOBS.
Prints TAP: one line a claim over all worlds, with the figures.
"""
import csv
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

import world_kinds

TICKS_PER_NS = 2.6
RIGHT_LEAST = 0.995		# of worlds that are aligned from nothing and have all that it takes
LISTED_MOST = 20		# failures of a claim that are printed
TIMEOUT_S = 120


def line_at(points, x):
    """Value at x of the line between points; beyond the ends as there."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0) if x1 > x0 else y0
    return points[-1][1]


def true_offsets(pieces, guest):
    """The true offsets at a guest time: of each piece that has it (two where a clock was set back, none in a leap). What
    was recorded before the first piece or after the last is theirs."""
    def holds(i, p):
        return (not i or p["points"][0][0] <= guest) and (i + 1 == len(pieces) or guest <= p["points"][-1][0])

    return [line_at(p["points"], guest) for i, p in enumerate(pieces) if holds(i, p)]


class Tally:
    """What was claimed, how often it held, and the first of what did not."""

    def __init__(self):
        self.count = {}
        self.bad = {}
        self.notes = {}

    def add(self, claim, ok, why=""):
        good, total = self.count.get(claim, (0, 0))
        self.count[claim] = (good + bool(ok), total + 1)
        if not ok:
            self.bad.setdefault(claim, []).append(why)

    def note(self, name, *values):
        old = self.notes.setdefault(name, [])
        old.extend(values)

    def join(self, other):
        for claim, (good, total) in other.count.items():
            a, b = self.count.get(claim, (0, 0))
            self.count[claim] = (a + good, b + total)
        for claim, why in other.bad.items():
            before = len(self.bad.setdefault(claim, []))
            for line in why[:max(0, LISTED_MOST - before)]:
                print(f"# not: {claim}: {line}", flush=True)
            self.bad[claim].extend(why)
        for name, values in other.notes.items():
            self.note(name, *values)


class NoGuest(Exception):
    """The program says that nothing can be used: a guest that recorded next to nothing, a host that recorded none of it."""


class World:
    """A world that was drawn and made, its truth, and what is claimed of it."""

    def __init__(self, tally, program, folder, seed, kind):
        self.tally, self.program, self.seed, self.kind = tally, program, seed, kind
        self.folder, self.path = folder, os.path.join(folder, "w")
        self.options, self.damaged = world_kinds.draw(kind, seed)
        self.truth = None

    def __str__(self):
        return f"{self.seed} {self.kind['name']}: {world_kinds.spell(self.options)}"

    def make(self, sim):
        for left in os.listdir(self.folder):	# a guest of the world before is none of this one
            if left.startswith("w"):
                os.unlink(os.path.join(self.folder, left))
        subprocess.run([sim, *world_kinds.spell(self.options).split(), self.path], check=True)
        with open(self.path + ".truth.json", encoding="utf-8") as f:
            self.truth = json.load(f)["recordings"][0]

    def report(self, *more):
        out = subprocess.run([self.program, "--report", "json", *more, self.path + ".dat"], capture_output=True, text=True,
                             timeout=TIMEOUT_S)
        if "could be tied to a host" in out.stderr or (self.damaged and "has no kvm_entry" in out.stderr):
            raise NoGuest(out.stderr.strip()[:200])
        if out.returncode:
            raise RuntimeError(out.stderr.strip()[:200] or f"exit {out.returncode}")
        return json.loads(out.stdout)

    def add(self, claim, ok, why=""):
        self.tally.add(claim, ok, f"{self}{': ' if why else ''}{why}")

    def vcpus(self, report):
        """Each guest and vCPU of a report with its truth, recorded samples and slack."""
        for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]), self.truth["guests"]):
            for vcpu in guest["vcpus"]:
                key = str(vcpu["vcpu"])
                yield guest, vcpu, known["truth"]["pieces_per_vcpu"][key], known["recorded"].get(key), known["truth"]["uncertainty"] + 1

    def is_covered(self, host):
        """Whether the host's file has what happened at a host time."""
        return not any(h["from"] <= host <= h["to"] for h in self.truth["holes"])


def check_bands(world, claim, report):
    """The bands of a report at the instants that it gives; a constant band holds at every instant of its segment."""
    for guest, vcpu, pieces, _, slack in world.vcpus(report):
        if guest["alignment"]["ambiguous"]:
            continue
        for segment in vcpu["segments"]:
            band = segment["band"]
            if band["offset_lo"] is None or band["offset_hi"] is None:
                continue
            asked = {band["at"]}
            if band["constant"]:
                a, b = segment["guest_from"], segment["guest_to"]
                asked |= {a, b} | {x for p in pieces for x, _ in (p["points"][0], p["points"][-1]) if a < x < b}
            ends = [x for p in pieces for x, _ in (p["points"][0], p["points"][-1])]
            for x in sorted({min(max(x, min(ends)), max(ends)) for x in asked}):
                true = true_offsets(pieces, x)
                if not true:
                    continue
                bend = (x - band["at"]) * band["drift_ppm_lo"] * 1e-6 if guest["tsc_ratio"] else 0
                out = min(max(band["offset_lo"] + bend - slack - t, t - band["offset_hi"] - bend - slack) for t in true)
                if out > 0 and not all(world.is_covered(x + t) for t in true):
                    continue
                world.add(claim, out <= 0, f"{guest['name']} vCPU {vcpu['vcpu']} at {x}: outside by {out + slack:.1f} "
                          f"of [{band['offset_lo']}, {band['offset_hi']}]")
            if band["width_ns"] is not None:
                world.tally.note("width", band["width_ns"])


def check_table(world, claim, report):
    """The band over time, as it is exported: at a thousand instants of each vCPU, where a segment says something."""
    rows = {}
    with open(os.path.join(world.folder, "tables", "band.tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            if "NaN" not in (row["offset_lo"], row["offset_hi"]):
                rows.setdefault((row["guest"], int(row["vcpu"])), []).append(
                    [int(row[k]) for k in ("guest_time", "offset_lo", "offset_hi")])
    for guest, vcpu, pieces, _, slack in world.vcpus(report):
        worst, why = 0, ""
        if guest["alignment"]["ambiguous"]:
            continue
        spans = [(s["guest_from"], s["guest_to"]) for s in vcpu["segments"]]
        asked = [r for r in rows.get((guest["name"], vcpu["vcpu"]), []) if any(a <= r[0] <= b for a, b in spans)]
        ends = [x for p in pieces for x, _ in (p["points"][0], p["points"][-1])]
        for x, lo, hi in asked:
            true = true_offsets(pieces, x) if min(ends) <= x <= max(ends) else []
            out = min((max(lo - slack - t, t - hi - slack) for t in true), default=0)
            if out > worst and all(world.is_covered(x + t) for t in true):
                worst, why = out, f"{guest['name']} vCPU {vcpu['vcpu']} at {x}: outside by {out + slack:.1f} of [{lo}, {hi}]"
        if asked:
            world.add(claim, not worst, why)


def shown(samples, interpolate, guest):
    """What trace-cmd makes of TIME_SHIFT where none of its defects shows: it sorts the samples."""
    samples = sorted(samples)
    if len(samples) == 1:
        return samples[0][1]
    pick = 0
    while pick + 2 < len(samples) and samples[pick + 1][0] <= guest:
        pick += 1
    (x0, y0), (x1, y1) = samples[pick], samples[pick + 1]
    return y0 + (y1 - y0) * (guest - x0) / (x1 - x0) if interpolate and x1 > x0 else y0


def check_recorded(world, report):
    """What is said of the recorded synchronisation against how wrong it is."""
    o = world.options
    if o["sync"] == "none" or "pcpu_skew" in o:
        return
    if "ratio" in o:	# trace-cmd's arithmetic is known to be wrong: what it should be is right
        for guest, vcpu, *_ in world.vcpus(report):
            exact = next(m for m in vcpu["models"] if m["name"] == "recorded-exact")
            if vcpu["segments"]:
                world.add("a scaled clock's samples are in band", exact["verdict"] in ("in-band", "cannot-judge"), exact["verdict"])
        return
    moved = world_kinds.moved_raw(o)
    for guest, vcpu, pieces, samples, slack in world.vcpus(report):
        said = vcpu["recorded"]
        unit = 1 / TICKS_PER_NS if o["clock"] == "tsc" and report["host"]["ns_per_unit"] else 1.0
        name = f"{guest['name']} vCPU {vcpu['vcpu']}"

        def error(x, which=min):
            return which((abs(shown(samples, o["sync"] == "ptp", x) + moved - t) for t in true_offsets(pieces, x)), default=None)

        if said["verdict"] in ("proven-wrong", "outside-band"):
            true = error(said["outside_at"], max) if said["outside_at"] is not None else None
            least = said["outside_by_ns"] / unit * (1 - 1e-3)
            word = "proofs" if said["verdict"] == "proven-wrong" else "contradictions of a band"
            if true is not None:
                world.add(f"no false {word}", true + slack + 1 >= least > 0, f"{name}: {said['outside_by_ns']} ns, but {true * unit:.0f}")
            else:
                far = max(error(x, max) or 0 for p in pieces for x, _ in p["points"])
                world.add(f"no false {word}", far > slack + 1, f"{name}: never off by more than {far * unit:.0f} ns")
        elif said["verdict"] == "in-band" and not guest["alignment"]["ambiguous"]:
            for segment in vcpu["segments"]:
                band = segment["band"]
                off = error(band["at"])
                if band["width_ns"] is None or off is None:
                    continue
                world.add("what is wrong by more than the band is found", off - slack <= band["width_ns"] / unit + 1,
                          f"{name}: in band, but off by {off * unit:.0f} ns at {band['at']} of {band['width_ns']:.0f}")


def check_steps(world, report):
    at, ahead, *one = world.options["step"].split(":")
    for guest, vcpu, *_ in world.vcpus(report):
        want = 2 if not one or int(one[0]) == vcpu["vcpu"] else 1
        got = len(vcpu["segments"])
        world.add("as many segments as the clock has", got == want, f"{got}, not {want}, on {guest['name']} vCPU {vcpu['vcpu']}")


def check_pairing(world):
    """Precision and recall of timer-program and idle: what the program pairs against what caused what."""
    anchors = os.path.join(world.folder, "anchors")
    script = os.path.join(world.folder, "script")
    with open(script, "w", encoding="utf-8") as f:
        f.write("filter seq==timer-program || seq==idle\naccept filtered\nwrite " + anchors + "\n")
    out = subprocess.run([world.program, "--script", script, world.path + ".dat"], capture_output=True, text=True, timeout=TIMEOUT_S)
    if out.returncode:
        raise RuntimeError(out.stderr.strip()[:200])
    made, true = set(), set()
    with open(anchors, encoding="utf-8") as f:
        for line in f:
            a = line.rstrip("\n").split("\t")
            if a[0] == "accepted":
                made.add((a[1], int(a[2]), a[3], int(a[4]), int(a[7])))
    with open(world.path + ".pairs", encoding="utf-8") as f:
        for line in f:
            g, v, s, gt, ht = line.rstrip("\n").split("\t")
            true.add((g, int(v), s, int(gt), int(ht)))
    world.tally.note("pairs from nothing" if world.kind.get("nothing") else "pairs with good sync", (len(made & true), len(made), len(true)))


def check_clocks(world, report):
    """vCPUs and host CPUs that are said to differ do so, by at least as much; those far apart are told apart."""
    o = world.options
    skew = abs(o.get("pcpu_skew", 0))
    for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]), world.truth["guests"]):
        pieces = known["truth"]["pieces_per_vcpu"]
        far = abs(o.get("vcpu_skew", 0)) * (len(guest["vcpus"]) - 1)
        together = guest["together"]
        if together and together["vcpus"] > 1 and not skew and not world_kinds.turns(o) and not guest["alignment"]["ambiguous"]:
            if together["one_offset_fits"]:
                world.add("vCPUs far apart are told apart", far < 4000 or world.damaged)
            else:
                a, b = (true_offsets(pieces[str(together[k])], together["at"]) for k in ("above", "below"))
                world.add("vCPUs said to differ do", min(a) - max(b) + 2 >= together["apart"] > 0,
                          f"by {together['apart']}, but {min(a) - max(b)}")
        for vcpu in guest["vcpus"]:
            several = {p["cpu"] for p in vcpu["host_cpus"] if p["bounds"] >= 400}
            if guest["alignment"]["ambiguous"]:
                continue
            if skew < 4000:
                world.add("host CPUs of one clock are not said to differ", vcpu["host_cpus_agree"] or skew > 0)
            elif len(several) > 1 and not world.damaged:
                world.add("host CPUs far apart are told apart", not vcpu["host_cpus_agree"])


def check_plain(world, report):
    """What must be said of a world that has all that it takes."""
    want = world.kind.get("verdict", "")
    error = abs(world.options.get("sync_error", 0))
    if error > world.options["seconds"] * TICKS_PER_NS * 1e9:
        want = "proven-wrong or outside-band"	# it puts all events beyond the recording: facts alone are witnesses
    for guest, vcpu, *_ in world.vcpus(report):
        if want:
            world.add(f"recorded sync is {want}", vcpu["recorded"]["verdict"] in want, vcpu["recorded"]["verdict"])
        if world.kind.get("sure"):
            world.add("no violation at the centre", vcpu["violations_at_band"]["guest_outside"] == 0)
    if "step" in world.options and not world.kind.get("open") and not world.kind.get("small"):
        check_steps(world, report)


def is_right(world, report):
    """Whether every band that is stated where it is given holds the truth."""
    for guest, vcpu, pieces, _, slack in world.vcpus(report):
        if not vcpu["segments"]:
            return False
        for band in (s["band"] for s in vcpu["segments"]):
            lo, hi = band["offset_lo"], band["offset_hi"]
            true = true_offsets(pieces, band["at"])
            if lo is not None and hi is not None and true and not any(lo - slack <= t <= hi + slack for t in true):
                return False
    return True


def check_nothing(world, report):
    """Alignment from nothing: right, or said to be ambiguous or not found."""
    ambiguous = any(g["alignment"]["ambiguous"] for g in report["guests"])
    aligned = all(v["segments"] for g in report["guests"] for v in g["vcpus"])
    hard = world.damaged or world.kind.get("hard")
    for rate in (v["facts"]["rate"] for g in report["guests"] for v in g["vcpus"] if v["facts"]["rate"]):
        world.add("a rate that is named is right", abs(rate / world.options.get("ratio", 1) - 1) < 2e-3, f"{rate}")
    right = aligned and is_right(world, report)
    if hard:
        world.add("from nothing: right or ambiguous", right or ambiguous or not aligned)
    else:
        world.add("from nothing: right", right and not ambiguous, "ambiguous" if ambiguous else "none" if not aligned else "false")


def check_silences(world, report):
    """A time that is said to lack KVM's events does; where they alone were off and many guest events lie there, it is named."""
    named = [(h["from"], h["to"]) for h in report["host"]["holes"] if h["kind"] == "kvm-silent"]
    for begin, end in named:
        world.add("kvm-silent where KVM's events are missing", not world.is_covered((begin + end) // 2), f"{begin} to {end}")
    seen = [v["violations_at_band"] for g in report["guests"] for v in g["vcpus"] if v["segments"] and not v["ambiguous"]]
    if world.options.get("drop", "").startswith("kvm:") and (named or any(200 <= n["guest_outside"] for n in seen)):
        world.add("KVM's events off: named", named)
    if named and all(len(v["threads"]) == 1 for g in report["guests"] for v in g["vcpus"]):
        unknown = sum(v["coverage"]["whereabouts_unknown"] for g in report["guests"] for v in g["vcpus"])
        world.add("events where KVM's are missing are not checkable", unknown >= 32 * len(named), f"{unknown}")


def check_world(world):
    kind, o = world.kind, world.options
    started = time.monotonic()
    report = world.report("--export", "tsv=" + os.path.join(world.folder, "tables"))
    world.tally.note("time", (time.monotonic() - started, str(world)))
    claim = "band contains the truth"
    claim += (" (from nothing)" if kind.get("nothing") else "") + (" (events missing)" if world.damaged else "")
    if o["clock"] == "tsc" and report["host"]["ns_per_unit"] and "ratio" not in o and not kind.get("hard"):
        world.add("the length of a tick", abs(report["host"]["ns_per_unit"] * TICKS_PER_NS - 1) < 1e-3)
    if kind.get("nothing"):
        check_nothing(world, report)
    if "pcpu_skew" in o:	# there is no one truth to be in a band
        check_clocks(world, report)
        return
    check_bands(world, claim, report)
    check_table(world, claim + " all the time", report)
    check_recorded(world, report)
    check_silences(world, report)
    check_clocks(world, report)
    if not world.damaged:
        check_plain(world, report)
        if kind.get("pairs"):
            check_pairing(world)


def one(job):
    """A world in a process of its own; what it gave."""
    program, sim, seed, name = job
    kind = world_kinds.choose([name])[0]
    tally = Tally()
    folder = tempfile.mkdtemp(prefix="vmsync-worlds-")
    os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
    world = World(tally, program, folder, seed, kind)
    try:
        world.make(sim)
        check_world(world)
        world.add("runs", True)
    except NoGuest as e:
        world.add("runs", bool(kind.get("hard") or world.damaged), str(e))
    except (RuntimeError, ValueError, KeyError, TypeError, subprocess.SubprocessError, OSError) as e:
        world.add("runs", False, f"{type(e).__name__} {e}")
    finally:
        shutil.rmtree(folder)
    return name, tally


def print_tap(tally, kinds):
    k = 0
    failed = False

    def say(ok, text):
        nonlocal k, failed
        k += 1
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {k} - {text}")

    for claim, (good, total) in sorted(tally.count.items()):
        say(good >= (RIGHT_LEAST if claim == "from nothing: right" else 1.0) * total, f"{claim}: {good} of {total}")
    for name, want in (("pairs with good sync", 0.99), ("pairs from nothing", 0.98)):
        both, made, true = (sum(p[i] for p in tally.notes.get(name, [])) for i in range(3))
        if made and true:
            say(both / made >= want and both / true >= want, f"{name}: precision {both / made:.4f}, recall {both / true:.4f}")
    widths = sorted(tally.notes.get("width", []))
    if widths:
        print(f"# band width: median {widths[len(widths) // 2]:.0f}, greatest {widths[-1]:.0f} ns (or ticks)")
    times = sorted(tally.notes.get("time", []))
    if times:
        print(f"# file to report: median {times[len(times) // 2][0] * 1e3:.0f} ms, greatest {times[-1][0] * 1e3:.0f} ms: {times[-1][1]}")
    for name, (worlds, bad) in sorted(kinds.items()):
        if bad:
            print(f"# {name}: {bad} of {worlds} worlds failed a claim")
    print(f"1..{k}")
    return failed


def main():
    program, sim = sys.argv[1:3]
    number, seed = [int(a) for a in sys.argv[3:5]] + [40, 1][len(sys.argv[3:5]):]
    chosen = world_kinds.choose(sys.argv[5:])
    jobs = [(program, sim, seed + n, chosen[(seed + n) % len(chosen)]['name']) for n in range(number)]
    if len(sys.argv) <= 5:
        jobs += [(program, sim, seed, name) for name, seed in world_kinds.MENDED]
    tally = Tally()
    kinds = {}
    try:
        with multiprocessing.Pool(int(os.environ.get("WORLDS_JOBS", 0)) or None) as pool:
            for name, part in pool.imap_unordered(one, jobs):
                worlds, bad = kinds.get(name, (0, 0))
                kinds[name] = (worlds + 1, bad + bool(part.bad))
                tally.join(part)
    except KeyboardInterrupt:
        print("# interrupted: the claims are over the worlds so far")
    return print_tap(tally, kinds)


if __name__ == "__main__":
    sys.exit(main())
