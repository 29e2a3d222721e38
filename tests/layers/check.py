#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the tree against its own rules: usage: check.py SOURCE_ROOT COMPILER...

Arrows between layers, public headers that compile alone, the licence line, sizes, no paths of one machine.
"""
import os
import re
import shutil
import subprocess
import sys

COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
SPDX = "SPDX-License" + "-Identifier: LGPL-2.1-or-later"	# in two, as tools read this line too
LIBRARY = re.compile(r"event-parse|trace-seq|traceevent|trace-cmd|tracecmd|tracefs|kshark|json|curses|zstd|zlib")
LIBRARY_TYPE = re.compile(r"\b(struct (tep|tracecmd|kshark|trace_seq|json|tracefs)\w*|(ZSTD|json)_\w+|WINDOW|SCREEN|gzFile)\b")

# Other versions of clang-format break lines elsewhere.
CLANG_FORMAT = "14"

# A path that exists on one machine only; tests may name folders that they make at run time.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|tmp|home)/")

root, compiler = sys.argv[1], sys.argv[2:]
results = 0
failed = 0


def report(name, bad, skip=None):
    global results, failed
    results += 1
    failed += bool(bad)
    print(f"{'not ok' if bad else 'ok'} {results} - {name}{f' # SKIP {skip}' if skip else ''}")
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
        for folder, below, here in os.walk(root):
            # a build's folder has any name; .pc is of who patches the archive
            below[:] = [b for b in below if b not in (".git", ".pc") and not os.path.exists(os.path.join(folder, b, "build.ninja"))]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in here]
    return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))


def text(name):
    with open(os.path.join(root, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def includes(name):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text(name), re.M)


files = tree_files()
sources = [f for f in files if f.endswith((".c", ".h"))]
program = [f for f in sources if f.startswith(("src/", "ui/", "include/"))]


# Which rooms a room may include. A public header belongs to the room of the source file of its name.
CORE = ("core/base", "core/record", "core/stretch", "core/bound", "core/pair", "core/align", "core/estimate",
        "core/session", "core/lanes", "core/fitness", "core/find", "core/advise")
IO = ("io/files", "io/direct", "io/libs", "io/open", "io/anchors", "io/apply")
APP = ("app", "app/words", "app/filter", "app/reports", "app/exports", "app/state", "app/line", "app/commands")
MAY = {
    "core/base": (),
    "core/record": ("core/base",),
    "core/stretch": ("core/base", "core/record"),
    "core/bound": ("core/base", "core/record", "core/stretch"),
    "core/pair": ("core/base", "core/record", "core/stretch"),
    "core/align": ("core/base", "core/record", "core/stretch", "core/bound"),
    "core/estimate": ("core/base", "core/record", "core/pair"),
    "core/session": CORE[:7],
    "core/lanes": CORE[:8],
    "core/fitness": CORE[:8],
    "core/find": CORE[:8] + ("core/fitness",),
    "core/advise": CORE[:8] + ("core/fitness",),
    "io/files": CORE,
    "io/direct": CORE + ("io/files",),
    "io/libs": CORE + ("io/files", "io/direct"),
    "io/open": CORE + ("io/files", "io/direct", "io/libs"),
    "io/anchors": CORE + ("io/files",),
    "io/apply": CORE + ("io/files", "io/direct"),
    "app": CORE,
    "app/words": CORE,
    "app/reports": CORE + ("app/words",),
    "app/exports": CORE + IO + ("app/words", "app/reports"),
    # The filter language stands below the state: the list is what it lets through, and it reads a pair alone.
    "app/filter": CORE + ("app/words",),
    "app/state": CORE + IO + ("app", "app/words", "app/filter"),
    "app/line": CORE + IO + ("app", "app/words", "app/filter", "app/state"),
    "app/commands": CORE + IO + ("app", "app/words", "app/filter", "app/reports", "app/exports", "app/state", "app/line"),
    "ui/cells": CORE + ("app/words",),
    "ui/term": CORE + APP + ("ui/cells",),
    "ui/draw": CORE + APP + ("ui/cells",),
    "ui/plots": CORE + APP + ("ui/cells", "ui/draw"),
    "ui/panes": CORE + APP + ("ui/cells", "ui/draw", "ui/plots"),
    "ui/overlays": CORE + APP + ("ui/cells", "ui/draw"),
    "ui": CORE + APP + ("ui/cells", "ui/term", "ui/draw", "ui/plots", "ui/panes", "ui/overlays"),
    "kernelshark": CORE + IO,
    "main": CORE + IO + APP + ("ui",),
}


def layer_of(name):
    if name.startswith("include/vmsync/io/"):
        return "io"
    if name.startswith("include/"):
        return "core"
    return name.split("/")[1] if name.startswith("src/") else "ui" if name.startswith("ui/") else None


HEADER_ROOMS = {"align": "core/align", "source": "io/files", "vmsync": "main"}


def room_of(name):
    if not name.startswith("include/"):
        return os.path.dirname(name).removeprefix("src/")
    stem = os.path.basename(name)[:-2]
    if stem in HEADER_ROOMS:
        return HEADER_ROOMS[stem]
    layer = layer_of(name)
    return next((room_of(f) for f in program if f.endswith(f"/{stem}.c") and f.startswith(f"src/{layer}/")), layer)


def header_file(inc):
    for prefix in ("include/", "src/", ""):
        if prefix + inc in program:
            return prefix + inc
    return None


def arrows():
    """Each include from one room to another that the table does not have."""
    bad = []
    for f in program:
        for inc in includes(f):
            header = header_file(inc)
            here, there = room_of(f), header and room_of(header)
            if header and here != there and there not in MAY.get(here, ()):
                bad.append(f"{here} -> {there}: {f} includes {inc}")
    return bad


def table_has_circles():
    """Rooms that can be reached from themselves by the table."""
    def reach(room, seen):
        for n in MAY.get(room, ()):
            if n not in seen:
                seen.add(n)
                reach(n, seen)
        return seen
    return [room for room in MAY if room in reach(room, set())]


def rooms_without_row():
    return sorted({room_of(f) for f in program} - set(MAY))


def rooms_not_described():
    """Rooms of the table that doc/ARCHITECTURE.md has no row for, and rows of rooms that are gone."""
    rows = set(re.findall(r"^\| `([\w/]+)` \|", text("doc/ARCHITECTURE.md"), re.M))
    return sorted(rows ^ set(MAY))


def files_table_stale():
    run = subprocess.run([sys.executable, os.path.join(root, "doc/files.py")], capture_output=True, text=True, check=False)
    without = re.findall(r"^\| `([^`]+)` \|  \|$", run.stdout, re.M)
    stale = [] if run.stdout == text("doc/FILES.md") else ["run: python3 doc/files.py > doc/FILES.md"]
    return stale + [f"{f} does not say what it alone knows" for f in without]


def headers_alone(compiler, language):
    """Public headers that do not compile alone in a language, such as c11."""
    bad = []
    for f in program:
        if not f.startswith("include/"):
            continue
        run = subprocess.run(compiler + [f"-std={language}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                                         "-I", os.path.join(root, "include"), "-x", language[:-2], "-"],
                             input=f'#include <{f[len("include/"):]}>\nint nothing_else;\n', text=True,
                             capture_output=True, check=False)
        if run.returncode:
            errors = [line for line in run.stderr.splitlines() if "error" in line] or ["the compiler failed"]
            bad.append(f"{f}: {errors[0]}")
    return bad


UMBRELLA = "include/vmsync/vmsync.h"


def without_linkage():
    return [f for f in program if f.startswith("include/") and f != UMBRELLA and 'extern "C" {' not in text(f)]


def not_in_umbrella():
    return sorted({f for f in program if f.startswith("include/") and f != UMBRELLA}
                  ^ {"include/" + i for i in includes(UMBRELLA)})


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
        if f.endswith((".c", ".cpp", ".h", ".def") + script):
            if not any(SPDX in line for line in text(f).splitlines()[:2]):
                bad.append(f)
    return bad


def long_files():
    return [f"{f}: {n} lines" for f in program if (n := text(f).count("\n")) > FILE_LINES_MAX]


def wide_lines():
    return [f"{f}:{nr}" for f in sources for nr, line in enumerate(text(f).splitlines(), 1)
            if len(line.expandtabs(8)) > COLUMNS_MAX]


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


def formatter():
    """The program that says how code is laid out, or None where it is not of the version that was used."""
    for name in (f"clang-format-{CLANG_FORMAT}", "clang-format"):
        if shutil.which(name):
            run = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
            if re.search(rf"version {CLANG_FORMAT}\.", run.stdout):
                return name
    return None


def unformatted(name):
    run = subprocess.run([name, "--dry-run", "--style=file"] + [os.path.join(root, f) for f in sources],
                         capture_output=True, text=True, check=False)
    return sorted({os.path.relpath(line.split(":")[0], root) for line in run.stderr.splitlines()
                   if "-Wclang-format-violations" in line})


METHOD_ROOMS = tuple(f"src/core/{room}/" for room in ("record", "stretch", "bound", "pair", "align", "estimate", "fitness", "find",
                                                    "advise"))


def numbers_without_reason():
    """Numbers that someone chose and doc/METHOD.md does not list; and names listed there that are gone."""
    doc = text("doc/METHOD.md")
    rows = re.findall(r"^\|([^|]*)\|", doc[doc.index("## 11."):doc.index("## 12.")], re.M)
    listed = set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", " ".join(rows)))
    known, bad = set(), []
    for f in program:
        defined = re.findall(r"^#define[ \t]+(\w+)[ \t]+(.*)", text(f), re.M)
        known.update(name for name, _ in defined)
        if f.startswith(METHOD_ROOMS):
            bad += [f"{f}: {name}" for name, value in defined
                    if re.search(r"\d", value) and not re.search(rf"\b{name}\b", doc)]
    return bad + [f"doc/METHOD.md 11: no {name} in the code" for name in sorted(listed - known - {"INT64_MAX"})]


def names_not_explained():
    """Estimators and sequences that doc/METHOD.md says nothing of."""
    names = re.findall(r'\.name = "([\w-]+)"', text("src/core/estimate/estimate.c"))
    names += re.findall(r'"sequence ([\w-]+)\\n"', text("src/core/pair/catalogue.c"))
    # the first cell of a row: some names are common words
    doc = "\n".join(line.split("|")[1] for line in text("doc/METHOD.md").splitlines() if line.startswith("|"))
    return [n for n in names if not re.search(rf"(?<![\w-]){n}(?![\w-])", doc)] + ([] if len(names) > 15 else ["no names"])


# Documents that are not in the tree, and letters that only they explain.
OUTSIDE = re.compile(r"\b(SYNC|UX|DESIGN|STYLE|SEQUENCES)(\.md)? [0-9A-D]|\b(SYNC|UX|DESIGN|STYLE)\.md|\((UX )?[A-D][0-9]{1,2}\)")


def outside_documents():
    return [f"{f}:{nr}: {line.strip()[:80]}" for f in files
            if f.endswith((".c", ".h", ".def", ".py", ".md")) and f != "tests/layers/check.py"
            for nr, line in enumerate(text(f).splitlines(), 1) if OUTSIDE.search(line)]


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
report("each public header compiles alone as C11", headers_alone(compiler, "c11"))
cplusplus = {os.path.realpath(p): p for p in map(shutil.which, ("c++", "g++", "clang++")) if p}
report("each public header compiles alone as C++17",
       [f"{os.path.basename(path)}: {bad}" for path in cplusplus.values() for bad in headers_alone([path], "c++17")],
       None if cplusplus else "needs a C++ compiler")
report("each public header declares its functions as C to C++, and is in vmsync/vmsync.h", without_linkage() + not_in_umbrella())
report("public headers name no type of a library", library_types() + library_headers("include/"))
report("curses is in ui/term alone, in the files of screen and keys", [
    f"{f} includes {i}" for f in program for i in includes(f)
    if "curses.h" in i and f not in ("ui/term/term_curses.c", "ui/term/term_keys.c")])
report("core includes no library", library_headers("src/core/"))
report("each room has its row in the table of arrows", rooms_without_row())
report("doc/FILES.md is what the files say", files_table_stale())
report("doc/ARCHITECTURE.md describes each room", rooms_not_described())
report("the table of arrows has no circle", table_has_circles())
report("arrows between rooms are those of the table", arrows())
report("ui reads no trace library", [b for b in library_headers("ui/") if "curses" not in b])
report("each source file begins with its licence line", licence_lines())
clang_format = formatter()
report("clang-format leaves the tree unchanged", unformatted(clang_format) if clang_format else [],
       None if clang_format else f"needs clang-format {CLANG_FORMAT}")
report(f"lines end at {COLUMNS_MAX} columns", wide_lines())
report(f"no file above {FILE_LINES_MAX} lines", long_files())
report(f"no function above {FUNCTION_LINES_MAX} lines", long_functions())
report("doc/METHOD.md lists each number of the method, and no other", numbers_without_reason())
report("doc/METHOD.md explains each estimator and sequence", names_not_explained())
report("no document is cited that is not in the tree", outside_documents())
report("no path of one machine", machine_paths())
print(f"1..{results}")
sys.exit(1 if failed else 0)
