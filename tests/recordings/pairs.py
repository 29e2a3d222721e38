#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds pairs and occurrences of sequences against a count of what trace-cmd prints. Usage: pairs.py PROGRAM FOLDER...

Three sequences on three recordings without lost events, to the pair. Of the program only the offset is taken: entries,
exits, what lies between them and what belongs together is found anew, in the plain way.
"""
import bisect
import json
import os
import shutil
import subprocess
import sys

from tap import plan, skip, tap
from tracecmd import LINE

program, folders = sys.argv[1], sys.argv[2:]
RECORDINGS = ("01-demo", "06b-wrong-2s", "13-per-vcpu-offset", "02-local-ptp", "05-two-guests")


def report(path, *options):
    return subprocess.run(["trace-cmd", "report", "--raw-ts", *options, "-i", path], capture_output=True, text=True,
                          check=True).stdout.splitlines()


def events(path):
    """(time, CPU, thread, name, fields) as recorded. From 3.3 on the times of raw lines touch flags of any length: of the others"""
    for line, raw in zip(report(path), report(path, "-R"), strict=True):
        found = LINE.match(line)
        if found:
            text = raw.split(f" {found['name']}:", 1)[1]
            fields = dict(w.split("=", 1) for w in text.split() if "=" in w)
            yield int(found["time"]), int(found["cpu"]), int(found["tid"]), found["name"], fields


def hexa(fields, name):
    return int(fields.get(name, "0").removeprefix("0x"), 16)


def stretches(host, tid):
    """Entry to exit of a thread, with why it left, and the MSRs that were told after it until the next entry"""
    out, open_ = [], None
    for at, _, thread, name, fields in host:
        if thread != tid:
            continue
        if name == "kvm_entry":
            open_ = {"enter": at}
        elif name == "kvm_exit" and open_:
            out.append(dict(open_, leave=at, reason=int(fields["exit_reason"]), info1=hexa(fields, "info1"), msrs=[]))
            open_ = None
        elif name == "kvm_msr" and out and not open_:
            out[-1]["msrs"].append((hexa(fields, "ecx"), hexa(fields, "data")))
    return out


def writes(stretch, *msrs):
    """What was written, if it left for that"""
    left = stretch is not None and stretch["reason"] == 0x7c and stretch["info1"] == 1
    return [data for msr, data in stretch["msrs"] if msr in msrs] if left else []


def is_timer(name, _):
    return name in ("hrtimer_start", "hrtimer_cancel", "hrtimer_expire_exit")


# What the guest has; what the host has, of a stretch and the one before; the keys of both.
SEQUENCES = {
    "idle": (lambda name, f: name == "cpu_idle" and f["state"] != "4294967295",
             lambda now, _: now["reason"] in (0x78, 0xa6), None),
    "timer-program": (is_timer, lambda now, _: bool(writes(now, 0x6e0, 0x838)), None),
    "timer-sandwich": (lambda name, f: name == "write_msr" and hexa(f, "msr") == 0x6e0,
                       lambda _, before: bool(writes(before, 0x6e0)),
                       lambda f, before: hexa(f, "val") in writes(before, 0x6e0)),
}


def counted(guest, runs, fits, there, same):
    """(guest occurrences, host occurrences, pairs) of one vCPU"""
    held = [[guest[i] for i in run] for run in runs["events"]]
    seen = [any(fits(name, f) for _, _, _, name, f in run) for run in held]
    first, last = runs["first"], runs["last"]
    ends = [there(s, runs["all"][k - 1] if k else None) for k, s in enumerate(runs["all"])]
    pairs = sum(1 for k, run in enumerate(held) if seen[k] and ends[k] and
                (same is None or any(fits(name, f) and same(f, runs["all"][k - 1]) for _, _, _, name, f in run)))
    return sum(seen), sum(ends[first:last + 1]), pairs


def runs_of(guest, all_, offset):
    """Which events lie in which stretch"""
    enters, held = [s["enter"] for s in all_], [[] for _ in all_]
    for i, (at, *_) in enumerate(guest):
        k = bisect.bisect_right(enters, at + offset) - 1
        if k >= 0 and at + offset <= all_[k]["leave"]:
            held[k].append(i)
    some = [k for k, run in enumerate(held) if run]
    return {"all": all_, "events": held, "first": some[0], "last": some[-1]}


def compare(path):
    report = json.loads(subprocess.run([program, "--batch", "--report", "json", path], capture_output=True, check=True).stdout)
    host = list(events(path))
    wrong, compared = [], 0
    for guest in report["guests"]:
        of_guest = list(events(f"{path[:-4]}-{guest['name']}.dat"))
        for vcpu in guest["vcpus"]:
            band = vcpu["segments"][0]["band"]
            mine = [e for e in of_guest if e[1] == vcpu["vcpu"]]
            if len(vcpu["segments"]) != 1 or not mine:
                continue
            at, drift = band["at"], (band["drift_ppm_lo"] + band["drift_ppm_hi"]) / 2e6
            offset = (band["offset_lo"] + band["offset_hi"]) // 2
            mine = [(t + round((t - at) * drift), *rest) for t, *rest in mine]
            runs = runs_of(mine, stretches(host, vcpu["host_tid"]), offset)
            said = {s["name"]: s.get("under_band") for s in vcpu["sequences"]}
            for name, (fits, there, same) in SEQUENCES.items():
                by_hand = counted(mine, runs, fits, there, same)
                told = tuple(said[name][k] for k in ("guest_occurrences", "host_occurrences", "pairs"))
                compared += by_hand[2]
                if told != by_hand:
                    wrong.append(f"vCPU {vcpu['vcpu']} {name}: counted {by_hand}, told {told}")
    return wrong, compared


done = 0
for recording in RECORDINGS if shutil.which("trace-cmd") else ():
    path = next((p for d in folders if os.path.exists(p := os.path.join(d, recording + ".dat"))), None)
    if path:
        bad, nr = compare(path)
        tap(not bad and nr > 100, f"{recording}: {nr} pairs of {len(SEQUENCES)} sequences are those of trace-cmd's text")
        for line in bad:
            print(f"#   {line}")
        done += 1
if shutil.which("trace-cmd"):
    tap(done >= 3, f"{done} recordings compared")
else:
    skip("no trace-cmd")
sys.exit(plan())
