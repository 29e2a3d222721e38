#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Corrected copies as trace-cmd shows them: events of a guest keep their order. Usage: copies.py PROGRAM FOLDER...

Each folder holds recordings. Times are those of `trace-cmd report`, of the copy and, with --raw-ts, of the original. Prints TAP.
"""
import bisect
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict

from tap import plan, tap
from tracecmd import LINE

program, folders = os.path.abspath(sys.argv[1]), [os.path.abspath(f) for f in sys.argv[2:]]

# Not judged: no pairs, no copy, and events of instances, which trace-cmd leaves as they are.
LEFT_OUT = ("14-", "n09c-", "n17a-", "n17c-")
# No event of host or guest is missing, so that every one of the guest lies between entry and exit.
WITHIN = ("01-", "02-", "03-", "04-", "05-", "06", "07-", "09-", "11-", "13-", "17", "18-", "20", "30-")
# vCPUs whose clocks are not one, as was written down when they were made.
UNLIKE = ("12a-tsc-step-all", "12b-tsc-step-one", "12c-tsc-step-and-back", "13-per-vcpu-offset")


def shown(path, *options):
    """By CPU, in the order of the file: time, event, fields, thread; None where this trace-cmd cannot read it."""
    done = subprocess.run(["trace-cmd", "report", "-t", *options, "-i", path], capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode:
        return None
    events = defaultdict(list)
    for m in filter(None, map(LINE.match, done.stdout.splitlines())):
        events[int(m["cpu"])].append((int(m["time"].replace(".", "")), m["name"], m["text"], int(m["tid"])))
    return {cpu: sorted(of, key=lambda e: e[0]) for cpu, of in events.items()}


def together(raw, copy):
    """Each event of both: raw time, CPU, time in the copy, name, fields."""
    assert {c: len(e) for c, e in raw.items()} == {c: len(e) for c, e in copy.items()}
    return [(r[0], cpu, c[0], r[1], r[2]) for cpu, of in raw.items() for r, c in zip(of, copy[cpu])]


def inversions(events):
    """How many come, in the copy, before one that they come after as recorded; and by how much at most."""
    nr, worst, high = 0, 0, None
    for raw, _, time, *_ in sorted(events):
        if high and time < high[1] and raw > high[0]:
            nr, worst = nr + 1, max(worst, high[1] - time)
        high = (raw, time) if not high or time > high[1] else high
    return nr, worst


def wakings_late(events, steps):
    """Threads that were woken from another vCPU, by the true offsets, and of these: those that run before that in the copy."""
    def true(event):
        of = steps[str(event[1])]["steps"]
        return event[0] + [offset for begin, offset in of if begin is None or event[0] >= begin][-1]
    woken, nr, late = {}, 0, 0
    for _, cpu, time, name, text in sorted(events, key=true):
        if name in ("sched_waking", "sched_wakeup"):
            woken[name, re.search(r"(?<=pid=)\d+|(?<=:)\d+(?= \[)", text)[0]] = (cpu, time)
        if name == "sched_switch":
            thread = re.search(r"==> .*:(\d+) \[", text)[1]
            for kind in ("sched_waking", "sched_wakeup"):
                by = woken.pop((kind, thread), None)
                nr += bool(by and by[0] != cpu)
                late += bool(by and by[0] != cpu and time < by[1])
    return nr, late


def outside(host, copy, threads):
    """Events of a copy that lie neither between entry and exit of their vCPU's thread, nor beyond its first and last."""
    nr = checked = 0
    for cpu, tid in threads.items():
        marks = sorted((e[0], e[1] == "kvm_exit") for of in host.values() for e in of
                       if e[3] == tid and e[1] in ("kvm_entry", "kvm_exit"))
        for time in (e[0] for e in copy.get(cpu, [])):
            at = bisect.bisect_right(marks, (time, False))
            if 0 < at < len(marks):
                checked += 1
                nr += marks[at - 1][1] and marks[at][0] != time
    return nr, checked


def drawn_over(host, base):
    """What KernelShark needs, of a host that does not name its guest: threads in its copy, and times within entry and exit."""
    done = subprocess.run([program, "--apply", "apart.dat", "--force", "--model", "band", "--report", "json", host],
                          capture_output=True, check=True)
    made = json.loads(done.stdout)
    host = made["host_copy"] or host
    if made["host_copy"]:
        again = json.loads(subprocess.run([program, "--report", "json", host, "apart.dat"], capture_output=True,
                                          check=True).stdout)
        tap({v["tid_from"] for g in again["guests"] for v in g["vcpus"]} == {"file"} and
            "GUEST" in subprocess.run(["trace-cmd", "dump", "--options", "-i", host], capture_output=True, text=True,
                                      check=False).stdout, f"{base}: a copy of the host names the guest's threads")
    for copy, guest in zip(made["copies"], made["guests"]):
        threads = {v["vcpu"]: v["host_tid"] for v in guest["vcpus"]}
        nr, checked = outside(shown(host), shown(copy["file"]), threads)
        tap(nr == 0 and checked > 0, f"{base}: all {checked} events of {copy['guest']} lie within entry and exit" +
            f": {nr} do not" * bool(nr))
        os.unlink(copy["file"])
    if made["host_copy"]:
        os.unlink(host)


