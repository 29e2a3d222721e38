#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvmsync exports: the functions that the headers of a folder declare, as a linker's version script.

usage: exports.py FOLDER OUTPUT DEPFILE
"""
import os
import re
import sys


def headers(folder):
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs if f.endswith(".h"))


def prototypes(code):
    """Functions that are only declared: bodies are cut out, then types and what is compiled into its user."""
    code, braces = code.replace('extern "C" {', ";"), 1
    while braces:
        code, braces = re.subn(r"\{[^{}]*\}", ";", code)
    plain = (part for part in code.split(";") if not re.search(r"\b(typedef|static)\b", part))
    found = (re.search(r"\b(vms_\w+)\s*\(", part) for part in plain)
    return [name.group(1) for name in found if name]


def declared(folder):
    names = set()
    for path in headers(folder):
        with open(path, encoding="utf-8") as f:
            code = re.sub(r"/\*.*?\*/|^#(?:\\\n|[^\n])*", "", f.read(), flags=re.S | re.M)
        names.update(prototypes(code))
    return sorted(names)


if __name__ == "__main__":
    include, output, depfile = sys.argv[1:]
    with open(output, "w", encoding="utf-8") as f:
        f.write("{\n\tglobal:\n" + "".join(f"\t\t{name};\n" for name in declared(include)) + "\tlocal: *;\n};\n")
    with open(depfile, "w", encoding="utf-8") as f:
        f.write(f"{output}: " + " ".join([d for d, _, _ in os.walk(include)] + headers(include)) + "\n")
