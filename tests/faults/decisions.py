# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of random decisions, and what must be on disk after each of their steps."""
import copy


class Decisions:
    """What a person decided: number of a pair to (state, note)"""

    def __init__(self, random, pairs_nr):
        self.random, self.left = random, list(range(1, pairs_nr + 1))
        self.now, self.saved, self.waiting = {}, {}, {}
        self.undo, self.own, self.notes_nr = [], [], 0
        random.shuffle(self.left)

    def disk(self):
        """All that a start that restores what it is offered shows"""
        return {n: w for n, w in {**self.now, **self.waiting}.items() if w}

    def copy(self):
        other = copy.copy(self)
        for name in ('left', 'now', 'saved', 'waiting', 'undo', 'own'):
            setattr(other, name, copy.copy(getattr(self, name)))
        return other

    def decide(self, number, what):
        self.undo.append((number, self.now.get(number)))
        if what:
            self.now[number] = what
        else:
            self.now.pop(number, None)

    def step(self):
        """Makes one step. Return: its keys"""
        r = self.random.random()
        decided = [n for n in self.own if n in self.now]
        if r < 0.12 and self.undo:
            number, before = self.undo.pop()
            if before:
                self.now[number] = before
            else:
                self.now.pop(number, None)
            return b':undo\r'
        if r < 0.24 and decided:
            self.notes_nr += 1	# the same note again is no step
            number, text = self.random.choice(decided), 'n%d' % self.notes_nr
            self.decide(number, (self.now[number][0], text))
            return b':goto #%d\r:note %s\r' % (number, text.encode())
        if r < 0.34 and [n for n in decided if not self.now[n][1]]:
            number = self.random.choice([n for n in decided if not self.now[n][1]])
            self.decide(number, None)
            return b':clear #%d\r' % number
        if r < 0.44 or not (self.left or self.own):	# a fast program has had all of them
            self.saved = dict(self.now)
            return b':write\r'
        number = self.left.pop() if self.left and (r < 0.9 or not decided) else self.random.choice(decided or self.own)
        state = self.random.choice(('accept', 'reject'))
        if number not in self.own:
            self.own.append(number)
        if self.now.get(number, ('',))[0] == state + 'ed':
            return b':goto #%d\r' % number
        self.decide(number, (state + 'ed', self.now.get(number, ('', ''))[1]))
        return b':%s #%d\r' % (state.encode(), number)

    def start(self):
        """The program starts anew: what is not saved waits"""
        left = {n: w for n, w in self.disk().items() if self.saved.get(n) != w}
        self.waiting = {**left, **{n: None for n in self.saved if n not in self.disk()}}
        self.now, self.undo, self.own = dict(self.saved), [], []

    def answer(self, key):
        """What becomes of what waits"""
        if key == b'y':
            self.now = self.disk()
        if key in b'yf':
            self.waiting = {}

    def quit(self):
        """What is not saved is dropped; what waits goes on waiting"""
        self.now = dict(self.saved)
