# SPDX-License-Identifier: GPL-2.0
"""A cluster for pug-fence to decide about: Patronis that answer as Patroni
3.0.2 does, a Proxmox VE API (pve-api) with VMs, a configuration, and what was
true of each member, to judge a decision by."""

import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[3]
# Each decision is a dozen processes, and forking is what AddressSanitizer makes
# dear: only some tests use the program that is built with it
FENCE = str(TOP / 'build/bin/pug-fence')
FENCE_ASAN = str(TOP / 'build/test/fence/pug-fence')
PVE_API = str(TOP / 'build/test/fence/pve-api')
SYSID = '7284365987265432198'
TOKEN = 'fence@pve!stop=5f1c7a52-9d1b-4c43-8a3f-bb0b7c0ffee5'
UUID = '00000000-0000-4000-8000-0000000000%02d'
MAC = 'bc:24:11:00:00:%02d'
NAMES = ['pg1', 'pg2', 'pg3']           # pg2 decides
ME = 'pg2'

# What a Patroni can say that is a proof, written down here a second time
SAFE = {('running', 'replica'), ('starting', 'replica'), ('stopped', 'replica'),
        ('stopped', 'demoted'), ('stopped', 'uninitialized'), ('crashed', 'demoted'),
        ('crashed', 'replica'), ('start failed', 'replica'), ('start failed', 'demoted'),
        ('creating replica', 'replica'), ('creating replica', 'uninitialized'),
        ('creating replica', 'demoted'), ('crashed', 'uninitialized'),
        ('start failed', 'uninitialized')}


def answer_302(scope, state, role, timeline=5, **more):
    """GET /patroni of Patroni 3.0.2: get_postgresql_status() and
    _write_status_response() of patroni/api.py. It has no name."""
    out = {'state': state, 'role': role, 'dcs_last_seen': int(time.time()),
           'database_system_identifier': SYSID,
           'patroni': {'version': '3.0.2', 'scope': scope}}
    if state in ('running', 'restarting') and role in ('replica', 'master', 'standby_leader'):
        out.update(postmaster_start_time='2026-11-25 00:00:00.000000+00:00',
                   server_version=150010, timeline=timeline)
        if role == 'master':
            out['xlog'] = {'location': 67108864}
            out['replication'] = []
        else:
            out['xlog'] = {'received_location': 67108864, 'replayed_location': 67108864,
                           'replayed_timestamp': None, 'paused': False}
    out.update(more)
    return out


class Patroni:
    """One REST API. `plan` is [(seconds since the first question, state, role)];
    a state 'silent' takes the connection and says nothing, 'closed' refuses it,
    'closed-once' takes it and ends it."""

    def __init__(self, name, plan, tls=None, version='3.0.2', scope='demo', raw=None,
                 headers=None, timeline=5, **more):
        self.name, self.plan, self.version, self.scope = name, plan, version, scope
        self.raw, self.headers, self.more = raw, headers or {}, more
        self.timeline = timeline
        self.began = None
        self.served = []                # (state, role), in order
        self.asked = []                 # paths
        self.is_gone = lambda: False    # its VM was stopped
        self.listed, self.tags = NAMES, {}      # what GET /cluster lists
        patroni = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                patroni.serve(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

            def shutdown_request(self, request):
                if tls:         # Patroni does so; without it a client sees a cut
                    try:
                        request.unwrap()
                    except OSError:
                        pass
                super().shutdown_request(request)

        self.server = Server(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        self.scheme = 'http'
        if tls:
            import ssl
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = 'https'
        if plan and plan[0][1] == 'closed':
            self.server.server_close()
        else:
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def now(self):
        """Where in its plan it is."""
        if self.began is None:
            self.began = time.monotonic()
        at = time.monotonic() - self.began
        state = [step for step in self.plan if step[0] <= at][-1]
        return state[1], state[2]

    def body(self):
        state, role = self.now()
        out = answer_302(self.scope, state, role, self.timeline, **self.more)
        if self.version != '3.0.2':
            out['patroni'] = {'version': self.version, 'scope': self.scope, 'name': self.name}
        return state, role, out

    def serve(self, request):
        self.asked.append(request.path)
        if request.path.startswith('/cluster'):
            return self.reply(request, json.dumps(self.cluster()))
        state, role, out = self.body()
        if state == 'silent' or self.is_gone():
            time.sleep(30)
            return None
        if state == 'closed-once':
            request.close_connection = True
            return None
        self.served.append((state, role))
        return self.reply(request, self.raw if self.raw is not None else json.dumps(out))

    def cluster(self):
        return {'members': [dict({'name': n, 'role': 'leader' if n == 'pg1' else 'replica',
                                  'state': 'running', 'timeline': self.timeline,
                                  'host': '127.0.0.1', 'port': 5432},
                                 **({'tags': self.tags[n]} if n in self.tags else {}))
                            for n in self.listed]}

    def reply(self, request, text):
        data = text.encode()
        request.send_response(self.more.get('http_status', 200))
        request.send_header('Content-Type', 'application/json')
        for key, value in self.headers.items():
            request.send_header(key, value)
        request.end_headers()
        try:
            request.wfile.write(data)
        except OSError:
            pass

    def close(self):
        try:
            self.server.shutdown() if self.plan[0][1] != 'closed' else None
            self.server.server_close()
        except OSError:
            pass


def certificates(folder):
    """A CA, a certificate of it for 127.0.0.1 and localhost, and one of nobody."""
    def openssl(*args):
        subprocess.run(['openssl', *args], check=True, cwd=folder, capture_output=True)

    folder.mkdir(parents=True, exist_ok=True)
    if (folder / 'other.pem').exists():
        return folder
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem',
            '-days', '3650', '-subj', '/CN=test CA')
    for name in ('server', 'member'):
        (folder / 'ext').write_text('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
        openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', name + '.key', '-out',
                name + '.csr', '-subj', '/CN=' + name)
        openssl('x509', '-req', '-in', name + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                '-CAcreateserial', '-out', name + '.pem', '-days', '3650', '-extfile', 'ext')
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'other.key', '-out',
            'other.pem', '-days', '3650', '-subj', '/CN=somebody else',
            '-addext', 'subjectAltName=IP:127.0.0.1')
    return folder


