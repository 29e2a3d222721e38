#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that ask for far more memory or time than a recording of their size: what opening them takes, and how it ends.

usage: hungry.py PROGRAM DATA [FACTOR [PART]]
DATA holds the bundled recordings. FACTOR multiplies the limits of time, for instrumented programs; then memory is not
limited either. PART: only cases whose name contains it. Prints TAP.

Each file is opened by itself and as a neighbour of a good recording: status 0, or 2 with one line; never a signal, at most
64 times its size and 256 MB of memory, and 3 seconds, or more for more than 10 MB.
"""
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "recordings"))
from tap import plan, tap  # noqa: E402

MAGIC = b"\x17\x08\x44tracing"
DONE, BUFFER, TRACECLOCK, CPUCOUNT, TRACEID, TIME_SHIFT, GUEST = 0, 3, 4, 8, 11, 12, 13
HEADER_INFO, FTRACE, FORMATS, KALLSYMS, PRINTK, CMDLINES = range(16, 22)
PAGE = 4096
HOST_ID, GUEST_ID = 0x1111, 0x2222
BASE_MB, SECONDS, SLACK_S = 256, 3.0, 0.3
FACTOR = 1.0


def option(number, data):
    return struct.pack("<HI", number, len(data)) + data


def zstd_bomb(size, byte=b"\0"):
    """A zstd frame of blocks that repeat a byte: four bytes for 128 KiB."""
    out = [b"\x28\xb5\x2f\xfd", b"\xe0", struct.pack("<Q", size)]
    while size:
        part = min(size, 1 << 17)
        size -= part
        out.append(struct.pack("<I", (not size) | 1 << 1 | part << 3)[:3] + byte)
    return b"".join(out)


def zlib_bomb(size, byte=b"\0"):
    packer = zlib.compressobj(9)
    piece = byte * (1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


class File:
    """A trace.dat of version 7 that grows part by part."""

    def __init__(self, compression="none"):
        self.out = bytearray(MAGIC + b"7\0\0\x08" + struct.pack("<I", PAGE) + compression.encode() + b"\0\0")
        self.at_options = len(self.out)
        self.out += bytes(8)
        self.options = b""

    def section(self, number, data, packed=None):
        """@packed: what lies in the file, of @data bytes when unpacked."""
        offset = len(self.out)
        body = data if packed is None else struct.pack("<II", len(packed), data) + packed
        self.out += struct.pack("<HHIQ", number, packed is not None, 0, len(body)) + body
        return offset

    def meta(self, number, *body):
        self.options += option(number, struct.pack("<Q", self.section(number, *body)))

    def buffer(self, name, entries, compressed=False, page=PAGE):
        """@entries: (cpu, offset, size), or (cpu, bytes) to be put here."""
        section = self.section(BUFFER, 0 if compressed else b"", b"" if compressed else None)
        table = []
        for entry in entries:
            if isinstance(entry[1], bytes):
                table.append((entry[0], len(self.out), len(entry[1])))
                self.out += entry[1]
            else:
                table.append(entry)
        self.options += option(BUFFER, struct.pack("<Q", section) + name.encode() + b"\0x86-tsc\0" +
                               struct.pack("<II", page, len(table)) + b"".join(struct.pack("<IQQ", *t) for t in table))

    def end(self, next_options=0):
        offset = self.section(DONE, self.options + option(DONE, struct.pack("<Q", next_options)))
        struct.pack_into("<Q", self.out, self.at_options, offset)
        return bytes(self.out)


class Good:
    """Sections and pages of a bundled recording that zlib compresses."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.raw = f.read()
        at = self.raw.index(b"\0", len(MAGIC)) + 1 + 2 + 4
        for _ in range(2):
            at = self.raw.index(b"\0", at) + 1
        self.sections, self.cpus = {}, []
        at, = struct.unpack_from("<Q", self.raw, at)
        while at:
            at = self.read_options(self.read(at))

    def read(self, at):
        _, flags, _, size = struct.unpack_from("<HHIQ", self.raw, at)
        at += 16
        if not flags & 1:
            return self.raw[at:at + size]
        packed, size = struct.unpack_from("<II", self.raw, at)
        return zlib.decompress(self.raw[at + 8:at + 8 + packed])

    def read_options(self, data):
        at = 0
        while True:
            number, size = struct.unpack_from("<HI", data, at)
            body = data[at + 6:at + 6 + size]
            at += 6 + size
            if number == DONE:
                return struct.unpack("<Q", body)[0]
            if HEADER_INFO <= number <= CMDLINES:
                self.sections[number] = self.read(struct.unpack("<Q", body)[0])
            if number == BUFFER and not self.cpus:
                table = body.index(b"\0", body.index(b"\0", 8) + 1) + 1
                nr, = struct.unpack_from("<I", body, table + 4)
                self.cpus = [self.unpack(*struct.unpack_from("<IQQ", body, table + 8 + 20 * i)) for i in range(nr)]

    def unpack(self, cpu, at, size):
        nr, = struct.unpack_from("<I", self.raw, at) if size else (0,)
        at += 4
        pages = b""
        for _ in range(nr):
            packed, size = struct.unpack_from("<II", self.raw, at)
            pages += zlib.decompress(self.raw[at + 8:at + 8 + packed])
            at += 8 + packed
        return cpu, pages

    def file(self, compression="none", but=()):
        """The start of a file like this one; sections of @but are left out."""
        f = File(compression)
        for number, data in self.sections.items():
            if number not in but:
                f.meta(number, data)
        f.options += option(TRACECLOCK, b"[x86-tsc]\0") + option(CPUCOUNT, struct.pack("<I", len(self.cpus)))
        return f


