#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real program in real terminals: tmux shows what a person sees, a bare pty counts the bytes.

usage: drive.py PROGRAM FOLDER_OF_RECORDINGS        writes TAP
Waits for a text on the screen or for the end of output, never for a fixed time.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

PROGRAM, DATA = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
WAIT_S = 30


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


class Terminal:
    """Is closed at the end of the block that it serves."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Tmux(Terminal):
    """One tmux server of our own with one window."""

    def __init__(self, home, cols=80, rows=24, command=None, env=None):
        self.socket = tempfile.mktemp(dir=home)  # a server that is ending still holds its own
        self.home = home
        environment = {**os.environ, 'HOME': home, 'LC_ALL': 'C.UTF-8', 'VMSYNC_TEST_QUIET': '1', **(env or {})}
        for name in ('TMUX', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'NO_COLOR', *(k for k, v in (env or {}).items() if v is None)):
            environment.pop(name, None)
        subprocess.run(['tmux', '-S', self.socket, '-f', '/dev/null', 'new-session', '-d', '-x', str(cols), '-y',
                        str(rows), '-c', home, *(['exec ' + command] if command else ['sh'])],
                       check=True, env=environment)
        self.run('set', '-g', 'remain-on-exit', 'on')
        self.run('set', '-s', 'escape-time', '0')

    def run(self, *args):
        return subprocess.run(['tmux', '-S', self.socket, *args], stdout=subprocess.PIPE, text=True,
                              check=False).stdout

    def keys(self, *keys):
        """As a person types them: a key that comes with Esc would be that key with Alt."""
        while 'Escape' in keys:
            at = keys.index('Escape') + 1
            self.run('send-keys', *keys[:at])
            select.select([], [], [], 0.2)
            keys = keys[at:]
        if keys:
            self.run('send-keys', *keys)

    def type(self, text):
        self.run('send-keys', '-l', text)

    def screen(self):
        return self.run('capture-pane', '-p')

    def wait(self, pattern):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            text = self.screen()
            if re.search(pattern, text):
                return text
            select.select([], [], [], 0.02)
        raise Failed('no "%s" on the screen:\n%s' % (pattern, self.screen()))

    def wait_end(self):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            dead = self.run('list-panes', '-F', '#{pane_dead} #{pane_dead_status}').split()
            if len(dead) == 2 and dead[0] == '1':
                return int(dead[1])
            if dead == ['1']:	# tmux saw the terminal close but missed that its child ended: tell it again
                os.kill(int(self.run('display-message', '-p', '#{pid}')), signal.SIGCHLD)
            select.select([], [], [], 0.02)
        raise Failed('the program goes on:\n%s' % self.screen())

    def resize(self, cols, rows):
        self.run('resize-window', '-x', str(cols), '-y', str(rows))

    def close(self):
        self.run('kill-server')


class Pty(Terminal):
    """A bare terminal of a given size; counts what the program sends."""

    def __init__(self, home, args, cols=80, rows=24, term='xterm-256color', env=None):
        sanitizers = {k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}
        environment = {'PATH': os.environ['PATH'], 'HOME': home, 'LC_ALL': 'C.UTF-8', 'TERM': term, 'VMSYNC_TEST_QUIET': '1', **sanitizers, **(env or {})}
        self.quiet_s = 1.5 if sanitizers else 0.25	# at first: between the loading screen and the first frame
        self.pid, self.fd = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
            os.execve(PROGRAM, [PROGRAM, *args], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))

    def read(self, quiet_s=0.25, first_s=WAIT_S):
        """All that comes until nothing does for a while."""
        got = b''
        wait = first_s
        quiet_s, self.quiet_s = max(quiet_s, self.quiet_s), 0
        while select.select([self.fd], [], [], wait)[0]:
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                break
            if not part:
                break
            got += part
            wait = quiet_s
        return got

    def send(self, text):
        os.write(self.fd, text.encode())
        return len(self.read(first_s=1.0))

    def wake_ups(self):
        """How often one of its threads went to sleep."""
        nr = 0
        for task in os.listdir('/proc/%d/task' % self.pid):
            with open('/proc/%d/task/%s/status' % (self.pid, task)) as f:
                nr += int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', f.read(), re.M).group(1))
        return nr

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)


def recording(home, name):
    """A copy, so that anchors files land in a folder of our own."""
    for f in os.listdir(DATA):
        if f.startswith(name):
            shutil.copy(os.path.join(DATA, f), home)
    path = os.path.join(home, name + '.dat')
    if not os.path.exists(path):
        raise Skipped(name + ' is not here')
    return path


def check(ok, text):
    if not ok:
        raise Failed(text)


def whole_job(home):
    """Open, see the verdict, accept, undo, redo, save, quit, open again: the decision is there."""
    path = recording(home, '06b-wrong-2s')
    with Tmux(home, command='%s %s' % (PROGRAM, path)) as t:
        t.wait(r'PROVEN WRONG')
        t.keys('f')
        t.keys('a')
        t.wait(r'1 acc\b')
        t.keys('u')
        t.wait(r'0 acc\b')
        t.keys('C-r')
        t.wait(r'1 acc\*')
        t.keys('w')
        t.wait(r'save anchors')
        t.keys('Enter')
        t.wait(r'1 acc\b(?!\*)')
        check(os.path.exists(path + '.anchors') or any(f.endswith('.anchors') for f in os.listdir(home)),
              'no anchors file in %s' % os.listdir(home))
        t.keys('q')
        check(t.wait_end() == 0, 'exit status')
    with Tmux(home, command='%s %s' % (PROGRAM, path)) as t:
        t.wait(r'1 acc\b')


def two_on_one_recording(home):
    """The second asks, and says on every screen that nothing it decides is on disk; the first's journal outlives both."""
    command = '%s %s' % (PROGRAM, recording(home, '01-demo'))
    with Tmux(home, command=command) as first:
        first.wait(r'undecided')
        with Tmux(home, command=command) as second:
            second.wait(r'recording open: nothing decided here would be on(.*\n)*.*o:own journal  l:look only  n:go on without')
            second.keys('l')
            second.wait(r'\n LOOKING ONLY: another vmsync-tui')
            second.keys('a')
            second.wait(r'accept: looking only')
            second.keys('q')
            check(second.wait_end() == 0, 'exit status')
        with Tmux(home, command=command) as second:
            second.wait(r'n:go on without')
            second.keys('n')
            for key in ('2', '3', '4', '5', '6', '7', '?', 'Escape', '1'):
                second.keys(key)
                second.wait(r'\n NO JOURNAL, only w keeps decisions: another vmsync-tui')
            second.keys('a')
            second.wait(r'\n.  %\+ .*(\n.*)*on no disk: w saves|\n.  %\+ ')
            second.type(':quit now\n')
            check(second.wait_end() == 0, 'exit status')
        first.keys('a')
        first.wait(r'1/0 acc\*')
        check('NO JOURNAL' not in first.screen(), 'the first has a journal')
        os.kill(int(first.run('list-panes', '-F', '#{pane_pid}')), signal.SIGKILL)
    with Tmux(home, command=command) as t:
        t.wait(r'left 1 decision unsaved')
        t.keys('Enter')
        t.wait(r'1/0 acc\*')


