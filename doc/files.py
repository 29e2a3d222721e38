#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes doc/FILES.md of the first sentence of each source file: doc/files.py > doc/FILES.md"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PARTS = ("include", "src/core", "src/io", "src/app", "src/main", "src/kernelshark", "ui", "tests/tools")
HEAD = """# Files

Made by `doc/files.py` from the first sentence of each file; the rooms are described in `ARCHITECTURE.md`.
"""


def sentence(path):
    """What a file says of itself: the first sentence of the comment below its licence line; "" when there is none."""
    with open(path, encoding="utf-8") as f:
        text = f.read(4000)
    found = re.search(r"SPDX[^\n]*\n(?:/\*+\s*(.*?)\*/|((?:#[^\n]*\n)+))", text, re.S)
    if not found or text[:found.start()].count("\n") > 1:
        return ""
    comment = found.group(1) or found.group(2)
    words = " ".join(re.sub(r"^\s*[*#]\s?", "", line).strip() for line in comment.splitlines()).split()
    text = " ".join(words)
    end = re.search(r"\.(?= [A-Z])|\.$", text)
    return text[:end.start()] if end else text


def sources(part):
    for folder, _, names in sorted(os.walk(os.path.join(ROOT, part))):
        here = [n for n in sorted(names) if n.endswith((".c", ".cpp", ".h", ".def"))]
        if here:
            yield os.path.relpath(folder, ROOT), here


def table():
    out = [HEAD]
    for part in PARTS:
        for folder, names in sources(part):
            out.append(f"## {folder}\n\n| file | knows |\n|---|---|")
            rows = ((n, sentence(os.path.join(ROOT, folder, n)).replace("|", "\\|")) for n in names)
            out.append("\n".join(f"| `{n}` | {what} |" for n, what in rows) + "\n")
    return "\n".join(out)


if __name__ == "__main__":
    sys.stdout.write(table())
