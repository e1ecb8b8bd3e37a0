# SPDX-License-Identifier: GPL-2.0
"""Sphinx: sphinx-build -W -b html Documentation OUT, or -b man."""

import pathlib
import re

HERE = pathlib.Path(__file__).parent

project = 'stop-machine'
copyright = 'the stop-machine contributors, GPL-2.0'
release = re.search(r'^VERSION\s*:=\s*(\S+)',
                    (HERE.parent / 'Makefile').read_text(), re.M).group(1)
root_doc = 'index'
# The second is included by a page
exclude_patterns = ['ABI', 'drill-table.rst']
highlight_language = 'none'
smartquotes = False
html_theme = 'alabaster'
html_show_sourcelink = False

# The pages as rst2man wants them ("make man"): a title, and the subtitle is
# what the page's NAME line says.
man_pages = []
for page in sorted((HERE / 'man').glob('*.[1-9].rst')):
    name, section = page.stem.rsplit('.', 1)
    lines = page.read_text().splitlines()
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r'-{4,}', line)]
    about = lines[rules[0] + 1].strip() if rules else name
    man_pages.append(('man/' + page.stem, name, about, '', int(section)))
