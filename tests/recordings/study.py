#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A study of many recordings says of each what the report on it alone says.

usage: study.py PROGRAM DATA
Prints TAP.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from tap import plan, tap

STUDIED = ("01-demo", "10-zlib", "19-idle")


def run(program, *args):
    done = subprocess.run([program, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def alone(program, path, *args):
    return json.loads(run(program, "--report", "json", *args, path)[1])


def main():
    program, data = os.path.abspath(sys.argv[1]), sys.argv[2]
    hosts = [os.path.join(data, name + ".dat") for name in STUDIED]
    status, out, err = run(program, "--study", "--find", "--report", "json", *hosts)
    study = json.loads(out)
    tap(status == 0 and not err and not study["skipped"], "recordings that open: status 0, no word on standard error")
    tap([r["file"] for r in study["recordings"]] == hosts, "each stands there once, in the order of the command line")
    for recording in study["recordings"]:
        report = alone(program, recording["file"], "--find")
        for guest, of in zip(recording["guests"], report["guests"]):
            name = os.path.basename(recording["file"])
            tap(guest["sequences"] == of["sequences"], f"{name}: sequences are those of its report")
            tap(guest["found"] == of["found"], f"{name}: so is what was found")
            tap(guest["vcpus"] == len(of["vcpus"]) and guest["events"] == of["events"], f"{name}: so is the guest")
    tap(all(r["host"]["kernel"] == "6.1.0-56-amd64" and r["isa"] == "svm" for r in study["recordings"]),
        "the kernels are those that trace-cmd dump --options shows")

    guests = [h.replace(".dat", "-vm1.dat") for h in hosts]
    tap(json.loads(run(program, "--study", "--find", "--report", "json", *sorted(hosts + guests))[1]) == study,
        "guests named beside their hosts change nothing")

    with tempfile.TemporaryDirectory() as folder:
        bad = os.path.join(folder, "bad.dat")
        shutil.copy(os.path.join(data, "15-host-only.dat"), folder)
        with open(bad, "wb") as f:
            f.write(b"no recording")
        only = os.path.join(folder, "15-host-only.dat")
        status, out, err = run(program, "--study", "--find", "--report", "json", bad, *hosts, only, "none.dat")
        tap(status == 2, "files that cannot be opened: status 2")
        tap(json.loads(out)["recordings"] == study["recordings"], "and all others are studied")
        lines = err.splitlines()
        tap(len(lines) == 4 and all(name in line for name, line in zip((bad, only, "none.dat"), lines)) and "3 recordings" in
            lines[3], "and each is named on standard error, in their order")
        status, out, err = run(program, "--study", bad, bad)
        tap(err.count(bad) == 1, "a file that is named twice is skipped once")
        mixed = [os.path.join(folder, name) for name in ("1.dat", "2.dat")]
        for path in mixed:	# the guest of another host: a reason without a name of its own
            shutil.copy(os.path.join(data, "01-demo.dat"), path)
            shutil.copy(os.path.join(data, "12a-tsc-step-all-vm1.dat"), path.replace(".dat", "-vm1.dat"))
        status, out, err = run(program, "--study", *mixed)
        tap(status == 2 and all(err.count(path) for path in mixed), "each is named, whatever the reason")
        status, out, err = run(program, "--study", "--find", "--report", "json", bad, *hosts, only, "none.dat")
        tap([s["file"] for s in json.loads(out)["skipped"]] == [bad, only, "none.dat"], "and in the study")

    status, out, err = run(program, "--study", *hosts)
    rows = [line.split() for line in out.splitlines()]
    words = {"sync-point": "S", "bound-only": "b", "too-few": "f", "unstable": "u", "by-chance": "c", "unfit": "X"}
    wrong = []
    for i, sequence in enumerate(study["recordings"][0]["guests"][0]["sequences"]):
        of = [r["guests"][0]["sequences"][i] for r in study["recordings"]]
        letters = [words[s["fitness"]] if s["pairs"] or s["guest_occurrences"] else "." for s in of]
        if set(letters) != {"."} and [sequence["name"], *letters] not in rows:
            wrong.append(sequence["name"])
    tap(status == 0 and not wrong, f"the table of letters has the same verdicts {' '.join(wrong)}")
    control = [json.loads(run(program, "--study", f"--find=shuffled:{seed}", "--report", "json", *hosts)[1]) for seed in (1, 2, 3)]
    tap(all(not g["found"] for c in control for r in c["recordings"] for g in r["guests"]),
        "where causes changed places nothing is found")
    tap(all(run(program, "--find=" + how, hosts[0])[0] == 2 for how in ("shuffled", "shuffled:0", "shuffled:-1", "shuffled:x", "x")),
        "another way to find is refused")
    status, _, err = run(program, "--study", "--output", "x.anchors", hosts[0])
    tap(status == 2 and "--output" in err and not os.path.exists("x.anchors"), "what is of one recording is refused")
    return plan()


if __name__ == "__main__":
    sys.exit(main())
