#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages: built, looked at by lintian, installed into a bare system and run there. usage: deb.py SOURCE_ROOT

What the machine lacks is skipped: debhelper and what the build needs, lintian, debootstrap as root with a mirror. Writes TAP.
"""
import os
import shutil
import subprocess
import sys
import tempfile

root = os.path.abspath(sys.argv[1])
# Debian has no bug that asks for it, and it has no page of its own that could be named.
TAGS_FINE = ("initial-upload-closes-no-bugs", "no-homepage-field")
number = failed = 0


def report(ok, text, why=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {text}", flush=True)
    for line in [] if ok else str(why).splitlines()[-30:]:
        print(f"#   {line}")


def skip(text, why):
    global number
    number += 1
    print(f"ok {number} - {text} # SKIP {why}", flush=True)


def run(*args, **kw):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **kw)


def sources(folder):
    """The tree without what is not of it: as git has it, or as it lies there without folders of a build."""
    src = os.path.join(folder, "src")
    names = run("git", "-C", root, "ls-files", "-z") if shutil.which("git") else None
    if names and names.returncode == 0:
        os.mkdir(src)
        for name in filter(None, names.stdout.split("\0")):
            target = os.path.join(src, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.lexists(os.path.join(root, name)):
                shutil.copy2(os.path.join(root, name), target, follow_symlinks=False)
    else:
        shutil.copytree(root, src, symlinks=True, ignore=lambda d, names: {
            n for n in names if n == ".git" or os.path.exists(os.path.join(d, n, "build.ninja"))})
    return src


def is_fine(line):
    """Whether a line of lintian is of what there is not to mend"""
    if "appstream-metadata-validation-failed" in line:
        return run("appstreamcli", "validate", "--no-net", "--override=url-homepage-missing=info",
                   os.path.join(root, "data", "org.vmsync.vmsync_tui.metainfo.xml")).returncode == 0
    return any(tag in line for tag in TAGS_FINE)


def build(folder):
    env = {**os.environ, "DEB_BUILD_OPTIONS": f"nocheck noautodbgsym parallel={os.cpu_count()}"}
    env.pop("LD_LIBRARY_PATH", None)
    done = run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=sources(folder), env=env)
    return done


def check_bare(folder, debs):
    """Into a system of nothing but what Debian calls essential, and apt."""
    target = os.path.join(folder, "bare")
    codename = run("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").stdout.strip()
    mirrors = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)").stdout.splitlines()
    mirror = next((line.split()[0] for line in mirrors if line.endswith(" " + codename)), None)
    if os.geteuid() or not shutil.which("debootstrap") or not mirror:
        return skip("installed into a bare system", "needs root, debootstrap and a mirror")
    done = run("debootstrap", "--variant=minbase", codename, target, mirror)
    if done.returncode:
        return skip("installed into a bare system", "debootstrap: " + (done.stdout.splitlines() or [""])[-1])
    for path in debs + [os.path.join(root, "tests", "data", n) for n in ("06b-wrong-2s.dat", "06b-wrong-2s-vm1.dat")]:
        shutil.copy(path, os.path.join(target, "tmp"))
    package = next(os.path.basename(d) for d in debs if os.path.basename(d).startswith("vmsync-tui_"))
    before = run("chroot", target, "dpkg-query", "-W").stdout.count("\n")
    done = run("chroot", target, "apt-get", "install", "-y", "--no-install-recommends", f"/tmp/{package}")
    after = run("chroot", target, "dpkg-query", "-W").stdout.count("\n")
    report(done.returncode == 0, "installed into a bare system", done.stdout)
    report(after - before < 90, f"and brings {after - before} packages, fewer than 90")
    done = run("chroot", target, "vmsync-tui", "--batch", "/tmp/06b-wrong-2s.dat")
    report(done.returncode == 0 and "PROVEN WRONG" in done.stdout, "and judges a recording there", done.stdout)


def main():
    for program in ("dpkg-buildpackage", "dh"):
        if not shutil.which(program):
            skip("the packages are built", f"no {program}")
            return
    if run("dpkg-checkbuilddeps", "-P", "nocheck", os.path.join(root, "debian", "control")).returncode:
        skip("the packages are built", "not all that the build needs is installed")
        return
    with tempfile.TemporaryDirectory(prefix="vmsync-deb-") as folder:
        done = build(folder)
        report(done.returncode == 0, "the packages are built", done.stdout)
        if done.returncode:
            return
        debs = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith(".deb")]
        if shutil.which("lintian"):
            said = [line for line in run("lintian", "--fail-on", "none", *debs).stdout.splitlines()
                    if line.startswith(("E:", "W:")) and not is_fine(line)]
            report(not said, "lintian has nothing to say", "\n".join(said))
        else:
            skip("lintian has nothing to say", "no lintian")
        check_bare(folder, debs)


main()
print(f"1..{number}")
sys.exit(1 if failed else 0)
