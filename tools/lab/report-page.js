// SPDX-License-Identifier: GPL-2.0
/*
 * The page's own script. All that it shows is from the island of data, put in
 * place as text: nothing here parses HTML, and no text becomes a handler.
 */
(function () {
	'use strict';

	const SVG = 'http://www.w3.org/2000/svg';
	const data = JSON.parse(document.getElementById('data').textContent);
	let open = null;	/* what is shown: { button, row, draw } */

	/* --- making elements --------------------------------------------------------- */

	function add(parent, name, attributes, text) {
		const svg = parent.namespaceURI === SVG || name === 'svg';
		const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);

		Object.keys(attributes || {}).forEach(function (key) {
			element.setAttribute(key, attributes[key]);
		});
		if (text !== undefined)
			element.textContent = text;
		parent.appendChild(element);
		return element;
	}

	function seconds(us) {
		const s = us / 1e6;

		if (s !== 0 && Math.abs(s) < 1)
			return (us / 1000).toFixed(Math.abs(us) < 100000 ? 1 : 0) + ' ms';
		return s.toFixed(2) + ' s';
	}

	function niceStep(span, most) {
		const raw = span / most;
		const power = Math.pow(10, Math.floor(Math.log10(raw)));

		return [1, 2, 5, 10].map(function (m) {
			return m * power;
		}).find(function (step) {
			return step >= raw;
		});
	}

	/* --- a frame with an axis: pixels are proportional to time ----------------------- */

	function frame(parent, from, to, height, left, label, unit) {
		const width = Math.max(280, Math.min(1500, parent.clientWidth || 800));
		const right = width - 14;
		const svg = add(parent, 'svg', {
			viewBox: '0 0 ' + width + ' ' + height, width: width, height: height,
			role: 'img', 'aria-label': label, 'data-from': from, 'data-to': to,
			'data-left': left, 'data-right': right,
		});
		const x = function (t) {
			return left + (t - from) / (to - from) * (right - left);
		};
		const step = niceStep((to - from) / unit.size, Math.max(2, (right - left) / 70)) * unit.size;
		const base = height - 20;
		const digits = step / unit.size < 1 ? Math.min(3, Math.ceil(-Math.log10(step / unit.size))) : 0;
		let t;

		for (t = Math.ceil(from / step) * step; t <= to; t += step) {
			add(svg, 'line', { class: 'grid', x1: x(t), x2: x(t), y1: 4, y2: base });
			add(svg, 'text', {
				class: 'dim', x: x(t), y: height - 6, 'text-anchor': 'middle',
			}, (t / unit.size).toFixed(digits) + ' ' + unit.name);
		}
		add(svg, 'line', { class: 'axis', x1: left, x2: right, y1: base, y2: base });
		return { svg: svg, x: x, width: width, left: left, right: right, base: base };
	}

	/* Labels side by side where they fit, else one above the other */
	function placeLabels(moments, x, width, levels) {
		const ends = [];

		moments.forEach(function (m) {
			const wide = m.label.length * 6.9 + 8;
			let at = x(m.t) + 4, level = 0;

			m.flip = at + wide > width;
			if (m.flip)
				at = x(m.t) - 4 - wide;
			while (level < levels - 1 && ends[level] !== undefined && ends[level] > at)
				level++;
			m.crowded = ends[level] !== undefined && ends[level] > at;
			ends[level] = at + wide;
			m.level = level;
		});
	}

	function drawMoments(f, moments, top, levels) {
		moments.sort(function (a, b) {
			return a.t - b.t;
		});
		placeLabels(moments, f.x, f.width, levels);
		moments.forEach(function (m) {
			const y = top + 12 + m.level * 15;
			const g = add(f.svg, 'g', { class: 'moment ' + m.name, 'data-t': m.t, 'data-name': m.name });

			add(g, 'line', { x1: f.x(m.t), x2: f.x(m.t), y1: y - 9, y2: f.base });
			add(g, 'text', {
				x: f.x(m.t) + (m.flip ? -4 : 4), y: y, 'text-anchor': m.flip ? 'end' : 'start',
			}, m.label);
			add(g, 'title', {}, m.label);
		});
	}

	function bar(f, name, from, to, y, height, title) {
		const left = Math.max(f.left, f.x(from));
		const right = Math.min(f.right, f.x(to));
		const rect = add(f.svg, 'rect', {
			class: name, x: left, y: y, width: Math.max(2, right - left), height: height,
			'data-from': from, 'data-to': to,
		});

		add(rect, 'title', {}, title);
	}

	/* --- a cell: what its timeline is about ------------------------------------------ */

	const GONE = ['reset-request', 'poweroff', 'paused', 'panicked'];

	function findMark(story, kinds, boot) {
		return story.marks.find(function (m) {
			return m[0] === boot && m[1] !== null && kinds.indexOf(m[2]) >= 0;
		});
	}

	/* Microseconds from the fault's begin; null where it did not happen */
	function momentsOf(cell) {
		const r = cell.r, seen = r.observed || {}, story = cell.s;
		const frozen = findMark(story, ['freeze', 'fault', 'freeze-asked'], 1);
		const m = { keepalive: null, deadline: null, fired: null, thaw: null, due: null, gone: null };
		const beats = story.reload.length ? story.reload : story.keepalive;
		const thaw = findMark(story, ['thaw'], 1);
		const gone = findMark(story, GONE, 1);
		const back = findMark(story, ['boot'], 2);

		m.fault = frozen ? 0 : null;
		if (typeof seen.fault_to_fire_ms === 'number')
			m.fired = seen.fault_to_fire_ms * 1000;
		if (m.fired !== null && typeof seen.keepalive_to_fire_ms === 'number')
			m.keepalive = m.fired - seen.keepalive_to_fire_ms * 1000;
		if (m.keepalive === null && frozen)
			beats.forEach(function (b) {
				if (b[0] <= 0)
					m.keepalive = Math.min(0, b[1]);
			});
		if (m.keepalive !== null)
			m.deadline = m.keepalive + r.timeout_ms * 1000;
		if (m.fired !== null && seen.zombie_ms > 0)
			m.thaw = m.fired - seen.zombie_ms * 1000;
		else if (thaw)
			m.thaw = thaw[1];
		else if (frozen)
			m.due = r.msecs * 1000;
		/* Who fired took it away, although QEMU may need some time to say so */
		if (gone)
			m.gone = m.fired !== null && Math.abs(gone[1] - m.fired) < 1e6 ? m.fired : gone[1];
		m.back = back ? back[1] : null;
		return m;
	}

	function extentOf(cell, m) {
		const times = [m.keepalive, m.deadline, m.fired, m.thaw, m.due, m.gone, m.fault];
		let from = -1e6, to = 1e6, pad;

		['keepalive', 'reload', 'canary'].forEach(function (kind) {
			cell.s[kind].forEach(function (b) {
				times.push(b[0], b[1]);
			});
		});
		times.forEach(function (t) {
			if (t === null)
				return;
			from = Math.min(from, t);
			to = Math.max(to, t);
		});
		pad = (to - from) * 0.03;
		/* What was long before the fault says nothing of it */
		if (m.fault !== null)
			from = Math.max(from, -Math.max(5e6, (to - m.fault) * 0.25));
		return { from: from - pad, to: to + pad };
	}

	function ticks(f, bundles, name, y, height, after) {
		bundles.forEach(function (b) {
			const middle = (b[0] + b[1]) / 2;
			let line;

			if (middle < Number(f.svg.dataset.from) || middle > Number(f.svg.dataset.to))
				return;
			line = add(f.svg, 'line', {
				class: name + (after !== null && b[1] >= after ? ' out' : ''),
				x1: f.x(middle), x2: f.x(middle), y1: y, y2: y + height, 'data-t': middle,
			});
			add(line, 'title', {}, b[2] + ' at ' + seconds(b[0]));
		});
	}

	/* What the machine was, from left to right */
	function drawStates(f, m, extent, y) {
		const frozenEnd = m.thaw !== null ? m.thaw : m.gone !== null ? m.gone : m.due;
		const end = m.gone !== null ? m.gone : extent.to;

		if (m.fault === null) {
			bar(f, 'running', extent.from, end, y, 16, 'runs');
		} else {
			bar(f, 'running', extent.from, 0, y, 16, 'runs');
			bar(f, 'frozen', 0, frozenEnd, y, 16, 'frozen for ' + seconds(frozenEnd));
			if (m.thaw !== null)
				bar(f, 'zombie', m.thaw, end, y, 16,
				    'zombie window: runs on after the thaw for ' + seconds(end - m.thaw));
		}
		if (m.gone !== null)
			bar(f, 'gone', m.gone, extent.to, y, 16, 'gone');
	}

	function listMoments(cell, m) {
		const seen = cell.r.observed || {};
		const who = seen.by || 'watchdog';
		const list = [];
		const put = function (name, t, label) {
			if (t !== null)
				list.push({ name: name, t: t, label: label + ' ' + seconds(t) });
		};

		put('keepalive', m.keepalive, 'last keepalive');
		put('fault', m.fault, 'fault');
		put('deadline', m.deadline, 'deadline');
		put('thaw', m.thaw, 'thaw');
		put('due', m.due, 'would thaw');
		put('fired', m.fired, who + ' fires');
		if (m.gone !== m.fired)
			put('gone', m.gone, 'gone');
		return list;
	}

	/* The next boot has a clock of its own: it is named, and not to scale */
	function drawBack(f, m, y) {
		if (m.back === null)
			return;
		add(f.svg, 'rect', { class: 'back', x: f.right - 8, y: y, width: 8, height: 16 });
		add(f.svg, 'text', {
			x: f.right, y: y + 84, 'text-anchor': 'end', class: 'back-text', 'data-t': m.back,
		}, 'back up, ' + seconds(m.back) + ' after its clock began');
	}

	function drawCell(parent, cell, extent) {
		const m = momentsOf(cell);
		const list = listMoments(cell, m);
		const label = 'Timeline: ' + list.map(function (one) {
			return one.label;
		}).join('; ');
		const top = 4, levels = 5, y = top + levels * 15 + 4;
		const f = frame(parent, extent.from, extent.to, y + 112, 78, label, { size: 1e6, name: 's' });
		const after = m.thaw;

		f.svg.setAttribute('class', 'timeline');
		add(f.svg, 'text', { class: 'dim', x: 2, y: y + 12 }, 'machine');
		add(f.svg, 'text', { class: 'dim', x: 2, y: y + 40 }, 'keepalives');
		add(f.svg, 'text', { class: 'dim', x: 2, y: y + 64 }, 'writes out');
		drawStates(f, m, extent, y);
		ticks(f, cell.s.reload.length ? cell.s.reload : cell.s.keepalive, 'tick', y + 28, 14, null);
		ticks(f, cell.s.canary, 'canary', y + 52, 14, after);
		drawBack(f, m, y);
		drawMoments(f, list, top, levels);
		return m;
	}

	/* What takes milliseconds is nothing on an axis of a minute: once more, larger */
	function drawLens(parent, cell, m, extent) {
		const end = m.fired;
		const width = end - m.thaw;
		let f;

		if (m.thaw === null || end === null || width <= 0 || width > (extent.to - extent.from) / 40)
			return;
		add(parent, 'p', { class: 'legend' }, 'The zombie window, magnified ' +
		    Math.round((extent.to - extent.from) / (width * 2)) + ' times:');
		f = frame(parent, m.thaw - width / 2, end + width / 2, 92, 78,
			  'The zombie window, magnified: ' + seconds(width), { size: 1000, name: 'ms' });
		f.svg.setAttribute('class', 'lens');
		bar(f, 'frozen', m.thaw - width / 2, m.thaw, 38, 12, 'frozen');
		bar(f, 'zombie', m.thaw, end, 38, 12, 'zombie window');
		bar(f, 'gone', end, end + width / 2, 38, 12, 'gone');
		ticks(f, cell.s.canary, 'canary out', 54, 14, m.thaw);
		drawMoments(f, [
			{ name: 'thaw', t: m.thaw, label: 'thaw' },
			{ name: 'fired', t: end, label: 'fired, ' + seconds(width) + ' later' },
		], 2, 2);
	}

	/* --- the words beside it ---------------------------------------------------------- */

	function fact(list, name, text, className) {
		if (text === '' || text === null || text === undefined)
			return;
		add(list, 'dt', {}, name);
		add(list, 'dd', className ? { class: className } : {}, text);
	}

	function files(parent, item) {
		const p = add(parent, 'p', { class: 'files' }, item.dir ? 'Raw evidence: ' :
			      'There is no folder of raw evidence.');

		(item.files || []).forEach(function (name) {
			add(p, 'a', { href: item.dir + '/' + encodeURIComponent(name) }, name);
			p.appendChild(document.createTextNode(' '));
		});
	}

	function eventTable(parent, headings, rows) {
		const details = add(parent, 'details', {});
		const table = add(add(details, 'div', { class: 'scroll' }), 'table', { class: 'events' });
		const head = add(add(table, 'thead', {}), 'tr', {});
		const body = add(table, 'tbody', {});

		details.insertBefore(document.createElement('summary'), details.firstChild)
			.textContent = 'Events as a table (' + rows.length + ')';
		headings.forEach(function (heading) {
			add(head, 'th', { scope: 'col' }, heading);
		});
		rows.forEach(function (row) {
			const tr = add(body, 'tr', {});

			row.forEach(function (text) {
				add(tr, 'td', {}, text);
			});
		});
	}

	function cellEvents(parent, cell) {
		eventTable(parent, ['Time', 'Boot', 'Source', 'What'], cell.s.marks.map(function (m) {
			return [m[1] === null ? '' : m[4] + ' ' + (m[1] / 1e6).toFixed(6) + ' s', String(m[0]),
				m[3], m[5] || m[2]];
		}));
	}

	function cellFacts(parent, cell) {
		const seen = cell.r.observed || {};
		const same = cell.outcome === 'as expected';
		const list = add(parent, 'dl', { class: 'facts ' + (same ? 'same' : 'different') });

		if (cell.r.not_run) {
			fact(list, 'not run', cell.r.not_run);
			return;
		}
		fact(list, 'expected', cell.words.expected + (cell.r.expected.by ? ', by ' +
		     cell.r.expected.by : ''), 'verdict');
		fact(list, 'because', cell.r.expected.reason);
		fact(list, 'seen', cell.words.seen + (seen.by ? ', by ' + seen.by : '') +
		     (same ? ' (as expected)' : ' (' + cell.outcome + ')'), 'verdict');
		fact(list, 'because', seen.reason);
		fact(list, 'protected', cell.words.protected);
		fact(list, 'fired after the last keepalive', cell.words.fired);
		fact(list, 'zombie window', cell.words.zombie);
		if (seen.came_back !== null)
			fact(list, 'afterwards', seen.came_back ? 'the machine came back, boot_id ' +
			     (seen.boot_ids_differ ? 'new' : 'unchanged') + (seen.bootstatus === null ? '' :
			     ', bootstatus 0x' + seen.bootstatus.toString(16)) : 'it was not seen to come back');
	}

	function cellSection(parent, cell, extent, heading) {
		let m;

		if (heading)
			add(parent, 'h4', {}, heading);
		cellFacts(parent, cell);
		if (cell.s && cell.s.marks.length) {
			m = drawCell(parent, cell, extent);
			drawLens(parent, cell, m, extent);
			cellEvents(parent, cell);
		} else {
			add(parent, 'p', { class: 'legend' }, 'There is no timeline of it.');
		}
		files(parent, cell);
	}

	function cellDetail(parent, run, number, other) {
		const cell = data.runs[run].cells[number];
		const before = other === null ? null : data.runs[0].cells[other];
		const shown = [cell, before].filter(function (one) {
			return one && one.s && one.s.marks.length;
		}).map(function (one) {
			return extentOf(one, momentsOf(one));
		});
		const extent = {
			from: Math.min.apply(null, shown.map(function (e) { return e.from; })),
			to: Math.max.apply(null, shown.map(function (e) { return e.to; })),
		};

		if (before)
			cellSection(parent, before, extent, data.runs[0].name);
		cellSection(parent, cell, extent, before ? data.runs[1].name : null);
	}

	/* --- a drill ------------------------------------------------------------------------ */

	const LANE = 74;

	function roleClass(role) {
		if (role[3] > 0)
			return 'leads';
		if (/^no answer/.test(role[2]))
			return 'silent';
		return /^replica, (running|streaming)/.test(role[2]) ? 'follows' : 'unsure';
	}

	function drawRoles(f, s, node, y) {
		const roles = s.roles.filter(function (r) {
			return r[0] === node;
		});

		roles.forEach(function (r, i) {
			const end = i + 1 < roles.length ? roles[i + 1][1] : s.to;

			if (end > s.from)
				bar(f, roleClass(r), Math.max(s.from, r[1]), end, y, 12, s.nodes[node] + ': ' + r[2] +
				    ' from ' + r[1].toFixed(1) + ' s');
		});
	}

	function drawCounts(f, s, list, name, node, y, height, down) {
		const most = Math.max.apply(null, s.acks.map(function (a) { return a[2]; }).concat([1]));
		const wide = Math.max(1.5, f.x(s.from + s.step) - f.x(s.from) - 0.5);

		list.filter(function (a) {
			return a[0] === node;
		}).forEach(function (a) {
			const t = s.from + a[1] * s.step;
			const high = Math.max(2, a[2] / most * height);
			const rect = add(f.svg, 'rect', {
				class: name, x: f.x(t), width: wide, y: down ? y : y - high, height: high, 'data-t': t,
				'data-n': a[2],
			});

			add(rect, 'title', {}, a[2] + ' rows ' + (down ? 'lost' : 'acknowledged') + ' at ' +
			    t.toFixed(1) + ' s');
		});
	}

	/* From what stops a machine to what sets it going again */
	function drawFrozen(f, s, node, y) {
		const stops = ['freeze', 'stop'], ends = ['thaw', 'reset'];
		let since = null;

		s.marks.forEach(function (m) {
			if (m[1] !== node)
				return;
			if (stops.indexOf(m[2]) >= 0 && since === null) {
				since = m[0];
			} else if (ends.indexOf(m[2]) >= 0 && since !== null) {
				if (m[0] > s.from)
					bar(f, 'frozen', since, m[0], y + 14, 5, s.nodes[node] + ' stands still');
				since = null;
			}
		});
	}

	const SHOWN = {
		fault: 'fault', watchdog: 'watchdog', softdog: 'softdog', reset: 'reset', promoted: 'promoted',
		demoted: 'demoted', rewind: 'rewind', boot: 'boot', thaw: 'thaw', 'no-space': 'no space',
	};

	/* One label for what comes several times within some seconds */
	function drawNodeMarks(f, s, node, y) {
		const last = {};
		const moments = [];

		s.marks.forEach(function (m) {
			if (m[1] !== node || !SHOWN[m[2]] || m[0] < s.from)
				return;
			if (last[m[2]] !== undefined && m[0] - last[m[2]] < (s.to - s.from) / 12)
				return;
			last[m[2]] = m[0];
			moments.push({ name: m[2], t: m[0], label: SHOWN[m[2]] });
		});
		placeLabels(moments, f.x, f.right, 2);
		moments.forEach(function (m) {
			const g = add(f.svg, 'g', { class: 'moment mark ' + m.name, 'data-t': m.t, 'data-name': m.name });
			const at = y - 3 - m.level * 11;

			add(g, 'line', { x1: f.x(m.t), x2: f.x(m.t), y1: at - 6, y2: y + 14 });
			add(g, 'title', {}, m.label + ' at ' + m.t.toFixed(1) + ' s');
			/* No room for it: the mark has it as its title, the table as a line */
			if (!m.crowded)
				add(g, 'text', {
					x: f.x(m.t) + (m.flip ? -3 : 3), y: at,
					'text-anchor': m.flip ? 'end' : 'start',
				}, m.label);
		});
	}

	function drawKey(f, s, y) {
		s.key.forEach(function (k, i) {
			const end = i + 1 < s.key.length ? s.key[i + 1][0] : s.to;
			const from = Math.max(s.from, k[0]);

			if (end <= s.from)
				return;
			bar(f, k[1] === null ? 'silent' : 'key', from, end, y, 16, k[1] === null ?
			    'the leader key has expired' : 'the leader key names ' + k[1]);
			if (k[1] !== null && f.x(end) - f.x(from) > k[1].length * 8)
				add(f.svg, 'text', { class: 'key-text', x: f.x(from) + 4, y: y + 12 }, k[1]);
		});
	}

	function drawBands(f, s, r, height) {
		const two = r.observed.two_leaders_ms, from = r.observed.two_leaders_from_ms;
		const band = { y: 4, height: height - 24 };
		let flip;

		bar(f, 'fault-band', 0, Math.min(s.to, r.freeze_ms / 1000), band.y, band.height, 'as long as the fault was to be');
		if (two > 0 && typeof from === 'number') {
			bar(f, 'two', from / 1000, (from + two) / 1000, band.y, band.height, 'two leaders for ' +
			    (two / 1000).toFixed(2) + ' s');
			flip = f.x((from + two) / 1000) + 110 > f.right;
			add(f.svg, 'text', {
				x: flip ? f.x(from / 1000) - 4 : f.x((from + two) / 1000) + 4, y: 16,
				'text-anchor': flip ? 'end' : 'start', class: 'two-text',
			}, 'two leaders ' + (two / 1000).toFixed(1) + ' s');
		}
	}

	function drillLabel(s, r) {
		return 'Drill: ' + r.observed.sentence + '. ' + s.key.map(function (k) {
			return (k[1] === null ? 'no leader key' : 'leader key ' + k[1]) + ' at ' + k[0].toFixed(1) + ' s';
		}).join('; ');
	}

	function drawDrill(parent, s, r) {
		/* Who has neither role nor rows is no database */
		const nodes = s.nodes.map(function (name, i) { return i; }).filter(function (i) {
			return s.roles.concat(s.acks).some(function (one) { return one[0] === i; });
		}).sort(function (a, b) {
			return s.nodes[a] < s.nodes[b] ? -1 : 1;
		});
		const height = 54 + nodes.length * LANE + 24;
		const f = frame(parent, s.from, s.to, height, 78, drillLabel(s, r), { size: 1, name: 's' });

		f.svg.setAttribute('class', 'lanes');
		drawBands(f, s, r, height);
		add(f.svg, 'text', { class: 'dim', x: 2, y: 36 }, 'leader key');
		drawKey(f, s, 24);
		nodes.forEach(function (node, i) {
			const y = 72 + i * LANE;

			add(f.svg, 'line', { class: 'lane', x1: 0, x2: f.right, y1: y - 28, y2: y - 28 });
			add(f.svg, 'text', { x: 2, y: y + 10 }, s.nodes[node]);
			drawRoles(f, s, node, y);
			drawFrozen(f, s, node, y);
			drawCounts(f, s, s.acks, 'acks', node, y + 33, 14, false);
			drawCounts(f, s, s.lost, 'lost', node, y + 34, 10, true);
			drawNodeMarks(f, s, node, y);
		});
	}

	function drillFacts(parent, r) {
		const seen = r.observed;
		const list = add(parent, 'dl', { class: 'facts ' + (r.as_expected ? 'same' : 'different') });
		const ms = function (value) {
			return value === null ? '' : (value / 1000).toFixed(1) + ' s';
		};

		fact(list, 'expected', [r.expected.verdict].concat(r.expected.or).join(' or ') +
		     (r.expected.fired_by ? ', fired by ' + r.expected.fired_by : ''), 'verdict');
		fact(list, 'because', r.expected.reason);
		fact(list, 'seen', seen.sentence + (r.as_expected ? ' (as expected)' : ' (surprise)'), 'verdict');
		fact(list, 'because', seen.reason);
		fact(list, 'fired by', seen.fired_by || 'nobody');
		fact(list, 'old leader fenced after', ms(seen.fenced_after_ms));
		fact(list, 'another promoted after', ms(seen.new_leader_after_ms));
		fact(list, 'outage', ms(seen.outage_ms));
		fact(list, 'two leaders', ms(seen.two_leaders_ms));
		fact(list, 'the old leader', seen.old_leader);
		if (seen.acked_rows !== null)
			fact(list, 'rows', seen.acked_rows + ' acknowledged, ' + (seen.lost_rows === null ? 'unknown how many' :
			     seen.lost_rows) + ' of them lost');
		fact(list, 'asked', 'mode ' + r.mode + ', sync ' + r.sync + ', ttl ' + r.ttl_s + ' s, fault of ' +
		     r.freeze_ms / 1000 + ' s');
	}

	function drillLegend(parent, s, r) {
		const lost = r.observed.lost_rows || 0;
		let text = 'Upper bar: role and state (green leads, blue follows, amber is changing, grey does not answer); ' +
			'grey below it: the machine stands still. Up: rows acknowledged, so it was writable; down, red: of these, lost.';

		if (lost > s.lost_placed)
			text += ' When ' + (lost - s.lost_placed) + ' of the lost rows were acknowledged is not in the evidence.';
		add(parent, 'p', { class: 'legend' }, text);
	}

	function drillDetail(parent, run, number) {
		const drill = data.runs[run].drills[number];

		drillFacts(parent, drill.r);
		if (drill.s) {
			drawDrill(parent, drill.s, drill.r);
			drillLegend(parent, drill.s, drill.r);
			eventTable(parent, ['Time', 'Node', 'What'], drill.s.marks.map(function (m) {
				return [m[0].toFixed(3) + ' s', m[1] === null ? 'lab' : drill.s.nodes[m[1]], m[3] || m[2]];
			}));
		} else {
			add(parent, 'p', { class: 'legend' }, 'There is no timeline of it.');
		}
		files(parent, drill);
	}

	function drillName(item) {
		const r = data.runs[item.run].drills[item.number].r;

		return item.name + ': ' + r.drill + ', ' + r.fault + ', watchdog ' + r.watchdog;
	}

	/* --- opening and closing --------------------------------------------------------------- */

	function close(refocus) {
		if (!open)
			return;
		open.row.remove();
		open.button.setAttribute('aria-expanded', 'false');
		if (refocus)
			open.from.focus();
		open = null;
	}

	function itemOf(button) {
		const run = Number(button.dataset.run);
		const drill = button.dataset.drill !== undefined;
		const number = Number(drill ? button.dataset.drill : button.dataset.cell);

		return {
			run: run, number: number, drill: drill,
			name: data.runs[run][drill ? 'drills' : 'cells'][number].name,
			other: button.dataset.with === undefined ? null : Number(button.dataset.with),
		};
	}

	/* The detail goes below the row that the item is in, also when a link asks for it */
	function homeOf(button, item) {
		const what = item.drill ? 'drill' : 'cell';

		if (button.closest('tr') && item.other !== null)
			return button;
		return document.querySelector('button.cell[data-run="' + item.run + '"][data-' + what + '="' +
					      item.number + '"]');
	}

	function draw() {
		const box = open.row.querySelector('.detail');
		const item = open.item;
		const button = document.createElement('button');

		box.textContent = '';
		button.type = 'button';
		button.className = 'close';
		button.textContent = 'Close';
		button.addEventListener('click', function () {
			close(true);
		});
		box.appendChild(button);
		add(box, 'h3', { id: 'detail-name', tabindex: '-1' }, item.drill ? drillName(item) : item.name);
		if (item.drill)
			drillDetail(box, item.run, item.number);
		else
			cellDetail(box, item.run, item.number, item.other);
	}

	function show(from) {
		const item = itemOf(from);
		const button = homeOf(from, item);
		const row = button.closest('tr');
		const again = open && open.button === button && open.item.other === item.other;
		const line = document.createElement('tr');

		close(false);
		if (again && from === button) {
			history.replaceState(null, '', location.pathname + location.search);
			return;
		}
		line.className = 'detail-row';
		add(add(line, 'td', { colspan: row.children.length }), 'section', {
			class: 'detail', id: 'detail', 'aria-labelledby': 'detail-name',
		});
		row.after(line);
		button.setAttribute('aria-expanded', 'true');
		button.setAttribute('aria-controls', 'detail');
		open = { button: button, from: from, row: line, item: item };
		draw();
		history.replaceState(null, '', '#' + new URLSearchParams({
			run: data.runs[item.run].name, [item.drill ? 'drill' : 'cell']: item.name,
		}).toString());
		if (from !== button)
			line.scrollIntoView({ block: 'nearest' });
		line.querySelector('#detail-name').focus({ preventScroll: from === button });
	}

	/* --- filters ------------------------------------------------------------------------------ */

	const FILTERS = [
		['Fault', function (c) { return c.r.fault; }],
		['Watchdog', function (c) { return c.words.watchdog; }],
		['Kernel', function (c) { return c.r.kernel; }],
		['Clock', function (c) { return c.r.clock; }],
		['Verdict', function (c) { return c.r.observed ? c.r.observed.verdict : 'not run'; }],
		['Protected', function (c) { return c.words.protected; }],
		['Outcome', function (c) { return c.outcome; }],
	];

	function allCells() {
		return Array.from(document.querySelectorAll('table.grid button.cell'));
	}

	function cellOf(button) {
		return data.runs[Number(button.dataset.run)].cells[Number(button.dataset.cell)];
	}

	/* Rows and columns with nothing left are not shown */
	function hideEmpty(table) {
		const heads = Array.from(table.tHead.rows[0].cells);
		const rows = Array.from(table.tBodies[0].rows);

		rows.forEach(function (row) {
			row.hidden = !row.querySelector('button.cell:not([hidden])');
		});
		heads.forEach(function (head, i) {
			let some;

			if (!head.classList.contains('dog'))
				return;
			some = rows.some(function (row) {
				return row.cells[i].querySelector('button.cell:not([hidden])');
			});
			head.hidden = !some;
			rows.forEach(function (row) {
				row.cells[i].hidden = !some;
			});
		});
	}

	function rove(table, to) {
		const buttons = Array.from(table.querySelectorAll('tbody button.cell'));
		const visible = buttons.filter(function (b) { return !b.hidden; });
		const one = to || visible.find(function (b) { return b.tabIndex === 0; }) || visible[0];

		buttons.forEach(function (b) {
			b.tabIndex = b === one ? 0 : -1;
		});
		return one;
	}

	function applyFilters(form, count) {
		const wanted = Array.from(form.querySelectorAll('select')).map(function (s) { return s.value; });
		const buttons = allCells();
		let shown = 0;

		close(false);
		buttons.forEach(function (button) {
			const cell = cellOf(button);
			const fits = FILTERS.every(function (filter, i) {
				return wanted[i] === '' || filter[1](cell) === wanted[i];
			});

			button.hidden = !fits;
			shown += fits ? 1 : 0;
		});
		document.querySelectorAll('table.grid').forEach(function (table) {
			hideEmpty(table);
			rove(table);
		});
		count.textContent = shown + ' of ' + buttons.length + ' cells';
	}

	function makeFilters() {
		const form = document.getElementById('filters');
		const cells = allCells().map(cellOf);
		let count, reset;

		if (!form)
			return;
		FILTERS.forEach(function (filter) {
			const select = add(add(form, 'label', {}, filter[0] + ' '), 'select', { name: filter[0] });

			add(select, 'option', { value: '' }, 'all');
			Array.from(new Set(cells.map(filter[1]))).sort().forEach(function (value) {
				add(select, 'option', { value: value }, value);
			});
		});
		reset = add(form, 'button', { type: 'reset' }, 'Show all');
		count = add(form, 'output', { role: 'status' });
		form.addEventListener('change', function () {
			applyFilters(form, count);
		});
		form.addEventListener('submit', function (event) {
			event.preventDefault();
		});
		reset.addEventListener('click', function (event) {
			event.preventDefault();
			form.reset();
			applyFilters(form, count);
		});
		form.hidden = false;
		applyFilters(form, count);
	}

	/* --- keys --------------------------------------------------------------------------------- */

	/* The nearest place in that direction that has a button, as in a spreadsheet */
	function neighbour(button, dx, dy) {
		const row = button.closest('tr');
		const rows = Array.from(row.parentNode.children).filter(function (r) {
			return !r.hidden && !r.classList.contains('detail-row');
		});
		const stack = Array.from(button.closest('td').querySelectorAll('button.cell:not([hidden])'));
		let x = Array.from(row.children).indexOf(button.closest('td')) + dx;
		let y = rows.indexOf(row) + dy;
		let found;

		if (dy && stack[stack.indexOf(button) + dy])
			return stack[stack.indexOf(button) + dy];
		for (; y >= 0 && y < rows.length && x >= 0 && x < row.children.length; x += dx, y += dy) {
			found = rows[y].children[x].querySelectorAll('button.cell:not([hidden])');
			if (found.length)
				return found[dy < 0 ? found.length - 1 : 0];
		}
		return null;
	}

	const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

	function onKey(event) {
		const button = event.target.closest('table.grid button.cell');
		let to;

		if (event.key === 'Escape' && open) {
			close(true);
			history.replaceState(null, '', location.pathname + location.search);
			return;
		}
		if (!button || !STEPS[event.key] || event.ctrlKey || event.altKey || event.metaKey)
			return;
		event.preventDefault();
		to = neighbour(button, STEPS[event.key][0], STEPS[event.key][1]);
		if (to)
			rove(button.closest('table'), to).focus();
	}

	function onClick(event) {
		const button = event.target.closest('button[data-run]');

		if (!button)
			return;
		if (button.closest('table.grid'))
			rove(button.closest('table'), button);
		show(button);
	}

	function openFromAddress() {
		const asked = new URLSearchParams(location.hash.slice(1));
		const button = Array.from(document.querySelectorAll('button.cell')).find(function (b) {
			const item = itemOf(b);

			return asked.get(item.drill ? 'drill' : 'cell') === item.name &&
				(!asked.has('run') || asked.get('run') === data.runs[item.run].name);
		});

		if (!button)
			return;
		show(button);
		open.row.scrollIntoView({ block: 'nearest' });
	}

	function onResize() {
		if (open && open.row.querySelector('.detail').clientWidth !== open.width) {
			open.width = open.row.querySelector('.detail').clientWidth;
			draw();
		}
	}

	document.querySelectorAll('table.grid').forEach(function (table) {
		table.setAttribute('role', 'grid');
	});
	makeFilters();
	document.addEventListener('click', onClick);
	document.addEventListener('keydown', onKey);
	window.addEventListener('resize', onResize);
	window.addEventListener('hashchange', openFromAddress);
	openFromAddress();
}());
