# SPDX-License-Identifier: LGPL-2.1-or-later
"""What simulated worlds there are, and how one is drawn: its options for vmsync-sim."""
import random

# Options that each kind of world is made of. A value that can be called draws one; "damage" is left to chance unless False.
# nothing: no synchronisation is recorded, alignment is from nothing. hard: too little or too regular to be sure of that.
# sure: every guest event is in a stretch at the band's middle. verdict: what must be said of the recorded synchronisation.
# pairs: pairing is checked. small: a step that needs not be found. open: what the program cannot do yet; drawn only when asked for.


def jump(r):
    return r.choice([-1, 1]) * r.choice([50000, 26000000, 260000000])


def step(r):
    return f"{r.uniform(0.3, 0.7) * r.seconds:.4f}:{jump(r)}"


def small(r):
    """About as wide as a band of 560 ns: half of that to three times."""
    return f"{r.uniform(0.3, 0.7) * r.seconds:.4f}:{r.choice([-1, 1]) * r.randrange(280, 1680)}"


def small_ticks(r):
    at, ns = small(r).split(":")
    return f"{at}:{int(ns) * 13 // 5}"


def sync_error(r):
    return r.choice([-1, 1]) * r.choice([40000, 400000, 50000000, 5200000000])


def far(r):
    return r.randrange(-(1 << 47), 1 << 42)


def drift(r):
    return round(r.uniform(-100, 100), 3)


def vcpu_skew(r):
    return r.choice([-1, 1]) * r.choice([300, 8000, 260000, 26000000])


def pcpu_skew(r):
    return r.choice([-1, 1]) * r.choice([100, 4000, 26000])


def pause(r):
    return f"{r.uniform(0.3, 0.7) * r.seconds:.4f}:{r.choice([0.002, 0.02, 0.08])}"


def ratio(r):
    return r.choice([0.8, 0.95, 1.05, 1.25, round(r.uniform(0.5, 2.0), 6)])


def slew(r):
    a, b = sorted((r.uniform(0.1, 0.9), r.uniform(0.1, 0.9)))
    return f"{a * r.seconds:.4f}:{b * r.seconds:.4f}:{r.choice([-500, -100, -5, 5, 100, 500])}"


def pll(r):
    """By 500 ppm at most, which is what adjtimex() allows."""
    left, shift, period = r.choice([2000, 20000, 200000]), r.choice([2, 4, 6]), r.choice([0.05, 0.1])
    shift = max(shift, 3) if left == 200000 and period < 0.1 else shift
    return f"{r.uniform(0.1, 0.4) * r.seconds:.4f}:{r.choice([-1, 1]) * left}:{shift}:{period}"


def frequencies(r):
    """Steps of 1 ppm a second: chrony."""
    return [f"{k * r.seconds / 10:.4f}:{r.seconds}:{r.choice([-1, 1]) * 0.1 * r.seconds:.4f}" for k in range(1, 10)]


def few(r):
    return r.choice([0.0005, 0.002, 0.01])


def comb_error(r):
    return 0 if r.random() < 0.4 else r.choice([-1, 1]) * r.choice([1, 2, 5]) * 10400000	# of 4 ms in ticks


def ts_offset(r):
    return r.choice([-1, 1]) * r.choice([1000, 100000, 10000000, 2000000000])