def every_screen(home):
    """The seven screens and the overlays open and close, and q on the main screen leaves."""
    with Tmux(home, command='%s %s' % (PROGRAM, recording(home, '01-demo'))) as t:
        t.wait(r'\[1 Main\]')
        for key, text in (('2', r'\[2 Cand\]'), ('3', r'band over time'), ('4', r'timer-program'), ('5', r'kvm_'),
                          ('6', r'recorded'), ('7', r'\[7 Log\]'), ('1', r'\[1 Main\]')):
            t.keys(key)
            t.wait(text)
        for key, text in (('?', r'help'), ('M', r'clock model'), ('V', r'lanes'), ('o', r'options'), ('i', r'why this pair')):
            t.type(key)
            t.wait(text + r'.*\n(.*\n)*.*Esc:close')
            t.keys('Escape')
            t.wait(r'^(?!.*Esc:close)(.*\n)*$|candidates \d+ of')
        t.type(':goto end')
        t.wait(r':goto end')
        t.keys('Escape')
        t.keys('q')
        check(t.wait_end() == 0, 'exit status')


def resizing(home):
    """Any size at any time; too small is a state, not an end."""
    with Tmux(home, command='%s %s' % (PROGRAM, recording(home, '01-demo'))) as t:
        t.wait(r'\[1 Main\]')
        t.resize(200, 50)
        t.wait(r'not rejected   n')
        t.resize(40, 10)
        t.wait(r'1 Main')
        t.resize(30, 8)
        t.wait(r'needs 40x10')
        t.resize(100, 30)
        t.wait(r'\[1 Main\]')
        check('candidates' in t.screen(), 'the list is gone')


def suspending(home):
    """Ctrl-Z gives the shell back, fg repaints."""
    path = recording(home, '01-demo')
    with Tmux(home) as t:
        t.type('set -m; PS1=shell-; %s %s' % (PROGRAM, path))
        t.keys('Enter')
        t.wait(r'\[1 Main\]')
        t.keys('C-z')
        t.wait(r'(?i)stopped')
        t.type('echo still-$((40 + 2))')
        t.keys('Enter')
        t.wait(r'still-42')
        t.type('fg')
        t.keys('Enter')
        t.wait(r'\[1 Main\]')
        t.keys('q')
        t.wait(r'shell-')


SIGNALS = ('HUP INT TERM QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM STKFLT XCPU VTALRM PROF POLL PWR SYS').split()


