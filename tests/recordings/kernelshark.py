#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A session for KernelShark, opened by KernelShark. Usage: kernelshark.py PROGRAM DATA [PLUGIN]

Rows of the markers are held against trace-cmd report; then KernelShark opens the session on a screen of Xvfb, and what it saves
of itself when it ends is what it was told. With the plug-in, what it draws is looked for in the picture. Pictures stay in the
folder of the test.
"""
import json
import os
import shutil
import subprocess
import sys
import time

from tap import plan, skip, tap
from tracecmd import LINE

program, data, *plugin = map(os.path.abspath, sys.argv[1:])
here = os.path.join(os.getcwd(), "kernelshark")
RECORDINGS = ("01-demo", "06b-wrong-2s", "12a-tsc-step-all")
HOST, GUEST = os.path.join(here, "01-demo.dat"), os.path.join(here, "01-demo-vm1.dat")
ENV = {**os.environ, "HOME": here, "XDG_STATE_HOME": here, "XDG_CONFIG_HOME": here, "XDG_RUNTIME_DIR": here}
OPEN_S = 120	# what a loaded machine takes, to open or to draw
PICTURE_S = 2	# until it has drawn
ANCHOR, WRONG, MARKER_A, MARKER_B, AXIS = (255, 0, 128), (255, 80, 0), (0, 128, 0), (0, 128, 128), (0, 0, 0)


def run(*args, **env):
    return subprocess.run([program, *args], cwd=here, env={**ENV, **env}, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)


def session(recording, name, more="", with_plugin=True):
    """One with a pair selected; and the list"""
    with open(os.path.join(here, "script"), "w", encoding="utf-8") as f:
        f.write(f"filter seq == idle\nnext\nnext\nexport! list.tsv\n{more}export kernelshark {name}\n")
    done = run("--script", "script", os.path.join(here, recording), VMSYNC_KSHARK_PLUGIN=plugin[0] if with_plugin and plugin else "")
    if "libkshark" in done.stderr:
        return None
    tap(done.returncode == 0, f"a session is written {done.stderr[:200]}")
    with open(os.path.join(here, name), encoding="utf-8") as f:
        return json.load(f)


def rows(*paths):
    """Name and time of each event of both files, in the order of the times shown"""
    out = subprocess.run(["trace-cmd", "report", "-t", "-i", paths[0], "-i", paths[1]], capture_output=True, text=True, check=True)
    return [(m["file"], int(m["time"]), m["name"]) for m in map(LINE.match, out.stdout.splitlines()) if m]


def check_text(told):
    streams = told["data streams"]
    tap([s["data"]["file"] for s in streams] == [os.path.realpath(HOST), os.path.realpath(GUEST)]
        and [s["CPUPlots"] for s in streams] == [[0, 1], [0, 1]], "it opens both files, and draws each CPU")
    vcpus = json.loads(run("--report", "json", HOST).stdout)["guests"][0]["vcpus"]
    tap(told["ComboPlots"] == [[[1, 10, v["vcpu"]], [0, 5, v["host_tid"]]] for v in vcpus],
        "each vCPU is drawn over its thread")
    all_ = rows(HOST, GUEST)
    guest, host = (all_[told["Markers"][m]["row"]] for m in ("markA", "markB"))
    least, most = told["Model"]["range"]
    tap(guest[0].endswith("vm1.dat") and host[0] == "01-demo.dat" and least <= guest[1] <= most and least <= host[1] <= most,
        f"markers are {guest[2]} of the guest and {host[2]} of the host, both in view")
    with open(os.path.join(here, "list.tsv"), encoding="utf-8") as f:
        pairs = [line.split("\t") for line in f]
    tap(any(p[5] == guest[2] and p[7].split()[0] == host[2] and int(p[8]) == host[1] for p in pairs[1:]), "which are a pair")


def check_copies():
    """A guest that is 2 s off is shown from a copy, in which the pair stands together"""
    told = session("06b-wrong-2s.dat", "wrong.json")
    copy = os.path.join(here, "wrong-guest1.dat")
    tap(told["data streams"][1]["data"]["file"] == copy and os.path.exists(copy), "what is wrong is shown from a copy")
    all_ = rows(os.path.join(here, "06b-wrong-2s.dat"), copy)
    guest, host = (all_[told["Markers"][m]["row"]] for m in ("markA", "markB"))
    tap(guest[0] == "wrong-guest1.dat" and host[0] == "06b-wrong-2s.dat" and 0 < host[1] - guest[1] < 1e6,
        f"markers are {guest[2]} and {host[2]}, {host[1] - guest[1]} ticks later")
    before = os.path.getmtime(copy)
    done = run("--export", f"kernelshark={here}/wrong.json", os.path.join(here, "06b-wrong-2s.dat"))
    tap(done.returncode == 2 and os.path.getmtime(copy) == before, "a session that is there stays, and the copy beside it")


def wait(what, seconds):
    for _ in range(seconds * 5):
        if what():
            return True
        time.sleep(0.2)
    return False


def opened(display, name, has=None):
    """What KernelShark says of itself after it opened a session, whose picture is waited for until it has a color"""
    env = {**ENV, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1", "KS_USER_CACHE_DIR": here}
    last = os.path.join(here, "lastsession.json")
    base = os.path.join(here, name.removesuffix(".json"))
    with open(os.path.join(here, "setting.ini"), "w", encoding="utf-8") as f:
        f.write("[General]\nnoRootWarn=true\n")

    def xdotool(*words):
        return subprocess.run(["xdotool", *words], env=env, capture_output=True, text=True, check=False).stdout.split("\n")

    def loaded():
        names = xdotool("search", "--onlyvisible", "--name", ".*", "getwindowname", "%@")
        return "Kernel Shark" in names and "KernelShark" not in names	# how far it is, is a window of its own

    def taken():
        for ending in ("png", "ppm"):
            subprocess.run(["import", "-display", display, "-window", "root", "-depth", "8", f"{base}.{ending}"], check=False)
        return not has or Picture(name.removesuffix(".json")).places(has)

    def quit_it():
        xdotool("search", "--onlyvisible", "--name", "Kernel Shark", "windowfocus")
        xdotool("key", "ctrl+q")
        return wait(lambda: shark.poll() is not None, 3)

    with subprocess.Popen(["kernelshark", "-s", base + ".json"], env=env, cwd=here, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as shark:
        tap(wait(loaded, OPEN_S) and wait(loaded, OPEN_S), f"KernelShark opens {name}")
        time.sleep(PICTURE_S)
        if shutil.which("import"):
            wait(taken, OPEN_S if has else 1)
        wait(quit_it, 10)
        tap(shark.poll() == 0, f"and ends with {shark.poll()}")
        shark.kill()
        said = shark.stderr.read()
    tap("fail" not in said.lower() and "error" not in said.lower(), f"and has nothing to complain of {said[:300]}")
    if not os.path.exists(last):
        return None
    with open(last, encoding="utf-8") as f:
        return json.load(f)


def check_shown(told, shown):
    tap([s["data"]["file"] for s in shown["data streams"]] == [s["data"]["file"] for s in told["data streams"]]
        and [s["CPUPlots"] for s in shown["data streams"]] == [s["CPUPlots"] for s in told["data streams"]]
        and shown["ComboPlots"] == told["ComboPlots"], "it shows these files and plots")
    tap(all(shown["Markers"][m] == told["Markers"][m] for m in ("markA", "markB")), "and both markers")
    near = (told["Model"]["range"][1] - told["Model"]["range"][0]) / 50	# bins are whole
    tap(all(abs(a - b) < near for a, b in zip(told["Model"]["range"], shown["Model"]["range"])),
        f"and this time: {shown['Model']['range']}")


class Picture:
    """Pixels of a session's picture"""

    def __init__(self, name):
        with open(os.path.join(here, name + ".ppm"), "rb") as f:
            kind, size, _, self.pixels = f.read().split(b"\n", 3)
        assert kind == b"P6"
        self.width, self.height = map(int, size.split())

    def places(self, color):
        """x and y of all pixels of a color"""
        found, at = [], self.pixels.find(bytes(color))
        while at >= 0:
            if at % 3 == 0:
                found.append((at // 3 % self.width, at // 3 // self.width))
            at = self.pixels.find(bytes(color), at + 1)
        return found

    def columns(self, color):
        """The first and the last that have it, and the column that has most of it"""
        xs = [x for x, _ in self.places(color)]
        return (min(xs), max(xs), max(set(xs), key=xs.count)) if xs else None

    def axis(self):
        """From where to where graphs reach: the longest black line; what is behind the window is black from its left edge"""
        lines, last = {}, (-2, -1)
        for x, y in self.places(AXIS):
            begin = lines.pop(last)[0] if last == (x - 1, y) else x
            last = (x, y)
            lines[last] = (begin, x)
        return max((of for of in lines.values() if of[0]), key=lambda of: of[1] - of[0])


def check_plugin(display):
    """Lines from the guest's event to the host's, whose markers stand there; and what is wrong from the step on"""
    with_it = Picture("ks")
    anchor, a, b = (with_it.columns(c) for c in (ANCHOR, MARKER_A, MARKER_B))
    near = 6	# points of markers lie over its ends
    tap(anchor and abs(anchor[0] - a[2]) <= near and abs(anchor[1] - b[2]) <= near, f"an anchor from A to B: {anchor}, {a}, {b}")
    tap(not with_it.places(WRONG), "nothing is wrong there")
    session("01-demo.dat", "without.json", with_plugin=False)
    opened(display, "without.json")
    tap(not any(map(Picture("without").places, (ANCHOR, WRONG))), "no anchor without the plug-in")

    told = session("12a-tsc-step-all.dat", "step.json", "accept filtered\nmodel recorded\nwrite\nzoom whole\n")
    opened(display, "step.json", WRONG)
    vcpu = json.loads(run("--report", "json", os.path.join(here, "12a-tsc-step-all.dat")).stdout)["guests"][0]["vcpus"][0]
    first, second = vcpu["segments"]
    step = second["guest_from"] + first["band"]["offset_lo"]	# as the file goes on to say
    picture = Picture("step")
    left, right = picture.axis()
    least, most = told["Model"]["range"]
    at = left + (right - left) * (step - least) / (most - least)
    wrong = picture.columns(WRONG)
    tap(len(picture.places(ANCHOR)) > 1000, "all anchors")
    tap(wrong and abs(wrong[0] - at) < 10 and wrong[1] > at + (right - at) * 0.9, f"wrong from the step at {at:.0f}: {wrong}")


shutil.rmtree(here, ignore_errors=True)
os.makedirs(here, mode=0o700)
for r in RECORDINGS:
    for part in ("", "-vm1"):
        shutil.copy2(os.path.join(data, f"{r}{part}.dat"), here)
ks = session("01-demo.dat", "ks.json", "accept filtered\nwrite\n") if shutil.which("trace-cmd") else None
if ks is None:
    skip("libkshark or trace-cmd is not installed")
    sys.exit(plan())
check_text(ks)
check_copies()
if not all(map(shutil.which, ("kernelshark", "Xvfb", "xdotool"))):
    skip("kernelshark, Xvfb or xdotool is not installed")
    sys.exit(plan())
with subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "1500x1100x24"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, text=True) as xvfb:
    try:
        screen = ":" + xvfb.stdout.readline().strip()
        state = opened(screen, "ks.json", ANCHOR if plugin else None)
        tap(state is not None, "it saves what it shows")
        if state:
            check_shown(ks, state)
        if plugin and shutil.which("import"):
            check_plugin(screen)
        else:
            skip("the plug-in is not built, or import is not installed")
    finally:
        xvfb.terminate()
sys.exit(plan())
