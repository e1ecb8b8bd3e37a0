# SPDX-License-Identifier: GPL-2.0
"""A browser without a window, driven through its debugging pipe.

Chromium reads commands from file descriptor 3 and writes answers to 4, JSON with a NUL
behind each: no port is opened, and nothing but Python's library is wanted.
"""

import base64
import json
import os
import select
import subprocess
import tempfile
import time

PROGRAM = 'build/guest/browser/chromium'
# Only a browser that hangs takes as long
LIMIT_S = 60


class BrowserError(Exception):
    pass


class Browser:
    def __init__(self, width=1280, height=900):
        self.profile = tempfile.TemporaryDirectory(prefix='pug-browser.')
        to_child, self.out = os.pipe()
        self.inp, from_child = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, '--remote-debugging-pipe', '--no-sandbox', '--disable-gpu',
             '--no-first-run', '--disable-background-networking', '--disable-extensions',
             '--force-device-scale-factor=1', '--hide-scrollbars', '--disable-lcd-text',
             f'--user-data-dir={self.profile.name}', 'about:blank'],
            preexec_fn=lambda: self._place(to_child, from_child),
            close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.profile.name, 'stderr'), 'w'))
        os.close(to_child)
        os.close(from_child)
        self.buffer = b''
        self.last = 0
        self.events = []
        self.session = None
        targets = self.call('Target.getTargets')['targetInfos']
        page = next(t for t in targets if t['type'] == 'page')
        self.session = self.call('Target.attachToTarget', targetId=page['targetId'],
                                 flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Accessibility', 'Network'):
            self.call(f'{domain}.enable')
        self.size(width, height)

    @staticmethod
    def _place(to_child, from_child):
        # By way of high numbers: one of them may be 3 or 4 itself
        high_in, high_out = os.dup2(to_child, 103), os.dup2(from_child, 104)
        os.dup2(high_in, 3)
        os.dup2(high_out, 4)

    def close(self):
        try:
            self.session = None
            self.call('Browser.close')
        except BrowserError:
            pass
        try:
            self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.wait()
        self.profile.cleanup()

    def _read(self, deadline):
        while b'\0' not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.inp], [], [], left)[0]:
                raise BrowserError('the browser does not answer')
            more = os.read(self.inp, 1 << 16)
            if not more:
                raise BrowserError('the browser has ended')
            self.buffer += more
        text, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, **params):
        self.last += 1
        message = {'id': self.last, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.out, json.dumps(message).encode() + b'\0')
        deadline = time.monotonic() + LIMIT_S
        while True:
            answer = self._read(deadline)
            if 'id' not in answer:
                self.events.append(answer)
            elif answer['id'] == self.last:
                break
        if 'error' in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer['result']

    def size(self, width, height):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def media(self, media='', scheme='light'):
        self.call('Emulation.setEmulatedMedia', media=media,
                  features=[{'name': 'prefers-color-scheme', 'value': scheme}])

    def open(self, path, fragment=''):
        """Open a file, and wait until it is loaded; trouble is counted from there"""
        self.call('Page.navigate', url='about:blank')
        self.events.clear()
        self.call('Page.navigate', url='file://' + os.path.realpath(path) + fragment)
        deadline = time.monotonic() + LIMIT_S
        while not any(e['method'] == 'Page.loadEventFired' for e in self.events):
            answer = self._read(deadline)
            if 'id' not in answer:
                self.events.append(answer)
        # A page that was left may have fired it, too
        self.wait('document.readyState === "complete" && location.protocol === "file:"')

    def js(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in result:
            details = result['exceptionDetails']
            raise BrowserError(details.get('exception', {}).get('description', details['text']))
        return result['result'].get('value')

    def wait(self, expression):
        deadline = time.monotonic() + LIMIT_S
        while not self.js(expression):
            if time.monotonic() > deadline:
                raise BrowserError(f'never true: {expression}')
            time.sleep(0.02)

    def key(self, key):
        """A key as a hand would press it"""
        codes = {'Tab': 9, 'Enter': 13, 'Escape': 27, ' ': 32, 'ArrowLeft': 37, 'ArrowUp': 38,
                 'ArrowRight': 39, 'ArrowDown': 40}
        text = {'Enter': '\r', ' ': ' '}.get(key)
        params = {'key': key, 'code': 'Space' if key == ' ' else key,
                  'windowsVirtualKeyCode': codes[key]}
        self.call('Input.dispatchKeyEvent', type='keyDown',
                  **params, **({'text': text} if text else {}))
        self.call('Input.dispatchKeyEvent', type='keyUp', **params)

    def click(self, selector):
        """The mouse, in the middle of what the selector finds"""
        box = self.js(f'''(() => {{
            const e = document.querySelector({json.dumps(selector)});
            if (!e) return null;
            e.scrollIntoView({{block: "center", inline: "center"}});
            const r = e.getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2];
        }})()''')
        if not box:
            raise BrowserError(f'nothing is {selector}')
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=box[0], y=box[1], button='left',
                      clickCount=1)

    def trouble(self):
        """What the browser complained of since the page was opened"""
        self.js('0')
        found = []
        for event in self.events:
            params = event.get('params', {})
            if event['method'] == 'Runtime.exceptionThrown':
                details = params['exceptionDetails']
                found.append(details.get('exception', {}).get('description', details['text']))
            elif event['method'] == 'Runtime.consoleAPICalled':
                found.append('console: ' + str(params['args']))
            elif event['method'] == 'Log.entryAdded':
                found.append(params['entry']['text'])
            elif event['method'] == 'Page.javascriptDialogOpening':
                found.append('dialog: ' + params['message'])
        return found

    def requests(self):
        return [e['params']['request']['url'] for e in self.events
                if e['method'] == 'Network.requestWillBeSent']

    def picture(self, path, selector):
        """Of what the selector finds, all of it"""
        clip = self.js(f'''(() => {{
            const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
            return {{x: 0, y: Math.floor(r.top + scrollY), width: document.documentElement.clientWidth,
                height: Math.ceil(r.height), scale: 1}};
        }})()''')
        shot = self.call('Page.captureScreenshot', format='png', clip=clip,
                         captureBeyondViewport=True)
        with open(path, 'wb') as file:
            file.write(base64.b64decode(shot['data']))

    def pdf(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.call('Page.printToPDF', printBackground=True)['data']))
