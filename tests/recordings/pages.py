#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The report as a page: its figures are those of the JSON report, and foreign text is text. Usage: pages.py PROGRAM SIMULATOR DATA.

With a Chromium beside it, the page is drawn there too: light, dark and printed.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from tap import plan, skip, tap

program, simulator, data = (os.path.abspath(a) for a in sys.argv[1:])
BOUND = 1 << 20  # no page is larger
NAMES = {b"sched_switch": b"<b>&\"'</b>x;", b"sched_waking": b"--><script>;", b"vm1": b"<i>", b"CPU 0/KVM": b"]]>&amp;<!", b"x86-tsc": b"\"&lt;'>x"}
H = "{http://www.w3.org/1999/xhtml}"
S = "{http://www.w3.org/2000/svg}"


def report(kind, *args):
    done = subprocess.run([program, "--report", kind, *args], cwd=data, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.decode() if done.returncode == 0 else None


def rows(of, name):
    """The figures of each row of a kind: by their key, as they stand there."""
    return [{cell.get("data-k"): cell.get("data-v") for cell in row if cell.get("data-k")}
            for row in of.iter(f"{H}tr") if row.get("class") == name]


def at(value, key):
    for part in key.split("."):
        value = value[part]
    return value


def differ(row, value, what):
    """Figures that are not those of the JSON report."""
    for key, shown in row.items():
        want = at(value, key)
        same = shown == ("null" if want is None else want) if want is None or isinstance(want, str) else json.loads(shown) == want
        if not same:
            yield f"{what}.{key}: {shown}, not {want}"


def pairs(of, name, values, what, most=None):
    got = rows(of, name)
    if len(got) != len(values[:most]):
        yield f"{what}: {len(got)} rows, not {len(values[:most])}"
    for i, (row, value) in enumerate(zip(got, values)):
        yield from differ(row, value, f"{what}[{i}]")


def forest(of, models, what):
    """Marks stand in the order of their distances, each as far as the band's edges say."""
    marks = [g for g in of.iter(f"{S}g") if g.get("data-model")]
    known = {m["name"]: m for m in models}
    band = known["band-middle"]
    last = None
    for mark in sorted(marks, key=lambda g: float(g.get("data-ns"))):
        model, ns, x = known[mark.get("data-model")], float(mark.get("data-ns")), float(mark.get("data-x"))
        least, most = model["bias_min_ns"], model["bias_max_ns"]
        half = None if band["early_at_most_ns"] is None or band["late_at_most_ns"] is None else \
            max(band["early_at_most_ns"], band["late_at_most_ns"])
        half = (band["bias_max_ns"] - band["bias_min_ns"]) / 2 if half is None else half
        want = half + least if least > 0 else most - half if most < 0 else (least + most) / 2
        if abs(ns - want) > 1e-6 * abs(want) + 1e-6:
            yield f"{what} {model['name']}: {ns} ns, not {want}"
        if last is not None and x < last:
            yield f"{what} {model['name']}: not in order"
        if (mark.get("class") == "good") != (model["verdict"] == "in-band"):
            yield f"{what} {model['name']}: {mark.get('class')}, but {model['verdict']}"
        last = x


def between(of, what):
    """The vCPU had left before the host time that a witness is given, and came back after it."""
    for row in of.iter(f"{H}tr"):
        if row.get("class") != "witness" or "-" in (row[4].text, row[5].text):
            continue
        left, given, back = (float(re.sub("[^0-9.]", "", cell.text.split(",")[0])) for cell in (row[4], row[3], row[5]))
        if not left <= given <= back:
            yield f"{what}: {given} is not between {left} and {back}"


def check(name):
    page, js = report("html", name), report("json", "--advise", name)
    if page is None:
        tap(js is None, f"{name}: no page where there is no report")
        return
    js, root = json.loads(js), xml.fromstring(page.split("\n", 1)[1])
    tap(len(page) < BOUND and "<script" not in page and "src=" not in page and page.startswith("<!DOCTYPE html>\n"),
        f"{name}: one page of {len(page)} bytes that needs nothing else")
    vcpus = [v for g in js["guests"] for v in g["vcpus"]]
    if "verdict" not in js:
        texts = {t.text for t in root.iter(f"{S}text")}
        widest = [max(s["band"]["width_ns"] for s in v["segments"]) for v in vcpus]
        said = [float(m[1]) * 1000 for m in (re.match(r"at most ([0-9.]+) us wide", t or "") for t in texts) if m]
        tap(len(rows(root, "file")) == 1 and sorted(round(w) for w in widest) == sorted(round(s) for s in said),
            f"{name}: a host alone has its page, with the band of each vCPU: {said}")
        return
    wrong = list(pairs(root, "file", [js["host"], *js["guests"]], "files")) + list(pairs(root, "verdict", vcpus, "verdicts"))
    wrong += pairs(root, "fitness", [s for g in js["guests"] for s in g["sequences"] if s["pairs"] or s["guest_occurrences"]], "fitness")
    sections = [s for s in root.iter(f"{H}section") if s.get("class") == "vcpu"]
    ids = [f"g{i}v{v['vcpu']}" for i, g in enumerate(js["guests"]) for v in g["vcpus"]]
    if [s.get("id") for s in sections] != ids:
        wrong.append(f"sections {[s.get('id') for s in sections]}")
    for section, vcpu in zip(sections, vcpus):
        segments = [dict(s, **s["band"]) for s in vcpu["segments"]]
        wrong += pairs(section, "segment", segments, f"{section.get('id')}.segments", 24)
        wrong += pairs(section, "model", vcpu["models"], f"{section.get('id')}.models")
        wrong += pairs(section, "witness", vcpu["recorded"]["evidence"].get("worst", []), f"{section.get('id')}.witnesses")
        wrong += between(section, section.get("id"))
        wrong += forest(section, vcpu["models"], section.get("id"))
    tap(not wrong, f"{name}: figures are those of the JSON report" + "".join(f"\n# {w}" for w in wrong[:5]))
    text = "".join(root.itertext())
    steps = sum(v["steps"] for v in vcpus)
    tap(text.count(": the offset steps, ") == min(steps, 16), f"{name}: {steps} steps stand beside the verdict")
    if name.startswith("12a"):	# kvm_write_tsc_offset of truth.json
        tap("vCPU 1: the offset steps, jump -19.885 ms" in text, f"{name}: by how much")
    tap(js["advice"]["line"] in text and all(s["name"] in text for g in js["guests"] for s in g["sequences"] if s["pairs"]),
        f"{name}: the line for next time, and each sequence")


def hostile(folder):
    subprocess.run([simulator, "seed=3", "vcpus=1", "pcpus=1", "seconds=0.2", os.path.join(folder, "w")], check=True)
    for suffix in (".dat", "-vm1.dat"):
        with open(os.path.join(folder, "w" + suffix), "rb") as file:
            got = file.read()
        for plain, nasty in NAMES.items():
            got = got.replace(plain, nasty.ljust(len(plain), b"~")[:len(plain)])
        with open(os.path.join(folder, "<img src=x>&" + suffix), "wb") as file:
            file.write(got)
    page = report("html", os.path.join(folder, "<img src=x>&.dat"), os.path.join(folder, "<img src=x>&-vm1.dat"))
    root = xml.fromstring(page.split("\n", 1)[1])
    text = "".join(root.itertext())
    names = {e.tag.split("}")[1] for e in root.iter()}
    unseen = [name for name in ("<img src=x>&.dat", "<i>", "\"&lt;'>", "<b>&\"'</b>") if name not in text]
    tap(not unseen, f"names with markup are shown as they are {unseen}")
    tap(not names & {"img", "i", "script"}, "and make no element")


def many(folder):
    """Of more vCPUs than a page shows in full, all verdicts, and what is said of the first ones."""
    path = os.path.join(folder, "many")
    subprocess.run([simulator, "seed=5", "vcpus=40", "pcpus=16", "seconds=0.3", path], check=True)
    page = report("html", path + ".dat")
    root = xml.fromstring(page.split("\n", 1)[1])
    tap(len(page) < BOUND and len(rows(root, "verdict")) == 40 and page.count('class="vcpu"') == 16, f"40 vCPUs: {len(page)} bytes")


def pictures(folder):
    """The same pictures by themselves: the marks of the page, in the same order."""
    for name in ("12a-tsc-step-all.dat", "19-idle.dat"):
        path = os.path.join(folder, "pictures.svg")
        subprocess.run([program, "--export", f"svg={path}", "--force", name], cwd=data, capture_output=True, check=False)
        alone, page = xml.parse(path).getroot(), xml.fromstring(report("html", name).split("\n", 1)[1])
        marks = [[(g.get("data-model"), g.get("data-x")) for g in of.iter(f"{S}g") if g.get("data-model")] for of in (alone, page)]
        tap(marks[0] and marks[0] == marks[1], f"{name}: the pictures alone are those of the page")
        vcpus = [v for g in json.loads(report("json", name))["guests"] for v in g["vcpus"]]
        said = [f"the band: {v['violations_at_band']['guest_outside']} of {v['violations_at_band']['guest_events']} events outside in its middle"
                for v in vcpus]
        tap(said == [t.text for t in page.iter(f"{S}text") if (t.text or "").startswith("the band: ")],
            f"{name}: V(o) of each vCPU, and how many are outside in the band")


def seconds(folder):
    """A time is the same on the screen and on the page, also where a guest recorded before its host; none is before the recording."""
    screen = os.path.join(folder, "screen.txt")
    for name in ("12a-tsc-step-all.dat", "06b-wrong-2s.dat"):
        page = re.findall(r"at most (\S+ \S+) wide at a guest event, at (\S+) s", report("html", name))
        subprocess.run([program, "--size", "120x50", "--script", "-", name], cwd=data, text=True, check=True,
                       input=f"screen plots\nplot band\nsave-screen! {screen}\n", env={**os.environ, "HOME": folder})
        with open(screen, encoding="utf-8") as file:
            seen = re.findall(r"widest (\S+ \S+) at (\S+) s", file.read())
        tap(seen and seen[0] in page, f"{name}: {seen} on the screen, {page} on the page")
    said = re.findall(r"at most \S+ \S+ wide, at (\S+) s", report("html", "15-host-only.dat"))
    tap(len(said) == 2 and all(float(s) >= 0 for s in said), f"a host alone has no guest event, and no time before its first: {said}")


def drawn(folder):
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"))), None)
    if not browser:
        skip("no Chromium to look at pages with")
        return
    path = os.path.join(folder, "page.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(report("html", "12a-tsc-step-all.dat"))
    sizes = {}
    for how, args in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"]), ("print", [])):
        out = os.path.join(folder, f"{how}.{'pdf' if how == 'print' else 'png'}")
        what = f"--print-to-pdf={out}" if how == "print" else f"--screenshot={out}"
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/chromium", "--window-size=900,1500",
                        *args, what, f"file://{path}"], capture_output=True, check=False, timeout=120)
        with open(out, "rb") if os.path.exists(out) else open(os.devnull, "rb") as file:
            sizes[how] = file.read()
    tap(sizes["light"].startswith(b"\x89PNG") and len(sizes["light"]) > 50000, f"Chromium draws it: {len(sizes['light'])} bytes")
    tap(len(sizes["dark"]) > 50000 and sizes["dark"] != sizes["light"], "another picture where the person wants it dark")
    tap(sizes["print"].startswith(b"%PDF") and len(sizes["print"]) > 30000, "and pages of paper")


def main():
    for name in sorted(f for f in os.listdir(data) if f.endswith(".dat") and not f.endswith("-vm1.dat")):
        check(name)
    with tempfile.TemporaryDirectory() as folder:
        hostile(folder)
        pictures(folder)
        seconds(folder)
        many(folder)
        drawn(folder)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
