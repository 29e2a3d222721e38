#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What screens must say, and must not: a row a sentence, drawn by --script at a size."""
import os
import re
import subprocess
import sys
import tempfile

program, root = sys.argv[1:3]
DEMO = os.path.join(root, "data", "02-local-ptp.dat")
PART = (DEMO, "--range", "0%..30%")
DATA = os.path.join(root, "tests", "data")


def draw(recording, size, script, folder):
    """The lines of a screen after a script; what the program refuses, as one more line."""
    out = os.path.join(folder, "screen.txt")
    file = os.path.join(folder, "run.vms")
    with open(file, "w", encoding="utf-8") as f:
        f.write(script.replace("{tmp}", folder) + f"\nsave-screen! {out}\n")
    env = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
    run = subprocess.run([program, *([recording] if isinstance(recording, str) else recording), "--size", size, "--script", file],
                         env=env, capture_output=True, text=True, timeout=120)
    lines = []
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            lines = f.read().splitlines()[:int(size.split("x")[1])]
        os.unlink(out)
    return lines + run.stderr.splitlines()


# recording, size, script, line (None: any), expected there ("!": not)
ROWS = [
    # what a command does not take
    (DEMO, "80x24", "undo please", None, r"undo takes no words, not 'please'"),
    (DEMO, "80x24", "quit please", None, r"quit takes \[now\], not 'please'"),
    (DEMO, "80x24", "accept foo", None, r"no pair matches foo"),
    # what now: what is wrong, on how much evidence, and the steps that are left
    (DEMO, "80x24", "now", None, r"vCPU 1: recorded sync: PROVEN WRONG by 31\.227 us"),
    (DEMO, "80x24", "now", None, r"3216 of 20906 checkable events ran while it did not, in 2039 gaps"),
    (DEMO, "80x24", "now", None, r"> \[ \] see it "),
    (DEMO, "80x24", "now\nkey Enter", 1, r"using RECORDED"),
    (DEMO, "80x24", "now\nkey Enter", None, r"us outside: "),
    (DEMO, "80x24", "now\nkey Enter\nnow", None, r"> \[x\] see it "),
    (DEMO, "80x24", "now\nkey G\nkey k\nkey Enter", None, r"idle, ipi-sandwich accepted: midpoint and hull"),
    (DEMO, "80x24", "now\nkey G\nkey Enter", None, r"-C x86-tsc on the host"),
    (DEMO, "80x24", "now\nkey ]", None, r"-> candidates: row 2 "),
    # steps of the clocks and times that are missing
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "80x24", "now", None, r"the offset steps, jump -19\.885 ms, between"),
    (DEMO, "80x24", "now", None, "!the offset steps"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "80x24", "now", None, r"estimate +not needed: the band is narrower than pairs are"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "100x30", "steps", None, r"step of v1 .* jump -19\.885 ms"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "80x24", "steps\nkey Enter", 2, r" 23\.58"),
    (os.path.join(DATA, "n18a-cpumask.dat"), "100x30", "steps", None, r"host CPU 1: was not recorded .* guest events then"),
    (DEMO, "80x24", "steps", None, r"no step is found"),
    # the first line is about the model in use, by its name, with one error
    (DEMO, "80x24", "", 1, r"^ v1 using band-middle \+9\.764 561 313 s \+/-15\.320 us sure  se -  .* 0/0 acc"),
    (DEMO, "80x24", "model recorded", 1, r"^ v1 using RECORDED \+9\.764 535 641 s WRONG: 31\.227 us early \(b: band\)"),
    (DEMO, "80x24", "model midpoint", 1, r"using midpoint \+9\.764 561 488 s \+/-15\.\d+ us sure  se 499 ns"),
    (DEMO, "40x10", "model recorded", 1, r"^ v1 RECORDED \+9\.764 535 641 s WRONG"),
    (DEMO, "40x10", "", 1, r"^ v1 band-middle \+9\.764 561 313 s in band"),
    (DEMO, "100x30", "accept binding", 1, r"using band-middle"),
    (DEMO, "120x30", "key a", 1, r"using band-middle"),
    (DEMO, "80x24", "use-band", 1, r"using RECORDED"),
    (DEMO, "80x24", "use-band\nuse-band", 1, r"using band-middle"),
    (DEMO, "80x24", "model band", 1, r"using band-middle"),
    # what a decision did is told of the pair's own vCPU and of a model by its name, and stays
    (DEMO, "80x24", "key a", None, r"^ accepted \d+ v1 G>exit: median = \+9\.764 573 \d\d\d s; bound: needs entry>G"),
    (DEMO, "80x24", "key a\nkey a\nkey ]\nkey ]", None, r"^ last accepted \d+ v0 entry>G: median = \+9\.764 549 \d\d\d s"),
    (DEMO, "80x24", "key a\nkey a\nkey a", None, r"^ accepted \d+ v0 G>exit: midpoint = \+9\.764 561 \d\d\d s; needs 5 each way"),
    # a violation is seen, in its own sign, and all of the screen is about it
    (DEMO, "80x24", "use-band\nkey v\nkey v", None, r"^ 298 ns outside: sched_switch, v1 \(\d+ of 3216\)"),
    (DEMO, "80x24", "use-band\nkey v\nkey v", None, r"^ vCPU1  g  .* V( |$)"),
    (DEMO, "80x24", "use-band\nkey v\nkey v", None, r"outside every guest run by 298 ns, using recorded"),
    (DEMO, "80x24", "use-band\nkey v\nkey v", None, r"^ entry .*the next entry, 298 ns later"),
    (DEMO, "80x24", "use-band" + "\nkey v" * 5, None, r"^ host .*kvm_eoi, 31\.788 us before"),
    (DEMO, "80x24", "use-band\nkey v\nkey v\nkey W f", 3, r"^ 29 ns/col"),
    (DEMO, "80x24", "use-band\nkey v\nkey v\nkey }", None, r"^-- pair \d+"),
    # what is not shown is announced, the event under the lane cursor told
    (DEMO, "80x17", "", None, r"\d lanes? not shown: V"),
    (DEMO, "80x24", "key Shift-Tab\nkey .", None, r"^ \d+\.\d\d\d \d\d\d \d\d\d s  \+[0-9.]+ .s  \S+  \w+"),
    (DEMO, "80x24", "key ]", None, r"candidates: row 2 of \d{5}"),
    (DEMO, "80x24", "filter seq==idle\nkey ]", None, r"candidates: row 2 of \d{4}, \d{5} in all"),
    # a vCPU's host thread below its lane: the CPU at each run, exit reasons, the pair's end; and a ghost of another model
    (DEMO, "80x24", "lanes threads", None, r"^ thread h p1 .*MSR_WRITE.*p1=+HL.=H"),
    (DEMO, "80x24", "", None, r"!^ thread h"),
    (DEMO, "80x24", "compare recorded\nfit\nzoom out", None, r"^  recorded .* g "),
    (DEMO, "80x24", "compare recorded\nwhole", None, r"^  recorded .*VVV"),
    (DEMO, "80x24", "compare band-middle\nwhole", None, r"!^  band-middle .*V"),
    # steps and holes on the ruler; events: what is outside, while the vCPU runs, in full, and no filter that filters others
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "100x30", "whole", 3, r"-S[-+|]"),
    (DEMO, "80x24", "whole", 3, r"!S"),
    (DEMO, "80x24", "use-band\nkey v\nkey v\nscreen events", None, r"^>V.* g vCPU1 +sched_switch"),
    (DEMO, "80x24", "screen events", None, r"!^.V"),
    (DEMO, "80x24", "screen events", 20, r"^ kvm_exit vcpu 1 reason hlt rip 0xffffffff81a592ea info1 .*"),
    (DEMO, "80x24", "screen events", None, r"^ G\|   "),
    # its own filter; where nothing is listed that could be filtered, none
    (DEMO, "80x24", "screen events", 23, r" &:filter "),
    (DEMO, "80x24", "screen events\nfilter-events sched_switch", 2,
     r"^-> events & sched_switch: 47 071 of 285 799   by model band-middle -"),
    (DEMO, "80x24", "screen events\nfilter-events event==kvm_exit && task~CPU && pcpu==1", 2,
     r"^-> events & event==kvm_exit && task~CPU && pcpu==1: [0-9 ]+ of 285 799 "),
    (DEMO, "80x24", "screen events\nfilter-events nosuch", 4, r"no event matches the filter"),
    (DEMO, "80x24", "screen models\nkey &", None, r"nothing here is filtered: & is for pairs"),
    (DEMO, "80x24", "screen models", 23, r"!&:filter"),
    (DEMO, "80x24", "screen log", 23, r"!&:filter"),
    # the whole recording: the part of time in guest code, in quarters of the most of the lane
    (DEMO, "80x24", "whole", None, r"^ pCPU1  h v0 (?=.*-)(?=.*=)(?=.*%).*@"),
    (DEMO, "80x24", "fit", None, r"! pCPU1 .*[%@]"),
    (DEMO, "80x24", "key ?", None, r"impossible  V outside "),
    (DEMO, "80x24", "key ?", None, r"= guest runs \(part -=%@\) "),
    # Models: a refuted one is drawn where it is refuted, sentences end, columns hold, steps have marks
    (DEMO, "80x24", "binding\nscreen models", None, r"^> recorded +-5\.885 us +X-+.*\["),
    (DEMO, "80x24", "screen models", None, r"^ under drift alone the width would be 37\.078 us$"),
    (DEMO, "160x50", "screen models", None, r"rate: .*\(tight\); under drift alone .*37\.078 us$"),
    (os.path.join(DATA, "scaled-tsc.dat"), "200x50", "screen models", None,
     r"^  model             d offset           drift        se        n      median"),
    (os.path.join(DATA, "scaled-tsc.dat"), "200x50", "screen models", None,
     r"^> recorded        -1922\.74 s -999944\.484 ppm         -        0           -"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "80x24", "screen models", None,
     r"the offset steps 1 time  -+S-+ :steps$"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "80x24", "", 1, r"exact to a tick"),
    (os.path.join(DATA, "06b-wrong-2s.dat"), "120x30", "now", None,
     r"write it   corrected-06b-wrong-2s-vm1\.dat: band-middle, at most 801 ns early and 741 ns late"),
    # what is explained is the violation that was gone to, not the pair that is selected
    (DEMO, "80x24", "model recorded\nscreen events\nnext-violation\nexplain", None,
     r"outside every guest run of vCPU 1 by 143 ns, under model recorded"),
    (DEMO, "100x24", "model recorded\nscreen events\nnext-violation\nexplain", None,
     r"entry   21\.002 751 092 s   pCPU1   the next entry, 143 ns later"),
    # a band is narrow only where it is widest, and V(o) of one that leaves nothing open has a shape
    # where no event bounds it any more the band opens by a hundred us: that is no scale for the rest
    (PART, "80x24", "plot band", None, r"^ +-20 \+ "),
    (DEMO, "120x50", "plot band", None, r"widest 29\.369 us at 4\.265 s"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "120x50", "plot outside\nplot-range 4", None, r"\[\.\] band, exact: 0 outside"),
    # how sure a copy is: of the copy, not of one vCPU's band
    (DEMO, "120x30", "now", None, r"band-middle, at most 13\.882 us early and 15\.556 us late"),
    # what was written is told in a line, whatever its folder is called
    (os.path.join(DATA, "06b-wrong-2s.dat"), "80x24", "apply {tmp}/corrected-06b-wrong-2s-vm1.dat band", 22,
     r"^ corrected-06b-wrong-2s-vm1\.dat written; it keeps errors \(key 7\) *$"),
    (os.path.join(DATA, "n08e-exit-vcpu0.dat"), "80x24", "now", None, r"kvm_wait_lapic_expire on the host; +\|$"),
    (os.path.join(DATA, "12a-tsc-step-all.dat"), "200x50", "screen log", None, r"trace-cmd's defect T2: "),
    # marks that measure nothing say how to move
    (DEMO, "80x24", "set-mark a\nset-mark b", None, r"mark b is where a is: move in between"),
    (DEMO, "80x24", "set-mark a\nnext\nset-mark b", None, r"mark b at .* a to b [+-][1-9]"),
    # words and signs are explained, a result can be cited
    (DEMO, "100x50", "glossary", None, r"G>exit      guest event, then exit: the offset is at most"),
    (DEMO, "80x24", "key ?words", None, r"glossary"),
    (DEMO, "80x24", "key Y", None, r"02-local-ptp\.dat, guest vm1 vCPU 1, model band-middle"),
    (DEMO, "80x24", "key Y", None, r"offset \+9\.764 561 313 s \+/-15\.320 us sure"),
    # no number is cut from its unit, and each verdict says whose it is and to which side
    (DEMO, "80x24", "screen models", None, r"^> recorded .* WRONG: 31\.227 us early$"),
    (DEMO, "80x24", "model", None, r" recorded .* WRONG: 31\.227 us early "),
    (DEMO, "80x24", "", 22, r"^ v1 recorded sync: PROVEN WRONG by 31\.227 us \(early\); checked 20907 of 20959"),
    (DEMO, "100x30", "screen models", None, r"^> recorded .* PROVEN WRONG by 31\.227 us \(early\)$"),
    (DEMO, "80x24", "set-mark a 21s\nset-mark b 21.0000152s", 2, r"a to b \+15\.200 us$"),
    (DEMO, "80x24", "set-mark a 21s\nset-mark b 21.0000152s", 22, r"; a to b \+15\.200 us$"),
    # lists of words: what was typed stays in sight, the box has four edges, and keys are those of here
    (DEMO, "80x24", "key Vzzz", None, r"lanes: zzz"),
    (DEMO, "80x24", "key :acc", None, r"^\| accept  .* \|"),
    (DEMO, "80x24", "set-mark a\nkey :apply Space {tmp}/", None, r"^\| a-name-of-a-file-that-is-longer-than-any-word\.anchors +\|"),
    (DEMO, "80x24", "key ?page-down", None, r" PgDn Ctrl-F +a page down"),
    (DEMO, "80x24", "screen log\nkey ?page-down", None, r" PgDn Ctrl-F Space +a page down"),
    # what is previewed is what is done
    (DEMO, "80x24", "accept vcpu==1 && binding\nkey :accept Space binding", None, r"would accept 2$"),
    (DEMO, "80x24", "accept vcpu==1 && binding\naccept binding", None, r"accepted 2 pairs"),
    # what is written is the model in use
    (DEMO, "80x24", "model recorded\napply /nonexistent/x", None, r"in use is what the file has already"),
    (DEMO, "80x24", "key a\napply {tmp}/x.dat\nscreen log", None, r"with model band-middle"),
    # a pair that fixes the band does not make an estimate wrong, and one direction is a bound
    (DEMO, "100x30", "key a\nkey [\nscreen models", None, r"median .* in band \(upper bound, no estimate\)"),
    (DEMO, "100x30", "key a\nkey [\nmodel median", 1, r"sure  \(upper bound, no estimate\)"),
    (DEMO, "80x24", "key a\nkey a\nkey [ [\nscreen models", None, "!outside band"),
]


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        drawn = {}
        open(os.path.join(folder, "a-name-of-a-file-that-is-longer-than-any-word.anchors"), "w").close()
        for n, (recording, size, script, line, want) in enumerate(ROWS, 1):
            key = (recording, size, script)
            if key not in drawn:
                drawn[key] = draw(*key, folder)
            lines = drawn[key]
            where = lines if line is None else lines[line:line + 1]
            there = any(re.search(want.lstrip("!"), x) for x in where)
            good = bool(lines) and there != want.startswith("!")
            bad += not good
            print("ok" if good else "not ok", n, "-", size, repr(script), want)
            if not good:
                print("\n".join("# " + x for x in (where or ["nothing was drawn"])))
    print(f"1..{len(ROWS)}")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
