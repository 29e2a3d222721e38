#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills at random moments of random decisions, with random answers to what is offered afterwards, quits between them, two at once at times.

usage: kills.py PROGRAM DATA [KILLS [SEED]]
DATA: the bundled recordings. Prints TAP.
"""
import os
import random
import shutil
import sys
import tempfile
import threading

import screen
from decisions import Decisions

program, data = (os.path.abspath(a) for a in sys.argv[1:3])
kills_nr = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1

PAIRS_NR = 200


class Run:
    """A recording with its home, through many kills"""

    def __init__(self, rnd, pairs, folder):
        self.rnd, self.pairs, self.home = rnd, pairs, os.path.join(folder, 'home')
        self.path = screen.recording(data, self.home)
        self.made = Decisions(rnd, PAIRS_NR)
        self.allowed, self.answers, self.twos, self.quits, self.beside, self.besides = [], 0, 0, 0, [], 0

    def shown(self):
        """What is decided now was shown: it must be there, whatever comes."""
        self.allowed = [self.made.copy()]

    def sent(self):
        """It may be there from now on."""
        self.allowed.append(self.made.copy())

    def second(self, numbers, answer, there, stop):
        """Another instance, with no journal, looking only, or with a journal of its own: the first one's must not suffer"""
        try:
            with screen.Screen(program, self.home, [self.path]) as s:
                asked = 'own journal' in s.first()
                if asked:
                    s.frame(answer)
                there.set()
                for number in numbers:
                    s.command('accept #%d' % number)
                    if asked and answer == b'o':
                        self.beside.append(number)
                stop.wait(screen.WAIT_S)
                if not self.beside:
                    os.write(s.fd, b':quit now\r')
                    s.end()
        except (screen.Ended, TimeoutError, OSError):
            pass

    def decide(self, s, killer, two):
        if not two:
            killer.start()
        asked = 'please answer' in s.first()
        if two:	# the first one has its journal when the second comes
            two[0].start()
            two[1].wait(screen.WAIT_S)
            killer.start()
        if asked:
            self.answers += 1
            key = self.rnd.choice((b'y', b'y', b'n', b'\x1b', b'f'))
            self.made.answer(b'n' if key == b'\x1b' else key)
            self.sent()
            s.frame(key)
            self.shown()
        while True:
            if self.rnd.random() < 0.03:
                self.made.quit()
                self.sent()
                os.write(s.fd, b':quit now\r')
                if s.end()[0] == 0:
                    self.shown()
                    self.quits += 1
                return
            keys = self.made.step()
            self.sent()
            s.frame(keys)
            self.shown()

    def killed(self):
        """One start, decisions, and a kill that comes from beside at a random moment: what is wrong; "" = nothing"""
        self.made.start()
        self.shown()
        stop, two = threading.Event(), None
        if self.rnd.random() < 0.25:
            self.twos += 1
            there = threading.Event()
            numbers = self.rnd.sample([n for n in range(1, PAIRS_NR) if n not in self.made.saved], 5)
            answer = self.rnd.choice((b'n', b'l', b'o', b'o'))
            two = threading.Thread(target=self.second, args=(numbers, answer, there, stop)), there
        with screen.Screen(program, self.home, [self.path]) as s:
            killer = threading.Timer(self.rnd.random() * self.rnd.choice((0.2, 0.5, 1)), s.shoot)
            try:
                self.decide(s, killer, two)
            except (screen.Ended, OSError):
                pass
            killer.join()
        why = self.judge()
        stop.set()
        if two:
            two[0].join()
        return why or self.judge_beside()

    def judge_beside(self):
        """What a second one with a journal of its own had shown when it was killed is offered by a later start"""
        shown, self.beside = self.beside, []
        if not shown:
            return ''
        self.besides += 1
        again, state = self.home + '-beside', os.path.join('state', 'below', 'vmsync-tui')
        shutil.copytree(self.home, again, ignore=shutil.ignore_patterns('*.anchors'))
        for name in os.listdir(os.path.join(again, state)):
            if name.endswith('.journal'):
                os.unlink(os.path.join(again, state, name))
        got, _ = screen.recovered(program, self.pairs, again, os.path.join(again, os.path.basename(self.path)))
        shutil.rmtree(again)
        shutil.rmtree(os.path.join(self.home, state, '2'))
        lost = [n for n in shown if got.get(n, ('',))[0] != 'accepted']
        return f'of the second one {lost} of {shown} are lost' if lost else ''

    def judge(self):
        # what the dead one left is read in a copy: the next start finds it as it is
        again = self.home + '-again'
        shutil.copytree(self.home, again, ignore=shutil.ignore_patterns('2'))
        got, _ = screen.recovered(program, self.pairs, again, os.path.join(again, os.path.basename(self.path)))
        shutil.rmtree(again)
        saved = {}
        if os.path.exists(self.path + '.anchors'):
            with open(self.path + '.anchors', encoding='utf-8') as f:
                saved = self.pairs.of(f.read())
        for made in self.allowed:
            if (made.disk(), made.saved) == (got, saved):
                self.made = made
                return ''
        return f'{got}, saved {saved}, but allowed is {[(m.disk(), m.saved) for m in self.allowed]}'


def main():
    rnd = random.Random(seed)
    bad, nr, answers, twos, quits, besides = [], 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as top:
        pairs = screen.Pairs(program, os.path.join(data, '19-idle.dat'), os.path.join(top, 'pairs'), PAIRS_NR)
        while nr < kills_nr:
            run = Run(rnd, pairs, os.path.join(top, str(nr)))
            for _ in range(min(8, kills_nr - nr)):
                nr += 1
                why = run.killed()
                if why:
                    bad.append(f'kill {nr}: {why}')
                    break
            answers += run.answers
            twos += run.twos
            quits += run.quits
            besides += run.besides
    return screen.tell(f"{nr} runs, {quits} quit and the others killed, {answers} behind an answer to what was offered, {twos} with a "
                       f"second instance, {besides} of these killed with a journal of its own", bad)


if __name__ == '__main__':
    sys.exit(main())
