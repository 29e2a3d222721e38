# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program in a terminal of its own, driven a frame at a time, and what is on disk of what was decided."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

WAIT_S = 10
QUIET_S = 0.5
FRAME = re.compile(rb'\x1b\[\?2026h(.*?)\x1b\[\?2026l', re.S)
WHOLE = b'\x1b[2J'


class Ended(Exception):
    pass


class Screen:
    """A window of 24 x 80. Each frame stands in the brackets of mode 2026, so that its end is known."""

    def __init__(self, program, home, args, env=None):
        config = os.path.join(home, 'config', 'vmsync-tui')
        os.makedirs(config, exist_ok=True)
        with open(os.path.join(config, 'config'), 'w', encoding='utf-8') as f:
            f.write('set sync on\n')
        environment = {'PATH': os.environ['PATH'], 'HOME': home, 'XDG_STATE_HOME': os.path.join(home, 'state', 'below'),
                       'XDG_CONFIG_HOME': os.path.join(home, 'config'), 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm',
                       'VMSYNC_TEST_QUIET': '1', **(env or {})}
        self.got = b''
        self.pid, self.fd = pty.fork()
        if not self.pid:
            for s in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                signal.signal(s, signal.SIG_DFL)
            os.chdir(home)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
            os.execve(program, [program, *args], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        os.close(self.fd)

    def more(self, wait):
        if not select.select([self.fd], [], [], wait)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            part = b''
        if not part:
            raise Ended(self.got[-2000:])
        self.got += part
        return True

    def frame(self, sent=b'', wanted=WHOLE):
        """Text of the next frame that is painted from scratch; Ctrl-L asks for it, behind what is sent."""
        self.got = b''
        if wanted == WHOLE:
            if sent.endswith(b'\x1b'):	# alone: what comes with it would be a key with Alt
                os.write(self.fd, sent)
                time.sleep(0.2)
                sent = b''
            os.write(self.fd, sent + b'\x0c')
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            whole = [f for f in FRAME.findall(self.got) if wanted in f]
            if not whole and self.more(QUIET_S):
                continue
            if whole or wanted in self.got:	# without brackets where the configuration could not be read
                return re.sub(rb'\x1b(\[[0-9;?]*[A-Za-z]|\(B)|\r', b' ', (whole or [self.got])[-1]).decode('utf-8', 'replace')
        raise TimeoutError(self.got)

    def first(self):
        """The first frame, on what is left of the loading screen; it may ask something."""
        return self.frame(wanted=b'[1 Main]')

    def command(self, line):
        return self.frame(b':' + line.encode() + b'\r')

    def end(self, limit_s=WAIT_S):
        """Exit status, or minus the signal; and what was said below the screen."""
        end = time.monotonic() + limit_s
        try:
            while time.monotonic() < end:
                self.more(end - time.monotonic())
            raise TimeoutError(self.got)
        except Ended:
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        said = re.sub(rb'\x1b(\[[0-9;?]*[A-Za-z]|\(B|[=>7-8])', b'', self.got.split(b'\x1b[?1049l')[-1])
        return status, said.decode('utf-8', 'replace').replace('\r', '').strip()

    def shoot(self):
        """From another thread; where it has ended meanwhile there is nobody (0 would be all of this group)"""
        pid = self.pid
        if pid:
            os.kill(pid, signal.SIGKILL)

    def kill(self):
        if not self.pid:
            return
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = 0


def tell(what, bad):
    """TAP of one test; @bad: what was wrong, each. Return: the exit status"""
    print(f"{'not ok' if bad else 'ok'} 1 - {what}, {len(bad)} wrong")
    for b in bad:
        print('#   ' + b)
    print('1..1')
    return 1 if bad else 0


class Pairs:
    """Pairs of a recording by number, as rows of the anchors format name them."""

    def __init__(self, program, path, folder, nr):
        os.makedirs(folder)
        script = ''.join('accept #%d\nwrite %d\nundo\n' % (i, i) for i in range(1, nr + 1))
        subprocess.run([program, '--size', '80x24', '--script', '-', path], input=script, text=True, cwd=folder, check=True,
                       env={**os.environ, 'HOME': folder}, stdout=subprocess.PIPE)
        self.number = {}
        for i in range(1, nr + 1):
            with open(os.path.join(folder, str(i)), encoding='utf-8') as f:
                rows = read(f.read())
            assert len(rows) == 1, rows
            self.number[next(iter(rows))] = i

    def of(self, text):
        """What is decided in a text of the anchors format: number to (state, note)"""
        return {self.number[k]: v for k, v in read(text).items() if v != ('undecided', '')}


def read(text):
    """Rows of the anchors format by what names their pair; of several of a pair the last counts."""
    cols, rows = None, {}
    for line in text.split('\n')[:-1]:
        if line.startswith('#'):
            continue
        if cols is None:
            cols = line.split('\t')
            continue
        row = dict(zip(cols, line.split('\t')))
        rows[tuple(row[c] for c in ('guest', 'vcpu', 'sequence', 'guest_time', 'guest_cpu', 'host_time', 'host_cpu'))] = (
            row['state'], row.get('tag', '')) # a field that is empty at the end of a line is not there
    return rows


def recording(data, home, name='19-idle'):
    os.makedirs(home, exist_ok=True)
    for f in os.listdir(data):
        if f.startswith(name):
            shutil.copy(os.path.join(data, f), home)
    return os.path.join(home, name + '.dat')


def recovered(program, pairs, home, path):
    """What the next start brings back, everything restored that is offered: number to (state, note); and the first frame"""
    out = os.path.join(home, 'recovered.anchors')
    with Screen(program, home, [path]) as s:
        first = s.first()
        if 'please answer' in first:
            s.frame(b'y')
        s.command('write! ' + out)
        for _ in range(100):
            if os.path.exists(out):
                break
            s.frame()
    with open(out, encoding='utf-8') as f:
        return pairs.of(f.read()), first
