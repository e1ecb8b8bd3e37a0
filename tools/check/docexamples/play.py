# SPDX-License-Identifier: GPL-2.0
"""Run the commands of blocks, in one shell and one folder for a page."""

import os
import pathlib
import shlex
import shutil
import signal
import subprocess

BEGIN, END = '\x1e', '\x1f'
# Everything of the tree is there, what commands make stays apart
IN_TREE = ('.git', '.ci', 'pug-runs', 'pug-drills')
# There is a watchdog, and whatever becomes of it the guest goes on
GUEST_QEMU = ['-device', 'i6300esb', '-action', 'watchdog=none']
LIMIT_S = {False: 120, True: 3600}


def script(blocks):
    """The shell script that runs them: each command's output between two marks"""
    lines = ['exec </dev/null 2>&1',
             r"begin() { printf '\036%s\n' $1; }",
             r"end() { printf '\037%s %s\n' $1 $(date +%s); }"]
    for b, block in enumerate(blocks):
        lines.append('set +e')
        if block.marker.setup:
            lines.append(block.marker.setup)
        for c, command in enumerate(block.commands):
            typed = shlex.quote(command.typed)
            if block.marker.kind == 'run':
                typed = "'(set -e; eval %s)'" % typed.replace("'", "'\\''")
            # What is compared of a command in a marker is its output, not its progress
            if block.marker.kind == 'output':
                typed += ' 2>>.stderr'
            lines.append('begin %d.%d; eval %s; end $?' % (b, c, typed))
    return '\n'.join(lines) + '\n'


def outputs(text):
    """{'BLOCK.COMMAND': (status, lines, when in s)} of what a script has printed"""
    seen = {}
    for part in text.split(BEGIN)[1:]:
        head, _, rest = part.partition('\n')
        output, ended, status = rest.partition(END)
        numbers = [int(word) for word in status.split()[:2]] if ended else []
        status, when = numbers if len(numbers) == 2 else (None, 0)
        seen[head.strip()] = (status, output.splitlines(), when)
    return seen


def sandbox(top, folder):
    """An empty folder that looks like the tree"""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entry in top.iterdir():
        if entry.name not in IN_TREE:
            (folder / entry.name).symlink_to(entry)


def run(argv, folder, limit_s):
    """What it printed; a program that takes too long is ended with all it started"""
    env = dict(os.environ, PUG_DEPS='yes', LC_ALL='C.UTF-8')
    env['PATH'] = '%s:%s' % (folder, env['PATH'])
    # Who types make is not a make himself: it would say which folder it enters
    for name in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS'):
        env.pop(name, None)
    with subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as child:
        try:
            return child.communicate(timeout=limit_s)[0].decode(errors='replace')
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return child.communicate()[0].decode(errors='replace')
        except BaseException:  # Ctrl-C, or told to end
            os.killpg(child.pid, signal.SIGTERM)
            raise


def play(top, page, blocks, in_guest):
    """outputs() of the blocks, run here or in a guest"""
    name = page.replace('/', '-') + ('.guest' if in_guest else '')
    folder = top / 'build/check/examples' / name
    sandbox(top, folder)
    file = folder / '.script'
    file.write_text(script(blocks), encoding='utf-8')
    limit_s = LIMIT_S[in_guest or any(block.marker.vm for block in blocks)]
    argv = ['bash', str(file)]
    if in_guest:
        argv = ['vm/run-guest', '--warp', '--timeout', str(limit_s), '--script', str(file)]
        argv += ['--'] + GUEST_QEMU
    text = run(argv, folder, limit_s)
    pathlib.Path(str(folder) + '.log').write_text(text, encoding='utf-8')
    return outputs(text)
