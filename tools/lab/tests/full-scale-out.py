# SPDX-License-Identifier: GPL-2.0
"""Many cells, spread by GNU parallel over as many workers as there are CPUs.

Prints TAP, and a table of what it took; to be run from the top folder.
"""

import os
import shutil
import subprocess
import tempfile
import time

from runs import answers, load
from tap import PUG, equal, finish, ok, pug

PARALLEL = 'build/guest/parallel/parallel'
# 2 faults x 4 watchdogs x 5 lengths x 5 timeouts; some freezes are shorter than the timeout
WHAT = ('--preset', 'quick', '--msecs', '4000,5000,6000,7000,8000', '--timeout', '2,3,4,5,6')


def timed(argv, **kwargs):
    start = time.monotonic()
    seen = subprocess.run(argv, capture_output=True, text=True, **kwargs)
    return seen, time.monotonic() - start


def main():
    with tempfile.TemporaryDirectory(prefix='pug-scale.') as place:
        path, jobs = f'{place}/cells.json', os.cpu_count()
        pug('matrix', *WHAT, '--list', '--json', path)
        names = [cell['id'] for cell in load(path)['cells']]
        equal(len(names), 200, '200 cells')
        # Nobody has the warm guest made for the others
        os.makedirs(f'{place}/top/build')
        os.symlink(os.path.abspath('build/guest'), f'{place}/top/build/guest')
        os.environ['PUG_TOPDIR'] = f'{place}/top'
        seen, spread_s = timed([PARALLEL, '--will-cite', f'-j{jobs}', '--joblog',
                                f'{place}/joblog', PUG, 'cell', '--cells', path, '--out',
                                f'{place}/cells', '{}'], input='\n'.join(names))
        equal(seen.returncode, 0, 'GNU parallel: every pug cell as expected', seen.stderr[-2000:])
        equal(seen.stderr.count(' made in '), 1, 'one of them made the warm guest')
        seen, merge_s = timed([PUG, 'merge', f'{place}/cells', '--cells', path, '-o',
                               f'{place}/merged'])
        equal(seen.returncode, 0, 'pug merge', seen.stderr[-2000:])
        shutil.rmtree(f'{place}/top/build/warm')
        seen, matrix_s = timed([PUG, 'matrix', *WHAT, '--out', f'{place}/matrix'])
        equal(seen.returncode, 0, 'one pug matrix', seen.stderr[-2000:])
        merged = answers(load(f'{place}/merged/run.json'))
        matrix = answers(load(f'{place}/matrix/run.json'))
        equal(len(merged), 200, 'all are there')
        differ = [(name, merged.get(name), matrix[name]) for name in matrix
                  if merged.get(name) != matrix[name]]
        equal(differ, [], 'the same verdicts')
        kinds = sorted({answer[0] for answer in matrix.values()})
        ok(len(kinds) >= 3, 'of several kinds: ' + ', '.join(kinds))
        print(f'# {"":24} {"workers":>7} {"cells":>5} {"wall":>8}')
        for name, workers, wall in (('pug cell, GNU parallel', jobs, spread_s),
                                    ('pug merge', 1, merge_s), ('pug matrix', jobs, matrix_s)):
            print(f'# {name:24} {workers:7} {200:5} {wall:6.0f} s')
    finish()


main()