def fingerprint(pem):
    out = subprocess.run(['openssl', 'x509', '-in', str(pem), '-noout', '-fingerprint', '-sha256'],
                         check=True, capture_output=True, text=True).stdout
    return out.strip().split('=')[1]


def default_vms():
    return [{'vmid': 101 + i, 'node': 'pve%d' % (i + 1), 'name': name, 'uuid': UUID % (i + 1),
             'mac': MAC % (i + 1), 'status': 'running', 'template': 0, 'ha': 0}
            for i, name in enumerate(NAMES)]


class Pve:
    def __init__(self, folder, certs, vms, fault=None, cert='server', token=TOKEN, version=8,
                 quorate=1, nodes=('pve1', 'pve2', 'pve3'), offline=(), sys_audit=True,
                 **token_more):
        privileges = {'/vms/%d' % vm['vmid']: {'VM.Audit': 1, 'VM.PowerMgmt': 1} for vm in vms}
        if sys_audit:
            privileges['/'] = {'Sys.Audit': 0}
        who = {'name': token.split('=')[0], 'privileges': privileges, 'expired': 0}
        who.update(token_more)
        self.scenario = {'tokens': {token: who}, 'nodes': list(nodes), 'vms': vms,
                         'version': version, 'offline': list(offline),
                         'ticket': 'PVE:root@pam:6750F000::c2lnbmF0dXJl', 'csrf': '6750F000:csrf',
                         'password': 'secret',
                         'ticket_user': {'name': 'root@pam', 'root': 1, 'privileges': {}}}
        if quorate is not None:
            self.scenario['quorate'] = quorate
        if fault:
            self.scenario['fault'] = fault
        number = len(list(folder.glob('scenario*')))
        path = folder / ('scenario%d.json' % number)
        path.write_text(json.dumps(self.scenario))
        self.log = folder / ('stops%d' % number)
        self.process = subprocess.Popen([PVE_API, str(path), str(certs / (cert + '.pem')),
                                         str(certs / (cert + '.key')), str(self.log)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stopped(self):
        return {line.split()[2] for line in self.log.read_text().splitlines()}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def free_port():
    """One that nobody listens on."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Cluster:
    """Three members, pg2 decides. `plans` are the Patronis' of pg1 and pg3."""

    def __init__(self, plans=None, vms=None, fault=None, cluster=None, patroni=None,
                 hypervisor=None, members=None, pve=None, patronis=None, token=TOKEN,
                 old=None):
        """`old` is a host that is asked first, and knows what was true once."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='pug-fence-'))
        self.certs = certificates(TOP / 'build/test/fence/certs')
        plans = plans or {}
        self.plans = {ME: [(0, 'running', 'replica')], 'pg1': [(0, 'silent', '')],
                      'pg3': [(0, 'running', 'replica')]}
        self.plans.update(plans)
        self.patronis = {n: Patroni(n, self.plans[n], **(patronis or {}).get(n, {}))
                         for n in NAMES}
        self.vms = vms if vms is not None else default_vms()
        self.pve = Pve(self.folder, self.certs, self.vms, fault, **(pve or {}))
        self.old = Pve(self.folder, self.certs, **old) if old else None
        for name in NAMES:
            self.patronis[name].is_gone = lambda name=name: name in self.pve.stopped()
        self.state = self.folder / 'state'
        self.state.mkdir(mode=0o700)
        self.token = self.folder / 'token'
        self.token.write_text(token + '\n')
        self.token.chmod(0o600)
        self.path = self.folder / 'fence.ini'
        self.write(cluster or {}, patroni or {}, hypervisor or {}, members or {})

    def write(self, cluster, patroni, hypervisor, members):
        sections = {
            'cluster': dict({'scope': 'demo', 'me': ME, 'system_identifier': SYSID,
                             'deadline': '2.5', 'grace': '0.3', 'demote_wait': '0.8',
                             'stop_reserve': '1.5', 'try_timeout': '0.5', 'poll': '0.1',
                             'state_dir': str(self.state)}, **cluster),
            'patroni': dict({'plain_http': 'yes', 'identity': 'address'}, **patroni),
            'hypervisor pve': dict({'type': 'pve', 'hosts': ' '.join(
                '127.0.0.1:%d' % p.port for p in (self.old, self.pve) if p),
                                    'token_file': str(self.token),
                                    'ca': str(self.certs / 'ca.pem')}, **hypervisor)}
        for i, name in enumerate(NAMES):
            patroni_at = self.patronis[name]
            sections['member ' + name] = dict(
                {'api': '%s://127.0.0.1:%d' % (patroni_at.scheme, patroni_at.port),
                 'hypervisor': 'pve', 'vm': str(101 + i), 'vm_uuid': UUID % (i + 1),
                 'vm_name': name, 'vm_mac': MAC % (i + 1)}, **members.get(name, {}))
        text = ''
        for title, settings in sections.items():
            text += '[%s]\n' % title
            text += ''.join('%s = %s\n' % (k, v) for k, v in settings.items() if v is not None)
        self.path.write_text(text)
        self.path.chmod(0o600)

    def run(self, *args, command='pre-promote', timeout=90, program=FENCE, **more):
        return subprocess.run([program, command, '--config', str(self.path), *args],
                              capture_output=True, text=True, timeout=timeout, check=False, **more)

    def decide(self, **more):
        """Returns (exit status, what it said, [promotions without a proof])."""
        result = self.run(**more)
        wrong = [] if result.returncode else \
            [n for n in NAMES if n != ME and not self.is_proven(n)]
        return result.returncode, result.stderr, wrong

    def is_proven(self, name):
        """By what was true, not by what pug-fence says."""
        patroni = self.patronis[name]
        if patroni.served and patroni.served[-1] in SAFE and patroni.raw is None \
                and patroni.scope == 'demo' and patroni.version in ('3.0.2', '4.0.5') \
                and 'Age' not in patroni.headers and 'http_status' not in patroni.more \
                and (patroni.more.get('database_system_identifier', SYSID) == SYSID or
                     patroni.served[-1][1] == 'uninitialized') \
                and patroni.name == name:
            return True
        if self.old is None and self.pve.scenario.get('quorate') == 0:
            return False
        vm = [v for v in self.vms if v['name'] == name]
        if vm and vm[0]['node'] in self.pve.scenario['offline']:
            return False
        if not vm or vm[0]['uuid'] != UUID % (NAMES.index(name) + 1):
            return False
        if vm[0]['status'] == 'stopped':
            return not vm[0].get('lock') and not vm[0].get('vmstate') and \
                not vm[0].get('qmpstatus_stopped')
        return name in self.pve.stopped() and vm[0].get('stop') not in ('ignored', 'back')

    def close(self):
        for patroni in self.patronis.values():
            patroni.close()
        self.pve.close()
        if self.old:
            self.old.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Tap:
    """TAP for tests in Python."""

    def __init__(self, planned):
        self.n = self.failed = 0
        self.planned = planned
        print('TAP version 13\n1..%d' % planned, flush=True)

    def ok(self, good, name, *notes):
        self.n += 1
        self.failed += not good
        print('%sok %d - %s' % ('' if good else 'not ', self.n, name), flush=True)
        if not good:
            for note in notes:
                for line in str(note).splitlines():
                    print('# ' + line, flush=True)

    def finish(self):
        return 1 if self.failed or self.n != self.planned else 0
