#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completions for a shell, of what --help says: completions.py bash|zsh|fish HELP

HELP is a file with the output of vmsync-tui --help. An option's values are completed where its text begins with them
("text (default) or json"), file names where it takes a FILE, clock models for --model. Of NAME=FILE the name.
"""
import re
import sys

SELF = "vmsync-tui"
MODELS = f"{SELF} --list-models 2>/dev/null | cut -f1"


class Option:
    def __init__(self, short, name, arg, text):
        self.short, self.name, self.arg, self.text = short, name, arg, text
        first = re.sub(r" \(default\)", "", text.split(";")[0].split(": ")[-1])
        words = re.split(r", | or ", first)
        self.values = words if arg and len(words) > 1 and all(re.fullmatch(r"\w+", w) for w in words) else []
        if arg and "=" in arg:
            self.values = [f"{w}=" for w in self.values]

    def help(self):
        return self.text.split(";")[0]


def options(path):
    found = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            head = re.match(r"  (?:-(\w), |    )--([\w-]+)(?:\[=\w+\])?(?: ([A-Z]\S*))? +(\S.*)", line)
            if head:
                found.append(list(head.groups()))
            elif found and line.startswith(" " * 20):
                found[-1][3] += " " + line.strip()
            elif not line.strip() and found:
                break
    return [Option(*o) for o in found]


def bash(all_options):
    spelt = " ".join(w for o in all_options for w in ([f"-{o.short}"] if o.short else []) + [f"--{o.name}"])
    cases = []
    for o in all_options:
        pattern = f"--{o.name}" + (f"|-{o.short}" if o.short else "")
        if o.values:
            space = "compopt -o nospace; " if o.values[0].endswith("=") else ""
            cases.append(f"\t{pattern}) {space}COMPREPLY=($(compgen -W '{' '.join(o.values)}' -- \"$word\")); return ;;")
        elif o.name == "model":
            cases.append(f"\t{pattern}) COMPREPLY=($(compgen -W \"$({MODELS})\" -- \"$word\")); return ;;")
        elif o.arg and o.arg != "FILE":
            cases.append(f"\t{pattern}) return ;;")
    return f"""# bash completion of {SELF}; made from its --help
_vmsync_tui() {{
	local word=$2 before=$3
	COMPREPLY=()
	case $before in
{chr(10).join(cases)}
	esac
	case $word in
	-*) COMPREPLY=($(compgen -W '{spelt}' -- "$word")) ;;
	esac
}}
complete -o default -F _vmsync_tui {SELF}
"""


def quoted(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(all_options):
    rows = []
    for o in all_options:
        value = ""
        if o.arg:
            action = (f"({' '.join(o.values)})" if o.values else f"($({MODELS}))" if o.name == "model"
                      else "_files" if o.arg == "FILE" else "")
            value = f":{o.arg}:{action}"
        text = quoted(o.help())
        rows += [f"\t'{name}[{text}]{value}'" for name in ([f"-{o.short}"] if o.short else []) + [f"--{o.name}"]]
    return f"#compdef {SELF}\n# zsh completion; made from its --help\n_arguments -s -S \\\n" + " \\\n".join(rows) + \
        " \\\n\t'*:recording:_files'\n"


def fish(all_options):
    rows = [f"# fish completion of {SELF}; made from its --help"]
    for o in all_options:
        values = (f" -x -a '{' '.join(o.values)}'" if o.values else f" -x -a '({MODELS})'" if o.name == "model"
                  else " -r" if o.arg == "FILE" else " -x" if o.arg else "")
        text = o.help().replace("'", "\\'")
        rows.append(f"complete -c {SELF}{f' -s {o.short}' if o.short else ''} -l {o.name}{values} -d '{text}'")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    shell, help_path = sys.argv[1:]
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[shell](options(help_path)))
