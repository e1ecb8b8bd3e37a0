# SPDX-License-Identifier: GPL-2.0
"""What may differ between a page and the next run: times, sizes, versions, paths.

Everything else has to be the same. A line of "[...]" or "..." stands for any
lines, "[...]" in a line for any text.
"""

import difflib
import re

RULES = [(re.compile(pattern), by) for pattern, by in (
    (r'\d{8}T\d{6}Z', '<time>'),
    (r'\d{4}-\d\d-\d\d[T ][\d:.,]+(Z|[+-]\d\d:?\d\d)?', '<time>'),
    (r'\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b', '<uuid>'),
    (r'\b\d+\.\d+[\w.+~-]*-(rt-|cloud-)?amd64\b', '<kernel>'),
    (r'\bQEMU \d+(\.\d+)+', 'QEMU <version>'),
    # a column of the timeline, and the mark of a bound or an estimate before it
    (r'^\s*(<=|~)?\s*[+-]\d+\.\d+\s', '<t> '),
    (r'(<= |~ ?)?[+-]?\b\d+(\.\d+)?(e-?\d+)? ?(ms|us|ns|s|min|MiB|MB|KiB|kB|%)(?![\w/])', '<n>'),
    (r'\b\d+ virtual s\b', '<n> virtual s'),
    (r'\b1 write\b', '<n> writes'),
    (r'\b\d+ (canary writes|writes|rows|keepalives)\b', r'<n> \1'),
    (r'[+-]\d+\.\d{6}\b', '<t>'),
    (r'([a-z_]+=)-?\d{5,}', r'\1<n>'),
    (r'("late_us":)-?\d+', r'\1<n>'),
    (r'\bpid \d+', 'pid <n>'),
    (r'("[a-z_]+":)-?\d{4,}', r'\1<n>'),
    (r'^\[ *\d+\.\d+\]', '[<t>]'),
    (r'(/[\w.+-]+){2,}(?=/build/)', '.'),
    # softdog's race at the thaw, which both ways of telling it are about
    (r'(?<=<n>, <n> writes) (by luck|no) ', ' <late> '),
    (r'\s+', ' '),
)]
ANY_LINES = ('[...]', '...')
SOME_TEXT = '[...]'


def normal(line):
    """A line, less what may differ"""
    for pattern, by in RULES:
        line = pattern.sub(by, line)
    return line.strip()


def fits(shown, seen):
    """Is the line SEEN, normal already, what is SHOWN?"""
    shown = normal(shown)
    if SOME_TEXT not in shown:
        return shown == seen
    parts = [re.escape(part.strip()) for part in shown.split(SOME_TEXT)]
    return re.fullmatch('.*'.join(parts), seen) is not None


def same(shown, seen):
    """Are the lines SEEN, normal already, those SHOWN?"""
    if not shown:
        return not seen
    if shown[0].strip() in ANY_LINES:
        return any(same(shown[1:], seen[at:]) for at in range(len(seen) + 1))
    return bool(seen) and fits(shown[0], seen[0]) and same(shown[1:], seen[1:])


def difference(shown, seen):
    """'' if SEEN is what is SHOWN, else both compared, normal"""
    seen = [normal(line) for line in seen if line.strip()]
    shown = [line for line in shown if line.strip()]
    if same(shown, seen):
        return ''
    return '\n'.join(difflib.unified_diff([normal(line) for line in shown], seen,
                                          'shown', 'seen', lineterm='', n=1))
