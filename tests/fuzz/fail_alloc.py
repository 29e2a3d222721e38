#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each allocation fails in turn, once and from then on: the same output, or status 1, one line, and no output.

usage: fail_alloc.py PROGRAM ALLOCATOR DATA [STEP]
ALLOCATOR is fail_alloc.so, DATA the bundled recordings; every STEPth allocation fails (default 1). Prints TAP.
"""
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

program, allocator, data = (os.path.abspath(a) for a in sys.argv[1:4])
step = int(sys.argv[4]) if len(sys.argv) > 4 else 1

HOST = os.path.join(data, "19-idle.dat")
SCRIPT = ("accept filtered\nnote why\nscreen events\nfilter-events task~a || outside\nsave-screen events\nscreen plots\nsave-screen plots\nexplain\n"
          "save-screen explain\nclose\nreport text.txt\nreport text.json\nexport list\nwrite list.anchors\n")
KINDS = {
    "text": ["--report", "text", HOST],
    "JSON": ["--report", "json", HOST],
    "page": ["--report", "html", HOST],
    "host alone": ["--report", "json", os.path.join(data, "15-host-only.dat")],
    "anchors": ["--batch", "--anchors", "ANCHORS", HOST],
    "corrected copy": ["--force", "--apply", "copy", HOST],
    "script": ["--size", "100x30", "--script", "SCRIPT", HOST],
}


def run(args, at, on, folder):
    """Status, output with that of files, complaint, allocations"""
    with tempfile.TemporaryDirectory(dir=folder) as here:
        env = {**os.environ, "HOME": here, "XDG_STATE_HOME": here, "XDG_CONFIG_HOME": here, "LD_PRELOAD": allocator,
               "FAIL_AT": str(at), "FAIL_ON": str(int(on)), "FAIL_COUNT": os.path.join(here, "count")}
        args = [os.path.join(folder, a) if a in ("ANCHORS", "SCRIPT") else a for a in args]
        done = subprocess.run([program, *args], cwd=here, env=env, capture_output=True, timeout=60, check=False)
        out = {"": done.stdout}
        for name in sorted(os.listdir(here)):
            with open(os.path.join(here, name), "rb") as f:
                out[name] = f.read()
        count = int(out.pop("count", b"0"))
        return done.returncode, out, done.stderr.decode("utf-8", "replace"), count


def is_error(out):
    """An error as JSON, whole: who asked for JSON gets one"""
    try:
        return set(json.loads(out)) == {"vmsync_report", "program", "files", "error"}
    except ValueError:
        return False


def wrong(done, right, whole_only):
    """What is wrong with a run; "" = nothing. @whole_only: output of a failed run may be there, but none is cut"""
    status, out, said, _ = done
    if status == 0:
        return "" if (out, said) == right[1:3] else f"status 0, and output differs: {said[:200]}"
    if status != 1:
        return f"status {status}: {said[:200]}"
    if said.count("\n") != 1 or not said.startswith("vmsync-tui: "):
        return f"complaint {said[:300]!r}"
    text = out.pop("")
    if (text and not is_error(text)) or (out and not whole_only):
        return f"status 1, and output: {list(out)}"
    cut = [n for n in out if out[n] != right[1].get(n)]
    return f"status 1, and other than it should be: {cut}" if cut else ""


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        with open(os.path.join(folder, "SCRIPT"), "w", encoding="utf-8") as f:
            f.write(SCRIPT)
        subprocess.run([program, "--force", "--size", "80x24", "--script", "-", HOST], cwd=folder, check=True,
                       input=b"accept filtered\nmodel midpoint\nnote x\nwrite ANCHORS\n")
        for number, (kind, args) in enumerate(KINDS.items(), 1):
            right = run(args, 0, False, folder)
            tries = [(at, on) for at in range(1 + number % step, right[3] + 1, step) for on in (False, True)]
            bad = []
            for t, done in zip(tries, pool.map(lambda t: run(args, *t, folder), tries)):
                why = wrong(done, right, kind in ("script", "corrected copy"))
                if why:
                    bad.append(f"allocation {t[0]}{' and all after it' if t[1] else ''}: {why}")
            failed += bool(bad) or right[0] != 0
            print(f"{'not ok' if bad or right[0] else 'ok'} {number} - {kind}: {len(tries)} failures among {right[3]} allocations, "
                  f"{len(bad)} wrong", flush=True)
            for b in bad if step == 1 else bad[:20]:
                print(f"#   {b}")
    print(f"1..{len(KINDS)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
