#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exports, each held against another source than the program. Usage: exports.py PROGRAM DATA SIM

perfetto: read back by a reader of protobuf of this script's own, against trace-cmd report and the anchors file.
tsv: read by Python's csv and by gnuplot, against the JSON report and the simulator's truth.
"""
import collections
import csv
import functools
import json
import math
import os
import re
import shutil
import subprocess
import sys

from tap import plan, skip, tap
from tracecmd import LINE

program, data, sim = map(os.path.abspath, sys.argv[1:])
here = os.path.join(os.getcwd(), "exports")
HOST, GUEST = os.path.join(data, "01-demo.dat"), os.path.join(data, "01-demo-vm1.dat")


def run(*args, status=0):
    env = {**os.environ, "HOME": here, "XDG_STATE_HOME": here, "XDG_CONFIG_HOME": here}
    done = subprocess.run([program, *args], cwd=here, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != status:
        tap(False, f"{' '.join(args)} ends with {status}, not {done.returncode}: {done.stderr[:300]}")
    return done


def script(lines, *args):
    with open(os.path.join(here, "script"), "w", encoding="utf-8") as f:
        f.write(lines)
    return run("--script", "script", *args, HOST)


def path(name):
    return os.path.join(here, name)


def fields(message):
    """(number, value) of a message of protobuf: integers, or bytes"""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            shift += 7
            at += 1
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 1:
            yield tag >> 3, int.from_bytes(message[at:at + 8], "little")
            at += 8
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            size = varint()
            yield tag >> 3, message[at:at + size]
            at += size
    assert at == len(message)


Event = collections.namedtuple("Event", "time kind name values flows")


def perfetto(name):
    """{track: [event, ...]}, a track by its name behind that of its parent"""
    names, parents, events = {}, {}, collections.defaultdict(list)
    with open(path(name), "rb") as f:
        packets = f.read()
    for _, packet in fields(packets):
        packet = dict(fields(packet))
        assert packet[10] == 1
        if 60 in packet:
            track = dict(fields(packet[60]))
            names[track[1]], parents[track[1]] = track[2].decode(), track.get(5)
            continue
        values, flows, one = {}, [], {}
        for number, value in fields(packet[11]):
            if number == 4:
                value = dict(fields(value))
                values[value[10].decode()] = value.get(3, value.get(4))
            elif number == 47:
                flows.append(value)
            else:
                one[number] = value
        events[one[11]].append(Event(packet[8], one[9], one.get(23, b"").decode(), values, flows))
    return {(names[parents[t]] + "/" if parents[t] else "") + n: events[t] for t, n in names.items()}


@functools.cache
def reported(file, *options):
    """(time, CPU, thread, name, text) of each event, by trace-cmd"""
    out = subprocess.run(["trace-cmd", "report", "-t", *options, "-i", file], capture_output=True, text=True, check=True)
    found = [LINE.match(line) for line in out.stdout.splitlines()]
    return [(int(m["time"]), int(m["cpu"]), int(m["tid"]), m["name"], m["text"].strip()) for m in found if m]


def same_events(ours, theirs, rate):
    """What differs between a track and events of trace-cmd; "" = nothing"""
    theirs = [(int(e[0] * rate), e[3]) for e in theirs]
    if [e.name for e in ours] != [name for _, name in theirs]:
        return f"other events: {len(ours)}, {len(theirs)}"
    far = max((abs(e.time - t) for e, (t, _) in zip(ours, theirs)), default=0)
    return f"{far} ns apart" if far > 1 else ""


def perfetto_events(tracks, rate):
    host = reported(HOST)
    for cpu in sorted({e[1] for e in host}):
        wrong = same_events(tracks[f"host/host CPU {cpu}"], [e for e in host if e[1] == cpu], rate)
        tap(not wrong, f"perfetto: host CPU {cpu} has the events and times that trace-cmd shows {wrong}")
    guest = reported(GUEST)	# shifted as is recorded
    for cpu in sorted({e[1] for e in guest}):
        wrong = same_events(tracks[f"guest vm1, model recorded/vCPU {cpu} events"], [e for e in guest if e[1] == cpu], rate)
        tap(not wrong, f"perfetto: vCPU {cpu} under model recorded has the events and times that trace-cmd shows {wrong}")
    switches = [(e.values["prev_pid"], e.values["next_pid"]) for e in tracks["host/host CPU 0"] if e.name == "sched_switch"]
    texts = [re.findall(r":(\d+) \[", e[4]) for e in host if e[1] == 0 and e[3] == "sched_switch"]
    tap(switches == [tuple(map(int, t)) for t in texts] and len(switches) > 100,
        f"perfetto: values of {len(switches)} sched_switch are those that trace-cmd prints")


def perfetto_slices(tracks, rate):
    host = reported(HOST)
    for vcpu in range(2):
        name = next(t for t in tracks if re.fullmatch(rf"guest vm1, model recorded/vCPU {vcpu} thread .*", t))
        thread = int(name.split("thread ")[1].split()[0])
        own = [e for e in host if e[2] == thread and e[3] in ("kvm_entry", "kvm_exit")]
        runs = [(int(a[0] * rate), int(b[0] * rate), re.search(r"reason EXIT_(\S+)", b[4])[1]) for a, b in zip(own, own[1:])
                if a[3] == "kvm_entry" and b[3] == "kvm_exit"]
        slices = list(zip(tracks[name][0::2], tracks[name][1::2]))
        tap(all(b.kind == 1 and e.kind == 2 and b.time <= e.time for b, e in slices)
            and all(e.time <= b.time for (_, e), (b, _) in zip(slices, slices[1:])),
            f"perfetto: {len(slices)} slices of vCPU {vcpu} end, one before the next begins")
        # an event that shows that the guest is gone already, or not there yet, may stand between entry and exit
        there = sum(enter <= b.time + 1 and e.time <= leave + 1 and re.sub("_(READ|WRITE)$", "", b.name) == why
                    for (enter, leave, why), (b, e) in zip(runs, slices))
        same = sum(abs(enter - b.time) < 2 and abs(leave - e.time) < 2 for (enter, leave, _), (b, e) in zip(runs, slices))
        tap(there == len(runs) == len(slices) and same > len(runs) / 2,
            f"perfetto: {len(runs)} runs of trace-cmd have a slice each, of their reason and within; {same} to the ns")


def perfetto_flows(tracks):
    with open(path("a.anchors"), encoding="utf-8") as f:
        rows = [line.split("\t") for line in f if line.startswith("accept")]
    ends = collections.defaultdict(list)
    for name, events in tracks.items():
        for event in events:
            for flow in event.flows:
                ends[flow].append((name.split("/")[0].split(" ")[0], event.name))
    tap(len(ends) == len(rows) > 10 and all(sorted(w for w, _ in e) == ["guest", "host"] for e in ends.values()),
        f"perfetto: {len(rows)} accepted pairs are {len(ends)} flows, each from a guest's event to one of the host")


def perfetto_all():
    with open(path("report.json"), "w", encoding="utf-8") as f:
        f.write(run("--report", "json", HOST).stdout)
    with open(path("report.json"), encoding="utf-8") as f:
        told = json.load(f)["host"]["ns_per_unit"]
    script("accept sequence timer-program\nwrite a.anchors\nzoom whole\nexport perfetto screen.pftrace recorded\n"
           "zoom in\nzoom in\nexport perfetto part.pftrace\n")
    run("--export", "perfetto=batch.pftrace", "--anchors", "a.anchors", "--model", "recorded", HOST)
    tracks = perfetto("batch.pftrace")
    last = [e for e in reported(HOST) if e[1] == 0][-1]
    rate = tracks["host/host CPU 0"][-1].time / last[0]	# JSON has 9 digits of it
    tap(abs(rate / told - 1) < 1e-8, f"perfetto: times are ns: {rate:.6f} a tick")
    perfetto_events(tracks, rate)
    perfetto_slices(tracks, rate)
    perfetto_flows(tracks)
    with open(path("batch.pftrace"), "rb") as a, open(path("screen.pftrace"), "rb") as b:
        tap(a.read() == b.read(), "perfetto: :export of the whole view writes the same as --export")
    seen, all_ = (sum(len(e) for e in perfetto(f"{n}.pftrace").values()) for n in ("part", "screen"))
    tap(0 < seen < all_ * 0.8, f"perfetto: :export of a part of the view writes {seen} of {all_} events")
    run("--export", "perfetto=range.pftrace", "--range", "40%..50%", HOST)
    part = perfetto("range.pftrace")
    times = [e.time for e in tracks["host/host CPU 0"]]
    host = [e.time for e in part["host/host CPU 0"]]
    least, most = times[0] + 0.4 * (times[-1] - times[0]), times[0] + 0.5 * (times[-1] - times[0])
    slack = 0.01 * (times[-1] - times[0])	# another CPU may begin earlier
    tap(host and least - slack < host[0] and host[-1] < most + slack and len(host) < len(times) / 3,
        f"perfetto: --range 40%..50% leaves {len(host)} of {len(times)} events of a host CPU, all of that time")
    if shutil.which("protoc"):
        with open(path("batch.pftrace"), "rb") as f:
            done = subprocess.run(["protoc", "--decode_raw"], stdin=f, capture_output=True, check=False)
        tap(done.returncode == 0, "perfetto: protoc reads it")
    else:
        skip("protoc is not installed")


def table(folder, name):
    with open(path(f"{folder}/{name}.tsv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    bad = [r for r in rows if None in r or None in r.values()]
    if bad:
        tap(False, f"tsv: {name} has rows of other columns: {bad[0]}")
    return rows


def real(row, *names):
    return [float(row[n]) for n in names]


def host_alone():
    """Without its guest's file a host has the same CPUs and runs; what is about a guest is refused, and why is said"""
    os.mkdir(path("alone"))
    kept = shutil.copy(HOST, path("alone"))
    done = run("--export", "perfetto=alone.pftrace", kept)
    tap(done.stderr.startswith("vmsync-tui: wrote alone.pftrace, ") and not done.stdout, f"perfetto: a host alone is written: {done.stderr!r}")
    run("--export", "perfetto=both.pftrace", HOST)
    alone, both = ({re.search(r"thread \d+|host CPU \d+|$", t)[0]: [(e.kind, e.name, e.values) for e in events]
                    for t, events in perfetto(name).items()} for name in ("alone.pftrace", "both.pftrace"))
    tap(len(alone) == 5 and all(events == both[t] for t, events in alone.items() if t),
        f"perfetto: a host alone has the tracks that it has beside its guest: {', '.join(sorted(alone))}")
    for args, why in (("tsv=x", "pairs"), ("svg=x", "--report html"), ("kernelshark=x", "opens the file")):
        done = run("--export", args, kept, status=2)
        tap(why in done.stderr and done.stderr.count("\n") == 1 and not os.path.exists(path("x")), f"{args}: of a host alone: {done.stderr!r}")


