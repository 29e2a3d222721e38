#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the batch report on every recording at hand and holds it against the recordings' truth.

usage: check.py PROGRAM DIR...
DIR holds recordings and a truth.json. Prints TAP: one line a claim and recording. The program itself
never sees truth.json.
"""
import bisect
import json
import os
import subprocess
import sys
import tempfile

import schema
from tap import plan, skip, tap

# What the recordings are known to hold, by the beginning of their names.
REFUSED = {"14": "kvm", "16": "host", "n17a": "uptime", "n17c": "clock"}
WRONG = ("02", "06a", "06b", "06c", "20b", "scaled")	# recorded sync proven wrong on every vCPU
RIGHT = ("01", "03x", "05", "09", "10", "11", "13", "18", "19", "20a", "90", "n01", "n08a", "n08e", "n18a", "n18c")
EXACT = ("scaled",)			# right when its samples are evaluated exactly
# Lost events, a clock that goes back, false clock facts: violations are allowed.
NOISY = ("08", "12c", "n12b", "n18a")
BANDLESS = {"n08c": (1,)}			# no exit of this vCPU has its entry: nothing bounds its offset
STEPS = {"12": {0: 3}, "12a": {0: 2, 1: 2}, "12b": {0: 1, 1: 2}, "12c": {0: 1, 1: 3}, "20b": {0: 2, 1: 2}}

# What must be found without a catalogue: side, guest event, cause, at most this rank, key.
TIMER = ("exit", "hrtimer_start", "MSR_WRITE 0x6e0", 5, "")
IDLE = ("exit", "cpu_idle", "HLT", 5, "")
SANDWICH = ("entry", "write_msr", "MSR_WRITE 0x6e0", 3, "val = kvm_msr.data")
FOUND = {"01": (IDLE, TIMER, SANDWICH), "02": (IDLE, TIMER, SANDWICH), "05": (IDLE, TIMER, SANDWICH),
         "07": (IDLE, TIMER, SANDWICH), "20b": (IDLE, TIMER, SANDWICH), "n01": (IDLE, TIMER),
         "n02b": (IDLE, TIMER, SANDWICH), "n11": (IDLE, TIMER, SANDWICH),
         "90": (IDLE, ("exit", "cobalt_tick_shot", "APIC_WRITE", 2, "")),
         "30": (("exit", "cpu_idle", "WFx", 5, ""), ("exit", "ipi_raise", "SYS64 S3_0_C12_C11_5", 5, "")),
         "n13": (("exit", "cpu_idle", "WFI", 5, ""), ("exit", "ipi_send_cpu", "SUPERVISOR_SYSCALL", 5, ""))}


class Truth:
    """The true offset (host minus guest) as a function of guest time, and how well it is known."""

    def __init__(self, truth, vcpu):
        self.slack = truth.get("uncertainty", 0)
        self.steps = None
        self.points = None
        if "per_vcpu" in truth:
            self.steps = truth["per_vcpu"][str(vcpu)]["steps"]
        else:
            self.points = truth["points"]

    def at(self, guest):
        if self.steps:
            offset = self.steps[0][1]
            for begin, value in self.steps[1:]:
                if guest >= begin:
                    offset = value
            return offset
        xs = [p[0] for p in self.points]
        i = min(max(bisect.bisect_right(xs, guest), 1), len(xs) - 1)
        (x0, y0), (x1, y1) = self.points[i - 1], self.points[i]
        return y0 + (y1 - y0) * (guest - x0) / (x1 - x0)

    def all_at(self, guest):
        """Every true offset at a guest time: two where the clock was set back and the time came twice."""
        found = [self.at(guest)]
        for (_, before), (begin, value) in zip(self.steps or [], (self.steps or [])[1:]):
            if value > before and begin <= guest <= begin + value - before:
                found.append(before)
        return found

    def markers(self, begin, end):
        return [p[0] for p in self.points or [] if begin <= p[0] <= end]


def run(program, path, *more):
    return subprocess.run([program, "--batch", "--report", "json", *more, path], capture_output=True, text=True,
                          timeout=120, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})


def inside(segment, truth):
    """How far the truth lies outside a segment's band where the report gives it; 0 inside."""
    band = segment["band"]
    true = truth.at(band["at"])
    lo = band["offset_lo"] if band["offset_lo"] is not None else -(1 << 63)
    hi = band["offset_hi"] if band["offset_hi"] is not None else 1 << 63
    return max(lo - true - truth.slack, true - hi - truth.slack, 0)


