#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the tree against its own rules: usage: check.py SOURCE_ROOT COMPILER...

Arrows between layers, public headers that compile alone, the licence line, sizes, no paths of one machine.
"""
import os
import re
import subprocess
import sys

FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 100
SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
LIBRARY = re.compile(r"event-parse|trace-seq|traceevent|trace-cmd|tracecmd|tracefs|kshark|json|curses|zstd|zlib")
LIBRARY_TYPE = re.compile(r"\b(struct (tep|tracecmd|kshark|trace_seq|json|tracefs)\w*|(ZSTD|json)_\w+|WINDOW|SCREEN|gzFile)\b")

# A path that exists on one machine only; tests may name folders that they make at run time.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|tmp|home)/")

root, compiler = sys.argv[1], sys.argv[2:]
results = 0
failed = 0


def report(name, bad):
    global results, failed
    results += 1
    failed += bool(bad)
    print(f"{'not ok' if bad else 'ok'} {results} - {name}")
    for line in bad:
        print(f"#   {line}")


def tree_files():
    """Paths of the files of the project: what git tracks, or in an unpacked archive what lies there."""
    try:
        git = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
        names = git.stdout.decode().split("\0") if git.returncode == 0 else []
    except OSError:
        names = []
    if not names:
        names = [os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs]
        names = [n for n in names if not n.startswith(("build", ".git/"))]
    return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))


def text(name):
    with open(os.path.join(root, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def includes(name):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text(name), re.M)


files = tree_files()
sources = [f for f in files if f.endswith((".c", ".h"))]
program = [f for f in sources if f.startswith(("src/", "ui/", "include/"))]


def layer_of(name):
    for prefix, layer in (("src/core/", "core"), ("src/io/", "io"), ("src/app/", "app"), ("ui/", "ui"),
                          ("include/vmsync/io/", "io"), ("include/", "core")):
        if name.startswith(prefix):
            return layer
    return None


# Which layer a header belongs to, by how it is included: <vmsync/...>, or by its bare name.
header_layer = {}
for f in program:
    if f.endswith(".h"):
        key = f[len("include/"):] if f.startswith("include/") else os.path.basename(f)
        header_layer.setdefault(key, set()).add(layer_of(f))

MAY = {"core": {"core"}, "io": {"core", "io"}, "app": {"core", "io", "app"}, "ui": {"core", "io", "app", "ui"}}


def arrows(layer):
    bad = []
    for f in program:
        if layer_of(f) != layer or f == "src/app/main.c":
            continue
        for inc in includes(f):
            key = inc if inc.startswith("vmsync/") else os.path.basename(inc)
            if not header_layer.get(key, MAY[layer]) & MAY[layer]:
                bad.append(f"{f} includes {inc} of {'/'.join(sorted(header_layer[key]))}")
    return bad


def headers_alone():
    bad = []
    for f in program:
        if not f.startswith("include/"):
            continue
        run = subprocess.run(compiler + ["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                                         "-I", os.path.join(root, "include"), "-x", "c", "-"],
                             input=f'#include <{f[len("include/"):]}>\nint nothing_else;\n', text=True,
                             capture_output=True, check=False)
        if run.returncode:
            errors = [line for line in run.stderr.splitlines() if "error" in line] or ["the compiler failed"]
            bad.append(f"{f}: {errors[0]}")
    return bad


def without_comments(code):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), re.sub(r"//[^\n]*", "", code), flags=re.S)


def library_headers(where):
    return [f"{f} includes {i}" for f in program if f.startswith(where) for i in includes(f)
            if LIBRARY.search(i) and not i.startswith("vmsync/")]


def library_types():
    return [f"{f}: {m.group()}" for f in program if f.startswith("include/")
            for m in LIBRARY_TYPE.finditer(without_comments(text(f)))]


def licence_lines():
    script = (".py", ".sh", "meson.build", "quickstart", "/run")
    bad = []
    for f in files:
        if f.endswith((".c", ".h", ".def") + script):
            if not any(SPDX in line for line in text(f).splitlines()[:2]):
                bad.append(f)
    return bad


def long_files():
    return [f"{f}: {n} lines" for f in program if (n := text(f).count("\n")) > FILE_LINES_MAX]


def long_functions():
    """A function's body begins with a brace alone at the start of a line, and ends with one."""
    bad = []
    for f in program:
        begin, last = None, ""
        for nr, line in enumerate(text(f).splitlines(), 1):
            if line == "{":
                begin, name = nr, last
            elif line.startswith("}") and begin:
                if nr - begin + 1 > FUNCTION_LINES_MAX:
                    bad.append(f"{f}:{begin}: {nr - begin + 1} lines: {name}")
                begin = None
            elif line and not line[0].isspace() and not line.startswith(("/", "#")):
                last = line
    return bad


def machine_paths():
    bad = []
    for f in files:
        if f.startswith(("tests/", "data/")) and not f.endswith(("meson.build", ".txt")):
            continue
        for nr, line in enumerate(text(f).splitlines(), 1):
            if MACHINE_PATH.search(line):
                bad.append(f"{f}:{nr}: {line.strip()[:80]}")
    return bad


report("the tree is there", [] if len(program) > 100 and layer_of(program[0]) else [f"{len(program)} files of the program"])
report("each public header compiles alone as C11", headers_alone())
report("public headers name no type of a library", library_types() + library_headers("include/"))
report("curses is in ui/term_curses.c only", [f"{f} includes {i}" for f in program for i in includes(f)
                                              if "curses.h" in i and f != "ui/term_curses.c"])
report("core includes core only", arrows("core"))
report("core includes no library", library_headers("src/core/"))
report("io includes core and io only", arrows("io"))
report("app includes nothing of ui, except main.c", arrows("app"))
report("ui reads no trace library", [b for b in library_headers("ui/") if "curses" not in b])
report("each source file begins with its licence line", licence_lines())
report(f"no file above {FILE_LINES_MAX} lines", long_files())
report(f"no function above {FUNCTION_LINES_MAX} lines", long_functions())
report("no path of one machine", machine_paths())
print(f"1..{results}")
sys.exit(1 if failed else 0)
