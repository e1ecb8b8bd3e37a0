# SPDX-License-Identifier: GPL-2.0
"""The live view of pug matrix, seen by a terminal that is none of ours; prints TAP.

To be run from the top folder. Each detector is shown something that it must not take
for what it looks for.
"""

import fcntl
import glob
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pyte

from tap import PUG, equal, finish, has, ok, pug

QUICK = ('matrix', '--preset', 'quick', '--jobs', '2')
FOUR = (*QUICK, '--faults', 'none,stop-machine', '--watchdogs', 'i6300esb,softdog')
HEAD = re.compile(r'\d+ of \d+ done: \d+ as expected, \d+ surprises?, ')
# What is left of it in a narrow terminal; the last event of a cell may be "done", too
HEAD_CUT = re.compile(r'\d+ of \d+ done')
ROW = re.compile(r'^  (\S+\.debian-6\.1\.\S*) +(\S.*?)  +(?:([0-9.]+) s)?  (.*)$')
LIMIT_S = 200


class Terminal:
    """A program on a pseudo terminal, and what is to be seen there"""

    def __init__(self, argv, columns=110, rows=30, env=(), stdout=None):
        self.raw = b''
        self.screen = pyte.HistoryScreen(columns, rows, history=2000)
        self.stream = pyte.ByteStream(self.screen)
        self.frames = []
        self.pid, self.fd = pty.fork()
        if not self.pid:
            for name, value in dict(env).items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            if stdout:
                os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), 1)
            # The size must be there before the first frame is
            fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
            os.execvp(argv[0], argv)
        self.status = None

    def text(self):
        return [line.rstrip() for line in self.screen.display]

    def everything(self):
        """With what was scrolled away"""
        above = [''.join(line[x].data for x in range(self.screen.columns)).rstrip()
                 for line in self.screen.history.top]
        return above + self.text()

    def look(self, seconds=0.3):
        """Take what has come; what is to be seen then is a frame"""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += data
        self.stream.feed(data)
        self.frames.append(self.text())
        return bool(data)

    def until(self, seen, limit=LIMIT_S):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if seen(self):
                return True
            if not self.look():
                return bool(seen(self))
        return False

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def type(self, text):
        os.write(self.fd, text.encode())

    def finish(self):
        self.until(lambda _: False)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return self.status


# --- detectors -----------------------------------------------------------------------------


def heads(lines):
    return [line for line in lines if HEAD.match(line)]


def cut_heads(lines):
    return [line for line in lines if HEAD_CUT.match(line)]


def rows(lines):
    return [ROW.match(line).groups() for line in lines if ROW.match(line)]


def is_frame(lines):
    return len(heads(lines)) == 1 and bool(rows(lines))


def clocks(frames, name):
    """Virtual seconds of a cell, frame by frame"""
    return [float(row[2]) for lines in frames for row in rows(lines)
            if row[0].startswith(name) and row[2]]


def goes_on(values):
    return len(set(values)) > 1 and values == sorted(values)


def colours(raw):
    return re.findall(rb'\033\[[0-9;]*m', raw)


