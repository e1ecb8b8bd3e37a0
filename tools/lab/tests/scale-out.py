# SPDX-License-Identifier: GPL-2.0
"""pug cell and pug merge; prints TAP, to be run from the top folder.

The cells are real ones, forked in warp; what must be refused is a copy of them, spoilt
in one place. Each copy is merged before it is spoilt, too.
"""

import contextlib
import csv
import fcntl
import glob
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import jsonschema

from runs import answers, load
from tap import PUG, equal, finish, has, ok, pug

PARALLEL = 'build/guest/parallel/parallel'
QUICK = ('--preset', 'quick', '--msecs', '6000')
ESB = 'stop-machine.i6300esb.tsc.pc.debian-6.1.6000ms.3000ms'
SOFTDOG = 'stop-machine.softdog.tsc.pc.debian-6.1.6000ms.3000ms'
CONTROL = 'none.none.tsc.pc.debian-6.1.6000ms.3000ms'


def save(path, value):
    with open(path, 'w') as file:
        json.dump(value, file, indent=2)


def read(path):
    with open(path) as file:
        return file.read()


def schema(name):
    what = load(f'Documentation/schema/{name}-1.json')
    if name == 'run':
        what['properties']['cells']['items'] = load('Documentation/schema/result-1.json')
    return jsonschema.Draft202012Validator(what)


def errors(name, value):
    return [error.message for error in schema(name).iter_errors(value)]


@contextlib.contextmanager
def copy_of(source):
    with tempfile.TemporaryDirectory(dir=T) as place:
        shutil.copytree(source, f'{place}/in', symlinks=True)
        yield f'{place}/in', f'{place}/out'


def merge(source, out, *args):
    return pug('merge', source, '-o', out, *args)