def check_bands(program, path, name, recording, report):
    worst = 0
    bad = []
    for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]),
                            sorted(recording["guests"], key=lambda g: g["name"])):
        for vcpu in guest["vcpus"]:
            truth = Truth(known["truth"], vcpu["vcpu"])
            if not vcpu["segments"] and vcpu["vcpu"] not in BANDLESS.get(name.split("-")[0], ()):
                bad.append(f"{guest['name']} vCPU {vcpu['vcpu']}: no band")
            for segment in vcpu["segments"]:
                out = inside(segment, truth)
                worst = max(worst, out)
                if out:
                    bad.append(f"{guest['name']} vCPU {vcpu['vcpu']} at {segment['band']['at']}: {out} outside")
    tap(not bad, f"{name}: every band contains the true offset" + (": " + "; ".join(bad) if bad else ""))


def check_widest(name, report):
    """The middle of a band is off by no more than the band is wide."""
    bad = []
    for vcpu in vcpus_of(report):
        off = [m.get(k) for m in vcpu["models"] if m["name"] == "band-middle" for k in ("early_at_most_ns", "late_at_most_ns")]
        if vcpu["widest_ns"] is not None and any(o is not None and o > vcpu["widest_ns"] + 1 for o in off):
            bad.append(f"vCPU {vcpu['vcpu']}: off by {off} of {vcpu['widest_ns']}")
    tap(not bad, f"{name}: no middle is off by more than its band is wide" + (": " + "; ".join(bad) if bad else ""))


def check_threads(name, recording, report):
    """No thread of another guest is taken; one that was migrated has all of its threads, each in its time and with its band."""
    bad = []
    for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]),
                            sorted(recording["guests"], key=lambda g: g["name"])):
        for vcpu in guest["vcpus"]:
            key = str(vcpu["vcpu"])
            want = [known[k][key] for k in ("vcpu_tids_before", "vcpu_tids") if key in known.get(k, {})]
            got = [t["tid"] for t in vcpu["threads"]]
            if want and (got != want and (len(want) > 1 or got)):
                bad.append(f"{guest['name']} vCPU {key} on {got}, in truth {want}")
            for change in known["truth"].get("changes", []):
                if change.get("vcpu") != vcpu["vcpu"] or "thread_before" not in change:
                    continue
                first, then = vcpu["threads"][0], vcpu["threads"][-1]
                if (first["to"], then["from"]) != (change["host_time_last_exit"], change["host_time_first_entry"]):
                    bad.append(f"{guest['name']} vCPU {key}: {first['to']} to {then['from']}")
                bands = [s["band"] for s in vcpu["segments"]]
                if len(bands) != 2 or any(not b["offset_lo"] <= o <= b["offset_hi"] for b, o in zip(
                        bands, (change["offset_before"], change["offset_after"]))):
                    bad.append(f"{guest['name']} vCPU {key}: bands {[(b['offset_lo'], b['offset_hi']) for b in bands]}")
    tap(not bad, f"{name}: vCPUs have their own threads" + (": not " + "; ".join(bad) if bad else ""))


def check_markers(program, path, name, recording):
    bad = []
    asked = 0
    for known in recording["guests"]:
        if "points" not in known["truth"]:
            continue
        for point in known["truth"]["points"]:
            report = json.loads(run(program, path, "--at", str(point[0])).stdout)
            for guest in report["guests"]:
                for vcpu in guest["vcpus"]:
                    truth = Truth(known["truth"], vcpu["vcpu"])
                    for segment in vcpu["segments"]:
                        if segment["band"]["at"] != point[0]:
                            continue
                        asked += 1
                        if inside(segment, truth):
                            bad.append(f"vCPU {vcpu['vcpu']} at {point[0]}")
    if asked:
        tap(not bad, f"{name}: the band contains the truth at {asked} markers" +
            (": not " + "; ".join(bad) if bad else ""))