KINDS = [
    {"name": "tsc", "clock": "tsc", "sync": "kvm", "sure": True, "verdict": "in-band", "pairs": True},
    {"name": "tsc-wrong", "clock": "tsc", "sync": "kvm", "sync_error": sync_error, "sure": True, "verdict": "proven-wrong"},
    {"name": "ns-ptp", "clock": "ns", "sync": "ptp"},
    {"name": "ns-drift", "clock": "ns", "sync": "ptp", "drift_ppm": drift},
    {"name": "ns-wander", "clock": "ns", "sync": "ptp", "drift_ppm": drift, "wander_ppb": lambda r: r.choice([1, 5, 20])},
    {"name": "tsc-nothing", "clock": "tsc", "sync": "none", "offset": far, "nothing": True, "pairs": True},
    {"name": "ns-nothing", "clock": "ns", "sync": "none", "offset": far, "drift_ppm": drift, "nothing": True},
    {"name": "tsc-no-map", "clock": "tsc", "sync": "none", "offset": far, "guest_option": 0, "nothing": True},
    {"name": "tsc-step", "clock": "tsc", "sync": "kvm", "step": step, "sure": True},
    {"name": "tsc-step-told", "clock": "tsc", "sync": "kvm", "step": step, "tell_steps": 1, "sure": True},
    {"name": "tsc-lost", "clock": "tsc", "sync": "kvm", "lost_per_s": 3},
    {"name": "tsc-skew", "clock": "tsc", "sync": "kvm", "vcpu_skew": vcpu_skew, "sure": True, "verdict": "in-band"},
    {"name": "host-skew", "clock": "tsc", "sync": "kvm", "pcpu_skew": pcpu_skew, "damage": False},
    {"name": "tsc-skew-nothing", "clock": "tsc", "sync": "none", "offset": far, "vcpu_skew": vcpu_skew, "nothing": True},
    {"name": "ns-step", "clock": "ns", "sync": "ptp", "step": step},
    {"name": "ns-lost", "clock": "ns", "sync": "ptp", "drift_ppm": drift, "lost_per_s": 3},
    {"name": "tsc-step-small", "clock": "tsc", "sync": "kvm", "step": small_ticks, "small": True},
    {"name": "ns-step-small", "clock": "ns", "sync": "ptp", "step": small, "small": True},
    {"name": "tsc-step-of-one", "clock": "tsc", "sync": "kvm", "step": lambda r: step(r) + ":0", "sure": True},
    {"name": "tsc-step-nothing", "clock": "tsc", "sync": "none", "offset": far, "step": step, "nothing": True},
    {"name": "thin", "clock": "tsc", "sync": "kvm", "guest_share": few, "sync_error": lambda r: r.choice([0, 78000, -78000, 1000000]),
     "hard": True},
    {"name": "thin-ns", "clock": "ns", "sync": "ptp", "guest_share": few, "drift_ppm": drift, "hard": True},
    {"name": "thin-nothing", "clock": "tsc", "sync": "none", "guest_share": few, "offset": far, "nothing": True, "hard": True},
    {"name": "thin-ns-nothing", "clock": "ns", "sync": "none", "guest_share": few, "offset": far, "nothing": True, "hard": True},
    {"name": "comb", "clock": "tsc", "sync": "kvm", "period_us": 4000, "sync_error": comb_error, "hard": True},
    {"name": "comb-nothing", "clock": "tsc", "sync": "none", "period_us": lambda r: r.choice([1000, 4000]), "offset": far,
     "nothing": True, "hard": True},
    {"name": "comb-ns-nothing", "clock": "ns", "sync": "none", "period_us": lambda r: r.choice([1000, 4000]), "offset": far,
     "nothing": True, "hard": True},
    {"name": "options", "clock": "tsc", "sync": "kvm", "guest_ts_offset": ts_offset},
    {"name": "options-host", "clock": "ns", "sync": "ptp", "host_ts_offset": ts_offset},
    {"name": "dates", "clock": "tsc", "sync": "kvm", "host_date": lambda r: r.choice([0, 5000000]),
     "guest_date": lambda r: r.choice([0, 5000000])},
    {"name": "slewed", "clock": "ns", "sync": "ptp", "slew": slew, "seconds": 1},
    {"name": "pll", "clock": "ns", "sync": "ptp", "pll": pll, "seconds": 1},
    {"name": "frequencies", "clock": "ns", "sync": "ptp", "slew": frequencies, "drift_ppm": drift, "seconds": 1},
    {"name": "slewed-nothing", "clock": "ns", "sync": "none", "offset": far, "slew": slew, "seconds": 1, "nothing": True},
    {"name": "scaled", "clock": "tsc", "sync": "kvm", "ratio": ratio},
    {"name": "scaled-nothing", "clock": "tsc", "sync": "none", "offset": lambda r: r.randrange(1 << 42), "ratio": ratio,
     "nothing": True, "hard": True},
    {"name": "migrated", "clock": "tsc", "sync": "kvm", "migrate": pause, "tell_steps": lambda r: r.choice([0, 1])},
    {"name": "migrated-nothing", "clock": "tsc", "sync": "none", "offset": far, "migrate": pause, "nothing": True,
     "guest_option": lambda r: r.choice([0, 1])},
    {"name": "migrated-ns", "clock": "ns", "sync": "ptp", "migrate": pause},
    {"name": "plugged", "clock": "tsc", "sync": "kvm", "plug": lambda r: pause(r) + ":0"},
    {"name": "plugged-set", "clock": "tsc", "sync": "kvm", "plug": lambda r: f"{pause(r)}:0:{jump(r)}"},
    {"name": "restarted", "clock": "tsc", "sync": "none", "restart": pause, "nothing": True},
    {"name": "reset", "clock": "tsc", "sync": "kvm", "reset": pause, "tell_steps": lambda r: r.choice([0, 1])},
    {"name": "reset-nothing", "clock": "tsc", "sync": "none", "reset": pause, "nothing": True},
]
# Worlds in which a claim was false once: they are made again with every draw.
MENDED = (
    ("slewed-nothing", 80012), ("slewed-nothing", 81388), ("slewed-nothing", 100045),
    ("plugged", 81394), ("tsc-step", 82052), ("tsc-step-small", 82275),
    ("tsc-step-nothing", 41036), ("tsc-step-of-one", 90016), ("tsc-step-small", 91096),
    ("tsc-step-small", 180064), ("tsc-step-nothing", 155295), ("plugged-set", 170056), ("tsc-step-told", 140105), ("ns-step-small", 200173),
    ("tsc-step-told", 200165), ("ns-lost", 200523), ("tsc-step-told", 221681), ("ns-step-small", 221821),
    ("tsc-step-small", 240124),
    ("tsc", 270556), ("tsc-step-small", 260079), ("tsc-step", 270080), ("tsc-skew", 280247), ("tsc-step-nothing", 290815), ("ns-step-small", 291473), ("tsc-step-told", 300089),
    ("tsc-step-told", 320505), ("tsc-step-nothing", 320119), ("tsc-step-nothing", 320647), ("ns-step", 330762),
    ("tsc-step-nothing", 340711), ("ns-step-small", 350741), ("ns-step-small", 900049),
    ("tsc-lost", 332298), ("ns-step-small", 360157), ("ns-step-small", 370145), ("thin-ns", 420749),
    ("plugged", 421691), ("tsc-step-small", 410316), ("ns-step-small", 441469), ("ns-step-small", 370453), ("ns-step-small", 310393),
)
TURNS = ("step", "migrate", "plug", "reset", "restart")


