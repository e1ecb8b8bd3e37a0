# SPDX-License-Identifier: GPL-2.0
"""pug report, format by format, judged by readers that are not ours.

usage: tools/lab/tests/report-formats.py PUG, from the top folder; prints TAP. Runs are
made of recorded evidence. Each refusal is of something that was fine before it
was spoilt.
"""

import copy
import csv
import html.parser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

import jsonschema

PUG = sys.argv[1]
EVIDENCE = 'tools/lab/tests/evidence'
DRILLS = 'tools/lab/tests/drills'
SCRIPT = '<script>alert(1)</script>'
count = failures = 0


def ok(fine, name, *notes):
    global count, failures
    count += 1
    failures += not fine
    print(f"{'ok' if fine else 'not ok'} {count} - {name}")
    for note in notes if not fine else ():
        for line in str(note).splitlines()[:20]:
            print('# ' + line[:400])


def equal(seen, wanted, name):
    ok(seen == wanted, name, f'seen:   {seen}', f'wanted: {wanted}')


def pug(*args, **kwargs):
    return subprocess.run([PUG, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60, **kwargs)


def report(*args):
    return pug('report', *args)


def load(path):
    with open(path) as file:
        return json.load(file)


def save(path, value):
    with open(path, 'w') as file:
        json.dump(value, file)


# --- what is reported --------------------------------------------------------------


HEADER = {'version': 1, 'as_expected': 0, 'surprises': 0, 'errors': 0, 'not_run': 1,
          'interrupted': False, 'virtual_s': 1.5, 'wall_s': 2, 'frozen_s': 8.0,
          'frozen_per_wall_s': 4.0, 'accel': 'tcg', 'time': 'warp', 'qemu': '10.0.2', 'jobs': 2}


def make_run(path):
    """Recorded cells with their results, one surprise, one that did not run"""
    cells = []
    for name in ('control', 'no-watchdog', 'i6300esb', 'i6300esb-none', 'softdog'):
        source = f'{EVIDENCE}/{name}'
        cell = json.loads(pug('explain', '--json', source).stdout)
        shutil.copytree(source, f"{path}/{cell['id']}")
        cells.append(cell)
    cells[2]['as_expected'] = False
    missing = copy.deepcopy(cells[0])
    missing.update(id='none.none.kvm-clock.pc.x.1ms.1ms', clock='kvm-clock', observed=None,
                   as_expected=None, not_run='needs KVM')
    for cell in cells:
        save(f"{path}/{cell['id']}/result.json", cell)
    save(f'{path}/run.json', {**HEADER, 'cells': cells + [missing]})
    return cells, missing


def make_drills(path):
    results = {}
    for name in ('none', 'i6300esb'):
        shutil.copytree(f'{DRILLS}/{name}', f'{path}/{name}')
        results[name] = json.loads(pug('explain', '--json', f'{path}/{name}').stdout)
        save(f'{path}/{name}/result.json', results[name])
    return results


# --- the schema ----------------------------------------------------------------------


def schema(name):
    what = load(f'Documentation/schema/{name}-1.json')
    jsonschema.Draft202012Validator.check_schema(what)
    if name == 'run':
        # The only reference, resolved by hand: versions of the library differ in how
        what['properties']['cells']['items'] = load('Documentation/schema/result-1.json')
    return jsonschema.Draft202012Validator(what)


def places(what, group=()):
    """Every member that the schema requires, as a path"""
    found = [group + (name,) for name in what.get('required', ())]
    for name, inner in what.get('properties', {}).items():
        if 'properties' in inner:
            found += places(inner, group + (name,))
    return found


def spoil(value, path, how):
    value = copy.deepcopy(value)
    inside = value
    for name in path[:-1]:
        inside = inside[name]
    how(inside, path[-1])
    return value


def refused(directory, value):
    save(f'{directory}/result.json', value)
    return report('--format', 'csv', directory).returncode == 2


def agree(name, validator, directory, good):
    """What the schema refuses, pug report does"""
    fine = validator.is_valid(good) and not refused(directory, good)
    ok(fine, f'{name}: what was written is valid, and is reported', list(validator.iter_errors(good)))
    ways = {'is missing': lambda o, n: o.pop(n), 'is of another type': lambda o, n: o.update({n: {}})}
    for why, how in ways.items():
        spoilt = {path: spoil(good, path, how) for path in places(validator.schema)}
        equal([path for path, value in spoilt.items() if validator.is_valid(value)], [],
              f'{name}: no member that {why} passes the schema')
        equal([path for path, value in spoilt.items() if not refused(directory, value)], [],
              f'{name}: nor does it pass pug report')
    save(f'{directory}/result.json', good)


def test_schema(run, cells, drills):
    result, drill, whole = schema('result'), schema('drill'), schema('run')
    for cell in cells:
        ok(result.is_valid(cell), f"valid: {cell['id']}", *result.iter_errors(cell))
    agree('result', result, f"{run}/{cells[4]['id']}", cells[4])
    agree('drill', drill, f'{drills}/none', load(f'{drills}/none/result.json'))
    made = load(f'{run}/run.json')
    ok(whole.is_valid(made), 'run: valid', *whole.iter_errors(made))
    for bad in ({'version': 2}, {'cells': [{}]}, {'qemu': None}):
        ok(not whole.is_valid({**made, **bad}), f'run: not with {bad}')
    ok(not result.is_valid({**cells[0], 'not_run': 'x'}), 'a cell that did not run saw nothing')


# --- formats ----------------------------------------------------------------------------


def test_lists(run, drills):
    text = report('--format', 'csv', run, drills).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    equal([row['outcome'] for row in rows], ['as expected', 'as expected', 'surprise'] +
          ['as expected'] * 2 + ['not run'] + ['as expected'] * 2, 'CSV: a line for each')
    equal(rows[4]['observed_protected'], 'no', 'CSV: softdog let something out')
    equal(rows[7]['observed_lost_rows'], '594', 'CSV: the drill lost 594 rows')
    ok(all(None not in row and None not in row.values() for row in rows), 'CSV: as wide as its head')

    text = report('--format', 'md', run, drills).stdout
    tables = [[line for line in part.splitlines() if line.startswith('|')]
              for part in text.split('\n\n')]
    tables = [table for table in tables if table]
    equal([len(table) - 2 for table in tables], [6, 2], 'Markdown: two tables, a line for each')
    widths = {len(re.findall(r'(?<!\\)\|', line)) for line in tables[0]}
    equal(len(widths), 1, 'Markdown: all lines have as many columns')

    text = report('--format', 'ktap', run, drills).stdout
    tests = re.findall(r'^(ok|not ok) (\d+) (\S+)( # SKIP .*)?$', text, re.M)
    equal(text.splitlines()[:2], ['KTAP version 1', '1..8'], 'KTAP: version and plan')
    equal([int(test[1]) for test in tests], list(range(1, 9)), 'KTAP: numbered')
    equal([test[0] for test in tests].count('not ok'), 1, 'KTAP: the surprise fails')
    equal([test[3] for test in tests if test[3]], [' # SKIP needs KVM'], 'KTAP: the skip says why')

    tree = xml.etree.ElementTree.fromstring(report('--format', 'junit', run, drills).stdout)
    first = tree.find('testsuite')
    equal({name: first.get(name) for name in ('tests', 'failures', 'errors', 'skipped')},
          {'tests': '6', 'failures': '1', 'errors': '0', 'skipped': '1'}, 'JUnit: counts')
    equal(len(first.findall('testcase')), 6, 'JUnit: that many cases')
    equal(len(first.findall('testcase/failure')), 1, 'JUnit: the surprise is a failure')
    equal(len(first.findall('testcase/skipped')), 1, 'JUnit: the skip is one')


VOID = {'meta', 'br', 'link', 'img', 'input'}


class Page(html.parser.HTMLParser):
    """Elements, attributes and the text of scripts; and whether all is nested"""

    def __init__(self, text):
        super().__init__()
        self.stack, self.elements, self.scripts, self.wrong = [], [], [], []
        self.text = ''
        self.feed(text)
        self.close()
        self.wrong += self.stack
        self.data = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)
        if tag == 'script':
            self.scripts.append('')

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.stack and self.stack[-1] == 'script':
            self.scripts[-1] += data
        else:
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def page_of(*args, where):
    out = report(*args, '-o', where)
    with open(where) as file:
        return out, Page(file.read())


