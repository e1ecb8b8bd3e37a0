# SPDX-License-Identifier: GPL-2.0
"""TAP for tests in Python that run pug: a line a result, notes where it failed."""

import os
import subprocess
import sys

PUG = os.path.abspath(os.environ.get('PUG', './pug'))
count = failures = 0


def ok(fine, name, *notes):
    global count, failures
    count += 1
    failures += not fine
    print(f"{'ok' if fine else 'not ok'} {count} - {name}", flush=True)
    for note in notes if not fine else ():
        for line in str(note).splitlines()[:40]:
            print('# ' + line[:400])
    return fine


def equal(seen, wanted, name, *notes):
    return ok(seen == wanted, name, f'seen:   {seen}', f'wanted: {wanted}', *notes)


def has(text, part, name, *notes):
    return ok(part in text, name, f'no "{part}" in:', text, *notes)


def pug(*args, **kwargs):
    kwargs.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([PUG, *map(str, args)], capture_output=True, text=True, **kwargs)


def finish():
    print(f'1..{count}')
    sys.exit(failures > 0)
