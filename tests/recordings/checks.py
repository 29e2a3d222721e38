#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--check against the truth of the bundled recordings and against the report: usage: checks.py PROGRAM DATA. Writes TAP."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tap import plan, tap

program, data = (os.path.abspath(a) for a in sys.argv[1:])


def run(*args):
    return subprocess.run([program, *args], cwd=data, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def status(want, why, *args):
    done = run(*args)
    tap(done.returncode == want, f"{why}: status {want}" + ("" if done.returncode == want else f", not {done.returncode}: {done.stdout}{done.stderr}"))
    return done


status(0, "what is exact as recorded holds", "--check", "01-demo.dat")
status(3, "what is two seconds off is proven wrong", "--check", "06b-wrong-2s.dat")
status(0, "and the middle of the band holds there", "--check=model=band", "06b-wrong-2s.dat")
status(0, "also where it is the model in use", "--check", "--model", "band", "06b-wrong-2s.dat")
status(3, "a limit says more than the model in use", "--check=model=recorded", "--model", "band", "06b-wrong-2s.dat")
done = status(3, "a measure of delay is no offset", "--check=model=midpoint", "01-demo.dat")
said = run("--report", "text", "--model", "midpoint", "01-demo.dat").stdout
against = [int(n) for n in re.findall(r"evidence   against midpoint: (\d+) clock facts that exclude it", said)]
tap(any(f", {n} witnesses" in done.stdout for n in against) and "0 witnesses" not in done.stdout, f"the witnesses are those against it: {done.stdout!r}, {against}")
status(4, "a band of microseconds is wider than 100 ns", "--check=width=100ns", "01-demo.dat")
status(0, "and narrower than 1 ms", "--check=width=1ms,coverage=0.9", "01-demo.dat")
status(4, "not all events can be checked", "--check=model=band,coverage=1", "06b-wrong-2s.dat")
done = status(4, "of a time in which nothing can be checked nothing holds", "--check", "--range", "90%..100%", "01-demo.dat")
tap(": uncovered: none of 745 events can be checked" in done.stdout, f"and that is said: {done.stdout!r}")
status(2, "a recording that is not there is skipped", "--check", "01-demo.dat", "none.dat")
status(3, "which does not hide a wrong one", "--check", "06b-wrong-2s.dat", "none.dat")
with tempfile.TemporaryDirectory() as folder:
    copied = [shutil.copy(os.path.join(data, name), folder) for name in ("01-demo.dat", "01-demo-vm1.dat")]
    os.truncate(copied[1], 30000)
    for args in (["--check", copied[0]], ["--check", *copied]):
        done = status(2, "a damaged guest beside the host cannot be checked", *args)
        tap(done.stderr.count(f"{copied[1]} is cut short") == 1, f"and is named once: {done.stderr!r}")
    done = status(0, "of a host whose guest is damaged is said what it says alone", "--batch", copied[0])
    tap(f"{copied[1]} is cut short" in done.stderr and f"{copied[1]} is cut short" in done.stdout, "and that it is damaged")
with tempfile.TemporaryDirectory() as folder:
    host, guest = (shutil.copy(os.path.join(data, name), folder) for name in ("06b-wrong-2s.dat", "06b-wrong-2s-vm1.dat"))
    copied = [os.path.join(folder, name) for name in ("fixed.dat", "other/06b-wrong-2s-vm1.dat")]
    os.mkdir(os.path.dirname(copied[1]))
    run("--apply", copied[0], "--model", "band", host)
    shutil.copy(copied[0], copied[1])
    for copy in copied:
        done = status(0, "a corrected copy that is named is what is checked", "--check", host, copy)
        tap(f"vm1 ({copy}): holds" in done.stdout, f"and its file is said: {done.stdout!r}")
    done = status(3, "beside the guest's own file, too", "--check", "--report", "csv", host, copied[0], guest)
    said = {r["guest_file"]: (r["status"], r["outside_by_ns"]) for r in csv.DictReader(io.StringIO(done.stdout))}
    report = json.loads(run("--report", "json", host, guest).stdout)
    by = max(v["recorded"]["outside_by_ns"] for v in report["guests"][0]["vcpus"] if v["recorded"]["verdict"] == "proven-wrong")
    tap(said[copied[0]] == ("holds", "0") and said[guest][0] == "proven-wrong" and float(said[guest][1]) == by,
        f"each file has its line, and what it is off is as the report says: {said}, {by}")
status(2, "a host alone has no guest to check", "--check", "15-host-only.dat")
for limits in ("width=x", "width=5", "width=0.5", "width=-1us", "coverage=2", "coverage=", "model=none", "depth=1", "width"):
    done = status(2, f"limits {limits}", f"--check={limits}", "01-demo.dat")
    tap(done.stderr.count("\n") == 1 and not done.stdout, f"limits {limits}: one line")
for more in (["--results"], ["--force"], ["--size", "80x24"], ["--find"], ["--at", "1"], ["--compare"], ["--study"]):
    done = status(2, f"{more[0]} means nothing beside a check, and is refused", "--check", *more, "01-demo.dat")
    tap(done.stderr.count("\n") == 1 and not done.stdout and more[0] in done.stderr, f"in one line that names it: {done.stderr!r}")
if os.environ.get("VMSYNC_SIM"):
    with tempfile.TemporaryDirectory() as folder:
        short = os.path.join(folder, "short")
        subprocess.run([os.environ["VMSYNC_SIM"], "seed=1", "clock=tsc", "seconds=0.002", short], check=True)
        done = status(4, "a width where nothing says how long a tick is cannot be judged", "--check=width=5us", short + ".dat")
        tap("vm1: cannot-judge" in done.stdout and not done.stderr, f"as the guest's line says: {done.stdout!r} {done.stderr!r}")
files = sorted(f for f in os.listdir(data) if f.endswith(".dat") and f[:-4] + "-vm1.dat" in os.listdir(data))
done = run("--check", "--report", "json", *files)
checked = {(g["file"], g["guest"]): g for g in json.loads(done.stdout)["guests"]}
for name in files:
    report = run("--report", "json", name)
    for guest in json.loads(report.stdout)["guests"] if report.returncode == 0 else []:
        said = checked.get((name, guest["name"]), {}).get("status")
        verdicts = {v["recorded"]["verdict"] for v in guest["vcpus"] if "recorded" in v}
        want = "proven-wrong" if "proven-wrong" in verdicts else "holds" if verdicts == {"in-band"} else "cannot-judge"
        tap(said == want, f"{name} {guest['name']}: as the report says, {want}" + ("" if said == want else f", not {said}: {verdicts}"))
rows = list(csv.DictReader(io.StringIO(run("--report", "csv", *files).stdout)))
skipped = {r["file"] for r in rows if r["status"] == "skipped"}
tap(skipped == {s["file"] for s in json.loads(done.stdout).get("skipped", [])}, f"and for each file that is none: {skipped}")
rows = [r for r in rows if r["file"] not in skipped]
tap([(r["file"], r["guest"], r["status"]) for r in rows] == [(*key, g["status"]) for key, g in checked.items()] and
    [float(r["width_ns"]) if r["width_ns"] else None for r in rows] == [g["width_ns"] for g in checked.values()],
    "CSV has a row for each guest, and says the same")
lines = [json.loads(line) for line in run("--check", "--report", "json-lines", *files).stdout.splitlines()]
tap([line for line in lines if "skipped" not in line] == list(checked.values()), "JSON lines have one for each guest")
done = status(0, "a wrong synchronisation is a result, not a failure", "--report", "json-lines", "06b-wrong-2s.dat", "01-demo.dat")
whole = [json.loads(line) for line in done.stdout.splitlines()]
alone = [json.loads(run("--report", "json", name).stdout) for name in ("06b-wrong-2s.dat", "01-demo.dat")]
tap(whole == alone, "JSON lines are the reports of each recording")
done = status(2, "a file that is none is named", "--report", "csv", "01-demo.dat", "none.dat")
tap(done.stdout.splitlines()[-1].startswith('"none.dat","",skipped,'), "and stands in the last row")
def compared(a, b):
    return json.loads(run("--compare", "--report", "json", a, b).stdout)


recorded = {name: {v["vcpu"]: (v["recorded"]["verdict"], v["widest_ns"]) for v in report["guests"][0]["vcpus"]}
            for name, report in zip(("06b-wrong-2s.dat", "01-demo.dat"), alone)}
said = compared("06b-wrong-2s.dat", "01-demo.dat")
tap([{v["vcpu"]: (v[k]["recorded"], v[k]["width_ns"]) for v in said["vcpus"]} for k in "ab"] == list(recorded.values()),
    "two recordings are compared by what each report says")
with tempfile.TemporaryDirectory() as folder:
    written = [os.path.join(folder, name) for name in ("a.anchors", "b.anchors")]
    for path, script in zip(written, ("accept #1\naccept #2\nreject #3\n", "accept #1\nreject #2\naccept #4\n")):
        subprocess.run([program, "--script", "-", "01-demo.dat"], cwd=data, input=f"{script}write {path}\n", text=True, check=True)
    said = compared(*written)
    tap((said["alike"], said["otherwise"]) == (1, 3) and
        sorted((r["a"], r["b"]) for r in said["anchors"]) == [("accepted", "rejected"), ("none", "accepted"), ("rejected", "none")],
        f"two anchors files are compared pair by pair: {said}")
    for path, script in zip(written, ("accept seq == idle\n", "reject seq == idle\n")):
        subprocess.run([program, "--script", "-", "01-demo.dat"], cwd=data, input=f"{script}write! {path}\n", text=True, check=True)
    said = compared(*written)
    short, full = (run(how, *written).stdout.splitlines() for how in ("--compare", "--compare=all"))
    nr = said["otherwise"]
    tap(nr > 100 and short[:2] == full[:2] == [f"0 pairs decided alike, {nr} otherwise", f"{nr:10}  a: accepted, b: rejected"]
        and len(full) == nr + 2 and short == full[:22] + [f"and {nr - 20} more: --compare=all"],
        f"as text {nr} differences are counted by kind, and the first are said: {short[:3]} {short[-1:]}")
status(2, "a comparison of three", "--compare", "01-demo.dat", "01-demo.dat", "01-demo.dat")
tap(len(checked) >= 10, f"{len(checked)} guests of {len(files)} recordings")
sys.exit(plan())
