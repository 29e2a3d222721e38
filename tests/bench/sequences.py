#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints doc/SEQUENCES.md: which sequences are fit as synchronisation points, on real recordings.

usage: sequences.py PROGRAM [DIR...]
DIR holds recordings (default: the bundled ones). What cannot be opened is named in the document.
"""
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIRST = ("timer-program", "idle")	# the thesis' two
ORDER = "stretch-first stretch-last hypercall"	# claim nothing but the order, or are off

# trace-cmd's -e for events that sequences speak of; what is not named here is of an event's own name
SYSTEMS = {
    "kvm": "kvm_entry kvm_exit kvm_msr kvm_inj_virq kvm_eoi kvm_wfx_arm64 kvm_sys_access vgic_update_irq_pending",
    "timer": "hrtimer_start hrtimer_cancel hrtimer_expire_exit",
    "msr": "write_msr read_msr",
    "irq_vectors": "local_timer_entry reschedule_entry call_function_single_entry call_function_entry irq_work_entry "
                   "x86_platform_ipi_entry error_apic_entry spurious_apic_entry thermal_apic_entry threshold_apic_entry "
                   "deferred_error_apic_entry",
    "power:cpu_idle": "cpu_idle",
    "ipi": "ipi_send_cpu ipi_send_cpumask ipi_raise ipi_entry",
    "sched:sched_waking": "sched_waking",
    "irq:softirq_raise": "softirq_raise",
    "irq:irq_handler_entry": "irq_handler_entry",
    "block:block_rq_issue": "block_rq_issue",
    "net:net_dev_start_xmit": "net_dev_start_xmit",
    "exceptions": "page_fault_user page_fault_kernel",
}
SYSTEM_OF = {event: system for system, events in SYSTEMS.items() for event in events.split()}

HEAD = """# Which sequences are synchronisation points?

Made by `tests/bench/sequences.py` with `vmsync-tui --study --find --report json` from {runs} real runs ({guests} guests). The
question is that of S. De Venuto's thesis: *which specific sequences of events can be used to establish a synchronisation point?*
Nothing here rests on a synchronisation that somebody recorded or estimated: every figure is counted under the band, the offsets
that no guest event and no reading of the guest's clock excludes (`METHOD.md` 8.4).

A sequence is a **sync point** on a recording if it never contradicts the band nor its key, one side nearly always comes with the
other (precision or recall 0.9, surely above 0.8), there are 30 pairs, the MAD of the delay is below a quarter of its median, and no
third of the time, vCPU or host CPU has a level of its own. **Bound only**: true, but ambiguous or loose, so its least delay still
bounds the offset from one side. **By chance**: that exit or entry is so frequent that it goes with anything. **Unstable**: its delay
moves. **Too few** pairs to say. **Unfit**: contradicted; {unfit}.

