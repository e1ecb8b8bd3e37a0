# SPDX-License-Identifier: GPL-2.0
"""pug report in a real browser: clicked, typed at, measured, and looked at.

usage: tools/lab/tests/browser/report.py PUG [PICTURES [DRILLS]], from the top folder; prints
TAP. With PICTURES, a folder, the pictures of the documentation are made there, with a
drill of folder DRILLS.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap
from browser import Browser, BrowserError
from tap import equal, finish, ok, pug

tap.PUG = sys.argv[1]
PICTURES = sys.argv[2] if len(sys.argv) > 2 else None
PICTURED_DRILLS = sys.argv[3] if len(sys.argv) > 3 else None
EVIDENCE = 'tools/lab/tests/evidence'
DRILLS = 'tools/lab/tests/drills'
WIDTHS = (390, 768, 1280)
PICTURE_MAX = 60000
SCRIPT = '<script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">'


def explain(folder):
    return json.loads(pug('explain', '--json', folder, timeout=60).stdout)


def make_runs(top):
    """A run of recorded cells; the same as of another kernel, with one verdict that is a
    surprise, another recording of softdog, and in its console words of somebody else's"""
    for name in ('control', 'no-watchdog', 'i6300esb-trace', 'i6300esb-none-trace', 'softdog'):
        for number, kernel in enumerate(('debian-6.1', 'debian-6.12')):
            source = f'{EVIDENCE}/{name}' + ('-fork' if number and name == 'softdog' else '')
            cell = explain(source)
            cell['id'] = cell['id'].replace('debian-6.1', kernel)
            cell['kernel'] = kernel
            if number and name == 'i6300esb-trace':
                cell['as_expected'] = False
            folder = f"{top}/run{number}/{cell['id']}"
            shutil.copytree(source, folder)
            with open(f'{folder}/result.json', 'w') as file:
                json.dump(cell, file)
            if name == 'softdog' and number:
                with open(f'{folder}/console.log', 'a') as file:
                    file.write(f'[   99.9] Kernel panic - not syncing: {SCRIPT}\n')
    if PICTURED_DRILLS:
        os.symlink(os.path.abspath(PICTURED_DRILLS), f'{top}/drills')
    else:
        for name in ('none', 'i6300esb'):
            shutil.copytree(f'{DRILLS}/{name}', f'{top}/drills/{name}')
    for number, args in enumerate((['run0', 'run1', 'drills'], ['--compare', 'run0', 'run1'])):
        paths = [a if a.startswith('-') else f'{top}/{a}' for a in args]
        out = pug('report', *paths, '-o', f'{top}/page{number}.html', timeout=60)
        if out.returncode == 2:
            sys.exit(f'Bail out! {out.stderr}')


def button(b, words, run=0):
    """A selector of the cell whose name begins so"""
    number = b.js(f'''JSON.parse(document.getElementById("data").textContent).runs[{run}].cells
        .findIndex(c => c.name.startsWith({json.dumps(words)}))''')
    return f'button.cell[data-run="{run}"][data-cell="{number}"]'


def clean(b, name):
    equal(b.trouble(), [], f'{name}: nothing is complained of')
    equal([url for url in b.requests() if not url.startswith('file:') and url != 'about:blank'], [],
          f'{name}: nothing is asked of any network')


# --- tests ------------------------------------------------------------------------------


def test_cells(b):
    numbers = b.js('''Array.from(document.querySelectorAll("button.cell")).map((button, i) => {
        button.click();
        const name = document.getElementById("detail-name").textContent;
        const svg = document.querySelectorAll(".detail svg").length;
        const again = button.getAttribute("aria-expanded");
        button.click();
        return [name.length > 0, svg > 0, again, document.getElementById("detail") === null];
    })''')
    equal(len(numbers), 12, 'cells: ten, and two drills')
    equal([n for n in numbers if n != [True, True, 'true', True]], [],
          'cells: each opens with a drawing, and closes')
    b.click(button(b, 'stop-machine.softdog.'))
    ok(b.js('document.getElementById("detail-name").textContent').startswith('stop-machine.softdog.'),
       'cells: the mouse opens one')
    ok(b.js('document.activeElement.id') == 'detail-name', 'cells: its heading has the focus')
    ok('cell=stop-machine.softdog' in b.js('location.hash'), 'cells: the address names it')


