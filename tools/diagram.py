#!/usr/bin/python3
"""Draws the sequence diagram of a run from its log: the four participants, the numbered steps with
their real values, ARP, retransmissions and the end, as Mermaid text.

    tools/run.py --net tap --log json | tools/diagram.py > run.mmd

Reads machine lines (log=json or both) from a file or standard input; ends with 1 where there are
none.  Only what the log says is drawn: a failed run stops where it failed.
"""

import sys

import dialtone_log

APP, LIB, STACK, SERVER = 'app', 'lib', 'stack', 'server'

# Step: from, to, arrow, words over it.
STEPS = {
    1: (APP, LIB, '->>', 'create a socket: {type}'),
    2: (LIB, STACK, '->>', 'take {bytes} bytes for it, state {state}'),
    3: (STACK, LIB, '-->>', 'made'),
    4: (LIB, APP, '-->>', 'descriptor {fd}'),
    5: (APP, LIB, '->>', 'connect {fd} to {dst}'),
    6: (LIB, STACK, '->>', 'buffers {sndbuf} and {rcvbuf} bytes, {dst}'),
    7: (STACK, STACK, '->>', 'make the header: {flags}'),
    8: (STACK, SERVER, '->>', 'SYN seq={tcp_seq} win={win}'),
    12: (SERVER, STACK, '->>', 'SYN ACK seq={tcp_seq} ack={tcp_ack} win={win}'),
    13: (STACK, STACK, '->>', '{checked}, so {state}'),
    14: (STACK, SERVER, '->>', 'ACK seq={tcp_seq} ack={tcp_ack}'),
    15: (STACK, LIB, '-->>', 'connected, round trip {rtt_us} us'),
    16: (LIB, APP, '-->>', 'connected after {connect_us} us'),
}
# Events that are no steps and have an arrow of their own.
OTHERS = {
    'arp.request': (STACK, SERVER, '--)', 'ARP: who has {ip}?'),
    'arp.reply': (SERVER, STACK, '--)', 'ARP: {ip} is at {mac}'),
    'tcp.retransmit': (STACK, SERVER, '-x', '{flags} again, after {reason}'),
    'tcp.rst_rcvd': (SERVER, STACK, '-x', 'RST: {meaning}'),
    'http.request': (APP, SERVER, '->>', '{method} {target}'),
    'http.response': (SERVER, APP, '-->>', '{http_code}, body {framing}'),
    'tcp.fin_rcvd': (SERVER, STACK, '->>', 'FIN'),
    'tcp.fin_sent': (STACK, SERVER, '->>', 'FIN'),
    'tcp.fin_acked': (SERVER, STACK, '-->>', 'ACK of our FIN'),
}


class Absent(dict):
    def __missing__(self, key):
        return '?'


def words(template, event):
    """Mermaid ends a message at ; and # and knows HTML, so none of a server's bytes may be one."""
    text = template.format_map(Absent(event))
    return ''.join(c if c.isalnum() or c in ' .,:=/-_?&%+()' else f'#{ord(c)};' for c in text)


def arrow_of(event):
    step = event.get('step')
    if step in STEPS:
        source, target, line, template = STEPS[step]
        return source, target, line, f'{step}. ' + words(template, event)
    if event.name in OTHERS:
        source, target, line, template = OTHERS[event.name]
        return source, target, line, words(template, event)
    return None


def mermaid(log):
    lines = ['sequenceDiagram', '    participant app as application',
             '    participant lib as socket library', '    participant stack as protocol stack',
             '    participant server as web server']
    for event in log.events:
        arrow = arrow_of(event)
        if arrow:
            source, target, line, text = arrow
            lines.append(f'    {source}{line}{target}: {text}')
    result = log.result
    if result:
        said = result.get('errormsg') or f'{result.get("http_code")}, ' \
                                         f'{result.get("size_download")} bytes'
        lines.append(f'    Note over app,server: {words("{said}", {"said": said})},'
                     f' EXIT: STATUS={result.get("exitcode")}')
    return '\n'.join(lines) + '\n'


def main(argv):
    if len(argv) > 1:
        sys.exit('usage: diagram.py [LOG]')
    if argv:
        with open(argv[0], 'rb') as f:
            log = dialtone_log.parse(f.read())
    else:
        log = dialtone_log.parse(sys.stdin.buffer.read())
    if not log.events:
        sys.exit('diagram.py: no machine lines in that log: run with log=json or log=both')
    sys.stdout.write(mermaid(log))


if __name__ == '__main__':
    main(sys.argv[1:])