def check_clocks(name, recording, report):
    """What all vCPUs allow together holds the truth, or they differ in truth; the host's CPUs have one clock everywhere."""
    bad = []
    for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]),
                            sorted(recording["guests"], key=lambda g: g["name"])):
        all_of = guest["together"]
        true = {v["vcpu"]: Truth(known["truth"], v["vcpu"]) for v in guest["vcpus"]}
        slack = known["truth"].get("uncertainty", 0)
        if all_of["one_offset_fits"] is not False:	# of one vCPU alone: what it allows
            out = [v for v, t in true.items() if not any(all_of["offset_lo"] - slack <= o <= all_of["offset_hi"] + slack
                                                         for o in t.all_at(all_of["at"]))]
            bad += [f"{guest['name']} vCPU {v} lies outside of what fits all" for v in out]
        else:
            apart = [a - b for a in true[all_of["above"]].all_at(all_of["at"]) for b in true[all_of["below"]].all_at(all_of["at"])]
            if max(apart) + 2 * slack < all_of["apart"]:
                bad.append(f"{guest['name']}: {all_of['apart']} apart, in truth {apart}")
        bad += [f"{guest['name']} vCPU {v['vcpu']}: host CPUs differ" for v in guest["vcpus"] if not v["host_cpus_agree"]]
    fits = [g["together"]["one_offset_fits"] for g in report["guests"]]
    tap(not bad, f"{name}: vCPUs and host CPUs against each other, one offset fits: {fits}" +
        (": not " + "; ".join(bad) if bad else ""))


def check_host_alone(program, path, recording):
    """What clock facts say without the guests' files holds the truth, with more than a guess: 2.5 us."""
    with tempfile.TemporaryDirectory() as folder:
        alone = os.path.join(folder, os.path.basename(path))
        os.symlink(os.path.abspath(path), alone)
        result = run(program, alone)
    name = recording["name"]
    if result.returncode:
        tap(result.returncode == 2 and "record" in result.stderr and len(result.stderr.splitlines()) == 1,
            f"{name}: its host alone is refused in one line: {result.stderr.strip()[-150:]}")
        return
    report = json.loads(result.stdout)
    known = {g["name"]: g["truth"] for g in recording["guests"]}
    bad, nr = [], 0
    for guest in report["guests"]:
        for vcpu in guest["vcpus"]:
            for segment in vcpu["segments"]:
                true = known.get(guest["name"])
                nr += 1
                if isinstance(true, dict) and inside(segment, Truth(true, vcpu["vcpu"])):
                    bad.append(f"{guest['name']} vCPU {vcpu['vcpu']}")
                if segment["band"]["width_ns"] > 2500:
                    bad.append(f"{segment['band']['width_ns']} ns wide")
    tap(not bad and nr, f"{name}: its host alone bounds {nr} offsets" + (": not " + "; ".join(bad) if bad else ""))


def check_from_nothing(program, path, recording):
    """Without the recorded synchronisation clock facts find every vCPU, and nothing is ambiguous."""
    result = run(program, path, "--ignore-recorded")
    report = json.loads(result.stdout)
    bad = []
    for guest, known in zip(sorted(report["guests"], key=lambda g: g["name"]),
                            sorted(recording["guests"], key=lambda g: g["name"])):
        if guest["alignment"]["ambiguous"] or guest["alignment"]["how"] not in ("clock facts", "tsc offset event"):
            bad.append(f"{guest['name']} {guest['alignment']['start']} by {guest['alignment']['how']}")
        for vcpu in guest["vcpus"]:
            true = Truth(known["truth"], vcpu["vcpu"])
            bad += [f"{guest['name']} vCPU {vcpu['vcpu']}: outside" for s in vcpu["segments"] if inside(s, true)]
            if not vcpu["segments"]:
                bad.append(f"{guest['name']} vCPU {vcpu['vcpu']}: nothing")
    tap(not bad, f"{recording['name']}: found by clock facts" + (": not " + "; ".join(bad) if bad else ""))