def close_to(seen, wanted, by=0.6):
    return seen is not None and abs(seen - wanted) <= by


def test_scale(b, words, run=0):
    """What is drawn, against the result and the scale that the axis has"""
    drawn = b.js(f'''(() => {{
        document.querySelector({json.dumps(button(b, words, run))}).click();
        const svg = document.querySelector("svg.timeline"), d = svg.dataset;
        const at = {{}};
        svg.querySelectorAll("g.moment").forEach(g => {{
            at[g.dataset.name] = Number(g.querySelector("line").getAttribute("x1"));
        }});
        const bars = Array.from(svg.querySelectorAll("rect[data-from]")).map(r => [
            r.getAttribute("class"), Number(r.getAttribute("x")), Number(r.getAttribute("width"))]);
        const labels = Array.from(svg.querySelectorAll("text.dim")).map(t =>
            [t.textContent, Number(t.getAttribute("x"))]).filter(t => / s$/.test(t[0]));
        const ticks = svg.querySelectorAll("line.tick").length;
        const result = JSON.parse(document.getElementById("data").textContent).runs[{run}].cells
            .find(c => c.name.startsWith({json.dumps(words)})).r;
        return {{from: Number(d.from), to: Number(d.to), left: Number(d.left),
            right: Number(d.right), at: at, bars: bars, labels: labels, ticks: ticks, result: result,
            aria: svg.getAttribute("aria-label")}};
    }})()''')
    seen = drawn['result']['observed']
    # From two labels of the axis, not from what the page says of itself
    (first, x_first), (last, x_last) = drawn['labels'][0], drawn['labels'][-1]
    first, last = float(first[:-2]), float(last[:-2])

    def x(ms):
        return x_first + (ms / 1000 - first) / (last - first) * (x_last - x_first)

    at = drawn['at']
    ok(last > first and close_to(at.get('fault'), x(0)), f'{words}: the fault is at zero', drawn)
    if seen['fault_to_fire_ms'] is not None:
        fired = seen['fault_to_fire_ms']
        keepalive = fired - seen['keepalive_to_fire_ms']
        ok(close_to(at.get('fired'), x(fired)), f'{words}: it fires where the result says', at, x(fired))
        ok(close_to(at.get('keepalive'), x(keepalive)), f'{words}: the last keepalive', at)
        ok(close_to(at.get('deadline'), x(keepalive + drawn['result']['timeout_ms'])),
           f'{words}: the deadline is a timeout later', at)
    frozen = [bar for bar in drawn['bars'] if bar[0] == 'frozen']
    end = (seen['fault_to_fire_ms'] - (seen['zombie_ms'] or 0)
           if seen['protected'] != 'no' or seen['zombie_ms'] else drawn['result']['msecs'])
    ok(len(frozen) == 1 and close_to(frozen[0][1], x(0)) and
       close_to(frozen[0][1] + frozen[0][2], x(end), 2.5), f'{words}: frozen until the thaw or the reset',
       frozen, x(0), x(end))
    zombies = [bar for bar in drawn['bars'] if bar[0] == 'zombie']
    equal(len(zombies), 0 if seen['protected'] == 'yes' else 1, f'{words}: a zombie window, if there was one')
    ok(drawn['ticks'] > 3, f'{words}: keepalives are drawn', drawn['ticks'])
    ok('fault' in drawn['aria'], f'{words}: the drawing says in words what it shows', drawn['aria'])
    b.key('Escape')