def tsv_demo():
    with open(path("report.json"), encoding="utf-8") as f:
        guest = json.load(f)["guests"][0]
    run("--export", "tsv=demo", "--anchors", "a.anchors", HOST)
    pairs, delays = table("demo", "candidates"), table("demo", "delays")
    told = sum(s["pairs"] for v in guest["vcpus"] for s in v["sequences"])
    tap(len(pairs) == told == len(delays) == len(table("demo", "errors")) == len(table("demo", "residuals")),
        f"tsv: {told} pairs of the report are {len(pairs)} candidates, with delay, error and residual each")
    with open(path("a.anchors"), encoding="utf-8") as f:
        accepted = sum(line.startswith("accept") for line in f)
    anchors = table("demo", "anchors")
    tap(len(anchors) == accepted > 10 and all(a in pairs for a in anchors), f"tsv: {accepted} accepted pairs are the anchors")
    by = {(d["vcpu"], d["sequence"], round(float(d["delay_ns"]))) for d in delays}
    tap(all((p["vcpu"], p["sequence"], int(p["delay"])) in by for p in pairs), "tsv: delays are those of the candidates")
    times = {(e[0], e[3]) for e in reported(HOST)}
    tap(all((int(p["host_time"]), p["host_event"].split()[0]) in times for p in pairs), "tsv: trace-cmd shows each host event there")
    recorded = {c: [] for c in "01"}
    for event in reported(GUEST, "--raw-ts"):
        recorded[str(event[1])].append((event[0], event[3]))
    recorded = {c: set(e) for c, e in recorded.items()}
    tap(all((int(p["guest_time"]), p["guest_event"]) in recorded[p["vcpu"]] for p in pairs), "tsv: and each guest event, as recorded")
    for vcpu in guest["vcpus"]:
        band = vcpu["segments"][0]["band"]
        rows = [r for r in table("demo", "band") if r["vcpu"] == str(vcpu["vcpu"]) and r["offset_lo"] != "NaN"]
        tap(len(rows) > 500 and all((int(r["offset_lo"]), int(r["offset_hi"])) == (band["offset_lo"], band["offset_hi"]) for r in rows),
            f"tsv: the band of vCPU {vcpu['vcpu']} is the report's in {len(rows)} rows")
        curve = {int(r["offset"]): int(r["outside"]) for r in table("demo", "outside") if r["vcpu"] == str(vcpu["vcpu"])}
        least = [o for o, n in curve.items() if n == 0]
        tap(curve[0] == vcpu["violations"]["guest_outside"] and curve[max(curve)] > 0 and least,
            f"tsv: V(0) of vCPU {vcpu['vcpu']} is the report's {curve[0]}, and others are outside elsewhere")
    tap(not table("demo", "drift"), "tsv: where both sides count the same TSC there is no drift")
    if not shutil.which("gnuplot"):
        skip("gnuplot is not installed")
        return
    plots = "; ".join(f"plot '{path('demo')}/{n}.tsv' using 3:{c}" for n, c in
                      (("band", '8:9 with filledcurves'), ("delays", "4"), ("errors", "4"), ("residuals", "4"), ("outside", "5")))
    done = subprocess.run(["gnuplot", "-e", f"set terminal dumb; set datafile separator tab columnheaders; {plots}"],
                          capture_output=True, text=True, check=False)
    tap(done.returncode == 0 and done.stdout.count("\f") >= 4 and "warning" not in done.stderr, f"tsv: gnuplot draws them {done.stderr}")


