#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build without libkshark, as on a server: it compiles, judges a recording, and says what is not there. usage: without.py SOURCE_ROOT

A header of libkshark that is included all the same stops the compiler. Writes TAP.
"""
import os
import shutil
import subprocess
import sys
import tempfile

root = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(root, "tests", "recordings"))
from tap import plan, tap  # pylint: disable=wrong-import-position


def run(*args, **kw):
    return subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **kw)


def main():
    with tempfile.TemporaryDirectory(prefix="vmsync-without-") as folder:
        build, traps = os.path.join(folder, "build"), os.path.join(folder, "traps")
        os.mkdir(traps)
        for name in ("libkshark.h", "libkshark-configio.h", "libkshark-plugin.h", "libkshark-tepdata.h", "libkshark-model.h"):
            with open(os.path.join(traps, name), "w", encoding="utf-8") as f:
                f.write("#error a header of libkshark\n")
        compiler = os.environ.get("CC", "cc")
        if shutil.which("ccache") and "ccache" not in compiler:
            compiler = "ccache " + compiler
        env = {**os.environ, "CC": compiler, "HOME": folder, "CCACHE_DIR": os.environ.get("CCACHE_DIR", os.path.expanduser("~/.ccache"))}
        done = run("meson", "setup", build, root, "-Dkshark=disabled", "-Dkshark_plugin=disabled", "-Dtests=false", "-Ddocs=disabled",
                   "-Doptimization=0", f"-Dc_args=-I{traps}", env=env)
        if done.returncode == 0:
            done = run("ninja", "-C", build, "src/main/vmsync-tui", env=env)
        tap(done.returncode == 0, "it is built without libkshark and its headers")
        if done.returncode:
            print("".join(f"#   {line}\n" for line in done.stdout.splitlines()[-20:]))
            return
        program = os.path.join(build, "src", "main", "vmsync-tui")
        recording = os.path.join(root, "tests", "data", "06b-wrong-2s.dat")
        done = run(program, "--batch", recording, env=env)
        tap(done.returncode == 0 and done.stdout.count("recorded   1004679526344: PROVEN WRONG by 1.999999 s") == 2, "it judges a recording")
        done = run(program, "--version", env=env)
        tap("kshark=no" in done.stdout, "it says that it is built so")
        done = run(program, "--export", "kernelshark=" + os.path.join(folder, "session.json"), recording, env=env)
        tap(done.returncode == 2 and "libkshark" in done.stdout and not os.path.exists(os.path.join(folder, "session.json")),
            f"and what needs libkshark says so: {done.stdout.splitlines()[-1:]}")


main()
sys.exit(plan())
