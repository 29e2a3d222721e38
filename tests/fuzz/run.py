#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a target under libFuzzer from the seeds that recordings, the simulator and the program give, and says what it reached.

usage: run.py BUILD DATA TARGET SECONDS [CORPUS]   BUILD: configured with -Dfuzz=true; CORPUS: a folder that keeps what is found
The search is the same each time, as a gate must be; with a CORPUS it is another one each time.
An input that fails is kept in BUILD/fuzz-failed: mended, it goes into tests/fuzz/corpus/TARGET, named by its kind."""
import base64
import glob
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
PACKED_MAX = 8000  # more of an input is not said, only where it lies
WORLDS = {
    "plain": "", "v6": "version=6", "ns": "clock=ns", "svm": "isa=svm tsc2nsec=1", "arm": "isa=arm64", "two": "guests=1 vcpus=2 pcpus=3",
    "scaled": "ratio=0.9 fraction=48", "steps": "step=0.002:100000", "lost": "lost_per_s=500", "none": "sync=none guest_option=0",
    "offsets": "host_ts_offset=5 guest_ts_offset=-7 host_date=1 guest_date=2", "facts": "facts=1 tsc_reads=1",
}
TEXTS = {
    "filter": ["", "vcpu==0 && delay>2us || !(seq==idle)", 'event ~ hrtimer && "timer"', "accepted && residual<-1ms && note!~x",
               "undecided||(guest==vm1&&time>=+2ms)", "score>.9&&!impossible"],
    "config": ["set theme mono\nset glyphs ascii\nmap lists x accept\n# said\nmap all F5 next-undecided\n"],
    "history": ["model recorded\nfilter vcpu==0\n\nmodel band\n"],
    "script": ["accept all\nkey 2 j j a 3\nmodel midpoint\nfilter delay>1us\nundo\nredo\nkey / t i Enter n\n",
               "set-mark a\nnext\nnext\nset-mark b\nrange\nmodel piecewise a b\nalign second\nwrite\nopen fuzz.anchors\n"],
    "command": ["accept all\nundo\nmod\t\nset theme \t\nfilter vcpu==0\nwrite x\n"],
}


def world(build, folder, name, words):
    """a recording of the simulator: its host's and its first guest's file"""
    path = os.path.join(folder, name)
    sizes = "seconds=0.05 events=60 pcpus=2 vcpus=1"
    subprocess.run([build + "/tests/tools/vmsync-sim"] + f"seed=5 {sizes} {words}".split() + [path], check=True)
    return [open(path + end, "rb").read() for end in (".dat", "-vm1.dat")]


def sections(file):
    """of a plain version 7 file: (id, its bytes)"""
    at = file.index(b"\0", 10)  # behind magic comes the version as text
    (at, found), size = (at + 1 + 1 + 1 + 4, []), len(file)
    at = file.index(b"\0", at) + 1  # the compression's name and version
    at = struct.unpack_from("<Q", file, file.index(b"\0", at) + 1)[0]
    while 0 < at < size:
        length = struct.unpack_from("<Q", file, at + 8)[0]
        options, at = file[at + 16:at + 16 + length], 0
        found.append((0, options))
        p = 0
        while p + 6 <= len(options):
            which, n = struct.unpack_from("<HI", options, p)
            data = options[p + 6:p + 6 + n]
            if which == 0:
                at = struct.unpack("<Q", data)[0]
            elif which in (3, 16, 17, 18, 19, 20, 21):
                to = struct.unpack_from("<Q", data)[0]
                found.append((which, file[to + 16:to + 16 + struct.unpack_from("<Q", file, to + 8)[0]]))
            p += 6 + n
    return found


def of_files(target, worlds):
    files = [f for w in worlds.values() for f in w]
    if target == "container":
        return files
    if target == "pair":
        return [struct.pack("<I", len(h)) + h + g for h, g in worlds.values()] + [struct.pack("<I", len(worlds["facts"][0])) + worlds["facts"][0]]
    seeds = []
    for file in (f for name, w in worlds.items() if name != "v6" for f in w):
        for which, data in sections(file):
            if target == "options" and which == 0:
                seeds.append(data[:-14])
            if target == "formats" and which in (16, 17, 18, 21):
                seeds.append(bytes([{18: 0, 17: 1, 16: 2, 21: 3}[which]]) + data)
        if target == "pages":
            seeds += [bytes([how]) + file[-pages * 4096:] for how, pages in ((0, 1), (4, 2), (8, 2))]
    return seeds


def of_program(build, target, folder):
    """what the program itself writes, and its words"""
    program, recording = build + "/src/main/vmsync-tui", build + "/tests/fuzz/world.dat"
    listed = subprocess.run([program, "--list-commands"], capture_output=True, text=True, check=True).stdout
    lines = []
    for _, verb, args, *_ in (line.split("\t") for line in listed.splitlines()[1:]):
        lines += [verb.split("|")[0] + " " + word for word in re.findall(r"[^][<>| ]+", args) or [""]]
    seeds = TEXTS.get(target, [])
    if target == "sequences":
        with open(HERE + "/../../src/core/pair/catalogue.c", encoding="utf-8") as f:
            text = "".join(re.findall(r'^\t"(.*)"', f.read(), re.M)).encode().decode("unicode_escape")
        seeds = [text] + ["# vmsync-sequences 1\nsequence " + part for part in text.split("\nsequence ")[1:]]
    if target in ("script", "command"):
        seeds = seeds + ["\n".join(lines[i:i + 5]) + "\n" for i in range(0, len(lines), 5)]
    if target in ("anchors", "journal"):
        script = os.path.join(folder, "script")
        with open(script, "w", encoding="utf-8") as f:
            f.write("accept all\nkey j r\nnote \"a note\"\nmute idle\nset-mark a\nnext\nnext\nset-mark b\nmodel piecewise a b\nwrite\n")
        out = os.path.join(folder, "seed.anchors")
        subprocess.run([program, recording, "--script", script, "--output", out], capture_output=True, check=False, env=dict(os.environ, HOME=folder))
        seeds = [open(out, encoding="utf-8").read()] if os.path.exists(out) else []
    words = sorted(set(re.findall(r"[a-z][a-z0-9-]+", listed)) | set(re.findall(r"[a-z=<>!~&|]+", " ".join(TEXTS["filter"]))))
    return [s.encode() for s in seeds], words


def seeds_make(build, data, target, folder):
    worlds_at, seeds_at = os.path.join(folder, "worlds"), os.path.join(folder, "seeds")
    os.mkdir(worlds_at)
    os.mkdir(seeds_at)
    seeds, words = of_program(build, target, folder)
    if target in ("container", "pair", "options", "pages", "formats"):
        seeds = of_files(target, {name: world(build, worlds_at, name, words) for name, words in WORLDS.items()})
    if target == "container":
        seeds += [open(e.path, "rb").read() for e in os.scandir(data) if e.name.endswith(".dat") and e.stat().st_size < 75000]
    if target == "screens":
        seeds = [random.Random(seed).randbytes(400) for seed in range(8)]
    for i, seed in enumerate(seeds):
        with open(f"{seeds_at}/{i}", "wb") as f:
            f.write(seed)
    with open(folder + "/words", "w", encoding="utf-8") as f:
        f.writelines(f'"{word}"\n' for word in words)
    return seeds_at


def why_failed(told, failed, target, since):
    """what went wrong and with which input, for a log that is all that is left of the run"""
    faults = re.findall(r"^(?:fault: .*|.*runtime error: .*|SUMMARY: .*)", told, re.M) or told.splitlines()[-1:]
    why = [" / ".join(faults[:2])[:500]]
    for path in glob.glob(f"{glob.escape(failed)}/{target}-*"):
        if os.stat(path).st_mtime >= since:
            packed = base64.b64encode(zlib.compress(open(path, "rb").read(), 9)).decode()
            why.append(f"input {path}, base64 of zlib: {packed if len(packed) <= PACKED_MAX else 'too long'}")
    return why


def main(build, data, target, seconds, corpus=None):
    tmp = tempfile.mkdtemp(prefix="vmsync-fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    failed = os.path.join(build, "fuzz-failed")
    os.makedirs(failed, exist_ok=True)
    os.mkdir(tmp + "/corpus")
    os.mkdir(tmp + "/work")
    kept = os.path.join(HERE, "corpus", target)
    folders = [corpus or tmp + "/corpus", seeds_make(build, data, target, tmp)] + ([kept] if os.path.isdir(kept) else [])
    options = [f"--target={target}", f"-max_total_time={seconds}", "-timeout=60", "-print_final_stats=1", "-reload=0", "-print_funcs=0",
               f"-seed={0 if corpus else 1}", f"-artifact_prefix={failed}/{target}-"]
    if target not in ("container", "pair", "options", "pages", "formats", "screens"):
        options += [f"-dict={tmp}/words", "-max_len=4096"]
    began = int(time.time())
    done = subprocess.run([build + "/tests/fuzz/fuzz"] + options + folders, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, env=dict(os.environ, TMPDIR=tmp + "/work"))
    shutil.rmtree(tmp, ignore_errors=True)

    def last(pattern):
        return (re.findall(pattern, done.stdout) or ["?"])[-1]
    what = (f"{target}: {last(r'number_of_executed_units: *([0-9]+)')} executions, {last(r' cov: ([0-9]+)')} of "
            f"{last(r'([0-9]+) inline 8-bit counters')} edges reached, {last(r' corp: ([0-9]+)')} inputs in the corpus")
    if done.returncode:  # a number sign begins a directive of TAP
        what = "; ".join([what] + why_failed(done.stdout, failed, target, began)).replace("#", "")
        print("\n".join(line for line in done.stdout.splitlines() if " cov: " not in line)[-6000:], file=sys.stderr)
    print(f"{'not ' if done.returncode else ''}ok 1 - {what}\n1..1")
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
