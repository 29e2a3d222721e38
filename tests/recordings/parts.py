#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parts of recordings (--range) against the recordings' truth, and decisions on their way through them.

usage: parts.py PROGRAM DIR [PARTS [SEED]]
DIR holds recordings and a truth.json. Prints TAP: one line a claim and recording.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

from check import REFUSED, WRONG, Truth, inside, run
from tap import plan, tap


def draw(rng):
    """Thin slices, ends, tenths."""
    begin = rng.uniform(0, 100)
    return f"{begin:.4f}%..{min(100, begin + rng.choice([0.1, 1, 3, 10, 30, 100])):.4f}%"


def judge(part, whole, recording):
    """What a part says that is not so. An ambiguous alignment is said to be one and claims nothing."""
    name, bad = recording["name"], []
    if "range" not in part["host"]:
        bad.append("does not say that it is a part")
    for hole in part["host"]["holes"]:
        if not any(h["from"] <= hole["to"] and hole["from"] <= h["to"] for h in whole["host"]["holes"]):
            bad.append(f"a hole at {hole['from']} that the whole does not have")
    known = {g["name"]: g for g in recording["guests"]}
    for guest in part["guests"]:
        truth = known[guest["name"]]["truth"]
        before = {v["vcpu"]: v for g in whole["guests"] if g["name"] == guest["name"] for v in g["vcpus"]}
        for vcpu in guest["vcpus"]:
            is_proof = vcpu["recorded"]["verdict"] == "proven-wrong"
            if is_proof and name.split("-")[0] not in WRONG and before[vcpu["vcpu"]]["recorded"]["verdict"] != "proven-wrong":
                bad.append(f"vCPU {vcpu['vcpu']}: recorded proven wrong")
            for segment in vcpu["segments"]:
                out = inside(segment, Truth(truth, vcpu["vcpu"]))
                # a band with contradictions says so itself
                if out and segment["band"]["feasible"] and not guest["alignment"]["ambiguous"]:
                    bad.append(f"vCPU {vcpu['vcpu']}: the truth is {out} outside of the band")
    return bad


def rows(path):
    """The decisions of an anchors file; delays are in ns, at the rate that the part tells."""
    with open(path, encoding="utf-8") as f:
        fields = [line.split("\t") for line in f if not line.startswith(("#", "state\t"))]
    return sorted(r[:11] + r[12:] for r in fields)


def check_decisions(program, path, name, rng):
    """Accepted and rejected in the whole, read and written over a part: all are there afterwards, as they were."""
    with tempfile.TemporaryDirectory() as folder:
        script, all_of, some = (os.path.join(folder, n) for n in ("script", "all", "some"))
        with open(script, "w", encoding="utf-8") as f:
            f.write("accept all\nreject #1\nwrite all\n")
        subprocess.run([program, "--script", script, os.path.abspath(path)], cwd=folder, check=True, capture_output=True)
        for _ in range(3):
            got = run(program, path, "--range", draw(rng), "--anchors", all_of, "--output", some)
            if not got.returncode:
                tap(rows(some) == rows(all_of) and rows(all_of), f"{name}: all decisions live through a part of it")
                os.unlink(some)


def main():
    program, folder = map(os.path.abspath, sys.argv[1:3])
    parts_nr = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as f:
        recordings = json.load(f)["recordings"]
    for recording in recordings:
        name = recording["name"]
        path = os.path.join(folder, recording["files"].get("host") or "none")
        if name.split("-")[0] in REFUSED or not os.path.exists(path) or name.startswith("15"):
            continue
        rng = random.Random(f"{seed} {name}")
        whole = json.loads(run(program, path).stdout)
        bad, nr = [], 0
        for _ in range(parts_nr):
            words = draw(rng)
            got = run(program, path, "--range", words)
            if got.returncode:
                if got.returncode != 2 or len(got.stderr.splitlines()) != 1 or "trace-cmd record" in got.stderr:
                    bad.append(f"{words}: {got.stderr.strip()[:200]}")
                continue
            nr += 1
            bad += [f"{words}: {b}" for b in judge(json.loads(got.stdout), whole, recording)]
        tap(not bad, f"{name}: {nr} parts of {parts_nr}" + (": not " + "; ".join(bad) if bad else ""))
        check_decisions(program, path, name, rng)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