def is_inert(page):
    """Two scripts of ours, no handler, no address of anything"""
    return (len(page.all('script')) == 2 and not page.wrong and
            not any(name.startswith('on') or name in ('src', 'style', 'href')
                    for _, attrs in page.elements for name in attrs))


def test_page(run, drills, where):
    out, page = page_of(run, drills, where=where)
    equal(out.returncode, 0, 'HTML: exit status')
    equal(out.stderr, '', 'HTML: nothing is complained of')
    ok(is_inert(page), 'HTML: nested, two scripts, no handlers', page.wrong, page.all('script'))
    policy = [meta['content'] for meta in page.all('meta') if meta.get('http-equiv')]
    equal(len(policy), 1, 'HTML: a policy')
    nonce = page.all('script')[1]['nonce']
    ok(len(nonce) == 32 and f"script-src 'nonce-{nonce}'" in policy[0] and
       "default-src 'none'" in policy[0] and 'unsafe' not in policy[0],
       'HTML: the policy lets nothing run but the script', policy)
    _, again = page_of(run, drills, where=where)
    ok(again.all('script')[1]['nonce'] != nonce, 'HTML: another page has another nonce')
    buttons = [attrs for attrs in page.all('button') if attrs['class'].startswith('cell')]
    classes = sorted(attrs['class'] for attrs in buttons if 'data-cell' in attrs)
    equal(classes, ['cell control', 'cell no', 'cell no', 'cell no', 'cell notrun', 'cell yes'],
          'HTML: colours go by protected')
    equal(len([b for b in buttons if 'data-drill' in b]), 2, 'HTML: a button for each drill')
    ok('! surprise' in page.text, 'HTML: the surprise is a word')
    return page


