# SPDX-License-Identifier: MIT
"""Two machines on one wire, one calling the other, and one diagram of what both of them say.

The server is started first, and the client when the server says that it listens.  Standard output
is both logs in the order in which their lines come, and then the diagram (--diagram).  The command
ends with the client's status, or with the server's where it was the server that failed.
"""

import argparse
import contextlib
import os
import shlex
import tempfile

from diagram import cli as drawing

from . import config, options as common, pair, qemu
from .cli import machine_for
from .errors import RunnerError
from .guard import Guard
from .pair import CLIENT, MACS, SERVER, SERVER_IP
from .side import Side
from .status import NO_VERDICT
from .tool import become_net_root, end_orderly, say, split_dashes


def parser():
    p = argparse.ArgumentParser(
        prog='duet.py', parents=[common.common()],
        description='Starts two dialtones on one wire, one calling the other; draws one diagram of '
                    'both logs; ends with the client\'s status.',
        epilog='--timeout and --append are the client\'s. Arguments after -- go to both QEMUs.')
    p.add_argument('--net', default='socket', help='socket (no root), or tap: a bridge of two taps')
    p.add_argument('--url', default='/', help='what the client gets: a path, or a whole URL (/)')
    p.add_argument('--server-append', default='', help='more configuration of the server')
    p.add_argument('--diagram', default='-',
                   help='FILE.svg, FILE.html, FILE.mmd, none; - is the terminal (-)')
    p.add_argument('--logs', default='', help='a folder for the logs: client.log, server.log')
    p.set_defaults(serial2='')  # each has one, and it is ours
    return p


def check(options):
    """What can be found wrong before anything is set up."""
    common.check(options)
    if options.machine == 'microvm':
        raise RunnerError('MACHINE=microvm has one serial port and no network: use pc or q35')
    if options.net not in pair.NETS:
        raise RunnerError(f'NET={options.net}: one of {", ".join(pair.NETS)}')
    if not options.url.startswith('/') and '://' not in options.url:
        raise RunnerError(f'URL={options.url}: a path that begins with /, or a whole URL')
    if options.logs and not os.path.isdir(options.logs):
        raise RunnerError(f'LOGS={options.logs}: there is no such folder')
    if options.diagram != 'none':
        common.check_drawing(options.diagram)


# --- what each is told ----------------------------------------------------------------------------

def client_words(options):
    url = options.url if '://' in options.url else f'http://{SERVER_IP}{options.url}'
    ours = [f'ip={pair.address(CLIENT)}', f'url={url}', *log_words(options)]
    if options.timeout:
        ours.append(f'timeout={options.timeout}')
    return config.merge(ours, config.split_words(options.append))


def server_words(options, requests):
    """A server that ends by itself when it has answered what the client is going to ask."""
    ours = [f'ip={pair.address(SERVER)}', 'mode=server', f'requests={requests}',
            *log_words(options)]
    return config.merge(ours, config.split_words(options.server_append))


def log_words(options):
    exit_port = f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}'
    return [f'log={options.log}', exit_port] if options.log else [exit_port]


def number_of(words, key, fallback):
    value = config.value_of(words, key) or ''
    return int(value) if value.isdigit() else fallback


def requests_of(words):
    """How many requests a client of that configuration makes, if all goes well."""
    urls = sum(word.startswith('url=') for word in words)
    return max(urls * number_of(words, 'count', 1), 1)


# --- the run --------------------------------------------------------------------------------------

class Duet:
    """Both sides on their wire.  run() is the whole of it; the status to end with."""

    def __init__(self, options, net, scratch, qemu_args):
        self.options = options
        told = client_words(options)
        self.words = {CLIENT: told, SERVER: server_words(options, requests_of(told))}
        self.client, self.server = (
            self._side(name, net.ends[name], os.path.join(scratch, name), qemu_args)
            for name in (CLIENT, SERVER))

    def _side(self, name, end, scratch, qemu_args):
        os.mkdir(scratch)
        options = argparse.Namespace(**{**vars(self.options), 'nic': f'mac={MACS[name]}',
                                        'diagram': ''})
        machine = machine_for(options, end, self.words[name], scratch, qemu_args)
        save = os.path.join(self.options.logs, name) if self.options.logs else ''
        return Side(name, machine, end, save)

    def _deadline_s(self, name):
        return common.deadline_s(self.options, self.words[name])

    def run(self):
        self.server.start()
        if not self.server.says('srv.listening', self._deadline_s(SERVER)):
            return self._no_server()
        self.client.start()
        outcome = self.client.wait(self._deadline_s(CLIENT))
        if outcome.note:
            say(f'client: {outcome.note}')
        return self._end_server() or outcome.status

    def _no_server(self):
        outcome = self.server.wait(1)
        say(f'the server does not listen, so nobody calls it: {outcome.note or _status(outcome)}')
        return outcome.status or NO_VERDICT

    def _end_server(self):
        """The status of a server that failed, or 0."""
        if self.client.count('http.request') < number_of(self.words[SERVER], 'requests', 1):
            self.server.kill()
            say('the server was not asked what it waits for, and has been switched off')
            return 0
        outcome = self.server.wait(self._deadline_s(SERVER))
        if outcome.status:
            say(f'the server failed: {outcome.note or _status(outcome)}')
        return outcome.status

    def draw(self):
        """It never changes how the run has ended."""
        logs = [side.log for side in (self.client, self.server) if side.log.events]
        if self.options.diagram == 'none' or not logs:
            return
        try:
            drawing.write(logs, self.options.diagram)
        except drawing.DiagramError as e:
            say(f'no diagram: {e}')


def _status(outcome):
    return f'it ended with status {outcome.status}'


def run(options, qemu_args):
    with contextlib.ExitStack() as stack:
        scratch = tempfile.mkdtemp(prefix='dialtone-')
        stack.callback(Guard(['rm', '-rf', scratch]).release)
        net = stack.enter_context(pair.choose(options.net, options.pcap))
        duet = Duet(options, net, scratch, qemu_args)
        for side in (duet.client, duet.server):
            stack.enter_context(side)
            if options.show:
                say(shlex.join([*side.end.prefix, *side.argv]))
        say(f'two of {options.machine}, {options.boot}, {options.mem} MiB; {net.description}')
        status = duet.run()
        duet.draw()
    if net.capture and net.capture.dropped:
        say(f'{net.capture.dropped} frames are missing in {options.pcap}')
    return status


def _main(argv):
    before, after = split_dashes(argv)
    options = parser().parse_args(before)
    check(options)
    if options.net == 'tap' and os.getuid() != 0:
        become_net_root('duet.py', argv)
    return run(options, after)


def main(argv):
    return end_orderly(_main, argv)