def wait_for(seen, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not seen():
        time.sleep(0.1)
    return seen()


# --- the list ------------------------------------------------------------------------------


def check_list(path):
    names = [line.split()[0] for line in pug('matrix', *QUICK, '--list').stdout.splitlines()
             if line.startswith(('none.', 'stop-machine.'))]
    listed = load(path)
    equal([cell['id'] for cell in listed['cells']], names, 'the list has what --list prints')
    equal(errors('cells', listed), [], 'and is as the schema says')
    again = pug('matrix', *QUICK, '--list', '--json')
    equal(json.loads(again.stdout), listed, 'it comes the same a second time, to standard output')
    other = json.loads(pug('matrix', '--preset', 'quick', '--msecs', '6001', '--list',
                           '--json', '-').stdout)
    ok(other['list'] != listed['list'], 'that of other cells has another sum')
    del other['cells'][0]['msecs']
    ok(errors('cells', other), 'without a member it is not as the schema says')


def check_list_refused(path):
    def refused(change, says, name):
        listed = load(path)
        change(listed)
        save(f'{T}/bad.json', listed)
        seen = pug('cell', ESB, '--cells', f'{T}/bad.json', '--out', f'{T}/bad')
        equal(seen.returncode, 2, f'a list {name} is refused', seen.stderr)
        has(seen.stderr, says, f'and it says so: {says}')

    def rename(listed):
        listed['cells'][0]['kernel'] = '../../debian-6.1'

    def longer(listed):
        listed['cells'][0]['settle_ms'] += 1

    def twice(listed):
        listed['cells'][1] = listed['cells'][0]

    refused(rename, 'is none that pug matrix would list', 'with a path for a kernel')
    refused(longer, 'was changed', 'with another number')
    refused(twice, 'is in it twice', 'with a cell twice')
    refused(lambda listed: listed['cells'].pop(), 'was changed', 'cut short')
    refused(lambda listed: listed.update(version=2), 'it is no list', 'of another version')
    ok(not os.path.exists(f'{T}/bad'), 'and nothing was made')
    seen = pug('cell', 'none.none', '--cells', path, '--out', f'{T}/bad')
    equal(seen.returncode, 2, 'a cell that is not in the list', seen.stderr)


# --- running them ----------------------------------------------------------------------------


def run_parallel(path, out):
    """All cells, two at a time, the warm guest not made yet"""
    names = '\n'.join(cell['id'] for cell in load(path)['cells'])
    return subprocess.run([PARALLEL, '--will-cite', '-j2', '--joblog', f'{T}/joblog', PUG,
                           'cell', '--cells', path, '--out', out, '{}'],
                          input=names, capture_output=True, text=True)


def check_parallel(path, out):
    seen = run_parallel(path, out)
    equal(seen.returncode, 0, 'GNU parallel: each pug cell as expected', seen.stderr, seen.stdout)
    status = [line.split('\t')[6] for line in read(f'{T}/joblog').splitlines()[1:]]
    equal(status, ['0'] * 8, 'eight exit statuses')
    equal(seen.stderr.count(' made in '), 1, 'the warm guest was made once', seen.stderr)
    equal(seen.stderr.count(' made by another pug'), 1, 'the other worker waited', seen.stderr)
    equal(sorted(os.listdir(f'{out}/{ESB}')), sorted(os.listdir(f'{T}/matrix/{ESB}')),
          'a cell has the same files as from pug matrix')
    equal(errors('origin', load(f'{out}/{ESB}/origin.json')), [], 'origin.json has its schema')
    ok(errors('origin', {**load(f'{out}/{ESB}/origin.json'), 'qemu': 7}),
       'which is not satisfied with anything')


def check_waiting(path):
    """Whoever makes the warm guest is waited for; when it fails, the next one makes it"""
    key = os.path.basename(glob.glob(f'{WARM}/' + '[0-9a-f]' * 16)[0])
    shutil.rmtree(f'{WARM}/{key}')
    with open(f'{WARM}/making', 'r+') as making:
        lock = struct.pack('hhqqi', fcntl.F_WRLCK, os.SEEK_SET, int(key, 16) >> 2, 1, 0)
        fcntl.fcntl(making, fcntl.F_OFD_SETLK, lock)
        with open(f'{T}/waiting', 'w') as err:
            worker = subprocess.Popen([PUG, 'cell', '--cells', path, '--out', f'{T}/waits',
                                       CONTROL], stdout=subprocess.DEVNULL, stderr=err)
            time.sleep(5)
            equal((worker.poll(), glob.glob(f'{WARM}/{key}*')), (None, []),
                  'while another holds the right to make it, a worker waits')
    equal(worker.wait(), 0, 'when that one is gone, the worker goes on')
    has(read(f'{T}/waiting'), ' made in ', 'and makes it')


def check_in_use(path):
    """One cell twice at a time, a whole run beside a cell"""
    with open(f'{T}/first', 'w') as err:
        first = subprocess.Popen([PUG, 'cell', '--cells', path, '--out', f'{T}/use', ESB],
                                 stdout=subprocess.DEVNULL, stderr=err)
    wait_for(lambda: os.path.exists(f'{T}/use/{ESB}/cell.json'))
    first.send_signal(signal.SIGSTOP)
    second = pug('cell', '--cells', path, '--out', f'{T}/use', ESB)
    equal(second.returncode, 2, 'the same cell in the same folder at the same time')
    has(second.stderr, 'is in use by another run', 'is refused')
    run = pug('matrix', *QUICK, '--out', f'{T}/use')
    equal(run.returncode, 2, 'a pug matrix there, too')
    has(run.stderr, 'is in use by another run', 'is refused')
    first.send_signal(signal.SIGCONT)
    equal(first.wait(), 0, 'the first ends as if nothing had been')
    equal(pug('cell', '--cells', path, '--out', f'{T}/use', ESB).returncode, 0,
          'and then it can be run again')


def check_killed(path):
    """A worker that is lost in the middle, another that is interrupted"""
    folder = f'{T}/use/{ESB}'
    worker = subprocess.Popen([PUG, 'cell', '--cells', path, '--out', f'{T}/use', ESB],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: not os.path.exists(f'{folder}/result.json') and
             os.path.exists(f'{folder}/qmp.jsonl'))
    worker.kill()
    worker.wait()
    seen = pug('merge', f'{T}/use', '--cells', path, '--missing')
    equal((seen.returncode, ESB in seen.stdout.split()), (1, True),
          'a worker that was killed leaves no result, not even an old one', seen.stderr)
    worker = subprocess.Popen([PUG, 'cell', '--cells', path, '--out', f'{T}/int', CONTROL],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: os.path.exists(f'{T}/int/{CONTROL}/qmp.jsonl'))
    worker.send_signal(signal.SIGINT)
    equal(worker.wait(), 2, 'an interrupted pug cell: exit status')
    equal(load(f'{T}/int/{CONTROL}/result.json')['observed']['verdict'], 'error',
          'its result is an error')


# --- joining -----------------------------------------------------------------------------------


def check_merge(path, cells):
    out = f'{T}/merged'
    seen = merge(cells, out, '--cells', path)
    equal(seen.returncode, 0, 'merge: exit status', seen.stderr, seen.stdout)
    has(seen.stdout, '8 cells: 8 as expected, 0 surprises, 0 errors, 0 not run', 'its table')
    run, matrix = load(f'{out}/run.json'), load(f'{T}/matrix/run.json')
    equal(errors('run', run), [], 'run.json is as the schema says')
    equal(answers(run), answers(matrix), 'the same verdicts as one pug matrix')
    equal([c['id'] for c in run['cells']], [c['id'] for c in matrix['cells']], 'in its order')
    equal({key: run[key] for key in ('accel', 'time', 'qemu', 'list')},
          {key: matrix[key] for key in ('accel', 'time', 'qemu', 'list')}, 'run with the same')
    for name, source in (('merged', out), ('of pug matrix', f'{T}/matrix')):
        page = pug('report', source, '--format', 'csv')
        outcomes = [row['outcome'] for row in csv.DictReader(io.StringIO(page.stdout))]
        equal((page.returncode, outcomes), (0, ['as expected'] * 8),
              f'pug report takes the run {name}', page.stderr)
    for cell in (ESB, SOFTDOG):
        told = pug('explain', f'{out}/{cell}')
        equal((told.returncode, told.stderr), (0, ''), f'pug explain takes {cell}')
    equal(pug('report', out, '-o', f'{T}/merged.html').returncode, 0, 'a page can be made of it')
    again = merge(out, f'{T}/again')
    equal((again.returncode, answers(load(f'{T}/again/run.json'))), (0, answers(run)),
          'what was merged can be merged again', again.stderr)
    parts = sorted(glob.glob(f'{cells}/*'))
    for n in range(3):
        os.mkdir(f'{T}/worker{n}')
        for part in parts[n:6:3]:
            shutil.copytree(part, f'{T}/worker{n}/{os.path.basename(part)}')
    seen = pug('merge', *glob.glob(f'{T}/worker?'), *parts[6:], '-o', f'{T}/many', '--json', '-')
    equal((seen.returncode, answers(json.loads(seen.stdout))), (0, answers(run)),
          'folders of three workers and of single cells', seen.stderr)


def spoil(cells, path, name, says, change, *args):
    """Fine before the change, refused after it, with nothing written"""
    with copy_of(cells) as (source, out):
        change(source)
        seen = merge(source, out, '--cells', path, *args)
        equal(seen.returncode, 2, f'{name}: refused', seen.stderr, seen.stdout)
        has(seen.stderr, says, f'and it says: {says}')
        ok(not os.path.exists(out) and len(os.listdir(os.path.dirname(out))) == 1,
           'nothing is written')


def set_member(cell, file, member, value):
    def change(source):
        what = load(f'{source}/{cell}/{file}')
        what[member] = value
        save(f'{source}/{cell}/{file}', what)
    return change


def check_mixtures(path, cells):
    others = {'pug': ('0.0', 'the version of pug'), 'list': ('0' * 16, 'the list of cells'),
              'cells': (9, 'the number of cells'), 'qemu': ('7.2.22', 'the version of QEMU'),
              'accel': ('kvm', 'what guests run on'), 'time': ('real', 'how time runs'),
              'icount_shift': (6, 'PUG_ICOUNT_SHIFT'), 'forked': (False, 'forks of a warm guest'),
              'see_return': (True, 'the way back'), 'release': ('6.1.0-0', 'release'),
              'image': ('0' * 16, "the kernel's image"), 'initramfs': ('0' * 16, 'initramfs')}
    for member, (value, words) in others.items():
        spoil(cells, path, f'another {member}', words,
              set_member(ESB, 'origin.json', member, value))
    spoil(cells, path, 'the kernel of another', "another kernel's cell",
          set_member(ESB, 'origin.json', 'kernel', 'debian-6.12'))
    spoil(cells, path, 'a cell that was asked something else', 'something else was asked',
          set_member(ESB, 'cell.json', 'settle_ms', 5001))

    def believe(source):
        what = load(f'{source}/{ESB}/result.json')
        what['expected']['verdict'] = 'never'
        save(f'{source}/{ESB}/result.json', what)

    spoil(cells, path, 'another expectation', 'something else was expected', believe)
    pug('matrix', '--preset', 'talk', '--list', '--json', f'{T}/talk.json')
    seen = merge(cells, f'{T}/nowhere', '--cells', f'{T}/talk.json')
    equal(seen.returncode, 2, 'the list of another preset: refused')
    has(seen.stderr, 'of another list (preset, options)', 'and it says so')
    with copy_of(cells) as (source, out):
        for cell in os.listdir(source):
            set_member(cell, 'origin.json', 'list', '')(source)
        has(merge(source, out).stderr, 'no run of pug matrix or pug cell', 'a sweep is refused')
    with copy_of(cells) as (source, out):
        os.mkdir(out)
        save(f'{out}/mine', 1)
        seen = merge(source, out)
        equal((seen.returncode, os.listdir(out)), (2, ['mine']),
              'a folder that has something in it stays as it is', seen.stderr)


def tamper(folder):
    """Without its WATCHDOG event i6300esb's cell is a surprise: somebody else fired"""
    for name, mark in (('qmp.jsonl', '"event":"WATCHDOG"'), ('trace.log',
                                                             'watchdog_perform_action')):
        kept = [line for line in read(f'{folder}/{name}').splitlines(True) if mark not in line]
        with open(f'{folder}/{name}', 'w') as file:
            file.writelines(kept)


def check_doubled(path, cells):
    with copy_of(cells) as (source, out):
        double = f'{os.path.dirname(out)}/double'
        shutil.copytree(f'{source}/{ESB}', double)
        seen = pug('merge', source, double, '-o', out)
        equal(seen.returncode, 0, 'a cell twice, with the same verdict', seen.stderr)
        has(seen.stderr, f'{source}/{ESB} is kept, {double} is not', 'the first is kept')
        equal(load(f'{out}/run.json')['merged']['doubled'], 1, 'run.json counts it')
        tamper(double)
        other = pug('explain', '--json', double)
        equal(other.returncode, 1, 'the double sees something else now', other.stderr)
        with open(f'{double}/result.json', 'w') as file:
            file.write(other.stdout)
        seen = pug('merge', source, double, '-o', f'{out}2')
        equal(seen.returncode, 2, 'a cell twice, with different verdicts', seen.stdout)
        has(seen.stderr, 'and not the same', 'it is said')
        run = load(f'{out}2/run.json')
        equal((run['errors'], run['merged']['disputed'], run['as_expected']), (1, 1, 7),
              'the cell is an error, the others are not')
        cell = [c for c in run['cells'] if c['id'] == ESB][0]
        has(cell['observed']['reason'], 'two workers saw different things', 'its reason')
        equal(errors('run', run), [], 'that run is as the schema says, too')
        failed = load(f'{double}/result.json')
        failed['observed'].update(verdict='error', reason='the host was busy')
        save(f'{double}/result.json', failed)
        for order in ((source, double), (double, source)):
            with tempfile.TemporaryDirectory(dir=T) as place:
                seen = pug('merge', *order, '-o', f'{place}/out')
                equal(seen.returncode, 0, 'of an error and an answer the answer is kept',
                      seen.stderr)
    with copy_of(cells) as (source, out):
        tamper(f'{source}/{ESB}')
        seen = merge(source, out)
        equal(seen.returncode, 2, 'a verdict that its evidence does not give', seen.stderr)
        has(seen.stdout, 'is not what the evidence gives', 'it is an error')


def truncate(file):
    def change(source):
        os.truncate(f'{source}/{file}', os.path.getsize(f'{source}/{file}') // 2)
    return change


def check_lost(path, cells):
    cases = {
        'whose folder never came': lambda s: shutil.rmtree(f'{s}/{ESB}'),
        'without a result': lambda s: os.unlink(f'{s}/{ESB}/result.json'),
        'with half a result': truncate(f'{ESB}/result.json'),
        'with an empty result': lambda s: os.truncate(f'{s}/{ESB}/result.json', 0),
        'with a result that is a folder': lambda s: (os.unlink(f'{s}/{ESB}/result.json'),
                                                    os.mkdir(f'{s}/{ESB}/result.json')),
        'with half of cell.json': truncate(f'{ESB}/cell.json'),
        'with half of origin.json': truncate(f'{ESB}/origin.json'),
        'with the result of another': lambda s: shutil.copy(f'{s}/{SOFTDOG}/result.json',
                                                           f'{s}/{ESB}/result.json'),
    }
    for name, change in cases.items():
        with copy_of(cells) as (source, out):
            equal(pug('merge', source, '--cells', path, '--missing').returncode, 0,
                  'nothing is missing')
            change(source)
            seen = pug('merge', source, '--cells', path, '--missing')
            equal((seen.returncode, seen.stdout), (1, ESB + '\n'), f'a cell {name} is missing')
            seen = merge(source, out, '--cells', path)
            equal(seen.returncode, 2, 'and an error in the run', seen.stderr)
            run = load(f'{out}/run.json')
            cell = [c for c in run['cells'] if c['id'] == ESB][0]
            equal((run['errors'], run['merged']['missing'], cell['observed']['verdict']),
                  (1, 1, 'error'), 'it says missing')
            has(seen.stdout, f'E {ESB}: missing: ', 'so does the table')
            equal(errors('run', run), [], 'the schema holds')
            equal(pug('report', out, '--format', 'md').returncode, 0, 'a report can be made')


def check_again(path, cells):
    with copy_of(cells) as (source, out):
        os.truncate(f'{source}/{ESB}/result.json', 100)
        shutil.rmtree(f'{source}/{CONTROL}')
        seen = merge(source, out)
        equal(seen.returncode, 2, 'without a list: which are missing is not known')
        has(seen.stderr, '6 of 8 cells were brought', 'but that some are')
        ok(not os.path.exists(out), 'nothing is written')
        missing = pug('merge', source, '--cells', path, '--missing').stdout.split()
        equal(sorted(missing), sorted([ESB, CONTROL]), 'two are missing')
        for cell in missing:
            equal(pug('cell', cell, '--cells', path, '--out', source).returncode, 0, 'run again')
        seen = merge(source, out)
        equal(seen.returncode, 0, 'then all are there', seen.stderr)
    with copy_of(f'{T}/matrix') as (source, out):
        shutil.rmtree(f'{source}/{ESB}')
        seen = pug('merge', source, '--missing')
        equal((seen.returncode, seen.stdout), (1, ESB + '\n'),
              'the run.json of a pug matrix is a list, too', seen.stderr)
        os.truncate(f'{source}/run.json', 1000)
        equal(pug('merge', source, '--missing').returncode, 2, 'but not half of one')
    with copy_of(cells) as (source, out):
        shutil.rmtree(f'{source}/{ESB}')
        os.mkdir(f'{source}/empty')
        equal(pug('merge', source, f'{source}/empty', '--cells', path, '--missing').stdout,
              ESB + '\n', 'an empty folder of a lost worker is nothing')
        equal(pug('merge', source, f'{source}/typo', '--cells', path, '--missing').returncode, 2,
              'one that is not there is an error')
    with copy_of(cells) as (source, out):
        os.symlink('/etc/hostname', f'{source}/{ESB}/secret')
        os.mkfifo(f'{source}/{ESB}/pipe')
        seen = merge(source, out)
        equal((seen.returncode, 'secret' in os.listdir(f'{out}/{ESB}'),
               'pipe' in os.listdir(f'{out}/{ESB}')), (0, False, False),
              'links and pipes are not copied', seen.stderr)
        has(seen.stderr, "'secret' is no regular file", 'and it is said')


def check_not_run():
    what = ('--preset', 'quick', '--faults', 'none', '--watchdogs', 'none', '--clocks',
            'tsc,kvm-clock', '--warp')
    path = f'{T}/kvm.json'
    pug('matrix', *what[:-1], '--list', '--json', path)
    status = {cell['clock']: pug('cell', cell['id'], *what, '--out', f'{T}/kvm').returncode
              for cell in load(path)['cells']}
    equal(status, {'tsc': 0, 'kvm-clock': 2}, 'a cell that this host can not run: exit status')
    equal(pug('merge', f'{T}/kvm', '--cells', path, '--missing').returncode, 0,
          'is not missing')
    seen = merge(f'{T}/kvm', f'{T}/kvm-out', '--cells', path)
    equal(seen.returncode, 0, 'beside others it is no error', seen.stderr)
    equal(load(f'{T}/kvm-out/run.json')['not_run'], 1, 'it is counted')


def main():
    global T, WARM
    with tempfile.TemporaryDirectory(prefix='pug-scale.') as T:
        # Warm guests of our own, none at first
        os.makedirs(f'{T}/top/build')
        os.symlink(os.path.abspath('build/guest'), f'{T}/top/build/guest')
        os.environ['PUG_TOPDIR'] = f'{T}/top'
        WARM = f'{T}/top/build/warm'
        path, cells = f'{T}/cells.json', f'{T}/cells'
        pug('matrix', *QUICK, '--list', '--json', path)
        check_list(path)
        check_list_refused(path)
        seen = pug('matrix', *QUICK, '--out', f'{T}/matrix')
        equal(seen.returncode, 0, 'one pug matrix', seen.stderr)
        shutil.rmtree(WARM)
        check_parallel(path, cells)
        check_merge(path, cells)
        check_mixtures(path, cells)
        check_doubled(path, cells)
        check_lost(path, cells)
        check_again(path, cells)
        check_waiting(path)
        check_in_use(path)
        check_killed(path)
        check_not_run()
    finish()


main()
