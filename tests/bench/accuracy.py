#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints doc/ACCURACY.md: how wrong each clock model is where the truth is known.

usage: accuracy.py PROGRAM SIM [DIR...]
DIR holds recordings and a truth.json (default: the bundled ones). The program itself never sees the truth.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "recordings"))

import check	# noqa: E402
import worlds	# noqa: E402

MODELS = ("recorded", "recorded-exact", "mean", "median", "min-delay", "midpoint", "lsq", "lad", "theil-sen", "hull", "band-middle")
FACT_EVENTS = (b"kvm_msr", b"kvm_wait_lapic_expire", b"kvm_write_tsc_offset")
INSTANTS = 3		# of each segment, its first and last event included
TICKS_PER_NS = 2.6	# the simulator's

SIMULATED = (
    ("Intel, tsc", "seed=101"),
    ("SVM, tsc", "seed=102 isa=svm"),
    ("SVM late, tsc", "seed=103 isa=svm-late"),
    ("Intel, tsc, sync 15 us off", "seed=104 sync_error=40000"),
    ("Intel, tsc, vCPUs 100 us apart", "seed=105 vcpu_skew=260000"),
    ("Intel, tsc, step of 10 ms", "seed=106 step=1.0:26000000"),
    ("SVM, tsc, events lost", "seed=107 isa=svm lost_per_s=3"),
    ("Intel, tsc, from nothing", "seed=108 sync=none offset=-117312434127578"),
    ("Intel, ns, ptp", "seed=109 clock=ns sync=ptp"),
    ("Intel, ns, ptp, 50 ppm", "seed=110 clock=ns sync=ptp drift_ppm=50"),
    ("Intel, ns, ptp, 10 s, wander 5 ppb", "seed=111 clock=ns sync=ptp seconds=10 stretch_us=200 wander_ppb=5"),
    ("SVM, ns, from nothing, -30 ppm", "seed=112 isa=svm clock=ns sync=none drift_ppm=-30 offset=3600000000000000"),
    ("arm64, ns, ptp", "seed=113 isa=arm64 clock=ns sync=ptp"),
    ("arm64, ns, from nothing", "seed=114 isa=arm64 clock=ns sync=none"),
)

HEAD = """# How wrong is each model?

Made by `tests/bench/accuracy.py` from recordings whose true offset is known: the real ones, and simulated ones (see
`SIMULATOR.md`). The program is not given the truth.

Each figure is the **true error in ns** of a model's offset (model minus truth; positive: the model puts guest events too late) at the time for
which the report gives it (the middle of the vCPU's trace, or of its segment), of the vCPU where it is greatest. `recorded` is what trace-cmd stored, evaluated as
trace-cmd does, defects included (`kvm` or `ptp` protocol); a dash: nothing was stored. The estimators are as the program gives them before a person has judged any pair.
*width* is the band's, widest segment. *truth in band*: instants asked for (middle, first and last event, and between) at which
the band contains the truth. *recorded is*: the program's verdict, with the greatest distance to the band anywhere in the trace.

The mean (the thesis' measure) is too large by the mean delay from guest event to exit, the median by the median delay, least squares
and the robust lines likewise: none of them tells a delay from an offset. The least delay is too large by the
least exit delay. What looks from both sides (midpoint, hull, the band's middle) is wrong by half the difference of the two least delays: one to a few us in the
emulated recordings, tens of ns on bare metal and in the simulation, always within half the band's width.

The kvm protocol's offsets are right to the tick as long as the guest's TSC is left alone; after a step they stay what they were (12a, 12b), which a figure
taken at one instant need not show: see the verdict. The ptp protocol's are wrong by 20 to 100 us in the emulated recordings and by up to 0.6 s around a pause (20b); the band proves
it, usually on each vCPU. With clock x86-tsc the band rests on clock facts where the guest's timer uses TSC deadlines (one to two us in emulation), so that 3 us in 06a are
proven; elsewhere an error smaller than what the stretches leave cannot be.
"""


class SimTruth:
    def __init__(self, known, vcpu):
        self.pieces = known["pieces_per_vcpu"][str(vcpu)]
        self.slack = known["uncertainty"]

    def all_at(self, guest):
        return worlds.true_offsets(self.pieces, guest)

    def at(self, guest):
        return next(iter(self.all_at(guest)), None)


