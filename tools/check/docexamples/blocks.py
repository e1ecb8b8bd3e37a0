# SPDX-License-Identifier: GPL-2.0
"""The literal blocks of a page, each with the marker that says how it is tested.

In .rst a marker is a comment, in .md one of HTML's, and stands before the
paragraph that its block belongs to:

    .. check: CLASS [vm] [guest] [fresh] [status N] [: TEXT]

       what else is to be run before it, and is not shown

CLASS is one of

compare     commands behind "$ " or "# ", each with what it prints
run         commands, a line each, nothing shown of what they print
output      what TEXT, a command, prints
elsewhere   TEXT is "FILE: WORDS": that test runs it, and has these words in it
skip        TEXT is "WORD: REASON"; tools/check/skips has the words
text        no command: configuration, a drawing, a message

"vm" is what wants guests or minutes, and is left to make check-docs; "guest"
what is run in a throwaway guest; "fresh" in a Debian of its own, by
tools/check/tutorial.
"""

import pathlib
import re

from docutils import nodes
from docutils.core import publish_doctree

CLASSES = ('compare', 'run', 'output', 'elsewhere', 'skip', 'text')
PROGRAMS = ('pug', 'pug-node', 'pug-fence', 'pug-pgwatch', 'fence_pug', 'make', 'insmod',
            'rmmod', 'modprobe', 'pveum', 'sudo', 'apt', 'apt-get', 'dkms', 'systemctl',
            'udevadm', 'pcs', 'qm', 'virsh', 'git', 'cat', 'echo', 'cp', 'install', 'wdctl',
            'cd', 'mkdir', 'jq', 'patronictl', 'psql', 'sysctl')
MARKER = re.compile(r'check:\s+(?P<words>[a-z0-9 ]+?)(?::\s+(?P<text>.*?))?$', re.S)
PROMPT = re.compile(r'[$#] (?=\S)')


class Marker:
    """How a block is to be tested; ValueError for one that makes no sense"""

    def __init__(self, comment):
        head, _, self.setup = comment.partition('\n\n')
        match = MARKER.fullmatch(' '.join(head.split()))
        if not match:
            raise ValueError('not a marker: %r' % head)
        words = match['words'].split()
        self.kind = words.pop(0)
        self.text = match['text'] or ''
        self.status = 0
        if 'status' in words:
            at = words.index('status')
            self.status = int(words[at + 1])
            del words[at:at + 2]
        self.vm = 'vm' in words
        self.guest = 'guest' in words
        self.fresh = 'fresh' in words
        if self.kind not in CLASSES or set(words) - {'vm', 'guest', 'fresh'}:
            raise ValueError('no such class: %r' % head)
        if (self.kind in ('output', 'elsewhere', 'skip')) != bool(self.text):
            raise ValueError('with too much or too little behind it: %r' % head)


class Command:
    """What is typed, and the lines that are shown below it (None: nothing is claimed)"""

    def __init__(self, typed, shown=None):
        self.typed = typed
        self.shown = shown


class Block:
    """One literal block"""

    def __init__(self, page, line, text, marker):
        self.page = page
        self.line = line
        self.lines = text.splitlines()
        self.marker = marker
        self.commands = []
        if marker and marker.kind == 'compare':
            self.commands = transcript(self.lines)
        elif marker and marker.kind == 'run':
            self.commands = [Command(text)]
        elif marker and marker.kind == 'output':
            self.commands = [Command(marker.text, self.lines)]

    @property
    def name(self):
        typed = self.commands[0].typed if self.commands else self.lines[0]
        typed = ' '.join(typed.split('\n')[0].split())
        return '%s:%d: %s' % (self.page, self.line, typed[:60].replace('#', '%'))

    def looks_typed(self):
        """The first line that seems to be a command, '' for none"""
        for line in self.lines:
            words = PROMPT.sub('', line.strip(), count=1).split()
            word = words[0].removeprefix('./') if words else ''
            if line.startswith('$ ') or (word in PROGRAMS and len(words) > 1):
                return line
        return ''


def transcript(lines):
    """Commands and, below each, its output"""
    commands = []
    more = False
    for line in lines:
        if more:
            commands[-1].typed += '\n' + line
        elif PROMPT.match(line):
            commands.append(Command(line[2:], []))
        elif commands:
            commands[-1].shown.append(line)
        else:
            raise ValueError('output before the first command: %r' % line)
        more = (more or PROMPT.match(line)) and line.endswith('\\')
    for command in commands:
        while command.shown and not command.shown[-1].strip():
            command.shown.pop()
    return commands


def rst_parts(page, text):
    """('comment' or 'block', its text) in the order of the page"""
    settings = {'report_level': 5, 'halt_level': 5, 'input_encoding': 'utf-8'}
    tree = publish_doctree(text, source_path=str(page), settings_overrides=settings)
    for node in tree.traverse(lambda n: isinstance(n, (nodes.comment, nodes.literal_block))):
        if not isinstance(node.parent, nodes.system_message):
            yield 'comment' if isinstance(node, nodes.comment) else 'block', node.astext()


def md_parts(text):
    """The same of Markdown"""
    parts = re.compile(r'<!--\s*(?P<comment>.*?)\s*-->|^```\w*\n(?P<block>.*?)\n```$', re.S | re.M)
    for match in parts.finditer(text):
        yield match.lastgroup, match[match.lastgroup]


def find_line(lines, block, start):
    """The number of the line at which a block begins, searched from START on"""
    wanted = [line.strip() for line in block.splitlines()]
    for at in range(start, len(lines)):
        if [line.strip() for line in lines[at:at + len(wanted)]] == wanted:
            return at + 1
    return start		# from an included file


def read_page(page):
    """(blocks, what is wrong with its markers)"""
    text = pathlib.Path(page).read_text(encoding='utf-8')
    lines = text.splitlines()
    parts = md_parts(text) if page.endswith('.md') else rst_parts(page, text)
    blocks, errors, marker, at = [], [], None, 0
    for kind, content in parts:
        try:
            if kind == 'block':
                at = find_line(lines, content, at)
                blocks.append(Block(page, at, content, marker))
                marker = None
            elif content.startswith('check:'):
                if marker:
                    errors.append('two markers for one block: %s' % content)
                marker = Marker(content)
        except ValueError as error:
            errors.append('%s:%d: %s' % (page, at, error))
            marker = None
    if marker:
        errors.append('no block behind the last marker')
    return blocks, errors