def host_ids(name=b"vm1", vcpus=2):
    return option(TRACEID, struct.pack("<Q", HOST_ID)) + option(
        GUEST, name + b"\0" + struct.pack("<QI", GUEST_ID, vcpus) + b"".join(struct.pack("<II", i, 1) for i in range(vcpus)))


def guest_ids(number=GUEST_ID):
    return option(TRACEID, struct.pack("<Q", number)) + option(TIME_SHIFT, struct.pack("<QII", HOST_ID, 0, 0))


def page(time_raw, events):
    """A page of events: (delta, payload)."""
    body = b"".join(struct.pack("<I", len(p) // 4 | delta << 5) + p for delta, p in events)
    return (struct.pack("<QQ", time_raw, len(body)) + body).ljust(PAGE, b"\0")


def chunks(pages, pack, size=1 << 20):
    """Compressed event data."""
    parts = [pages[i:i + size] for i in range(0, len(pages), size)]
    return struct.pack("<I", len(parts)) + b"".join(
        struct.pack("<II", len(z), len(p)) + z for p in parts for z in [pack(p)])


def packed_chunk(size, packed):
    return struct.pack("<III", 1, len(packed), size) + packed


class Maker:
    """All kinds; each gives the host's file and, where that is not the bundled one's, guests' files."""

    def __init__(self, data):
        self.host = Good(os.path.join(data, "10-zlib.dat"))
        self.guest = Good(os.path.join(data, "10-zlib-vm1.dat"))

    def event(self, name, size=None):
        """A payload of an event: its id, then zeros as long as its format says."""
        text = self.host.sections[FORMATS]
        at = text.index(b"name: %s\n" % name)
        end = text.index(b"print fmt", at)
        number = int(text[text.index(b"ID: ", at) + 4:].split(b"\n", 1)[0])
        least = max(int(line.split(b"offset:")[1].split(b";")[0]) + int(line.split(b"size:")[1].split(b";")[0])
                    for line in text[at:end].split(b"\n") if b"offset:" in line)
        return bytearray(struct.pack("<H", number).ljust((size or least) + 3 & ~3, b"\0"))

    def whole(self, f, entries=None, **more):
        f.options += host_ids()
        f.buffer("", entries or self.host.cpus, **more)
        return f.end()

    def sections(self):
        names = {HEADER_INFO: "pages", FTRACE: "ftrace", FORMATS: "formats", KALLSYMS: "symbols", PRINTK: "printk",
                 CMDLINES: "tasks"}
        for how, bomb in (("zstd", zstd_bomb), ("zlib", zlib_bomb)):
            for number, name in names.items():
                f = self.host.file(how, (number,))
                f.meta(number, 1 << 29, bomb(1 << 29))
                yield "%s of 512 MB, %s" % (name, how), self.whole(f)
            f = self.host.file(how)
            f.options += host_ids()
            f.buffer("", self.host.cpus)
            f.end()
            struct.pack_into("<Q", f.out, f.at_options, f.section(DONE, 1 << 29, bomb(1 << 29)))
            yield "options of 512 MB, " + how, bytes(f.out)
            f = self.host.file(how)
            yield "events of 1 GB, " + how, self.whole(f, [(0, packed_chunk(1 << 30, bomb(1 << 30)))], compressed=True)
            f = self.host.file(how)
            part = bomb(1 << 23)
            data = struct.pack("<I", 400) + (struct.pack("<II", len(part), 1 << 23) + part) * 400
            yield "events of 400 pieces of 8 MB, " + how, self.whole(f, [(0, data)], compressed=True)

    def chains(self):
        f = File("zstd")
        loop = len(f.out)
        body = zstd_bomb(1 << 20, b"\0")
        f.section(DONE, 1 << 20, body)
        struct.pack_into("<Q", f.out, f.at_options, loop)
        yield "options of 1 MB of zeros", bytes(f.out)
        for many, name in ((1, "an option section that follows itself"), (50, "fifty that follow one another in a circle")):
            f = self.host.file()
            f.options += host_ids() + option(99, bytes(1000))
            f.buffer("", self.host.cpus)
            first = len(f.out)
            size = 16 + len(f.options) + 14
            for i in range(many):
                f.section(DONE, f.options + option(DONE, struct.pack("<Q", first + size * ((i + 1) % many))))
            struct.pack_into("<Q", f.out, f.at_options, first)
            yield name, bytes(f.out)
        f = self.host.file()
        f.options += option(TIME_SHIFT, struct.pack("<QII", 1, 0, 1) + struct.pack("<I", 20000) + bytes(24 * 20000))
        first = len(f.out)
        f.end(first)
        struct.pack_into("<Q", f.out, f.at_options, first)
        yield "a circle of 20000 samples", bytes(f.out)

    def options(self):
        f = self.host.file()
        f.options += b"".join(option(GUEST, b"g%d\0" % i + struct.pack("<QI", i, 0)) for i in range(100000))
        yield "100000 guests", self.whole(f)
        f = self.host.file()
        f.options += option(GUEST, b"many\0" + struct.pack("<QI", 7, 200000) +
                            b"".join(struct.pack("<II", i, i) for i in range(200000)))
        yield "a guest of 200000 vCPUs", self.whole(f)
        f = self.host.file()
        f.options += option(99, b"") * 500000
        yield "500000 empty options", self.whole(f)
        f = self.host.file()
        f.options += option(5, b"x" * 3000000)
        yield "a text of 3 MB", self.whole(f)
        f = self.host.file()
        for i in range(3000):
            f.buffer("instance %d" % i, [])
        yield "3000 instances", self.whole(f)
        f = self.guest.file()
        samples = 200000
        f.options += option(TRACEID, struct.pack("<Q", GUEST_ID)) + option(
            TIME_SHIFT, struct.pack("<QIII", HOST_ID, 0, 1, samples) + struct.pack("<%dQ" % samples, *range(samples, 0, -1)) +
            struct.pack("<%dq" % samples, *range(samples)) + struct.pack("<Q", 1) * samples + bytes(8 * samples))
        f.buffer("", self.guest.cpus)
        yield "200000 samples backwards", self.whole(self.host.file()), f.end()
        f = self.guest.file()
        f.options += option(TRACEID, struct.pack("<Q", GUEST_ID)) + option(
            TIME_SHIFT, struct.pack("<QII", HOST_ID, 0, 100000) + bytes(4 * 100000))
        f.buffer("", self.guest.cpus)
        yield "a correction of 100000 vCPUs", self.whole(self.host.file()), f.end()

    def cpus(self):
        small = page(1 << 30, [(1, bytes(self.event(b"kvm_entry")))])[:200]
        f = self.host.file()
        yield "20000 runs of one CPU in one place", self.whole(f, self.host.cpus + [(0, 1000, PAGE)] * 20000)
        f = self.host.file()
        yield "20000 runs of one CPU", self.whole(f, self.host.cpus + [(0, small)] * 20000)
        f = self.host.file()
        yield "60000 CPUs", self.whole(f, self.host.cpus + [(i, small) for i in range(60000)])
        f = self.host.file()
        f.options += b"".join(option(CPUCOUNT, struct.pack("<I", 0xffffffff)) for _ in range(2))
        yield "2^32 - 1 CPUs said", self.whole(f)
        f = self.host.file()
        f.buffer("", self.host.cpus)
        for i in range(250):
            f.buffer("i%d" % i, [(k, small) for k in range(80)])
        yield "250 instances of 80 CPUs", self.whole(f)
        f, guest = self.host.file(), self.guest.file()
        guest.options += guest_ids() + option(CPUCOUNT, struct.pack("<I", 0xffffffff))
        guest.buffer("", self.guest.cpus)
        yield "2^32 - 1 vCPUs said", self.whole(f), guest.end()
        f, guest = self.host.file(), self.guest.file()
        guest.options += guest_ids()
        guest.buffer("", self.guest.cpus + [(i, page(1 << 30, [(1, bytes(self.event(b"kvm_entry")))] * 3)[:200])
                                            for i in range(1400)])
        yield "1400 vCPUs", self.whole(f), guest.end()

    def counts(self):
        f = self.host.file("zstd")
        yield "2^32 - 1 pieces", self.whole(f, [(0, struct.pack("<I", 0xffffffff) + bytes(800000))], compressed=True)
        for number, name in ((FTRACE, "ftrace formats"), (FORMATS, "systems")):
            f = self.host.file("none", (number,))
            f.meta(number, struct.pack("<I", 0xffffffff) + bytes(1000000))
            yield "2^32 - 1 " + name, self.whole(f)
        f = self.host.file()
        yield "pages of 24 bytes", self.whole(f, [(0, bytes(3000000))], page=24)
        f = self.host.file()
        f.options += option(BUFFER, struct.pack("<Q", 100) + b"\0x86-tsc\0" + struct.pack("<II", PAGE, 0xffffffff))
        yield "a table of 2^32 - 1 CPUs", self.whole(f)
        old = MAGIC + b"6\0\0\x08" + struct.pack("<I", PAGE)
        yield "version 6, 2^32 - 1 formats", old + b"header_page\0" + struct.pack("<Q", 0) + b"header_event\0" + struct.pack(
            "<QI", 0, 0xffffffff) + bytes(4000000)

    def strings(self):
        head = b"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
        for name, texts in (
                ("70000 formats", [b"name: e%d\nID: %d\nformat:\n" % (i, i) + head for i in range(70000)]),
                ("a format with a name of 1 MB", [b"name: " + b"n" * 1000000 + b"\nID: 3\nformat:\n" + head]),
                ("100 formats of 500 fields", [b"name: e%d\nID: %d\nformat:\n" % (i, i) + head + b"".join(
                    b"\tfield:int f%d;\toffset:%d;\tsize:4;\tsigned:1;\n" % (k, 8 + 4 * k) for k in range(500))
                                              for i in range(100)])):
            f = self.host.file("none", (FORMATS,))
            own = self.host.sections[FORMATS]
            f.meta(FORMATS, struct.pack("<I", struct.unpack_from("<I", own)[0] + 1) + own[4:] + b"many\0" + struct.pack(
                "<I", len(texts)) + b"".join(struct.pack("<Q", len(t)) + t for t in texts))
            yield name, self.whole(f)
        f = self.host.file("none", (CMDLINES,))
        tasks = b"".join(b"%d t\n" % i for i in range(400000))
        f.meta(CMDLINES, struct.pack("<Q", len(tasks)) + tasks)
        yield "400000 tasks", self.whole(f)
        for number, name, line in ((CMDLINES, "tasks", b"7 t\n"), (KALLSYMS, "symbols", b"1 T s\n"),
                                   (PRINTK, "printk formats", b"0x1:\"abc\"\n")):
            f = self.host.file("zlib", (number,))
            many = line * ((80 << 20) // len(line))
            many = struct.pack("<Q" if number == CMDLINES else "<I", len(many)) + many
            f.meta(number, len(many), zlib.compress(many, 9))
            yield "80 MB of " + name, self.whole(f)
        f = self.host.file("none", (KALLSYMS,))
        symbols = b"".join(b"%x T s\n" % (i + 1) for i in range(400000))
        f.meta(KALLSYMS, struct.pack("<I", len(symbols)) + symbols)
        yield "400000 symbols", self.whole(f)

    def events(self):
        entry, leave = self.event(b"kvm_entry"), self.event(b"kvm_exit")
        per_page = (PAGE - 16) // (len(entry) + len(leave) + 8)
        pages = b"".join(page((1 << 30) + i * 10000, [(20, bytes(entry)), (20, bytes(leave))] * per_page) for i in range(8000))
        f = self.host.file("zlib")
        yield "entries and exits that compress well", self.whole(f, [(0, chunks(pages, lambda p: zlib.compress(p, 9)))],
                                                                  compressed=True)
        tiny = b"".join(page((1 << 30) + i * 10000, [(1, b"\xff\xff\0\0")] * 510) for i in range(5000))
        f = self.host.file("zlib")
        yield "events of eight bytes", self.whole(f, self.host.cpus and [(0, chunks(tiny, lambda p: zlib.compress(p, 9)))],
                                                   compressed=True)
        lost = b"".join(struct.pack("<QQ", (1 << 30) + i, 1 << 31).ljust(32, b"\0") for i in range(200000))
        f = self.host.file()
        yield "200000 losses", self.whole(f, self.host.cpus + [(0, lost)], page=32)
        threads = []
        for i in range(60000):
            struct.pack_into("<i", entry, 4, 1000 + i)
            struct.pack_into("<i", leave, 4, 1000 + i)
            threads += [(20, bytes(entry)), (20, bytes(leave))]
        step = 2 * per_page
        pages = b"".join(page((1 << 30) + i * 1000, threads[i:i + step]) for i in range(0, len(threads), step))
        yield "60000 threads", self.whole(self.host.file(), [(0, pages)])

    def all(self):
        for kind in (self.sections, self.chains, self.options, self.cpus, self.counts, self.strings, self.events):
            for name, *files in kind():
                guest = self.guest.file()
                guest.options += guest_ids()
                guest.buffer("", self.guest.cpus)
                yield name, files[0], files[1] if len(files) > 1 else guest.end()


def run(args, seconds):
    """Status, seconds of computing, MB and the text on standard error; the time limit is a hard one too."""
    with tempfile.TemporaryFile() as err, open(os.devnull, "r+b") as null:
        child = subprocess.Popen(args, stdin=null, stdout=null, stderr=err,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 3)))
        signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(int(seconds * 10))
        _, status, usage = os.wait4(child.pid, 0)
        signal.alarm(0)
        child.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, err.read()


def wrong_with(done, size, good):
    status, seconds, mb, text = done
    most_s = FACTOR * SECONDS * max(1, size / 10e6) + SLACK_S * FACTOR
    if status not in ((0,) if good else (0, 2)):
        return "status %d, %r" % (status, text[:300])
    if (status == 2) != (text.count(b"\n") == 1) or (status == 0 and text):
        return "status %d with %r" % (status, text[:300])
    if seconds > most_s:
        return "%.1f s, %.1f would be much" % (seconds, most_s)
    if mb > 64 * size / 1e6 + BASE_MB and FACTOR == 1:
        return "%.0f MB of memory for %.2f MB" % (mb, size / 1e6)
    return ""


def main():
    global FACTOR
    program, data = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    FACTOR = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    part = sys.argv[4] if len(sys.argv) > 4 else ""
    print("TAP version 13")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ.update(HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
        for name in ("01-demo.dat", "01-demo-vm1.dat"):
            shutil.copy(os.path.join(data, name), folder)
        with open("show.script", "w", encoding="ascii") as f:
            f.write("".join("screen %s\nsave-screen %s.screen\n" % (n, n) for n in ("events", "main", "models", "log")))
        for name, host, guest in Maker(data).all():
            if part not in name:
                continue
            for file, content in (("hungry.dat", host), ("hungry-vm1.dat", guest)):
                with open(file, "wb") as f:
                    f.write(content)
            size = len(host) + len(guest)
            said = []
            for what, args in (("text", ["--batch"]), ("json", ["--report", "json"]),
                               ("libtracecmd", ["--batch", "--reader", "libtracecmd"]),
                               ("libkshark", ["--batch", "--reader", "libkshark"]),
                               ("screens", ["--script", "show.script"]), ("neighbour", None)):
                if what.startswith("lib") and FACTOR != 1:
                    continue
                whole = [program, *(args or ["--batch"]), "hungry.dat" if args else "01-demo.dat"]
                for old in os.listdir("."):
                    if old.endswith(".screen"):
                        os.remove(old)
                done = run(whole, 20 * FACTOR)
                wrong = wrong_with(done, size if args else size + (1 << 20), not args)
                if wrong and what.startswith("lib") and " s, " in wrong and done[1] < 15:
                    wrong = ""  # a trial may take its time
                said.append("%s %d %.1fs %.0fMB%s" % (what, *done[:3], " WRONG " + wrong if wrong else ""))
                if what == "text":
                    said.append(done[3].decode(errors="replace").strip()[-120:])
            tap(not any("WRONG" in s for s in said), "%s (%.2f MB): %s" % (name, size / 1e6, "; ".join(said)))
        os.chdir("/")
    return plan()


sys.exit(main())