def asked(host, base):
    """Without a model: by the one in use, and none where what is recorded is not refuted."""
    say = json.loads(subprocess.run([program, "--report", "json", host], capture_output=True, check=True).stdout)
    guests = [(g["name"], any(v["recorded"]["verdict"] in ("outside-band", "proven-wrong") for v in g["vcpus"]) or
               all(v["recorded"]["verdict"] == "none" for v in g["vcpus"])) for g in say["guests"]]
    done = subprocess.run([program, "--apply", "asked.dat", "--report", "json", host], capture_output=True, check=False)
    if not any(refuted for _, refuted in guests):
        tap(done.returncode == 2 and b"not refuted" in done.stderr and not os.path.exists("asked.dat"),
            f"{base}: what is not refuted is not made worse")
        return
    made = json.loads(done.stdout)
    of = made["copies"]
    tap([(c["guest"], bool(c["file"])) for c in of] == guests and all(c["model"] == say["model_in_force"] for c in of),
        f"{base}: copies of what is refuted, by {say['model_in_force']}")
    for path in filter(None, [made["host_copy"]] + [c["file"] for c in of]):
        os.unlink(path)


def said(made, host, what):
    """A copy is off by no more than is said, by its own report of any vCPU; and beside it the recording stays what it was."""
    written = sorted((c for c in made["copies"] if c["file"]), key=lambda c: c["file"])
    again = subprocess.run([program, "--report", "json", made["host_copy"] or host, *(c["file"] for c in written)],
                           capture_output=True, check=False)
    guests = json.loads(again.stdout)["guests"]
    for copy, guest in zip(written, sorted(guests, key=lambda g: g["path"])):
        for of in ("early_at_most_ns", "late_at_most_ns"):
            most = max((math.inf if m[of] is None else m[of] for v in guest["vcpus"] for m in v["models"]
                        if m["name"] == "recorded" and m["verdict"] in ("in-band", "outside-band", "proven-wrong")), default=0)
            # what trace-cmd makes of its samples is a unit off at most
            tap(copy[of] is None or most <= copy[of] + 1,
                f"{what}: {guest['path']} is {of} {copy[of]}: its report says {most}")
        by = max((abs(m["outside_by_ns"]) for g in made["guests"] if g["name"] == copy["guest"] for v in g["vcpus"] for m in v["models"]
                  if m["name"] == copy["model"] and m.get("verdict") == "proven-wrong"), default=0)
        tap(copy["model_wrong_by_ns"] == by, f"{what}: {copy['guest']}'s model is proven wrong by {copy['model_wrong_by_ns']}: its report says {by}")
    names = [os.path.basename(host)] + [f"{os.path.basename(host)[:-4]}-{g['name']}.dat" for g in made["guests"]]
    for name in names:
        os.symlink(os.path.join(os.path.dirname(host), name), name)
    beside = json.loads(subprocess.run([program, "--report", "json", names[0]], capture_output=True, check=True).stdout)
    tap([os.path.basename(g["path"]) for g in beside["guests"]] == names[1:], f"{what}: beside its copy the guest's own file is taken")
    for name in names:
        os.unlink(name)


def copies(host, *options):
    """What the program writes for a recording: guest's file as recorded, its copy."""
    base = os.path.basename(host)[:-4]
    done = subprocess.run([program, "--apply", "copy.dat", "--force", "--report", "json", *options, host],
                          capture_output=True, check=False)
    if done.returncode:
        tap(False, f"{base}: {done.stderr!r}")
        return
    made = json.loads(done.stdout)
    said(made, host, f"{base}, {options[-1]}")
    guests = [g["name"] for g in made["guests"]]
    for name in guests:
        yield f"{host[:-4]}-{name}.dat", "copy.dat" if len(guests) == 1 else f"copy-{name}.dat"


def recording(host, truth):
    base = os.path.basename(host)[:-4]
    asked(host, base)
    if base.startswith(WITHIN):
        drawn_over(host, base)
    for model in ("band", "midpoint"):
        for guest, copy in copies(host, "--model", model):
            raw, events = shown(guest, "--raw-ts"), shown(copy)
            if not raw or not events:
                print(f"# {base}: trace-cmd does not read it")
                return
            events = together(raw, events)
            if base not in UNLIKE:
                nr, worst = inversions(events)
                tap(nr == 0, f"{base}, {os.path.basename(guest)}, {model}: no two of {len(events)} events change places"
                    + (f": {nr} do, by {worst}" if nr else ""))
            elif model == "band":
                nr, late = wakings_late(events, truth[base]["guests"][0]["truth"]["per_vcpu"])
                tap(nr > 50 and not late, f"{base}: {nr} threads run after another vCPU woke them" + f": {late} before" * bool(late))


def main():
    hosts, truth = {}, {}
    for folder in filter(os.path.isdir, folders):
        with open(os.path.join(folder, "truth.json"), encoding="utf-8") as f:
            truth.update((of["name"], of) for of in json.load(f)["recordings"])
        names = sorted(n for n in os.listdir(folder) if n.endswith(".dat"))
        hosts.update({n: os.path.join(folder, n) for n in names if any(m.startswith(n[:-4] + "-") for m in names)})
    if not shutil.which("trace-cmd"):
        print("1..0 # SKIP no trace-cmd")
        return
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        for name, host in sorted(hosts.items()):
            if not name.startswith(LEFT_OUT):
                recording(host, truth)
    sys.exit(plan())


main()
