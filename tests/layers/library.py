#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvmsync as another program meets it: what it exports, and whether the example runs on it. Writes TAP.

usage: library.py EXPORTS_SCRIPT LIBRARY EXAMPLE SOURCE_ROOT
"""
import importlib.util
import os
import re
import subprocess
import sys

script, library, example, root = sys.argv[1:]
spec = importlib.util.spec_from_file_location("exports", script)
exports = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exports)
failed = 0


def report(nr, name, bad):
    global failed
    failed += bool(bad)
    print(f"{'not ok' if bad else 'ok'} {nr} - {name}")
    print("".join(f"#   {line}\n" for line in bad), end="")


declared = set(exports.declared(os.path.join(root, "include")))
nm = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
exported = {line.split()[-1].split("@")[0] for line in nm.splitlines()}
report(1, "the library exports the functions of its headers, and nothing else",
       [f"not declared: {n}" for n in sorted(exported - declared)]
       + [f"not there: {n}" for n in sorted(declared - exported)] + ([] if len(exported) > 100 else ["hardly any"]))
run = subprocess.run([example, os.path.join(root, "tests", "data", "06b-wrong-2s.dat")], capture_output=True, text=True,
                     check=False)
c_says = run.stdout
rows = re.findall(r"^\S+ vCPU \d+: band \[-?\d+, -?\d+\], recorded -?\d+: proven-wrong$", run.stdout, re.M)
report(2, "the example prints each vCPU's band and verdict",
       [] if not run.returncode and len(rows) == 2 else [run.stdout, run.stderr])
header = """extern "C" {
typedef int vms_cb(void *user);
struct vms_x { int (*vms_member)(int); };
static inline int vms_inline(int a) { if (a) { vms_called(a); } return a; }
const char *vms_plain(int a,
		      int (*vms_fn)(int)) __attribute__((nonnull));
}
"""
report(3, "types, members and inline functions are no exports",
       [f"taken: {found}" for found in [exports.prototypes(header)] if found != ["vms_plain"]])
run = subprocess.run([sys.executable, os.path.join(root, "doc", "example.py"),
                      os.path.join(root, "tests", "data", "06b-wrong-2s.dat")],
                     capture_output=True, text=True, check=False, env=dict(os.environ, VMSYNC_LIBRARY=library))
bands = re.findall(r"^\S+ (vCPU \d+: band \[-?\d+, -?\d+\], recorded -?\d+): proven-wrong$", c_says, re.M)
report(4, "the example in Python says the same of bands and of what is recorded",
       [] if not run.returncode and bands and run.stdout.splitlines()[1:] == bands else [run.stdout, run.stderr])
print("1..4")
sys.exit(1 if failed else 0)