def test_drill(b):
    drawn = b.js('''(() => {
        document.querySelector('button.cell[data-drill="1"]').click();
        const svg = document.querySelector("svg.lanes");
        const rect = r => [Number(r.getAttribute("x")), Number(r.getAttribute("width"))];
        const sum = name => Array.from(svg.querySelectorAll("rect." + name))
            .reduce((n, r) => n + Number(r.dataset.n), 0);
        const labels = Array.from(svg.querySelectorAll("text.dim")).map(t =>
            [t.textContent, Number(t.getAttribute("x"))]).filter(t => / s$/.test(t[0]));
        const data = JSON.parse(document.getElementById("data").textContent).runs[2].drills[1];
        return {two: Array.from(svg.querySelectorAll("rect.two")).map(rect), acks: sum("acks"),
            keys: Array.from(svg.querySelectorAll("text.key-text")).map(t => t.textContent),
            promoted: Array.from(svg.querySelectorAll("g.mark.promoted line")).map(l =>
                Number(l.getAttribute("x1"))),
            leads: svg.querySelectorAll("rect.leads").length, labels: labels, data: data,
            legend: document.querySelector("p.legend").textContent};
    })()''')
    (first, x_first), (last, x_last) = drawn['labels'][0], drawn['labels'][-1]
    per_s = (x_last - x_first) / (float(last[:-2]) - float(first[:-2]))
    zero = x_first - float(first[:-2]) * per_s
    seen = drawn['data']['r']['observed']
    two = drawn['two']
    ok(len(two) == 1 and close_to(two[0][0], zero + per_s * seen['two_leaders_from_ms'] / 1000) and
       close_to(two[0][1], max(2, per_s * seen['two_leaders_ms'] / 1000)),
       'drill: two leaders are shaded for as long as they led', two, seen)
    equal(drawn['keys'], ['alt01', 'alt02', 'alt01'], 'drill: whom the leader key named')
    ok(drawn['promoted'] and close_to(drawn['promoted'][0], zero + per_s * seen['new_leader_after_ms'] / 1000),
       'drill: the promotion is where the result says', drawn['promoted'])
    equal(drawn['acks'], sum(a[2] for a in drawn['data']['s']['acks']), 'drill: all rows are drawn')
    ok(drawn['leads'] >= 3, 'drill: who led', drawn['leads'])
    ok('594 of the lost rows' in drawn['legend'], 'drill: what the evidence lacks is said', drawn['legend'])
    b.key('Escape')


def select(b, name, value):
    b.js(f'''(() => {{
        const s = document.querySelector('select[name="{name}"]');
        s.value = {json.dumps(value)};
        s.dispatchEvent(new Event("change", {{bubbles: true}}));
    }})()''')


VISIBLE = '''Array.from(document.querySelectorAll("table.grid button.cell"))
    .filter(b => b.getClientRects().length).length'''


def test_filters(b):
    equal(b.js(VISIBLE), 10, 'filters: all are there')
    for name, value, wanted in (('Kernel', 'debian-6.12', 5), ('Outcome', 'surprise', 1),
                                ('Verdict', 'at-thaw', 2), ('Clock', 'tsc', 10),
                                ('Protected', 'no', 5), ('Watchdog', 'softdog', 2)):
        select(b, name, value)
        equal(b.js(VISIBLE), wanted, f'filters: {name} {value}')
        equal(b.js('document.querySelector("#filters output").textContent'), f'{wanted} of 10 cells',
              f'filters: {name} is counted')
        select(b, name, '')
    select(b, 'Kernel', 'debian-6.1')
    select(b, 'Verdict', 'at-thaw')
    equal(b.js(VISIBLE), 1, 'filters: two at once')
    equal(b.js('''Array.from(document.querySelectorAll("table.grid th.dog"))
        .filter(h => h.getClientRects().length).map(h => h.textContent).join()'''), 'softdog',
          'filters: columns with nothing left are not shown')
    b.click('#filters button')
    equal(b.js(VISIBLE), 10, 'filters: and all again')


def test_keys(b):
    """Nothing but the keyboard: to a cell, about, in, out"""
    b.js('document.activeElement.blur()')
    for steps in range(40):
        b.key('Tab')
        if b.js('document.activeElement.matches("table.grid button.cell")'):
            break
    ok(steps < 39, 'keys: Tab leads to the cells', steps)
    where = []
    for key in ('ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowRight'):
        b.key(key)
        where.append(b.js('document.activeElement.dataset.cell'))
    ok(len(set(where)) > 1 and None not in where, 'keys: arrows lead from cell to cell', where)
    at = b.js('document.activeElement.dataset.cell')
    b.key('Enter')
    ok(b.js('document.activeElement.id') == 'detail-name', 'keys: Enter opens it')
    b.key('Tab')
    ok(b.js('document.activeElement.closest(".detail") !== null'), 'keys: Tab leads into the detail')
    b.key('Escape')
    equal([b.js('document.getElementById("detail") === null'), b.js('document.activeElement.dataset.cell')],
          [True, at], 'keys: Escape closes it, and we are where we were')
    b.key('Tab')
    ok(not b.js('document.activeElement.matches("table.grid button.cell") && '
                'document.activeElement.closest("table").dataset.run === "0"'),
       'keys: the next Tab leaves the table')


