#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ./quickstart asks of Meson, in a folder of its own where Meson is a stub. usage: quickstart.py SOURCE_ROOT

Writes TAP.
"""
import os
import shutil
import subprocess
import sys
import tempfile

root = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(root, "tests", "recordings"))
from tap import plan, tap  # pylint: disable=wrong-import-position

STUBS = {
    "meson": 'mkdir -p build; [ "$2" = --reconfigure ] || : >build/build.ninja',
    "ninja": "mkdir -p build/src/main; cp bin/program build/src/main/vmsync-tui",
    "clang": "touch build-has-fuzzer",
}
THERE = ("cc", "pkg-config", "tmux", "trace-cmd", "clang-format", "lintian", "program")


def main():
    # Its name has a space, as folders of people do.
    with tempfile.TemporaryDirectory(prefix="vmsync quick-") as folder:
        os.makedirs(os.path.join(folder, "bin"))
        os.makedirs(os.path.join(folder, "tests"))
        shutil.copy(os.path.join(root, "quickstart"), folder)
        for name in [*STUBS, *THERE]:
            path = os.path.join(folder, "bin", name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(f'#!/bin/sh\ncd "$(dirname "$0")/.."\necho "{name} $*" >>said\n{STUBS.get(name, "")}\n')
            os.chmod(path, 0o755)
        with open(os.path.join(folder, "tests", "run"), "w", encoding="utf-8") as f:
            f.write("echo tests are run\n")
        env = {**os.environ, "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}

        def asked(*args):
            """What Meson was asked to do, and what came on standard output"""
            said = os.path.join(folder, "said")
            if os.path.exists(said):
                os.remove(said)
            done = subprocess.run(["sh", os.path.join(folder, "quickstart"), *args], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, env=env, check=False)
            with open(said, encoding="utf-8") as f:
                return [line.split()[:3] for line in f if line.startswith("meson ")], done

        first, done = asked("--version")
        tap(done.returncode == 0 and len(first) == 1 and "--reconfigure" not in first[0], f"the first time a folder is made {first}")
        again, done = asked("--version")
        tap(done.returncode == 0 and not again, f"the second time it is there {again}")
        tests, done = asked("test")
        tap(tests == [["meson", "setup", "--reconfigure"]] and "tests are run" in done.stdout,
            f"for tests Meson looks again for what was not there before {tests} {done.stderr[:300]}")


main()
sys.exit(plan())
