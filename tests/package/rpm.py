#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The RPM spec: packages are built of what git has, and looked at by rpmlint. usage: rpm.py SOURCE_ROOT

Macros of meson's packages elsewhere are said here, as rpm alone has none. rpmbuild itself fails where a file that is installed is
of no package. What the machine lacks is skipped. Writes TAP.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

root = os.path.abspath(sys.argv[1])
with open(os.path.join(root, "rpm", "vmsync-tui.spec"), encoding="utf-8") as f:
    VERSION = re.search(r"^Version:\s*(\S+)", f.read(), re.M)[1]
MACROS = {
    "_metainfodir": "%{_datadir}/metainfo",
    "meson": "meson setup --prefix=%{_prefix} --libdir=%{_libdir} --mandir=%{_mandir} --buildtype=plain -Dtests=false made",
    "meson_build": "ninja -C made",
    "meson_install": "DESTDIR=%{buildroot} meson install -C made --no-rebuild",
    "meson_test": "meson test -C made",
}
HOLDS = {
    "vmsync-tui": "/usr/bin/vmsync-tui",
    "vmsync-tui-libs": "/usr/lib64/libvmsync.so.0",
    "vmsync-tui-devel": "/usr/include/vmsync/vmsync.h",
    "kernelshark-vmsync": "/usr/lib64/kernelshark/plugins/plugin-vmsync.so",
}
# Of one distribution's rules, or of what signs and publishes packages.
FINE = ("no-signature", "no-packager-tag", "no-group-tag", "no-dependency-on", "missing-hash-section", "library-without-ldconfig",
        "lib-package-without-%mklibname", "outside-libdir-files /usr/share/licenses", "non-versioned-file-in-library-package")
number = failed = 0


def report(ok, text, why=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {text}", flush=True)
    for line in [] if ok else str(why).splitlines()[-30:]:
        print(f"#   {line}")


def run(*args, **kw):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **kw)


def lacking():
    if not shutil.which("rpmbuild"):
        return "no rpmbuild"
    if run("git", "-C", root, "rev-parse", "HEAD").returncode:
        return "not a checkout of git"
    needed = ("libtracecmd", "libtraceevent", "libkshark", "libzstd", "zlib", "ncursesw", "glu")
    return "not all that the build needs is installed" if run("pkg-config", *needed).returncode else None


def main(folder):
    os.mkdir(os.path.join(folder, "SOURCES"))
    archive = os.path.join(folder, "SOURCES", f"vmsync-tui-{VERSION}.tar")
    run("git", "-C", root, "archive", f"--prefix=vmsync-tui-{VERSION}/", "-o", archive, "HEAD")
    run("xz", "-0", archive)
    define = [word for name, what in MACROS.items() for word in ("--define", f"{name} {what}")]
    spec = os.path.join(root, "rpm", "vmsync-tui.spec")
    done = run("rpmbuild", "--nodeps", "--nocheck", "--define", f"_topdir {folder}", *define, "-bb", spec)
    report(done.returncode == 0, "the packages are built", done.stdout)
    if done.returncode:
        return
    made = [os.path.join(where, n) for where, _, names in os.walk(os.path.join(folder, "RPMS")) for n in sorted(names)]
    for name, path in HOLDS.items():
        of = [m for m in made if os.path.basename(m).startswith(f"{name}-{VERSION}")]
        holds = run("rpm", "-qlp", *of).stdout.split("\n")
        report(len(of) == 1 and path in holds, f"{name} has {path}", "\n".join(holds))
    if shutil.which("rpmlint"):
        said = [line for line in run("rpmlint", *made, spec).stdout.splitlines()
                if ": E: " in line and not any(f in line for f in FINE)]
        report(not said, "rpmlint has no error", "\n".join(said))


why = lacking()
if why:
    number = 1
    print(f"ok 1 - the packages are built # SKIP {why}")
else:
    with tempfile.TemporaryDirectory(prefix="vmsync-rpm-") as temporary:
        main(temporary)
print(f"1..{number}")
sys.exit(1 if failed else 0)