def turns(o):
    return any(t in o for t in TURNS)


def choose(names):
    if names == ["all"]:
        return KINDS
    if names:
        return [next(k for k in KINDS if k["name"] == name) for name in names]
    return [k for k in KINDS if "open" not in k]


def spell(o):
    return " ".join(f"{k}={v}" for k, vs in o.items() for v in (vs if isinstance(vs, list) else [vs]))


def moved_raw(o):
    """By how much OFFSET and DATE of the files move what trace-cmd shows of the guest, in units of the host's clock."""
    return (o.get("guest_ts_offset", 0) + o.get("guest_date", 0) * 1000) - (o.get("host_ts_offset", 0) + o.get("host_date", 0) * 1000)


def span(r):
    """A time for which something is missing, at the beginning, at the end, or between."""
    length = r.seconds * r.choice([0.02, 0.1, 0.3])
    begin = r.choice([0.0, r.seconds - length, r.uniform(0.1, 0.9) * (r.seconds - length)])
    return begin, r.seconds if begin + length >= r.seconds else begin + length


def damage(r, o):
    """What the host did not record."""
    what = r.choice(["hole", "hole", "hole-cpu", "hole-cpu", "mask", "filter", "filter-span", "kvm-off", "lost"])
    begin, end = span(r)
    if what == "hole":
        o["hole"] = f"{begin:.4f}:{end:.4f}:-1:{r.choice([0, 0, 1])}"
    elif what == "hole-cpu":
        o["hole"] = f"{begin:.4f}:{end:.4f}:{r.randrange(o['pcpus'])}:{r.choice([0, 0, 1])}"
    elif what == "mask":
        o["mask"] = format(r.randrange(1, (1 << o["pcpus"]) - 1), "x")
    elif what == "lost":
        o["lost_per_s"] = r.choice([3, 10, 30])
    elif what == "kvm-off":
        o["drop"] = f"kvm:{begin:.4f}:{end:.4f}"
    else:
        which = r.choice(["entry-but-vcpu0", "exit-but-vcpu0", "exit-but-hlt", "entry", "exit", "sched", "msr", "wait", "irq"])
        o["drop"] = which + (f":{begin:.4f}:{end:.4f}" if what == "filter-span" or which in ("entry", "exit") else "")


def draw(kind, seed):
    """Options of a world, and whether something is missing from it."""
    r = random.Random(f"{kind['name']} {seed}")
    r.seconds = kind.get("seconds", r.choice([0.25, 0.4, 0.6]))
    o = {"seed": r.randrange(1, 1 << 30), "pcpus": r.choice([2, 4, 8]), "vcpus": r.choice([1, 2, 4]),
         "guests": r.choice([1, 1, 1, 2]), "seconds": r.seconds, "stretch_us": r.choice([20, 60, 200]),
         "idle_share": r.choice([0.05, 0.15, 0.3]), "idle_us": r.choice([300, 800, 3000]),
         "quiet_share": r.choice([0, 0.2, 0.5]), "isa": r.choice(["vmx", "svm", "svm-late", "arm64"]),
         "samples": r.choice([1, 2, 5]), "version": r.choice([6, 7])}
    if "period_us" in kind:
        o["stretch_us"] = 30
    if "pcpu_skew" in kind:	# each move to another host CPU is a step: a second of search for a hundred
        o.update(pcpus=r.choice([2, 4]), vcpus=r.choice([1, 2]))
    if kind["clock"] == "tsc":
        o["isa"] = "vmx" if o["isa"] == "arm64" else o["isa"]
        o.update(facts=r.choice([0, 0, 0.02, 0.1, 0.5, 1]), swapped=r.choice([0, 0, 0.02, 0.2]), tsc_reads=r.choice([0, 0, 0.1]),
                 foreign_waits=r.choice([0, 0, 0.5]), waits_late=r.choice([0, 0, 0, 1]))
    for key, value in kind.items():
        if key not in ("name", "nothing", "hard", "sure", "verdict", "pairs", "small", "open", "damage", "seconds"):
            o[key] = value(r) if callable(value) else value
    if o.get("offset", 0) < 0:
        o["host_start"] = 5000000000000	# guest times stay positive
    damaged = kind.get("damage", True) and r.random() < 0.5
    if damaged:
        damage(r, o)
    return o, damaged or "lost_per_s" in o
