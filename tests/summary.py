#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adds up meson's test logs: usage: summary.py testlog.json... ; one TAP line or one program is one test."""
import json
import re
import sys

passed = failed = skipped = 0
told = []
for path in sys.argv[1:]:
    try:
        lines = open(path, encoding="utf-8", errors="replace").read().splitlines()
    except OSError:
        continue
    for line in lines:
        test = json.loads(line)
        result = test["result"]
        tap = re.findall(r"^(ok|not ok) \d+(.*)$", test.get("stdout") or "", re.M)
        p = sum(1 for ok, rest in tap if ok == "ok" and "# SKIP" not in rest)
        s = sum(1 for ok, rest in tap if "# SKIP" in rest)
        f = len(tap) - p - s
        # cmocka writes "not ok 3 # SKIP", which meson takes for a failure though the program ended well.
        only_skips = result == "FAIL" and s and not f and test.get("returncode") == 0
        bad = result not in ("OK", "EXPECTEDFAIL", "SKIP") and not only_skips
        if not tap:
            p, s = int(result in ("OK", "EXPECTEDFAIL")), int(result == "SKIP")
        if bad and not f:
            f = 1
        if bad:
            told.append("failed: " + test["name"])
            told += ["  " + rest[:9000] for ok, rest in tap if ok != "ok" and "# SKIP" not in rest][:5]
        passed, failed, skipped = passed + p, failed + f, skipped + s
for line in told:
    print(line)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