def signals_give_the_terminal_back(home):
    """Whatever signal ends it, the terminal is usable; those that ask for an end let it end by itself."""
    path = recording(home, '01-demo')
    # Python ignores PIPE, nohup HUP and a shell in the background INT and QUIT: the program would inherit that
    old = {s: signal.signal(s, signal.SIG_DFL) for s in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)}
    for name in SIGNALS:
        number = getattr(signal, 'SIG' + name, None)
        if number is None:
            continue
        with Pty(home, [path], env={'XDG_STATE_HOME': os.path.join(home, name)}) as p:
            p.read()
            check(not termios.tcgetattr(p.fd)[3] & termios.ICANON, 'the screen did not take the terminal')
            os.kill(p.pid, number)
            out = p.read(first_s=2.0)
            check(b'\x1b[?1049l' in out, '%s: the alternate screen stays: %r' % (name, out))
            check(termios.tcgetattr(p.fd)[3] & termios.ICANON, '%s: the mode of the terminal stays' % name)
            status = p.status()
            check(status == (0 if name in ('HUP', 'INT', 'TERM') else -number), '%s: status %d' % (name, status))
    for s, handler in old.items():
        signal.signal(s, handler)


def stopped_from_outside(home):
    """TSTP of somebody else gives the shell back; after CONT the whole screen is there again."""
    path = recording(home, '01-demo')
    with Tmux(home, command='bash --norc') as t:
        t.type('set -m; PS1=shell-; bash -c \'echo $$ > pid; exec %s %s\'' % (PROGRAM, path))
        t.keys('Enter')
        t.wait(r'\[1 Main\]')
        with open(os.path.join(home, 'pid')) as f:
            pid = int(f.read())
        os.kill(pid, signal.SIGTSTP)
        t.wait(r'(?i)stopped')
        t.type('clear; fg')
        t.keys('Enter')
        before = t.wait(r'\[1 Main\]')
        check('candidates' in before, 'not the whole screen:\n%s' % before)
    with Pty(home, [path]) as p:
        p.read()
        os.kill(p.pid, signal.SIGSTOP)
        os.kill(p.pid, signal.SIGCONT)
        out = p.read(first_s=2.0)
        check(b'Main' in out and b'candidates' in out, 'after CONT: %r' % out[:200])