def tsv_truth():
    """The band and the drift hold the truth at each row, where the clock drifts"""
    subprocess.run([sim, "clock=ns", "drift_ppm=12", "seconds=4", "seed=5", path("w")], check=True)
    with open(path("w.truth.json"), encoding="utf-8") as f:
        truth = json.load(f)["recordings"][0]["guests"][0]
    run("--export", "tsv=world", path("w.dat"))
    band, drift = table("world", "band"), table("world", "drift")
    wrong = held = 0
    for vcpu, pieces in truth["truth"]["pieces_per_vcpu"].items():
        (x0, y0), (x1, y1) = pieces[0]["points"][0], pieces[0]["points"][-1]
        for row in [r for r in band if r["vcpu"] == vcpu]:
            lo, hi = real(row, "offset_lo", "offset_hi")
            at = int(row["guest_time"])
            if math.isnan(lo) or math.isnan(hi) or not x0 <= at <= x1:
                continue
            held += 1
            wrong += not lo - 1 <= y0 + (y1 - y0) * (at - x0) / (x1 - x0) <= hi + 1
    tap(held > 1000 and not wrong, f"tsv: the true offset is in {held} rows of the band, {wrong} excepted")
    real_drift = (y1 - y0) / (x1 - x0) * 1e6
    inside = [r for r in drift if float(r["lo_ppm"]) <= real_drift <= float(r["hi_ppm"])]
    known = [r for r in drift if "NaN" not in (r["lo_ppm"], r["hi_ppm"])]
    tap(len(known) > 20 and len(inside) == len(known), f"tsv: the true drift of {real_drift:.3f} ppm is in {len(inside)} of {len(known)} windows")