def test_links(page, where):
    """From where the page lies, every file of evidence is there"""
    base = os.path.dirname(where)
    links = [item['dir'] + '/' + urllib.parse.quote(name)
             for run in page.data['runs'] for item in run['cells'] + run['drills']
             if 'dir' in item for name in item['files']]
    ok(len(links) > 50, 'links: there are some', links)
    equal([link for link in links
           if not os.path.isfile(os.path.join(base, urllib.parse.unquote(link)))], [],
          'links: they lead to files')
    equal([link for link in links if not re.match(r'\.(/|$)', link)], [], 'links: all are relative')


# --- those who write into guests ------------------------------------------------------


def test_hostile(top):
    """Evidence, results and names that carry markup"""
    folder = f'{top}/{SCRIPT.replace("/", "")} #?%"x'
    cell = f'{folder}/cell'
    shutil.copytree(f'{EVIDENCE}/softdog', cell)
    with open(f'{cell}/console.log', 'a') as console:
        console.write(f'[   99.9] Kernel panic - not syncing: {SCRIPT}\n')
    out, page = page_of(folder, where=f'{top}/hostile.html')
    texts = [mark[5] for mark in page.data['runs'][0]['cells'][0]['s']['marks']]
    ok(any(SCRIPT in text for text in texts), "hostile: a console's words are in the data", texts)
    ok(is_inert(page), 'hostile: and are no markup', page.wrong, page.all('script'))
    test_links_of = [f'{top}/' + urllib.parse.unquote(page.data['runs'][0]['cells'][0]['dir'])]
    ok(all(os.path.isdir(path) for path in test_links_of), 'hostile: the link to such a folder leads there',
       test_links_of)

    result = json.loads(pug('explain', '--json', f'{EVIDENCE}/softdog').stdout)
    for name in ('id', 'fault', 'watchdog', 'clock', 'kernel', 'machine'):
        result[name] = f'{name}{SCRIPT}"\'&'
    for group in ('expected', 'observed'):
        for name in ('verdict', 'effect', 'by', 'reason'):
            result[group][name] = f'=cmd|{SCRIPT}"\'&\x1b\u202e\nok 9 - forged'
    result['observed']['protected'] = SCRIPT
    result['as_expected'] = False
    save(f'{cell}/result.json', result)
    out, page = page_of(folder, where=f'{top}/hostile.html')
    ok(is_inert(page), 'hostile: names are no markup either', page.wrong, page.all('script'))
    with open(f'{top}/hostile.html') as file:
        ok(SCRIPT not in file.read(), 'hostile: nowhere in the page')
    tree = xml.etree.ElementTree.fromstring(report('--format', 'junit', folder).stdout)
    equal({element.tag for element in tree.iter()},
          {'testsuites', 'testsuite', 'testcase', 'failure', 'system-out'}, 'hostile: JUnit')
    ktap = report('--format', 'ktap', folder).stdout
    equal(len(re.findall(r'^(not )?ok', ktap, re.M)), 1, 'hostile: KTAP has one test')
    markdown = report('--format', 'md', folder).stdout
    ok('<' not in markdown, 'hostile: Markdown has no tag')
    rows = list(csv.reader(io.StringIO(report('--format', 'csv', folder).stdout)))
    ok(len(rows) == 2 and not any(field.startswith('=') for field in rows[1]),
       'hostile: CSV has no formula', rows)