def is_stopped(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()[0] in 'Tt'
    except OSError:
        return False


def qemus(out):
    """Of a run: they work in its folder, or in that of warm guests"""
    found = []
    for link in glob.glob('/proc/[0-9]*/cwd'):
        try:
            where = os.readlink(link)
        except OSError:
            continue
        if where.startswith(out):
            found.append(int(link.split('/')[2]))
    return found


# What has no escape sequences to go back with runs down the screen
def scrolled(columns, lines):
    screen = pyte.Screen(columns, 20)
    pyte.Stream(screen).feed('\r\n'.join(lines))
    return [line.rstrip() for line in screen.display]


def check_detectors():
    head = '1 of 4 done: 1 as expected, 0 surprises, 0 errors, 0 not run; 2 running; 3 s'
    row = '  none.softdog.tsc.pc.debian-6.1.8000ms.3000ms  plays        12.345 s  canary'
    ok(is_frame([head, row]), 'a frame is one')
    ok(not is_frame([head, head, row]), 'with what is left of another it is none')
    ok(not is_frame(['1/4 none.none.debian-6.1.8000ms.3000ms: never (2.1 s)']), 'a line is none')
    ok(not is_frame(scrolled(60, [head, row])), 'nor is one that wraps')
    equal(cut_heads([head[:23], row.replace('canary', 'done')]), [head[:23]],
          'a head that is cut is one, a row is none')
    ok(goes_on([1.0, 1.0, 2.0]) and not goes_on([1.0, 1.0]) and not goes_on([2.0, 1.0]),
       'a clock that stands or goes back does not go on')
    ok(colours(b'\033[1mx\033[0m') and not colours(b'\033[2A\033[J'), 'colours are told from moves')
    ok(not is_stopped(os.getpid()), 'a process that runs is not stopped')
    child = subprocess.Popen(['sleep', '60'])
    child.send_signal(signal.SIGSTOP)
    # Carried out when it gets to run
    os.waitpid(child.pid, os.WUNTRACED)
    ok(is_stopped(child.pid), 'one that is, is')
    child.kill()
    child.wait()


# --- the view --------------------------------------------------------------------------------


def check_frames():
    out = f'{T}/frames'
    term = Terminal([PUG, *FOUR, '--out', out], env={'TERM': 'xterm', 'NO_COLOR': None})
    equal(term.finish(), 0, 'a matrix on a terminal: exit status', '\n'.join(term.everything()))
    frames = [lines for lines in term.frames if is_frame(lines)]
    ok(len(frames) > 3, f'frames were drawn ({len(frames)})', '\n'.join(term.everything()))
    two_heads = [lines for lines in term.frames if len(heads(lines)) > 1]
    equal(two_heads, [], 'each over the one before')
    ok(any(len(rows(lines)) == 2 for lines in frames), 'two cells run at a time')
    names = {row[0] for lines in frames for row in rows(lines)}
    # How often it is looked depends on the host
    ok(any(goes_on(clocks(frames, name)) for name in names), 'a virtual clock goes on',
       *[f'{name}: {clocks(frames, name)}' for name in names])
    last = {row[3] for lines in frames for row in rows(lines)}
    ok(last & {'canary', 'keepalive', 'armed', 'RESUME', 'freeze', 'start'}, 'last events', last)
    first = int(heads(frames[0])[0].split()[0])
    most = max(int(heads(lines)[0].split()[0]) for lines in frames)
    ok(most > first, f'the totals go on, from {first} to {most}')
    everything = term.everything()
    equal(heads(everything), [], 'nothing of it is left at the end')
    ends = [line for line in everything if re.match(r'\d/4 ', line)]
    equal(len(ends), 4, 'a line for each cell stays', '\n'.join(everything))
    has('\n'.join(everything), '4 cells: 4 as expected', 'and the table is below them')
    ok(b'\033[?' not in term.raw, 'no mode of the terminal was changed')


def check_plain():
    seen = pug(*QUICK, '--faults', 'none', '--watchdogs', 'none', '--out', f'{T}/plain')
    equal((seen.returncode, '\033' in seen.stderr + seen.stdout, '\r' in seen.stderr),
          (0, False, False), 'without a terminal: lines')
    has(seen.stderr, '1/1 none.none', 'as ever')
    for name, options, env in (('TERM=dumb', (), {'TERM': 'dumb'}),
                               ('no TERM', (), {'TERM': None}),
                               ('--progress lines', ('--progress', 'lines'), {'TERM': 'xterm'})):
        term = Terminal([PUG, *QUICK, '--faults', 'none', '--watchdogs', 'none', *options,
                         '--out', f'{T}/dumb'], env=env, stdout=f'{T}/stdout')
        equal((term.finish(), b'\033' in term.raw), (0, False), f'{name}: no escape sequence')
        has(term.raw.decode(), '1/1 none.none', 'but a line')
    term = Terminal([PUG, *QUICK, '--faults', 'none', '--watchdogs', 'none',
                     '--out', f'{T}/nc'], env={'TERM': 'xterm', 'NO_COLOR': '1'})
    equal((term.finish(), colours(term.raw), b'\033[J' in term.raw), (0, [], True),
          'NO_COLOR: frames without colours')
    seen = pug(*QUICK, '--faults', 'none', '--watchdogs', 'none', '--progress', 'live',
               '--out', f'{T}/never')
    equal((seen.returncode, os.path.exists(f'{T}/never')), (2, False),
          '--progress live without a terminal is refused')
    seen = pug(*QUICK, '--faults', 'none', '--watchdogs', 'none', '--progress', 'off',
               '--out', f'{T}/off')
    equal((seen.returncode, seen.stderr), (0, ''), '--progress off: nothing')
    equal(pug(*QUICK, '--progress', 'some').returncode, 2, 'another word is refused')


def check_resize():
    # Long enough for each size to be drawn before its end
    term = Terminal([PUG, *QUICK, '--jobs', '1', '--out', f'{T}/resize'], env={'TERM': 'xterm'})
    ok(term.until(lambda t: is_frame(t.text())), 'a frame before the resize')
    for columns, lines in ((60, 8), (160, 40), (24, 3)):
        term.resize(columns, lines)
        before = len(term.frames)
        # Of those drawn after it, not the one that was cut by it
        term.until(lambda t, n=before: len([f for f in t.frames[n:] if cut_heads(f)]) > 2)
        frame = term.text()
        head = cut_heads(frame)
        # Above it are lines of cells that have ended, which are as long as they are
        block = frame[frame.index(head[0]):] if head else []
        ok(len(head) == 1 and all(len(line) < columns for line in block),
           f'{columns} columns, {lines} rows: one head, and no line wraps', '\n'.join(frame))
    equal(term.finish(), 0, 'and the run ends as it should')


def check_ctrl_c():
    out = f'{T}/ctrl-c'
    term = Terminal([PUG, *FOUR, '--jobs', '1', '--out', out], env={'TERM': 'xterm'})
    ok(term.until(lambda t: is_frame(t.text()) and heads(t.text())[0][0] != '0'),
       'one cell has ended, another runs')
    term.type('\x03')
    status = term.finish()
    equal(status, 2, 'Ctrl-C: exit status', '\n'.join(term.everything()))
    with open(f'{out}/run.json') as file:
        run = json.load(file)
    equal((run['interrupted'], run['as_expected'] >= 1), (True, True), 'what ended is kept')
    equal(heads(term.everything()), [], 'no block is left')
    has('\n'.join(term.everything()), 'interrupted; what ended is kept in', 'it is said where')
    equal(qemus(out), [], 'no QEMU is left')
    ok(b'\033[?' not in term.raw, 'there is no mode to be put back')


def shell(out, *options):
    """bash with a terminal of its own: it, not we, does what Ctrl-Z is about"""
    term = Terminal(['bash', '--norc', '--noprofile', '-i'],
                    env={'TERM': 'xterm', 'PS1': 'prompt$ ', 'HISTFILE': '/dev/null'})
    term.until(lambda t: 'prompt$' in ' '.join(t.text()))
    modes(term, 'before')
    term.type(' '.join([PUG, *FOUR, '--out', out, *options]) + '\n')
    return term


def has_stopped(lines):
    """The shell says so, and asks for more"""
    return 'prompt$' in ' '.join(lines).partition('Stopped')[2]


def modes(term, name):
    """Of the terminal, as a program sees them that the shell runs"""
    path = f'{T}/{name}'
    term.type(f'stty -g >{path}.part && mv {path}.part {path}\n')
    term.until(lambda _: os.path.exists(path))
    with open(path) as file:
        return file.read()


def check_ctrl_z():
    out = f'{T}/ctrl-z'
    term = shell(out)
    ok(term.until(lambda t: is_frame(t.text()) and qemus(out)), 'in a shell: a frame')
    ok(not any(is_stopped(pid) for pid in qemus(out)), 'QEMU runs')
    term.type('\x1a')
    # With the prompt behind it, which comes by itself: what is drawn later is pug's
    ok(term.until(lambda t: has_stopped(t.text())), 'Ctrl-Z: the shell has it stopped',
       '\n'.join(term.text()))
    equal(heads(term.text()), [], 'the block is gone')
    left = qemus(out)
    # A signal that was sent is carried out when each of QEMU's threads gets to it
    ok(left and term.until(lambda t: all(is_stopped(pid) for pid in left)), 'its QEMUs stand still', left)
    # Longer than what is taken for a stall
    end = time.monotonic() + 8
    before = len(term.raw)
    term.until(lambda _: time.monotonic() > end)
    equal(term.raw[before:], b'', 'and nothing is drawn')
    term.type('fg\n')
    before = len(term.frames)
    ok(term.until(lambda t: any(is_frame(f) for f in t.frames[before:])), 'fg: frames again')
    ok(not any(is_stopped(pid) for pid in qemus(out)), 'QEMU runs again')
    term.until(lambda t: 'cells:' in '\n'.join(t.text()))
    term.type('echo rc=$?\n')
    ok(term.until(lambda t: 'rc=0' in '\n'.join(t.text())), 'it ends as if nothing had been',
       '\n'.join(term.everything()))
    with open(f'{T}/before') as file:
        before = file.read()
    equal(modes(term, 'after'), before, 'the terminal is what it was')
    term.type('stty -opost\n')
    ok(modes(term, 'other') != before, 'which would be seen')
    term.type('exit\n')
    term.finish()


def check_bg():
    out = f'{T}/bg'
    term = shell(out)
    term.until(lambda t: is_frame(t.text()))
    term.type('\x1a')
    term.until(lambda t: has_stopped(t.text()))
    term.type('bg\n')
    term.look()
    before = len(term.frames)
    ok(term.until(lambda t: 'cells:' in '\n'.join(t.text())), 'bg: it goes on to its end',
       '\n'.join(term.everything()))
    equal([f for f in term.frames[before:] if heads(f)], [], 'without a block')
    term.type('exit\n')
    term.finish()


def check_real_time():
    out = f'{T}/real'
    term = Terminal([PUG, *QUICK, '--faults', 'none', '--watchdogs', 'none', '--real-time',
                     '--out', out], env={'TERM': 'xterm'})
    ok(term.until(lambda t: is_frame(t.text()) and qemus(out)), 'in real time: a frame')
    term.type('\x1a')
    ok(term.until(lambda t: "real time can't stand still" in '\n'.join(t.text())),
       'Ctrl-Z is refused, and it is said why')
    ok(not any(is_stopped(pid) for pid in qemus(out)), 'QEMU runs on')
    term.type('\x03')
    equal(term.finish(), 2, 'and Ctrl-C ends it')


def main():
    global T
    with tempfile.TemporaryDirectory(prefix='pug-live.') as T:
        check_detectors()
        check_frames()
        check_plain()
        check_resize()
        check_ctrl_c()
        check_ctrl_z()
        check_bg()
        check_real_time()
    finish()


main()
