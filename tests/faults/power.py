#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts: of what was not synced any beginning may be on the disk, torn or as zeros; nothing certain is lost.

usage: power.py PROGRAM FAIL_IO DATA [CUTS [SEED]]
FAIL_IO is fail_io.so, DATA the bundled recordings. Prints TAP.
"""
import os
import random
import shutil
import sys
import tempfile
import time

import screen
from decisions import Decisions

program, preload, data = (os.path.abspath(a) for a in sys.argv[1:4])
cuts_nr = int(sys.argv[4]) if len(sys.argv) > 4 else 300
seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1

PAIRS_NR = 60
VARIANTS = ("synced alone", "names, no data", "names, torn data", "names, zeros for data", "any beginning")
SECOND = 1000000000


def work(rnd, path, home, log):
    """Two runs of decisions with a kill between them. Return: what is on disk after each step, as far as it was shown"""
    made, after = Decisions(rnd, PAIRS_NR), []

    def note(what):
        with open(log, 'a', encoding='ascii') as f:
            f.write('%d %s %d\n' % (time.monotonic_ns(), what, len(after) - 1))

    def shown():
        after.append(made.disk())
        note('shown')

    shown()
    for session in range(2):
        with screen.Screen(program, home, [path], {'LD_PRELOAD': preload, 'IO_LOG': log}) as s:
            made.start()
            if 'please answer' in s.first():
                key = rnd.choice((b'y', b'n', b'f'))
                made.answer(key)
                s.frame(key)
                shown()
            for i in range(20):
                keys = made.step()
                s.frame(keys)
                shown()
                if i == 10:	# no pause: the journal is synced once a second
                    end = time.monotonic() + 1.3
                    while time.monotonic() < end:
                        os.write(s.fd, b'jk' * 20)
                        s.more(0)
            if session and rnd.random() < 0.5:
                os.write(s.fd, b'Q')
                s.more(1)
                made.quit()
                after.append(made.disk())	# from here on it may be
                os.write(s.fd, b'y')
                s.end()
            note('killed')
    return after


class Disk:
    """What the log says was done to files, and what of it is certain"""

    def __init__(self, folders, there):
        self.folders = folders			# inode to path
        self.names, self.sure_names = dict(there), dict(there)	# path to inode, folders too
        self.pending = []			# (folder, names before: what happened)
        self.bytes, self.data = {}, {}		# inode: certain bytes; what was written since

    @staticmethod
    def do_name(names, what, *args):
        if what in ('create', 'mkdir'):
            names[args[1]] = int(args[0])
        elif what == 'rename':
            names[args[1]] = names.pop(args[0])
        elif what == 'link':
            names[args[1]] = names[args[0]]
        elif what == 'unlink':
            names.pop(args[0], None)

    @staticmethod
    def do_data(content, what, at, text=b''):
        if what == 'cut':
            return content[:at].ljust(at, b'\0')
        return content.ljust(at, b'\0')[:at] + text + content[at + len(text):]

    def take(self, what, args):
        if what == 'write':
            self.data.setdefault(int(args[0]), []).append((what, int(args[1]), bytes.fromhex(args[2])))
        elif what == 'cut':
            self.data.setdefault(int(args[0]), []).append((what, int(args[1])))
        elif what == 'sync' and int(args[0]) in self.folders:
            where = self.folders[int(args[0])]
            for op in [op for op in self.pending if op[0] == where]:
                self.do_name(self.sure_names, *op[1:])
            self.pending = [op for op in self.pending if op[0] != where]
        elif what == 'sync':
            inode = int(args[0])
            content = self.bytes.get(inode, b'')
            for op in self.data.pop(inode, []):
                content = self.do_data(content, *op)
            self.bytes[inode] = content
        elif what in ('create', 'mkdir', 'rename', 'link', 'unlink'):
            op = (os.path.dirname(args[-1]), what, *args)
            self.pending.append(op)
            self.do_name(self.names, *op[1:])

    def image(self, rnd, variant, home):
        """Makes the files that are there after the cut."""
        names, left = dict(self.sure_names), list(self.pending)
        if variant == 'any beginning':
            stop = {f: rnd.randrange(1 + sum(op[0] == f for op in left)) for f in {op[0] for op in left}}
            left = [op for i, op in enumerate(left) if sum(o[0] == op[0] for o in left[:i]) < stop[op[0]]]
        for op in left if variant != 'synced alone' else []:
            try:
                self.do_name(names, *op[1:])
            except KeyError:	# of a name that is not certain
                pass
        for path, inode in sorted(names.items()):
            target = home + path
            if inode in self.folders:
                if os.path.isdir(os.path.dirname(target)):
                    os.makedirs(target, exist_ok=True)
                continue
            content, ops = self.bytes.get(inode, b''), self.data.get(inode, [])
            if variant in ('synced alone', 'names, no data'):
                ops = []
            if variant == 'any beginning':
                ops = ops[:rnd.randrange(len(ops) + 1)]
            for i, op in enumerate(ops):
                if i == len(ops) - 1 and op[0] == 'write' and variant in ('names, torn data', 'any beginning'):
                    op = (*op[:2], op[2][:rnd.randrange(len(op[2]) + 1)])
                if op[0] == 'write' and variant == 'names, zeros for data':
                    op = (*op[:2], bytes(len(op[2])))
                content = self.do_data(content, *op)
            if os.path.isdir(os.path.dirname(target)):
                with open(target, 'wb') as f:
                    f.write(content)


def records(log):
    with open(log, encoding='utf-8') as f:
        for line in f.read().split('\n')[:-1]:
            at, what, rest = line.split(' ', 2)
            yield int(at), what, rest.split('\t') if what in ('rename', 'link', 'unlink', 'mkdir') else rest.split(' ')


def replay(home, log, there):
    """The log with paths below @home, folders by inode"""
    folders = {os.stat(d).st_ino: d[len(home):] or '/' for d, _, _ in os.walk(home)}
    by_path = {p: i for i, p in folders.items()}
    out, living = [], {}	# a number of an inode lives again after it was freed
    for at, what, args in records(log):
        if what in ('create', 'rename', 'link', 'unlink', 'mkdir'):
            args = [a[len(home):] if a.startswith(home) else a for a in args]
        if what == 'mkdir':
            args = [by_path[args[0]], args[0]]
        if what == 'create':
            living[args[0]] = living.get(args[0], 0) + 1
        if what in ('create', 'write', 'cut', 'sync') and args[0] in living:
            args = [int(args[0]) + (living[args[0]] << 48), *args[1:]]
        out.append((at, what, args))
    return Disk(folders, {p: by_path[p] for p in there}), out


def certain(done, now):
    """The last step whose decisions must outlive a cut @now behind @done: who was killed synced nothing since."""
    sure, synced, last, in_time, shown = 0, 0, 0, 0, []
    old = lambda at: max([in_time] + [step for then, step in shown if at - then >= SECOND])
    for at, what, args in done:
        if what == 'shown':
            last = int(args[0])
            shown.append((at, last))
        if what == 'killed':
            in_time, shown = old(at), []
        if what == 'sync' and last:
            synced = last
        else:	# the file, and its folder behind it
            sure = synced
    return max(sure, old(now))


def try_run(rnd, folder, pairs, cuts):
    """Bad cuts of a run"""
    home, log = os.path.join(folder, 'home'), os.path.join(folder, 'log')
    path = screen.recording(data, home)
    os.makedirs(os.path.join(home, 'state'))
    os.makedirs(os.path.join(home, 'config', 'vmsync-tui'))
    there = [d[len(home):] or '/' for d, _, _ in os.walk(home)]
    after = work(rnd, path, home, log)
    disk, done = replay(home, log, there)
    at = sorted(rnd.sample(range(len(done)), min(cuts, len(done))))
    bad, i = [], 0
    for cut in at:
        for _, what, args in done[i:cut + 1]:
            disk.take(what, args)
        i = cut + 1
        again = os.path.join(folder, 'cut')
        screen.recording(data, again)
        variant = rnd.choice(VARIANTS)
        disk.image(rnd, variant, again)
        # the journal knows its recording by what it holds, the anchors by where they lie
        got, first = screen.recovered(program, pairs, again, os.path.join(again, os.path.basename(path)))
        least = certain(done[:cut + 1], done[cut][0])
        if got not in after[least:]:
            bad.append(f'cut behind {cut} of {len(done)} ({done[cut][1]}), {variant}: {got}, but certain is {after[least]}; '
                       f'{first[-300:] if "JOURNAL" in first else ""}')
        shutil.rmtree(again)
    return bad, len(at)


def main():
    rnd = random.Random(seed)
    bad, nr, runs = [], 0, 0
    with tempfile.TemporaryDirectory() as top:
        pairs = screen.Pairs(program, os.path.join(data, '19-idle.dat'), os.path.join(top, 'pairs'), PAIRS_NR)
        while nr < cuts_nr:
            runs += 1
            here = os.path.join(top, str(runs))
            os.makedirs(here)
            found, tried = try_run(rnd, here, pairs, min(cuts_nr - nr, 60))
            bad += found
            nr += tried
    return screen.tell(f"{nr} power cuts in {runs} runs", bad)


if __name__ == '__main__':
    sys.exit(main())