# --- what can't be read ---------------------------------------------------------------


def test_broken(run, cells, top):
    def broken(name, change, words):
        path = f'{top}/broken'
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(run, path)
        change(path, f"{path}/{cells[4]['id']}")
        out = report('--format', 'csv', path)
        equal((out.returncode, len(out.stderr.splitlines()), words in out.stderr),
              (2, 1, True), f'{name}: status 2, one line that says so')
        ok(cells[2]['id'] in out.stdout, f'{name}: the rest is reported', out.stdout, out.stderr)

    def write(path, text):
        with open(path, 'w') as file:
            file.write(text)

    def fifo(run_path, cell):
        os.unlink(f'{cell}/result.json')
        os.mkfifo(f'{cell}/result.json')

    broken('a result cut off', lambda r, c: write(f'{c}/result.json', '{"id": "x"'), 'result.json')
    broken('a result that is a list', lambda r, c: write(f'{c}/result.json', '[]'), 'no JSON object')
    broken('a result that is a pipe', fifo, 'no regular file')
    broken('a run of another version', lambda r, c: save(f'{r}/run.json', {**HEADER, 'version': 7}),
           'version 7')
    broken('a run file cut off', lambda r, c: write(f'{r}/run.json', '{"version": 1,'), 'run.json')
    broken('a timeline cut off', lambda r, c: write(f'{c}/timeline.jsonl', '{"boot":1,\n'), 'line 1 of')

    for name, path, words in (('a folder that is not there', f'{top}/nowhere', 'No such file'),
                              ('a file', f'{run}/run.json', 'Not a directory'),
                              ('an empty folder', f'{top}/empty', 'no cell in it and no drill')):
        os.makedirs(f'{top}/empty', exist_ok=True)
        out = report('--format', 'csv', path)
        equal((out.returncode, out.stdout, len(out.stderr.splitlines()), words in out.stderr),
              (2, '', 1, True), f'{name}: status 2, one line, no report')
        out = report('--format', 'md', path, run)
        ok(out.returncode == 2 and 'Could not be read' in out.stdout and 'i6300esb' in out.stdout,
           f'{name}: beside a good one it stands in the report', out.stdout)
    out = report('--format', 'junit', f'{top}/empty', run)
    tree = xml.etree.ElementTree.fromstring(out.stdout)
    equal(len(tree.findall('testsuite/testcase/error')), 1, 'JUnit: what could not be read is an error')