The host of 90-intel recorded `kvm_entry` and `kvm_exit` alone. All recordings but it are of emulated machines, whose exits
take 10 us and more each: there, delays are to be compared with each other and not with those of hardware. Runs that were converted or patched stand once.
"""


def events(words):
    return sorted({SYSTEM_OF.get(w, w) for w in words})


def catalogue(program):
    """Of each sequence: help, guest events, host events that it cannot do without, and those that sharpen it."""
    rows, row = {}, None
    for line in subprocess.run([program, "--list-sequences"], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if words[:1] == ["sequence"]:
            row = rows[words[1]] = {"help": "", "dir": "", "guest": set(), "host": {}, "off": False}
        elif row and words[:1] == ["help"]:
            row["help"] = line.strip()[5:]
        elif row and words[:1] == ["direction"]:
            row["dir"] = words[1]
        elif row and words[:1] == ["guest"] and words[1] != "*":
            row["guest"].add(words[1])
        elif row and words[:1] == ["off"]:
            row["off"] = True
        elif row and words[:1] in (["host"], ["key"]):
            isa = next((w[4:] for w in words if w.startswith("isa=")), "")
            if words[0] == "host":
                row["host"].setdefault(isa, {})
            for name, question in re.findall(r"(\w+)\.[\w|]+(\??)", line):
                row["host"].setdefault(isa, {})[name] = not question or row["host"].get(isa, {}).get(name, False)
    return rows


def host_events(row, isa):
    both = {**row["host"].get("", {}), **row["host"].get(isa, {})}
    return {name for name, needed in both.items() if needed}, {name for name, needed in both.items() if not needed}


def study(program, folders):
    files = sorted(f for folder in folders for f in glob.glob(os.path.join(folder, "*.dat")))
    done = subprocess.run([program, "--study", "--find", "--report", "json", *files], capture_output=True, text=True)
    return json.loads(done.stdout)


def name_of(path):
    return os.path.basename(path)[:-len(".dat")]


def runs_of(result):
    """Guests of recordings, those of one run once: its copies have the same events."""
    seen, guests = {}, []
    for recording in result["recordings"]:
        if not recording["host"]["kernel"]:	# no kernel was traced: simulated
            continue
        what = (recording["host"]["events"], *((g["events"], g["vcpus"]) for g in recording["guests"]))
        if what in seen:
            if name_of(recording["file"]) != seen[what][0]["run"] and name_of(recording["file"]) not in seen[what][0]["copies"]:
                seen[what][0]["copies"].append(name_of(recording["file"]))
            continue
        mine = []
        for guest in recording["guests"]:
            kernel = ".".join((recording["host"]["kernel"] or "?").split(".")[:2])
            mine.append({"run": name_of(recording["file"]), "copies": [], "isa": recording["isa"] or "?", "kernel": kernel,
                         "clock": recording["host"]["clock"], "guest": guest, "host_types": set(recording["host"]["event_types"]),
                         "several": len(recording["guests"]) > 1})
        seen[what] = mine
        guests += mine
    return guests


def spread(values, form="{:.2f}"):
    values = sorted(v for v in values if v is not None)
    if not values:
        return "-"
    low, high = form.format(values[0]), form.format(values[-1])
    return low if low == high else f"{low} to {high}"


def span(values, scale):
    """Delays [ns or units] as us, or ns where they are short."""
    values = [v for v in values if v is not None]
    if not values:
        return "-"
    return spread([v / 1000 for v in values], "{:.1f}") + " us" if max(values) >= 2000 else spread(values, "{:.0f}") + " ns"


def counts(rows):
    words = ("sync-point", "bound-only", "unstable", "by-chance", "unfit", "too-few")
    nr = {w: sum(s["fitness"] == w for s in rows) for w in words}
    return ", ".join(f"{w.replace('-', ' ')} {nr[w]}" for w in words if nr[w])


def reason(why):
    """What decides, without the figures: why things are alike is to be counted."""
    return why.split(":")[0].split(";")[0]


def of_guests(guests, name):
    """(guest, its row) of all that recorded the guest side."""
    rows = []
    for g in guests:
        row = next((s for s in g["guest"]["sequences"] if s["name"] == name), None)
        if row and (row["pairs"] or row["guest_occurrences"]):
            rows.append((g, row))
    return rows


def lacks(g, row):
    """Host events that the sequence asks for and this host did not record."""
    needed, sharper = host_events(row, g["isa"])
    return sorted((needed | sharper) - g["host_types"])


def sentence(rows, cat, name):
    whole = [(g, s) for g, s in rows if not lacks(g, cat[name])]
    poor = [(g, s) for g, s in rows if lacks(g, cat[name])]
    judged = [s for _, s in whole if s["fitness"] != "too-few"]
    if not judged:
        text = "not judged here: too few pairs on every recording"
    else:
        good = sum(s["fitness"] == "sync-point" for s in judged)
        text = f"a synchronisation point for {good} of {len(judged)} guests"
        text += f" (precision {spread([s['precision'] for s in judged])}, recall {spread([s['recall'] for s in judged])}, "
        text += f"{sum(s['pairs'] for s in judged)} pairs"
        loose = sorted(s["delay_ns"]["mad"] / s["delay_ns"]["median"] for s in judged)
        text += f", MAD {100 * loose[len(loose) // 2]:.0f} % of the median delay at the middle one"
        checks = sum(s["key_checks"] for s in judged)
        text += f", {sum(s['key_conflicts'] for s in judged)} of {checks} keys differ)" if checks else ")"
        others = {}
        for s in judged:
            if s["fitness"] != "sync-point":
                kind = s["fitness"].replace("-", " ") + ", " + reason(s["fitness_why"])
                kind = re.sub(r"by chance, lift.*", "by chance", re.sub(r"unstable, .*", "unstable", kind))
                others[kind] = others.get(kind, 0) + 1
        if others:
            text += "; else " + ", ".join(f"{kind} ({nr})" for kind, nr in sorted(others.items(), key=lambda o: (-o[1], o[0])))
    if poor:
        missing = sorted({e for g, _ in poor for e in lacks(g, cat[name])})
        text += f". Where the host has no `{'`, `'.join(missing)}`: {counts([s for _, s in poor])}"
    return text + "."


def main():
    program = sys.argv[1]
    folders = sys.argv[2:] or [os.path.join(ROOT, "data"), os.path.join(ROOT, "tests", "data")]
    cat = catalogue(program)
    result = study(program, folders)
    guests = runs_of(result)
    names = [*FIRST, *(n for n in cat if n not in FIRST and n not in ORDER.split() and not cat[n]["off"])]
    unfit = sorted({s["name"] for g in guests for s in g["guest"]["sequences"] if s["fitness"] == "unfit"})
    print(HEAD.format(runs=len({g["run"] for g in guests}), guests=len(guests),
                      unfit="none is" if not unfit else ", ".join(unfit)))

    print("## In words\n")
    print("Of the recordings whose host has all events that the sequence asks for; the thesis' two first.\n")
    for name in names:
        rows = of_guests(guests, name)
        if rows:
            print(f"- **{name}** ({cat[name]['help']}): {sentence(rows, cat, name)}")
        else:
            print(f"- **{name}** ({cat[name]['help']}): no guest recorded its events.")

    print("\n## What to record to have them\n")
    print("Always `-e kvm:kvm_entry -e kvm:kvm_exit` on the host. `-e kvm` there has everything of the third column; what is in")
    print("brackets sharpens the sequence where it is there.\n")
    print("| sequence | guest | host |\n|---|---|---|")
    for name in names:
        host = {}
        for isa in sorted({isa for isa in cat[name]["host"] if isa} or {""}):
            needed, sharper = host_events(cat[name], isa)
            words = " ".join([*(f"`-e kvm:{e}`" for e in sorted(needed)), *(f"(`-e kvm:{e}`)" for e in sorted(sharper))])
            host.setdefault(words or "nothing more", []).append(isa)
        host = [(f"{', '.join(isas)}: " if isas != [""] else "") + words for words, isas in host.items()]
        guest = " ".join(f"`-e {e}`" for e in events(cat[name]["guest"])) or "any events"
        print(f"| {name} | {guest} | {'; '.join(host)} |")

    groups = {}
    for g in guests:
        groups.setdefault((g["isa"], g["kernel"], g["clock"]), []).append(g)
    print("\n## By kernel, instruction set and clock\n")
    for (isa, kernel, clock), members in sorted(groups.items(), key=lambda g: (g[0][0] != "vmx", g[0])):
        print(f"### {isa}, host kernel {kernel}, clock {clock}\n")
        said = [m["run"] + (f" {m['guest']['name']}" if m["several"] else "") +
                (f" (also as {', '.join(m['copies'])})" if m["copies"] else "") for m in members]
        print(f"{', '.join(said)}.\n")
        print("| sequence | verdict, of guests | pairs | precision | recall | median delay | MAD | true least delay |")
        print("|---|---|---|---|---|---|---|---|")
        for name in [*names, *ORDER.split()]:
            rows = [s for _, s in of_guests(members, name) if s["pairs"]]
            if not rows:
                continue
            least = [v for s in rows for v in s["delay_ns"]["least_true"]]
            print(f"| {name} | {counts(rows)} | {sum(s['pairs'] for s in rows)} | {spread([s['precision'] for s in rows])} | "
                  f"{spread([s['recall'] for s in rows])} | {span([s['delay_ns']['median'] for s in rows], 1)} | "
                  f"{span([s['delay_ns']['mad'] for s in rows], 1)} | {span(least, 1)} |")
        found = {}
        for m in members:
            for f in m["guest"]["found"]:
                if f["fitness"] == "sync-point" and not f["known"] and not f["few"]:
                    found.setdefault(f["name"], []).append(f)
        if found:
            print("\nIn no catalogue, and found (`--find`) as sync points: " + ", ".join(
                f"`{name}` ({sum(f['pairs'] for f in fs)} pairs, precision {spread([f['precision'] for f in fs])}, recall "
                f"{spread([f['recall'] for f in fs])}" + (f", {len(fs)} guests" if len(fs) > 1 else "") + ")"
                for name, fs in sorted(found.items(), key=lambda f: (-sum(x["pairs"] for x in f[1]), f[0]))) + ".")
        print()

    print("## Not studied\n")
    why = {re.sub(r"-vm\d+$", "", name_of(s["file"])): re.sub(r"\S*/|^\S+\.dat:? ", "", s["why"].split(".dat: ")[-1])
           for s in result["skipped"]}
    for name in sorted(why):
        print(f"- {name}: {why[name]}")


if __name__ == "__main__":
    main()
