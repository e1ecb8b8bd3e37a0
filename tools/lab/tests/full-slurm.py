# SPDX-License-Identifier: GPL-2.0
"""tools/lab/slurm-array under a Slurm of one node, unpacked and started in place.

Its daemons listen on 127.0.0.1 and munge's key is this test's: nobody else's jobs are
taken. Prints TAP; to be run from the top folder.
"""

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time

from runs import answers, load
from tap import PUG, equal, finish, ok, pug

TREE = os.path.abspath('build/guest/slurm/tree')
LIB = f'{TREE}/usr/lib/x86_64-linux-gnu'
WHAT = ('--preset', 'quick', '--msecs', '4000,6000')
HOST = socket.gethostname()
USER = pwd.getpwuid(os.geteuid()).pw_name
LIMIT_S = 240
CONF = '''
ClusterName=pug
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={place}/munge
CredType=cred/munge
PluginDir={lib}/slurm-wlm
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=4096
PartitionName=pug Nodes=ALL Default=YES State=UP
'''


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError as error:
        return str(error)


def free_ports(count):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slurm:
    """munged, slurmctld and slurmd, while the with block lasts"""

    def __init__(self, place):
        self.place = place
        self.env = dict(os.environ, SLURM_CONF=f'{place}/slurm.conf',
                        LD_LIBRARY_PATH=f'{LIB}:{LIB}/slurm-wlm')
        self.daemons = []

    def start(self, name, *args):
        with open(f'{self.place}/{name}.out', 'w') as out:
            self.daemons.append(subprocess.Popen(
                ['setpriv', '--pdeathsig', 'KILL', f'{TREE}/usr/sbin/{name}', *args], env=self.env, stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.place))

    def run(self, name, *args, **kwargs):
        return subprocess.run([f'{TREE}/usr/bin/{name}', *args], env=self.env | kwargs,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def until(self, what, seconds=60):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end or any(one.poll() is not None for one in self.daemons):
                return False
            time.sleep(0.2)
        return True

    def words(self):
        return '\n'.join(read(f'{self.place}/{name}')[-1500:] for name in (
            'munged.out', 'slurmctld-wlm.out', 'slurmctld.log', 'slurmd-wlm.out', 'slurmd.log'))

    def __enter__(self):
        place = self.place
        for name in ('state', 'spool'):
            os.mkdir(f'{place}/{name}')
        with open(os.open(f'{place}/key', os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as key:
            key.write(os.urandom(128))
        with open(f'{place}/slurm.conf', 'w') as conf:
            conf.write(CONF.format(host=HOST, place=place, lib=LIB, cpus=os.cpu_count(),
                                   ports=free_ports(2), user=USER))
        # --force: it would not have its socket in a folder that only we may enter
        self.start('munged', '--force', '--foreground', f'--socket={place}/munge',
                   f'--key-file={place}/key', f'--pid-file={place}/munged.pid',
                   f'--seed-file={place}/seed', f'--log-file={place}/munged.log')
        self.until(lambda: os.path.exists(f'{place}/munge'))
        self.start('slurmctld-wlm', '-D')
        self.start('slurmd-wlm', '-D', '-N', HOST, '-d', f'{TREE}/usr/sbin/slurmstepd-wlm')
        return self

    def is_idle(self):
        seen = self.run('squeue', '-h')
        return seen.returncode == 0 and not seen.stdout.strip()

    def __exit__(self, *_):
        if not self.is_idle():
            self.run('scancel', '-u', USER)
            self.until(self.is_idle, 30)
        for one in reversed(self.daemons):
            one.terminate()
        for one in self.daemons:
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def array(slurm, cells, out, which):
    """Whether all of its jobs were taken, ran and left the queue"""
    seen = slurm.run('sbatch', f'--array={which}', '--parsable', f'--chdir={os.getcwd()}',
                     f'--output={slurm.place}/job-%a', 'tools/lab/slurm-array', cells, out, PUG=PUG)
    if not ok(seen.returncode == 0, f'sbatch --array={which}', seen.stderr, slurm.words()):
        return False
    return ok(slurm.until(slurm.is_idle, LIMIT_S),
              'the queue is empty', slurm.run('squeue').stdout, slurm.words())


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix='pug-slurm.') as place:
        cells, out = f'{place}/cells.json', f'{place}/cells'
        pug('matrix', *WHAT, '--list', '--json', cells)
        names = [cell['id'] for cell in load(cells)['cells']]
        last = len(names) - 1
        with Slurm(place) as slurm:
            if ok(slurm.until(lambda: 'idle' in slurm.run('sinfo', '-h', '-o', '%T').stdout),
                  'slurmctld and slurmd run, unpacked', slurm.words()):
                array(slurm, cells, out, f'1-{last}')
                seen = pug('merge', out, '--cells', cells, '--missing')
                equal(seen.stdout.split(), names[:1], 'the one that was not asked for is missing',
                      read(f'{place}/job-1'), slurm.words())
                array(slurm, cells, out, '0')
                array(slurm, cells, out, f'{len(names)}')
                equal(sorted(os.listdir(out)), sorted(names), 'a number past the list ran nothing')
        seen = pug('merge', out, '--cells', cells, '-o', f'{place}/merged')
        equal(seen.returncode, 0, 'pug merge', seen.stderr[-2000:], read(f'{place}/job-0'))
        seen = pug('matrix', *WHAT, '--out', f'{place}/matrix')
        equal(seen.returncode, 0, 'one pug matrix', seen.stderr[-2000:])
        equal(answers(load(f'{place}/merged/run.json')), answers(load(f'{place}/matrix/run.json')),
              f'{len(names)} cells, the same verdicts')
    finish()


main()