def test_usage(run, top):
    for args, words in (([], 'which run'), (['--format', 'pdf', run], 'no format'),
                        (['--compare', run], 'two runs'),
                        (['--compare', '--format', 'csv', run, run], 'html and md')):
        out = report(*args)
        ok(out.returncode == 2 and words in out.stderr, f'usage: {words}', out.stderr)
    out = report('-o', f'{top}/no/such/x.html', run)
    ok(out.returncode == 2 and "can't be written" in out.stderr, 'no place to write', out.stderr)
    with open('/dev/full', 'w') as full:
        out = subprocess.run([PUG, 'report', run], stdout=full, stderr=subprocess.PIPE, text=True)
    ok(out.returncode == 2 and "can't be written" in out.stderr, 'a full disk', out.stderr)


def test_compare(run, cells, top):
    equal(report('--compare', '--format', 'md', run, run).returncode, 0, 'compare: the same is 0')
    other = f'{top}/other'
    shutil.copytree(run, other)
    changed = copy.deepcopy(cells[4])
    changed['observed']['protected'] = 'by luck'
    save(f"{other}/{changed['id']}/result.json", changed)
    out, page = page_of('--compare', run, other, where=f'{top}/compare.html')
    equal((out.returncode, len(page.data['changes']['changed'])), (1, 1), 'compare: a verdict is 1')
    ok(is_inert(page), 'compare: the page is inert')
    shutil.rmtree(f"{other}/{cells[4]['id']}")
    made = load(f'{other}/run.json')
    made['cells'] = made['cells'][:4] + made['cells'][5:]
    save(f'{other}/run.json', made)
    equal(report('--compare', '--format', 'md', run, other).returncode, 1,
          'compare: a cell that is gone is 1')
    equal(report('--compare', '--format', 'md', run, f'{top}/nowhere').returncode, 2,
          'compare: nothing to compare with is 2')


def test_size(top):
    """500 cells as they come: each with timeline and files"""
    big = f'{top}/big'
    source = f'{EVIDENCE}/softdog-fork'
    result = json.loads(pug('explain', '--json', source).stdout)
    timeline = pug('explain', '--json', source)
    for number in range(500):
        result['kernel'] = f'debian-{number % 7}'
        result['timeout_ms'] = 3000 + number
        result['id'] = f"stop-machine.softdog.tsc.pc.{result['kernel']}.8000ms.{3000 + number}ms"
        cell = f"{big}/{result['id']}"
        os.makedirs(cell)
        for name in os.listdir(source):
            os.link(os.path.abspath(f'{source}/{name}'), f'{cell}/{name}') \
                if os.stat(source).st_dev == os.stat(big).st_dev else \
                shutil.copy(f'{source}/{name}', cell)
        os.unlink(f'{cell}/cell.json')
        save(f'{cell}/cell.json', {name: result[name] for name in load(f'{source}/cell.json')})
    ok(timeline.returncode in (0, 1), 'size: the sample can be judged')
    out = report(big, '-o', f'{top}/big.html')
    size = os.path.getsize(f'{top}/big.html')
    with open(f'{top}/big.html') as file:
        page = Page(file.read())
    drawn = [cell for cell in page.data['runs'][0]['cells'] if cell['s'] and cell['s']['marks']]
    equal((out.returncode, len(drawn)), (0, 500), 'size: 500 cells with their timelines')
    ok(size <= 2000000, f'size: 2 MB at most ({size} bytes)')


def main():
    with tempfile.TemporaryDirectory(prefix='pug-report.') as top:
        run, drills = f'{top}/run', f'{top}/drills'
        os.makedirs(run)
        cells, _ = make_run(run)
        made = make_drills(drills)
        equal(made['none']['observed']['lost_rows'], 594, 'the recorded drill lost 594 rows')
        test_schema(run, cells, drills)
        test_lists(run, drills)
        where = f'{top}/pages/a b/page.html'
        os.makedirs(os.path.dirname(where))
        page = test_page(run, drills, where)
        test_links(page, where)
        test_hostile(top)
        test_broken(run, cells, top)
        test_usage(run, top)
        test_compare(run, cells, top)
        test_size(top)
    print(f'1..{count}')
    return failures > 0


print('TAP version 13')
sys.exit(main())