def any_size(home):
    """No size of the window ends the program."""
    with Pty(home, [recording(home, '01-demo')]) as p:
        p.read()
        for rows, cols in ((1, 1), (2, 2), (1, 500), (500, 1), (3, 40), (9, 39), (10, 40), (500, 500), (24, 80)):
            fcntl.ioctl(p.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
            out = p.read(first_s=2.0)
            for key in '2', '5', '?', '\033', '1':
                out += raw(p, key.encode())
            check(os.waitpid(p.pid, os.WNOHANG) == (0, 0), 'ended at %dx%d' % (cols, rows))
        check(b'Main' in out, 'nothing at the end')


def change(how, home, path):
    """@path becomes another file while it is open."""
    if how == 'cut':
        os.truncate(path, 4096)
    elif how == 'replaced':
        shutil.copy(path, path + '.new')
        os.rename(path + '.new', path)
    elif how == 'overwritten':
        with open(path, 'r+b') as f:
            f.seek(5000)
            f.write(b'x' * 60000)
    else:
        os.rename(path, path + '.away')


def recording_that_changes(home):
    """The screen says so and goes on, nothing is made of it, decisions stay, and it can be loaded anew."""
    for how in ('cut', 'replaced', 'overwritten', 'away'):
        where = os.path.join(home, how)
        os.makedirs(where)
        path = recording(where, '06b-wrong-2s')
        with Tmux(where, command='%s %s' % (PROGRAM, path)) as t:
            t.wait(r'PROVEN WRONG')
            t.keys('a')
            t.wait(r'1 acc\b')
            t.keys('5')
            t.wait(r'kvm_')
            change(how, where, path)
            t.wait(r'CHANGED, :reload')	# by itself
            t.keys('G')
            t.keys('g')
            t.type(':apply copy.dat band')
            t.keys('Enter')
            t.wait(r'Go on')
            t.keys('y')
            t.wait(r'since it was loaded|than the one loaded|not there any more')
            check(not os.path.exists(os.path.join(where, 'copy.dat')), 'a copy was written')
            t.keys('1')
            t.keys('w')
            t.wait(r'save anchors')
            t.keys('Enter')
            t.wait(r'1 acc\b(?!\*)')
            check('CHANGED' in t.screen(), 'the message went')
            if how == 'replaced':
                t.type(':reload')
                t.keys('Enter')
                t.wait(r'1 acc\b(?!(.*\n)*.*CHANGED)')
            t.keys('q')
            check(t.wait_end() == 0, 'exit status')


def pipes_in_the_way(home):
    """A pipe where the history or the log should be keeps nobody waiting."""
    path, state = recording(home, '01-demo'), os.path.join(home, '.local', 'state', 'vmsync-tui')
    os.makedirs(state)
    for name in (os.path.join(state, 'history'), os.path.join(home, 'log')):
        os.mkfifo(name)
    with Pty(home, [path]) as p:
        out = p.read(first_s=5)
        out += p.read(first_s=5) if b'Main' not in out else b''
        check(b'Main' in out, 'no screen: %r' % out[-100:])
        os.write(p.fd, b':quit now\r')
        p.read(first_s=2)
        check(p.status() == 0, 'exit status')
    with Pty(home, [path], env={'VMSYNC_LOG': os.path.join(home, 'log')}) as p:
        check(b'VMSYNC_LOG' in p.read(first_s=5), 'no word of it')
        check(p.status() == 2, 'exit status')


def hangup_is_a_clean_end(home):
    with Pty(home, [recording(home, '01-demo')]) as p:
        p.read()
        os.write(p.fd, b'a')
        p.read()
        os.kill(p.pid, signal.SIGTERM)
        out = p.read(first_s=2.0)
        check(p.status() >= 0, 'ended by the signal itself')
        check(b'1 decision not saved' in out.split(b'\x1b[?1049l')[-1], 'what is left is not told: %r' % out)


def unusable_terminals(home):
    """TERM unknown or missing, or no terminal at all: one line, exit 2."""
    path = recording(home, '01-demo')
    for env in ({'TERM': 'no-such-terminal'}, {'TERM': ''}, {'TERM': 'dumb'}):
        with Pty(home, [path], env=env) as p:
            out = p.read().decode()
            check(out.strip().count('\n') == 0 and 'TERM' in out, '%r: %r' % (env, out))
            check(p.status() == 2, 'exit status')
    r = subprocess.run([PROGRAM, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, check=False)
    check(r.returncode == 2 and r.stderr.strip().count('\n') == 0, 'without a terminal: %r' % (r,))


def terminals(home):
    """Each terminal type shows the main screen; ASCII and mono ones without a byte above 126."""
    path = recording(home, '01-demo')
    for term, env in (('vt100', {}), ('linux', {}), ('screen', {}), ('xterm', {}), ('xterm-256color', {}),
                      ('vt100', {'LC_ALL': 'C'}), ('xterm-256color', {'NO_COLOR': '1'}),
                      ('xterm-256color', {'COLUMNS': '50', 'LINES': '12'})):
        with Pty(home, [path], term=term, env=env) as p:
            out = p.read()
            check(b'Main' in out, '%s shows nothing: %r' % (term, out[:200]))
            check(b'4 Seq' in out, '%s %s: not the size of the terminal' % (term, env))
            if env.get('LC_ALL') == 'C':
                check(not any(b > 126 for b in out), '%s: bytes above ASCII in the C locale' % term)
            if env.get('NO_COLOR') or term == 'vt100':
                check(not re.search(rb'\x1b\[([0-9;]*;)?[349][0-7][0-9;]*m', out), '%s: colour' % term)
            p.send('q')


def without_times(text):
    """Lines of a screen; times of the log are those of the run."""
    return [re.sub(r'\d\d:\d\d:\d\d', ' ' * 8, line.rstrip()) for line in text.rstrip('\n').split('\n')]


# Every screen and overlay, one after the other in one session: what is typed, and what closes it.
WALK = (('main', (), ()), ('fit', ('f',), ()), ('zoomed', ('Tab', 'l', 'l', '+', '+'), ('W', 'f')),
        ('candidates', ('2',), ()), ('marked', ('Space', 'Space'), ('Escape',)), ('plots', ('3',), ()),
        ('plot-outside', ('j',), ()), ('plot-delays', ('j', 'j', 'j'), ()), ('sequences', ('4', 'j'), ()),
        ('events', ('5', 'j', 'j'), ()), ('models', ('6', 'j'), ()), ('decided', ('1', 'a'), ()), ('rejected', ('x',), ()),
        ('log', ('7',), ('1',)), ('help', ('?',), ('Escape',)), ('command', (':', 'a', 'c', 'c'), ('Escape',)),
        ('filter', ('&', 'd', 'e', 'l', 'a', 'y', '>'), ('Escape',)), ('search', ('/', 'i', 'd'), ('Escape',)),
        ('goto', ('t', '+', '2', 'm', 's'), ('Escape',)), ('model-picker', ('M',), ('Escape',)),
        ('lane-picker', ('V',), ('Escape',)), ('options', ('o',), ('Escape',)), ('explain', ('i',), ('Escape',)),
        ('note', ('e', 'n', 'o', '漢', 'e', '\u0301', '字', 'x'), ('Escape',)), ('save', ('w',), ('Escape',)),
        ('now', ('0',), ('Escape',)), ('marks', ('m', 'a', '\''), ('Escape',)), ('blocks', ('~',), ()), ('braille', ('~',), ()))


def walk_headless(home, path, cols, rows):
    """The walk without a terminal: the texts of the frames, by name."""
    lines = []
    for name, keys, close in WALK:
        lines += ['key ' + k for k in keys] + ['save-screen %s.txt' % name] + ['key ' + k for k in close]
    os.makedirs(home)
    subprocess.run([PROGRAM, '--glyphs', 'ascii', '--size', '%dx%d' % (cols, rows), '--script', '-', path], input='\n'.join(lines), check=True,
                   text=True, cwd=home, env=dict(os.environ, HOME=home, LC_ALL='C.UTF-8'), stdout=subprocess.PIPE)
    frames = {}
    for name, _, _ in WALK:
        with open(os.path.join(home, name + '.txt')) as f:
            frames[name] = without_times(f.read())
    return frames


def expect_screen(t, want, name):
    end = time.monotonic() + WAIT_S
    while without_times(t.screen()) != want and time.monotonic() < end:
        select.select([], [], [], 0.02)
    got = without_times(t.screen())
    diff = ['%s: line %d\n want %r\n got  %r' % (name, i, w, g) for i, (w, g) in enumerate(zip(want, got)) if w != g]
    check(got == want, '\n'.join(diff[:3]) or '%s: number of lines' % name)


def terminal_shows_the_cells(home):
    """What a terminal shows is what the cell buffer holds: every screen and overlay."""
    path = recording(home, '01-demo')
    for cols, rows, term in ((40, 10, 'xterm-256color'), (80, 24, 'xterm-256color'), (80, 24, 'screen-256color'),
                             (100, 30, 'screen'), (200, 50, 'xterm'), (200, 50, 'tmux-256color')):
        where = os.path.join(home, '%dx%d-%s' % (cols, rows, term))
        frames = walk_headless(where + '-headless', path, cols, rows)
        os.makedirs(where)
        with Tmux(where, cols, rows, 'env TERM=%s %s --glyphs ascii %s' % (term, PROGRAM, path)) as t:
            t.wait(r'1 Main')
            for name, keys, close in WALK:
                t.keys(*keys)
                expect_screen(t, frames[name], '%s at %dx%d on %s' % (name, cols, rows, term))
                t.keys(*close)


def names_of_large_machines(home):
    """With scores of CPUs, a vCPU has one name in line 2, in the list and on the lane of its host CPU, never cut."""
    sim = os.environ.get('VMSYNC_SIM')
    if not sim or not os.path.exists(sim):
        raise Skipped('no simulator')
    path = os.path.join(home, 'large')
    subprocess.run([sim, 'seed=3', 'pcpus=130', 'guests=2', 'vcpus=40', 'seconds=0.05', 'sync=kvm', path], check=True)
    for cols, rows in ((80, 24), (200, 50)):
        out = os.path.join(home, 'large-%d.txt' % cols)
        script = 'filter vcpu==37 && guest==1\nfirst\nfit\nsave-screen %s\n' % out
        subprocess.run([PROGRAM, '--size', '%dx%d' % (cols, rows), '--script', '-', path + '.dat'], input=script, text=True,
                       check=True, cwd=home, env=dict(os.environ, HOME=home, LC_ALL='C.UTF-8'), stdout=subprocess.PIPE)
        with open(out) as f:
            lines = f.read().split('\n')
        selected = [line for line in lines if re.match(r'> ?[b ]', line)]
        lane = [line for line in lines if re.match(r'.pCPU\d+ +h vm2/v37 ', line)]
        check(lines[1].startswith(' vm2/v37 '), 'line 2: %r' % lines[1])
        check(len(selected) == 1 and re.search(r' vm2/v37 ', selected[0]), 'list: %r' % selected)
        check(lane and 'H' in lane[0], 'no lane of vm2/v37 in:\n%s' % '\n'.join(lines))


def resizes_draw_once(home):
    """A burst of sizes is one frame, at the last of them."""
    with Pty(home, [recording(home, '01-demo')], 80, 24) as p:
        p.read()
        for i in range(1, 21):
            fcntl.ioctl(p.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24 + i, 80 + 2 * i, 0, 0))
        out = p.read(first_s=2.0)
        print('# 20 sizes in a row: %d bytes, %d clears' % (len(out), out.count(b'\x1b[2J')))
        check(0 < out.count(b'\x1b[2J') <= 2 and len(out) < 12000, '%d bytes' % len(out))


def every_command(home):
    """Every row of the command table is run by a scripted session."""
    recording(home, '01-demo')
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'every_command.script')
    with open(script) as f:
        used = {line.split()[0].rstrip('!') for line in f if line.strip() and not line.startswith('#')}
    rows = subprocess.run([PROGRAM, '--list-commands'], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    verbs = [line.split('\t')[1].split('|') for line in rows[1:]]
    missing = [v[0] for v in verbs if not used & set(v)]
    check(len(verbs) > 60 and not missing, 'no session has: %s' % ' '.join(missing))
    with open(os.path.join(home, 'session.script'), 'w') as f:
        f.write('version\n')
    r = subprocess.run([PROGRAM, '--size', '80x24', '--script', script, '01-demo.dat'], cwd=home, text=True, timeout=120,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                       env=dict(os.environ, HOME=home, LC_ALL='C.UTF-8'))
    check(r.returncode == 0, 'status %d: %s' % (r.returncode, r.stdout))
    for name in ('session.anchors', 'session.txt', 'session.json', 'session-screen.txt'):
        check(os.path.exists(os.path.join(home, name)), name + ' was not written')


def raw(p, sent):
    """What the program answers to these bytes."""
    os.write(p.fd, sent)
    return p.read(first_s=1.0)


# Bytes of a step or a decision at worst; and what more is allowed when line 2, statistics and lanes are those of
# another vCPU.
MOST, OTHER_VCPU = 700, 300
JUDGED = ('02-local-ptp', '04-nosync-mono', '06b-wrong-2s', '12c-tsc-step-and-back', '13-per-vcpu-offset',
          '20b-pause-monitor', '30-arm64', '90-intel')


def count(p, key, times):
    """Bytes of each key, and v: it led to a pair of another vCPU (line 2 says whose it is)."""
    sent = [raw(p, key) for _ in range(times)]
    return [(len(out), 'v' if re.search(rb'\x1b\[2(;2H|d)[^\n]{0,24}v\d|\x1b\[2;3H', out) else '') for out in sent]


def bytes_of_judging(home):
    """Bytes of a step of the list and of a decision in the order of time with the view held, on real recordings."""
    there = [n for n in JUDGED if os.path.exists(os.path.join(DATA, n + '.dat'))]
    if not there:
        raise Skipped('no recording to judge')
    for name in there:
        path = recording(home, name)
        for cols, rows in ((80, 24), (200, 50)):
            with Pty(home, [path], cols, rows, env={'XDG_STATE_HOME': os.path.join(home, '%s-%d' % (name, cols))}) as p:
                p.read()
                # UTF-8 glyphs, and a model that no decision moves
                for line in (':set glyphs block\r', ':model band\r', ':sort time\r', 'F', 'f'):
                    p.send(line)
                # the first step closes a message; the first decisions bring the estimates that later ones move
                for what, sent in (('step', count(p, b'j', 12)[1:]), ('decision', count(p, b'a', 8)[2:])):
                    text = '%s %dx%d: %s %s, on average %d bytes' % (
                        name, cols, rows, what, ' '.join('%d%s' % each for each in sent),
                        sum(n for n, _ in sent) // len(sent))
                    print('# ' + text)
                    check(all(n <= MOST + (kind == 'v') * OTHER_VCPU for n, kind in sent), text)


# Rows of the other screens and of overlays, at worst; 4 says in five lines what the selected sequence pairs.
# a model stands in two tables, and below them with its two offsets and their biases
# at 200 columns 4 has all figures of the selected sequence beside the list, a histogram among them
# overlays: a whole row changes its look; (arrows as ESC [ B closed them before, and nothing was measured)
# 5 writes the selected event out below the list
# a line of the block glyphs' rule, which heads have where the locale is UTF-8, is three bytes a column
SIDE = {'4': 2000}
ROW = {'4': 420, '5': 420, '6': 420, '7': 420, 'o': 340, 'V': 340, 'M': 340, '?': 340}


def bytes_of_other_rows(home):
    """A step down any list sends its rows' marks and what is said of the row, not the screen."""
    path = recording(home, '06b-wrong-2s')
    for cols, rows in ((80, 24), (200, 50)):
        with Pty(home, [path], cols, rows, env={'XDG_STATE_HOME': os.path.join(home, 'rows-%d' % cols)}) as p:
            p.read()
            for key, most in ROW.items():
                p.send(key)
                # the first step may close a message or open a line; overlays take the arrow keys
                sent = [p.send('k' if key == '7' else '\033[B' if key in 'oVM?' else 'j') for _ in range(5)][1:]
                print('# %dx%d: %s %s' % (cols, rows, key, sent))
                most += SIDE.get(key, 0) if cols == 200 else 0
                check(max(sent) <= most, '%s at %dx%d: %s' % (key, cols, rows, sent))
                if key in 'oVM?':
                    p.send('\033')


def bytes_per_key(home):
    """Budgets per key at two sizes, ten typed-ahead pans as one, nothing when idle."""
    path = recording(home, '01-demo')
    for cols, rows, lanes in ((80, 24, 66 * 4), (200, 50, 128 * 4)):
        # a journal of the run before would be offered
        with Pty(home, [path], cols, rows, env={'XDG_STATE_HOME': os.path.join(home, '%d' % cols)}) as p:
            first = len(p.read())
            # in the order of time and with the view held, a step or a decision changes no lane but marks
            p.send(':sort time\r')
            p.send('F')
            p.send('f')
            steps = [p.send('j') for _ in range(4)]
            decisions = [p.send('a') for _ in range(3)]
            p.send('\033[Z')
            moves = [p.send('l') for _ in range(4)]
            p.send('-')
            p.send('-')
            pans = [p.send('L') for _ in range(2)]
            ten = p.send('H' * 10)
            before = p.wake_ups()
            idle = len(p.read(first_s=1.0))
            wakes = p.wake_ups() - before
            print('# %dx%d: first paint %d, caret %s, selection %s, decision %s, pan %s, ten pans %d, idle %d bytes %d wake-ups'
                  % (cols, rows, first, moves, steps, decisions, pans, ten, idle, wakes))
            check(0 < max(moves) <= 300, 'caret: %s' % moves)
            # the thread sanitizer has a thread of its own that wakes up ten times a second
            check(idle == 0 and (wakes == 0 or 'TSAN_OPTIONS' in os.environ), 'idle: %d bytes, %d wake-ups' % (idle, wakes))
            check(max(pans) <= 5 * lanes + 400, 'pan: %s' % pans)
            check(ten <= 2 * max(pans), 'ten pans: %d' % ten)


def mouse_and_sequences(home):
    """A click selects, a drag measures, names of screens open them; what nobody asked for is no key."""
    with Pty(home, [recording(home, '01-demo')]) as p:
        first = p.read()
        check(not re.search(rb'\[\?(9|100\d|1006|2026)[;h]', first), 'a mode nobody asked for: %r' % first)
        for sent in (b'\x1b[1;5D', b'\x1b[<0;10;14M\x1b[<0;10;14m', b'\x1b[201~'):
            out = raw(p, sent)
            check(not out, '%r is answered by %r' % (sent, out))
        check(b'1000h' in raw(p, b':set mouse on\r'), 'no mouse mode')
        check(b'>' in raw(p, b'\x1b[<0;10;15M\x1b[<0;10;15m'), 'a click selects nothing')
        check(b'a to b' in raw(p, b'\x1b[<0;20;6M\x1b[<0;40;6m'), 'a drag measures nothing')
        check(b'[3 Plot]' in raw(p, b'\x1b[<0;43;1M\x1b[<0;43;1m'), 'the name of a screen opens nothing')
        check(b'1000l' in raw(p, b':set mouse off\r'), 'the mouse mode stays')


def pasted_text_and_alt(home):
    """What is pasted decides nothing and stands in the line that is typed; a key with Alt is not that key."""
    with Pty(home, [recording(home, '01-demo')]) as p:
        check(b'\x1b[?2004h' in p.read(), 'pasted text is not asked for')
        check(b'runs no keys' in raw(p, b'\x1b[200~axxQ\rquit\r\x1b[201~'), 'a paste is not answered')
        check(b'Alt-x does nothing here' in raw(p, b'\x1bx'), 'Alt-x is not answered')
        raw(p, b':')
        check(b'accept all and more' in raw(p, b'\x1b[200~accept all\rand more\x1b[201~'), 'not in the line')
        raw(p, b'\x1b')
        check(b'nothing to undo' in raw(p, b'u'), 'something was decided')
        raw(p, b':map lanes Alt-x whole\r')
        raw(p, b'\t')
        os.write(p.fd, b':quit now\r')
        out = p.read(first_s=2.0)
        check(out.index(b'\x1b[?2004l') < out.index(b'\x1b[?1049l'), 'the mode stays')


def frames_in_brackets(home):
    """With :set sync on, a frame stands between the brackets of mode 2026 and nowhere else."""
    with Pty(home, [recording(home, '01-demo')]) as p:
        p.read()
        raw(p, b':set sync on\r')
        for key in (b'j', b'2', b'1'):
            out = raw(p, key)
            check(out.startswith(b'\x1b[?2026h') and out.endswith(b'\x1b[?2026l') and out.count(b'2026h') == 1,
                  '%r gives %r ... %r' % (key, out[:40], out[-40:]))


def from_verdict_to_action(home):
    """The first time a recording is judged its steps are offered: six keys to the corrected file and the advice, and never again."""
    path = recording(home, '06b-wrong-2s')
    with Tmux(home, command='%s %s' % (PROGRAM, path), env={'VMSYNC_TEST_QUIET': None}) as t:
        t.wait(r'what now')
        t.wait(r'PROVEN WRONG')
        t.wait(r'next time +(record|the same again)')	# what is found meanwhile comes without a key
        t.keys('j', 'Enter')
        t.wait(r'Go on\?')
        asked = t.screen()
        check(all(re.search(r'(^|\s|/)%s([\s,.?]|$)' % word, asked, re.M) for word in
                  ('reads', 'writes', 'corrected-06b-wrong-2s-vm1\\.dat', 'with', 'model', 'on')), 'words are broken:\n' + asked)
        t.keys('y')
        t.wait(r'corrected-06b-wrong-2s-vm1.dat written')
        t.keys('0', 'G')
        t.wait(r'> \[ \] next time')
        t.keys('Enter')
        t.wait(r'trace-cmd record ')
        t.keys('Escape', '0')
        t.wait(r'\[x\] write it')
        check(os.path.getsize(os.path.join(home, 'corrected-06b-wrong-2s-vm1.dat')) > 1000, 'no corrected file')
        t.keys('Q')
        t.wait_end()
    with Tmux(home, command='%s %s' % (PROGRAM, path), env={'VMSYNC_TEST_QUIET': None}) as t:
        t.wait(r'0:now')
        check('what now' not in t.screen(), 'offered again')


FAKE = """#!/bin/sh
for word; do printf '%s\\n' "$word"; done > words
[ -e fails ] && cat fails >&2 && exit 22
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
cp "$DEMO".dat "${out:-trace.dat}"; cp "$DEMO"-vm1.dat "$(dirname "${out:-trace.dat}")"
"""


def recording_with_trace_cmd(home):
    """--record runs trace-cmd with its words in order and opens what it left; failures are one line and say what to do."""
    where = os.path.join(home, 'bin')
    os.makedirs(where)
    os.makedirs(os.path.join(home, 'demo'))
    demo = recording(os.path.join(home, 'demo'), '01-demo')[:-4]
    env = dict(os.environ, HOME=home, PATH=where + ':' + os.environ['PATH'], DEMO=demo, LC_ALL='C.UTF-8')

    def run(*args, path=None):
        return subprocess.run([PROGRAM, '--batch', '--record', *args], cwd=home, env=dict(env, PATH=path or env['PATH']),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    got = run('vm1', path=home)
    check(got.returncode == 2 and 'install trace-cmd' in got.stderr, 'without trace-cmd: %r' % got.stderr)
    with open(os.path.join(where, 'trace-cmd'), 'w') as f:
        f.write(FAKE)
    os.chmod(os.path.join(where, 'trace-cmd'), 0o755)
    got = run('vm1,vm2', '--', '-b', '8192', '-o', 'out.dat', 'sleep', '3')
    check(not got.returncode and 'vCPU 1' in got.stdout, 'recorded: %r %r' % (got.stdout[-300:], got.stderr))
    with open(os.path.join(home, 'words')) as f:
        words = f.read().split('\n')[:-1]
    check(words[0] == 'record' and words[-2:] == ['sleep', '3'], 'words: %r' % words)
    first, second = words.index('-A'), words.index('-A', words.index('-A') + 1)
    check(words[first + 1] == 'vm1' and words[second + 1] == 'vm2', 'guests: %r' % words)
    check(words.index('kvm') < words.index('8192') < words.index('out.dat') < first, 'the host stands first: %r' % words)
    check('power:cpu_idle' in words[first:second] and 'power:cpu_idle' in words[second:], 'each guest has its events')
    check(got.stderr.splitlines()[0].startswith('trace-cmd record ') and ' -A vm2 ' in got.stderr, 'the line is not said')
    for said, expect in (('Failed to connect to vsocket @3:823', "run 'trace-cmd agent' there"), ('Segmentation', 'status 22')):
        with open(os.path.join(home, 'fails'), 'w') as f:
            f.write(said + '\n')
        got = run('vm1')
        check(got.returncode == 2 and said in got.stderr and (expect in got.stderr or os.geteuid()), '%r: %r' % (said, got.stderr))
    got = run('vm1', '--', '-A', 'vm2')
    check(got.returncode == 2 and 'not by -A' in got.stderr, 'guests twice: %r' % got.stderr)


TESTS = [from_verdict_to_action, recording_with_trace_cmd, mouse_and_sequences, pasted_text_and_alt, frames_in_brackets, whole_job, two_on_one_recording, every_screen, resizing, suspending, signals_give_the_terminal_back, stopped_from_outside, any_size, recording_that_changes,
         pipes_in_the_way, hangup_is_a_clean_end,
         unusable_terminals, terminals, terminal_shows_the_cells, names_of_large_machines, resizes_draw_once, every_command, bytes_of_judging,
         bytes_of_other_rows, bytes_per_key]


def main():
    only = sys.argv[3:]
    tests = [t for t in TESTS if not only or t.__name__ in only]
    failed = 0
    print('1..%d' % len(tests))
    for nr, test in enumerate(tests, 1):
        home = tempfile.mkdtemp(prefix='vmsync-pty-')
        try:
            if not shutil.which('tmux'):
                raise Skipped('tmux is not installed')
            test(home)
            print('ok %d - %s' % (nr, test.__name__), flush=True)
        except Skipped as why:
            print('ok %d - %s # SKIP %s' % (nr, test.__name__, why), flush=True)
        except Failed as why:
            failed += 1
            print('not ok %d - %s' % (nr, test.__name__))
            print('\n'.join('# ' + line for line in str(why).splitlines()), flush=True)
        finally:
            shutil.rmtree(home, ignore_errors=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