def check_found(program, path, recording):
    """What people know to belong together is found by what the recording alone says, and is among the first."""
    result = run(program, path, "--sequences", "none", "--find")
    bad = []
    for guest in json.loads(result.stdout)["guests"]:
        for side, event, cause, most, key in FOUND[recording["name"].split("-")[0]]:
            ranks = [f["rank"] for f in guest["found"] if f["side"] == side and event in f["guest_events"] and
                     f["cause"] == cause and not f["few"] and (not key or f["key"] == key)]
            if not ranks or ranks[0] > most:
                bad.append(f"{guest['name']} {event} and {cause}: rank {ranks}")
    tap(not bad, f"{recording['name']}: found without a catalogue" + (": not " + "; ".join(bad) if bad else ""))


def vcpus_of(report):
    return [v for g in report["guests"] for v in g["vcpus"]]


def check_recording(program, path, recording):
    name = recording["name"]
    prefix = name.split("-")[0]
    result = run(program, path)
    if prefix in REFUSED:
        lines = result.stderr.strip().splitlines()
        tap(result.returncode == 2 and len(lines) == 1 and "record" in lines[0] and REFUSED[prefix] in lines[0],
            f"{name}: refused in one line that says what to record: {result.stderr.strip()[:200]}")
        return
    if result.returncode:
        tap(False, f"{name}: exit {result.returncode}: {result.stderr.strip()[:200]}")
        return
    report = json.loads(result.stdout)
    faults = list(schema.faults(report))
    tap(not faults, f"{name}: the report is as its schema says" + "".join(f"\n# {fault}" for fault in faults[:3]))
    if prefix == "15":
        check_host_alone(program, path, recording)
        return
    if report["host"]["clock"] in ("x86-tsc", "tsc2nsec"):
        check_host_alone(program, path, recording)
    vcpus = vcpus_of(report)
    if all(v["facts"]["n"] >= 8 for v in vcpus):
        check_from_nothing(program, path, recording)
    check_bands(program, path, name, recording, report)
    check_widest(name, report)
    if prefix in FOUND:
        check_found(program, path, recording)
    check_threads(name, recording, report)
    check_markers(program, path, name, recording)
    check_clocks(name, recording, report)
    if prefix not in NOISY:
        n = sum(s["band"]["violations"] for v in vcpus for s in v["segments"])
        outside = sum(v["violations_at_band"]["guest_outside"] for v in vcpus)
        tap(n == 0 and outside == 0, f"{name}: no violation at the band's centre ({n} left out, {outside} outside)")
    verdicts = [v["recorded"]["verdict"] for v in vcpus]
    if prefix in WRONG:
        tap(all(v == "proven-wrong" for v in verdicts) and
            all(v["recorded"]["outside_by_ns"] > 0 for v in vcpus), f"{name}: recorded sync proven wrong: {verdicts}")
    if prefix in RIGHT:
        tap(all(v == "in-band" for v in verdicts), f"{name}: recorded sync in band: {verdicts}")
    if prefix in EXACT:
        exact = [m["verdict"] for v in vcpus for m in v["models"] if m["name"] == "recorded-exact"]
        tap(all(v == "in-band" for v in exact), f"{name}: recorded-exact in band: {exact}")
    if prefix in STEPS:
        got = {v["vcpu"]: len(v["segments"]) for v in vcpus}
        tap(got == STEPS[prefix], f"{name}: segments by vCPU {got}, want {STEPS[prefix]}")


def main():
    program = sys.argv[1]
    done = set()
    for folder in sys.argv[2:]:
        try:
            recordings = json.load(open(os.path.join(folder, "truth.json")))["recordings"]
        except OSError:
            skip(f"no recordings in {os.path.basename(folder)}")
            continue
        for recording in recordings:
            files = recording["files"]
            first = files.get("host") or next(iter(files["guests"].values()))
            path = os.path.join(folder, first)
            if recording["name"] in done:
                continue
            if not os.path.exists(path):
                path = os.path.join(os.environ.get("VMSYNC_SOURCE_ROOT", "."), "data", first)
            if not os.path.exists(path):
                skip(recording["name"] + ": not here")
                continue
            done.add(recording["name"])
            try:
                check_recording(program, path, recording)
            except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as e:
                tap(False, f"{recording['name']}: {type(e).__name__}: {e}")
    return plan()


if __name__ == "__main__":
    sys.exit(main())