def report(program, path, *more):
    done = check.run(program, path, *more)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def vcpus(rep, recording, make):
    """Every vCPU of a report with its truth."""
    for guest, known in zip(sorted(rep["guests"], key=lambda g: g["name"]), sorted(recording["guests"], key=lambda g: g["name"])):
        for vcpu in guest["vcpus"]:
            yield vcpu, make(known["truth"], vcpu["vcpu"])


def errors(rep, recording, make, unit):
    """Of each model the error that is greatest in size over the vCPUs [ns]."""
    worst = {}
    for vcpu, truth in vcpus(rep, recording, make):
        for m in vcpu["models"]:
            if not m["available"]:
                continue
            true = truth.at(m["at"])
            if true is None:
                continue
            error = (m["offset"] - true) * unit
            if abs(error) > abs(worst.get(m["name"], 0)):
                worst[m["name"]] = error
            worst.setdefault(m["name"], error)
    return worst


def instants(rep):
    """Guest times to ask for: of each segment of a line the first and last event, and between."""
    times = set()
    for vcpu in (v for g in rep["guests"] for v in g["vcpus"][:2]):
        for segment in vcpu["segments"]:
            if not segment["band"]["constant"]:
                a, b = segment["guest_from"], segment["guest_to"]
                times.update(a + (b - a) * i // (INSTANTS - 1) for i in range(INSTANTS))
    return sorted(times)


def contained(program, path, rep, recording, make):
    """At how many of the instants asked the band contains the truth."""
    good = total = 0

    def ask(segment, truth, x):
        nonlocal good, total
        band = segment["band"]
        true = truth.all_at(x)
        if not true or band["offset_lo"] is None or band["offset_hi"] is None:
            return
        total += 1
        good += any(band["offset_lo"] - truth.slack - 1 <= t <= band["offset_hi"] + truth.slack + 1 for t in true)

    for vcpu, truth in vcpus(rep, recording, make):
        for segment in vcpu["segments"]:
            for x in {segment["band"]["at"]} | ({segment["guest_from"], segment["guest_to"]} if segment["band"]["constant"] else set()):
                ask(segment, truth, x)
    for at in instants(rep):
        for vcpu, truth in vcpus(report(program, path, "--at", str(at)), recording, make):
            for segment in vcpu["segments"]:
                if segment["band"]["at"] == at:
                    ask(segment, truth, at)
    return good, total


def verdict(rep, unit):
    scale = 1.0 if rep["host"]["ns_per_unit"] else unit	# else the report's _ns are in the clock's unit
    all_of = [v["recorded"] for g in rep["guests"] for v in g["vcpus"]]
    wrong = [r for r in all_of if r["verdict"] == "proven-wrong"]
    if wrong:
        some = "" if len(wrong) == len(all_of) else f" on {len(wrong)} of {len(all_of)} vCPUs"
        return f"proven wrong{some}, by {max(r['outside_by_ns'] for r in wrong) * scale:.0f}"
    return "in the band" if any(r["verdict"] == "in-band" for r in all_of) else "-"


def widest(rep, unit):
    """Of all segments that have a width the greatest [ns], or a dash."""
    widths = [(s["band"]["offset_hi"] - s["band"]["offset_lo"]) * unit for g in rep["guests"] for v in g["vcpus"]
              for s in v["segments"] if s["band"]["offset_hi"] is not None and s["band"]["offset_lo"] is not None]
    return format(max(widths), ".0f") if widths else "-"


def row(program, path, name, recording, make, unit):
    rep = report(program, path)
    unit = unit or rep["host"]["ns_per_unit"]
    worst = errors(rep, recording, make, unit)
    good, total = contained(program, path, rep, recording, make)
    cells = [f"{worst[m]:+.0f}" if m in worst else "-" for m in MODELS]
    print(f"| {name} | {rep['host']['clock']} | " + " | ".join(cells) +
          f" | {widest(rep, unit)} | {good} of {total} | {verdict(rep, unit)} |", flush=True)
    return good, total


def head(title, note):
    print(f"\n## {title}\n\n{note}\n\n| recording | clock | " + " | ".join(MODELS) + " | width | truth in band | recorded is |")
    print("|---|---|" + "---:|" * (len(MODELS) + 1) + "---:|---|")


def without_facts(path, copy):
    """A copy of a host's file in which no event is one that KVM states a guest's TSC by; its kernel, "" if trace-cmd makes none."""
    if subprocess.run(["trace-cmd", "convert", "-i", path, "-o", copy, "--file-version", "6"], capture_output=True).returncode:
        return ""
    with open(copy, "rb") as f:
        data = f.read()
    for name in FACT_EVENTS:
        data = data.replace(b"name: " + name + b"\n", b"name: " + name[:-1] + b"_\n")
    with open(copy, "wb") as f:
        f.write(data)
    kernel = re.search(rb"Linux \S+ ([\w.+-]+) ", data)
    return kernel[1].decode() if kernel else "-"


def facts(program, folder, paths):
    """What clock facts make of the bands that stretches alone give."""
    print("\n## Clock facts beside stretches\n\nThe widest band of each recording that has facts, in ns: as it is, and of a copy of the host's file without "
          "the events that tell them.\n\n| recording | kernel | clock | facts that bound | stretches alone | with facts |\n|---|---|---|---:|---:|---:|")
    for name, path, unit in paths:
        rep = report(program, path)
        number = sum(v["facts"]["n"] for g in rep["guests"] for v in g["vcpus"])
        if not number:
            continue
        copy = os.path.join(folder, "without.dat")
        kernel = without_facts(path, copy)
        if not kernel:
            continue
        unit = unit or rep["host"]["ns_per_unit"]
        guests = [os.path.join(os.path.dirname(path), g["path"]) for g in rep["guests"]]
        try:
            alone = widest(report(program, copy, *guests), unit)
        except RuntimeError:
            alone = "-"
        print(f"| {name} | {kernel} | {rep['host']['clock']} | {number} | {alone} | {widest(rep, unit)} |", flush=True)


def real(program, folders, paths):
    head("Real recordings", "Two-level virtualisation in emulation, where a round trip takes tens of microseconds, and 90-intel on bare metal.")
    done = {}
    for folder in folders:
        for recording in json.load(open(os.path.join(folder, "truth.json"), encoding="utf-8"))["recordings"]:
            name = recording["name"]
            first = recording["files"].get("host")
            path = next((p for p in (os.path.join(d, first or "") for d in (folder, os.path.join(ROOT, "data"))) if os.path.isfile(p)), None)
            if name in done or not path or name.split("-")[0] in check.REFUSED or \
                    not all(isinstance(g["truth"], dict) for g in recording["guests"]):
                continue
            tsc = any("per_vcpu" in g["truth"] for g in recording["guests"])
            unit = 1e9 / recording["tsc_hz"] if tsc and recording.get("tsc_hz") else None if tsc else 1.0
            done[name] = row(program, path, name, recording, check.Truth, unit)
            paths.append((name, path, unit))
    return done


def simulated(program, sim, folder):
    head("Simulated recordings", "Delays as in `SIMULATOR.md`: least entry delay 300 ns, least exit delay 250 ns, so that "
         "no method can give a constant offset a narrower band than about 550 ns.")
    done = {}
    path = os.path.join(folder, "w")
    for name, options in SIMULATED:
        subprocess.run([sim, *options.split(), path], check=True)
        recording = json.load(open(path + ".truth.json", encoding="utf-8"))["recordings"][0]
        unit = 1.0 if "clock=ns" in options else 1 / TICKS_PER_NS
        done[name] = row(program, path + ".dat", name, recording, SimTruth, unit)
    print("\nThe options that make them again, for `vmsync-sim`:\n")
    for name, options in SIMULATED:
        print(f"- {name}: `{options}`")
    return done


def main():
    program, sim, *folders = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="vmsync-accuracy-")
    os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
    print(HEAD)
    try:
        paths = []
        done = list(real(program, folders or [os.path.join(ROOT, "tests", "data")], paths).values())
        facts(program, folder, paths)
        done += simulated(program, sim, folder).values()
    finally:
        shutil.rmtree(folder)
    good, total = (sum(x) for x in zip(*done))
    print(f"\nThe band contains the truth at {good} of {total} instants of {len(done)} recordings.")
    return good != total


if __name__ == "__main__":
    sys.exit(main())
