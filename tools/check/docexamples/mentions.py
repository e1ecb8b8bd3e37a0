# SPDX-License-Identifier: GPL-2.0
"""Are the commands and files there that a page names in its sentences?"""

import functools
import pathlib
import re
import subprocess

PROGRAMS = ('pug', 'pug-node', 'pug-fence', 'pug-pgwatch')
LITERAL = {'.rst': re.compile(r'``(.+?)``', re.S), '.md': re.compile(r'`([^`\n]+)`')}
# not the kernel's own tools/testing
PATH = re.compile(r'(tools(?!/testing)|vm|modules|Documentation|selftests|debian)/[\w./*@-]+')
TARGET = re.compile(r'^([\w][\w -]*):(?!=)', re.M)
# "ledger run": two words, the others have one
TWO_WORDS = ('ledger', 'drill')


@functools.lru_cache(maxsize=None)
def help_of(top, command):
    """What a command says of itself"""
    argv = command.split()
    done = subprocess.run(['./' + argv[0]] + argv[1:] + ['--help'], cwd=top, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout.decode(errors='replace')


@functools.lru_cache(maxsize=None)
def targets(top):
    """Of the Makefile"""
    text = (top / 'Makefile').read_text(encoding='utf-8').replace('\\\n', ' ')
    names = re.search(r'^\.PHONY: (.*)', text, re.M)[1].split()
    return set(names) | {n for line in TARGET.findall(text) for n in line.split()}


def of_program(top, words):
    """What is wrong with words that begin with a program of ours"""
    program, rest = words[0], words[1:]
    if rest and rest[0][0].islower():
        depth = 2 if rest[0] in TWO_WORDS and len(rest) > 1 and rest[1][0].islower() else 1
        for word in rest[:depth]:
            if not re.search(r'\b%s\b' % re.escape(word), help_of(top, program)):
                return '%s has no %s' % (program, word)
            program += ' ' + word
    text = help_of(top, program)
    for word in rest:
        option = re.match(r'--[a-z][a-z-]*', word)
        if option and not re.search(r'%s\b' % option[0], text):
            return '%s has no %s' % (program, option[0])
    return ''


def of_make(top, words):
    """The same of make; of -C it is another Makefile"""
    if '-C' in words:
        return ''
    for word in words[1:]:
        if re.fullmatch(r'[a-z][a-z-]*', word) and word not in targets(top):
            return 'make has no %s' % word
    return ''


def of_path(top, literal):
    """The same of a file of ours"""
    match = PATH.match(literal)
    if not match or list(top.glob(match[0].rstrip('/.'))):
        return ''
    return 'no %s' % match[0]


def of_literal(top, literal):
    """What is wrong with one literal, '' for nothing"""
    words = literal.split()
    words[0] = words[0].removeprefix('./')
    if words[0] in PROGRAMS:
        return of_program(top, words)
    if words[0] == 'make' and len(words) > 1:
        return of_make(top, words)
    return of_path(top, literal)


def trouble_of(top, page):
    """A line for each thing that is not there"""
    path = pathlib.Path(page)
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.md':
        text = re.sub(r'^```.*?^```$', '', text, flags=re.S | re.M)
    found = (of_literal(top, literal) for literal in LITERAL[path.suffix].findall(text)
             if literal.strip())
    return '\n'.join(sorted({trouble for trouble in found if trouble}))