def test_reader(b):
    """What a screen reader is told"""
    nodes = b.call('Accessibility.getFullAXTree')['nodes']
    roles = {}
    for node in nodes:
        if not node.get('ignored'):
            role = node.get('role', {}).get('value')
            roles.setdefault(role, []).append(node.get('name', {}).get('value', ''))
    equal(len(roles.get('grid', [])), 2, 'reader: two grids')
    ok(all(roles['grid']), 'reader: they have captions', roles['grid'])
    buttons = [name for name in roles['button'] if 'protected' in name or 'by luck' in name]
    ok(len(buttons) >= 8 and all(words in ' '.join(buttons) for words in ('in-fault', 'at-thaw')),
       'reader: a cell says how it is and why', buttons)
    ok(all(name for name in roles['button']), 'reader: no button without a name')
    ok(all(name for name in roles.get('combobox', [''])), 'reader: no filter without a name',
       roles.get('combobox'))
    ok('columnheader' in roles and 'rowheader' in roles, 'reader: rows and columns have headings')


def contrast(b):
    """The least contrast of text on a cell, as WCAG counts it"""
    return b.js('''(() => {
        const lum = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4))
            .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
        return Math.min(...Array.from(document.querySelectorAll("button.cell b, .tiles li, .about, caption, th"))
            .map(e => {
                let back = e;
                while (getComputedStyle(back).backgroundColor === "rgba(0, 0, 0, 0)")
                    back = back.parentElement;
                const a = lum(getComputedStyle(e).color), z = lum(getComputedStyle(back).backgroundColor);
                return (Math.max(a, z) + 0.05) / (Math.min(a, z) + 0.05);
            }));
    })()''')


def test_looks(b, page, top):
    for scheme in ('light', 'dark'):
        b.media(scheme=scheme)
        least = contrast(b)
        ok(least >= 4.5, f'{scheme}: text can be read (contrast {least:.1f})')
    b.media()
    for width in WIDTHS:
        b.size(width, 900)
        b.open(page)
        for selector in ('button.cell[data-run="0"][data-cell="4"]', 'button.cell[data-drill="1"]'):
            b.click(selector)
            wide = b.js('document.documentElement.scrollWidth')
            ok(wide <= width, f'{width} pixels: nothing lies outside ({wide})')
            out = b.js('''Array.from(document.querySelectorAll(".detail svg text")).filter(t => {
                const r = t.getBoundingClientRect(), s = t.ownerSVGElement.getBoundingClientRect();
                return r.left < s.left - 1 || r.right > s.right + 1;
            }).map(t => t.textContent)''')
            equal(out, [], f'{width} pixels: no label is cut off')
    b.size(1280, 900)
    b.open(page)
    b.pdf(f'{top}/print.pdf')
    with open(f'{top}/print.pdf', 'rb') as file:
        printed = file.read()
    pages = len(re.findall(rb'/Type\s*/Page\b', printed))
    ok(printed.startswith(b'%PDF') and 1 <= pages <= 6, f'it prints ({pages} pages)')
    b.media('print')
    equal(b.js('getComputedStyle(document.getElementById("filters")).display'), 'none',
          'what is printed has no filters')
    b.media()


def test_hostile(b):
    text = b.js('''JSON.parse(document.getElementById("data").textContent).runs[1].cells
        .map(c => JSON.stringify(c.s)).join()''')
    ok('owned' in text, "hostile: the console's words are in the page")
    b.click(button(b, 'stop-machine.softdog.', 1))
    b.js('document.querySelector(".detail details").open = true')
    ok('owned' in b.js('document.querySelector(".detail .events").textContent'), 'hostile: they are shown')
    equal([b.js('document.title'), b.js('document.querySelectorAll("img").length'),
           b.js('document.scripts.length')], ['Which watchdog fired?', 0, 2], 'hostile: as text')
    # And if markup got through, the page's policy would not let it run
    b.js('''(() => {
        const box = document.createElement("div");
        box.innerHTML = '<img src=x onerror="document.title=1"><a id="evil" href="javascript:document.title=2">x</a>';
        document.body.appendChild(box);
        const script = document.createElement("script");
        script.textContent = "document.title = 3";
        document.body.appendChild(script);
        document.getElementById("evil").click();
    })()''')
    b.js('new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)))')
    equal(b.js('document.title'), 'Which watchdog fired?', 'hostile: the policy stops what markup would do')
    ok(any('Content Security Policy' in line for line in b.trouble()), 'hostile: and says so', b.trouble())


