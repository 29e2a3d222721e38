#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reports of the bundled recordings against their JSON Schema and manual: usage: reports.py PROGRAM DATA. Writes TAP."""
import json
import os
import subprocess
import sys
import tempfile

import schema
from tap import plan, tap

program, data = (os.path.abspath(a) for a in sys.argv[1:])


def run(*args):
    return subprocess.run([program, *args], cwd=data, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def held(why, *args):
    done = run("--report", "json", *args)
    try:
        report = json.loads(done.stdout)
        found = list(schema.faults(report))
    except ValueError as error:
        report, found = {}, [f"no JSON: {error}: {done.stdout[:80]!r} {done.stderr}"]
    tap(not found, f"{why}: as the schema says" + "".join(f"\n# {fault}" for fault in found[:5]))
    return report, done


ORDER = ("in-band", "none", "cannot-judge", "outside-band", "proven-wrong")


def overall(name, report):
    """The worst of the vCPUs, and the widest of their bands."""
    vcpus = [v for g in report["guests"] for v in g["vcpus"]]
    worst = max(vcpus, key=lambda v: (ORDER.index(v["recorded"]["verdict"]), v["recorded"]["outside_by_ns"] or 0))
    widest = None if any(v["widest_ns"] is None for v in vcpus) else max(v["widest_ns"] for v in vcpus)
    said = report["verdict"]
    tap((said["recorded"], said["widest_ns"]) == (worst["recorded"]["verdict"], widest) and
        said["outside_by_ns"] == worst["recorded"]["outside_by_ns"], f"{name}: the verdict is that of the worst vCPU")
    tap(all(v["widest_ns"] is None or v["widest_ns"] >= max(s["band"]["width_ns"] for s in v["segments"]) for v in vcpus),
        f"{name}: no band is wider than the widest")
    streams = [report["host"], *report["guests"]]
    beside = [s["path"] for s in streams]
    tap(name in beside and all(os.path.isfile(os.path.join(data, path)) for path in beside) and
        len({s["trace_id"] for s in streams} | set(beside)) == 2 * len(streams), f"{name}: each file has its path and id")


for name in sorted(f for f in os.listdir(data) if f.endswith(".dat")):
    report, done = held(name, "--find", "--advise", name)
    tap(("error" in report) == (done.returncode != 0), f"{name}: an error in JSON where there is one")
    if report.get("verdict"):
        overall(name, report)
held("a part", "--range", "10%..40%", "01-demo.dat")
held("another model", "--model", "median", "01-demo.dat")
with tempfile.TemporaryDirectory() as folder:
    report, done = held("a corrected copy", "--apply", f"{folder}/copy.dat", "--model", "band", "06b-wrong-2s.dat")
    tap(report.get("copies", [{}])[0].get("file") == f"{folder}/copy.dat", f"which is named {done.stderr}")
    report, done = held("none where nothing is wrong", "--apply", f"{folder}/none.dat", "01-demo.dat")
    for name, *model in (("06b-wrong-2s.dat",), ("01-demo.dat", "--force"), ("12a-tsc-step-all.dat", "--force", "--model", "median")):
        held(f"a copy of {name}", "--apply", os.path.join(folder, name), *model, name)
    script = f"model piecewise 135.2s 135.35s\nreport {folder}/cuts.json\n"
    done = subprocess.run([program, "--script", "-", "01-demo.dat"], cwd=data, input=script, text=True, check=False,
                          capture_output=True)
    with open(f"{folder}/cuts.json", encoding="utf-8") as file:
        report = json.load(file)
    found = list(schema.faults(report))
    tap("piecewise" in report and not found, f"an offset that was cut by hand: as the schema says {found[:5]}")
for why, want, args in (("a file that is not there", "io", ["none.dat"]), ("no recording", "format", ["/dev/null"]),
                        ("an option that is none", "usage", ["--none", "01-demo.dat"]), ("no file", "usage", []),
                        ("a guest alone", "no-data", ["16-guest-only-vm1.dat"])):
    report, done = held(why, *args)
    tap(report.get("error", {}).get("kind") == want and report["error"]["status"] == done.returncode and
        report["error"]["text"] in done.stderr, f"{why}: {want}, the status, and the line that people get" )
done = run("--none", "--report=json")
tap(json.loads(done.stdout)["error"]["kind"] == "usage", "JSON was asked for behind what is wrong")
done = run("--check", "--report", "json", "01-demo.dat", "none.dat")
tap("skipped" in json.loads(done.stdout), "what is skipped is said once: one object")
with open(os.path.join(os.path.dirname(schema.WHERE), "..", "doc", "vmsync-report.5"), encoding="utf-8") as file:
    words = set(file.read().replace("\\-", "-").replace(",", " ").replace(".", " ").replace("[]", " ").replace("(", " ").replace(")", " ").split())
unsaid = sorted(key for key in schema.keys() if key not in words)
tap(not unsaid, "the manual names every key" + (f", not {unsaid}" if unsaid else ""))
sys.exit(plan())
