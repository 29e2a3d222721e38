#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the shells complete, asked of the shells: usage: completions.py PROGRAM FOLDER. Writes TAP; a shell that is not there is skipped."""
import os
import re
import shutil
import subprocess
import sys

program, folder = sys.argv[1:]
path = {**os.environ, "PATH": os.path.dirname(program) + ":" + os.environ["PATH"]}
help_text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
options = set(re.findall(r"^ .*?(--[\w-]+)", help_text, re.M))
models = {line.split("\t")[0] for line in
          subprocess.run([program, "--list-models"], capture_output=True, text=True, check=True).stdout.splitlines()}

BASH = """source "$1/vmsync-tui"; shift
_vmsync_tui vmsync-tui "$1" "$2"; printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """source $argv[1]/vmsync-tui.fish; complete -C"vmsync-tui $argv[3] $argv[2]" | cut -f1"""
# zsh completes at a prompt alone: there _arguments is replaced by what shows that it was given all.
ZSH = """_arguments() { print -rl -- "$@" }; source $1/_vmsync-tui"""


def ask(shell, word, before):
    script = {"bash": BASH, "fish": FISH, "zsh": ZSH}[shell]
    args = [shell, "-c", script] + ([shell] if shell != "fish" else []) + [folder, word, before]
    run = subprocess.run(args, capture_output=True, text=True, env=path, check=False, stdin=subprocess.DEVNULL)
    return set(run.stdout.split("\n")) - {""}, run.stderr


number = failed = 0


def report(ok, text, why=""):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {text}")
    if not ok:
        print(f"#   {why}")


for shell in ("bash", "fish", "zsh"):
    if not shutil.which(shell):
        number += 1
        print(f"ok {number} - {shell} # SKIP it is not installed")
        continue
    if shell == "zsh":
        said, why = ask(shell, "", "")
        names = {m for line in said for m in re.findall(r"^(--[\w-]+)\[", line)}
        report(names == options and not why, "zsh is told each option", f"{sorted(names ^ options)} {why}")
        report(any(line.endswith(":KIND:(text json html)") for line in said), "and the values of one", sorted(said))
        continue
    said, why = ask(shell, "--", "")
    report({w for w in said if w.startswith("--")} == options and not why, f"{shell} completes each option",
           f"{sorted(said ^ options)} {why}")
    report(ask(shell, "", "--report")[0] == {"text", "json", "html"}, f"{shell} completes values", ask(shell, "", "--report"))
    report(ask(shell, "", "--model")[0] == models, f"{shell} completes clock models", ask(shell, "", "--model"))
print(f"1..{number}")
sys.exit(1 if failed else 0)