def test_compare(b, page):
    b.open(page)
    words = b.js('document.querySelector(".comparison").textContent')
    ok('debian-6.1' in words and 'debian-6.12' in words, 'compare: says what the runs differ in', words)
    ok('no → by luck' in words, 'compare: and which verdict changed', words)
    b.click('table#changed button')
    scales = b.js('Array.from(document.querySelectorAll(".detail svg.timeline"))'
                  '.map(s => s.dataset.from + " " + s.dataset.to)')
    ok(len(scales) == 2 and scales[0] == scales[1], 'compare: both timelines, to one scale', scales)
    b.click('table.grid[data-run="1"] button.cell')
    equal(b.js('document.querySelectorAll(".detail svg.timeline").length'), 1, 'compare: a cell alone')
    clean(b, 'compare')


def test_address(b, page):
    """A link to a cell, as CI may send it"""
    b.open(page, '#run=run1&cell=stop-machine.softdog.tsc.pc.debian-6.12.8000ms.3000ms')
    ok((b.js('(document.getElementById("detail-name") || {}).textContent') or '')
       .startswith('stop-machine.softdog.tsc.pc.debian-6.12'), 'a link opens its cell')
    b.open(page, '#cell=%3Cscript%3Enothing')
    equal(b.js('document.getElementById("detail")'), None, 'a link to nothing opens nothing')
    clean(b, 'links')


def picture(b, name, top, selector='body'):
    rough = f'{top}/{name}'
    b.js('document.activeElement.blur()')
    b.picture(rough, selector)
    subprocess.run(['build/guest/browser/pngquant', '--force', '--strip', '--speed', '1', '40',
                    '--output', f'{PICTURES}/{name}', rough], check=True)
    size = os.path.getsize(f'{PICTURES}/{name}')
    ok(size <= PICTURE_MAX, f'{name}: {size} bytes')


def make_pictures(b, page, compared, top):
    for width in WIDTHS:
        b.size(width, 900)
        b.open(page)
        picture(b, f'report-matrix-{width}.png', top)
        b.click(button(b, 'stop-machine.softdog.'))
        picture_of(b, f'report-cell-{width}.png', top, '.detail')
        b.click('button.cell[data-drill="0"]')
        picture_of(b, f'report-drill-{width}.png', top, '.detail')
        b.open(compared)
        b.click('table#changed button')
        picture_of(b, f'report-compare-{width}.png', top, '.comparison')


def picture_of(b, name, top, selector):
    """One part of the page"""
    b.js(f'''(() => {{
        document.querySelectorAll("body > *").forEach(e => e.hidden = e.tagName !== "MAIN");
        const part = document.querySelector({json.dumps(selector)});
        const copy = document.querySelector("main").cloneNode(false);
        copy.id = "copy";
        copy.className = "scroll";
        copy.appendChild(part.cloneNode(true));
        document.querySelector("main").hidden = true;
        document.body.appendChild(copy);
    }})()''')
    picture(b, name, top, '#copy')
    b.js('''(() => {
        document.getElementById("copy").remove();
        document.querySelectorAll("body > *").forEach(e => e.hidden = false);
    })()''')


def main():
    with tempfile.TemporaryDirectory(prefix='pug-browser.') as top:
        make_runs(top)
        page, compared = f'{top}/page0.html', f'{top}/page1.html'
        b = Browser()
        try:
            if PICTURES:
                os.makedirs(PICTURES, exist_ok=True)
                make_pictures(b, page, compared, top)
                return finish()
            b.open(page)
            test_cells(b)
            b.open(page)
            for words in ('stop-machine.softdog.', 'stop-machine.i6300esb.', 'stop-machine.i6300esb-none.'):
                test_scale(b, words)
            test_drill(b)
            test_filters(b)
            test_keys(b)
            test_reader(b)
            clean(b, 'the page')
            test_looks(b, page, top)
            test_address(b, page)
            test_compare(b, compared)
            b.open(page)
            test_hostile(b)
        finally:
            b.close()
    return finish()


print('TAP version 13')
try:
    sys.exit(main())
except BrowserError as error:
    print(f'Bail out! {error}')
    sys.exit(1)