def migrated():
    """After a migration a vCPU has another thread: KernelShark draws it over each of them"""
    subprocess.run([sim, "seed=3", "seconds=1", "vcpus=2", "migrate=0.5:0.1", path("moved")], check=True)
    done = subprocess.run([program, "--export", "kernelshark=moved.json", "--report", "json", "moved.dat"], cwd=here, capture_output=True,
                          text=True, timeout=120, check=False)
    if "libkshark" in done.stderr:
        skip("libkshark is not installed")
        return
    vcpus = json.loads(done.stdout)["guests"][0]["vcpus"]
    with open(path("moved.json"), encoding="utf-8") as f:
        combos = json.load(f)["ComboPlots"]
    tap(combos == [[[1, 10, v["vcpu"]], [0, 5, t["tid"]]] for v in vcpus for t in v["threads"]] and len(combos) == 4,
        f"kernelshark: each vCPU over each of its threads: {combos}")


def spared():
    """What may not be written over is not, and told in a line"""
    kept = shutil.copy(HOST, path("own.dat"))
    shutil.copy(GUEST, path("own-vm1.dat"))
    with open(path("there"), "w", encoding="utf-8") as f:
        f.write("kept\n")
    for what, args in (("a file that is there", ["perfetto=there"]), ("the recording", ["perfetto=own.dat", "--force"]),
                       ("a guest's file", ["perfetto=own-vm1.dat", "--force"]), ("a decisions file", ["perfetto=a.anchors", "--force"]),
                       ("no such folder", ["perfetto=none/x"]), ("no such export", ["pictures=x"]), ("no file", ["perfetto="]),
                       ("no name", ["perfetto"]), ("a file as folder", ["tsv=there"]), ("tables that are there", ["tsv=demo"])):
        done = run("--export", *args, kept, status=2)
        tap(done.stderr.count("\n") == 1 and not done.stdout, f"--export over {what}: one line and nothing else")
    with open(path("there"), encoding="utf-8") as f:
        tap(f.read() == "kept\n", "a file that is there stays")
    run("--export", "perfetto=there", "--force", kept)
    done = run("--export", "svg=told.svg", "--export", "tsv=told", kept)
    files = ["told.svg", *sorted(os.path.join("told", name) for name in os.listdir(path("told")))]
    tap(sorted(done.stderr.splitlines()) == sorted(f"vmsync-tui: wrote {f}, {os.path.getsize(path(f))} bytes" for f in files),
        f"each file that is written is told with its size: {done.stderr!r}")
    tap(not done.stdout, f"and nothing else without a report: {len(done.stdout)} bytes")
    for how in (["--batch"], ["--report", "text"]):
        done = run("--export", "svg=told.svg", "--force", *how, kept)
        tap(done.stdout == run("--batch", kept).stdout and done.stderr.count("\n") == 1, f"{how[0]}: with the report, as it is by itself")
    done = run("--export", "svg=", kept, status=2)
    tap("--export svg=FILE, not 'svg='" in done.stderr, f"and how a file is named: {done.stderr!r}")
    tap(os.path.getsize(path("there")) > 1000 and os.path.getsize(path("there~")) == 5, "--force replaces it and keeps the old one")


shutil.rmtree(here, ignore_errors=True)
os.makedirs(here)
if shutil.which("trace-cmd"):
    perfetto_all()
    tsv_demo()
else:
    skip("trace-cmd is not installed")
tsv_truth()
migrated()
host_alone()
spared()
sys.exit(plan())
