# SPDX-License-Identifier: MIT
"""What each event of the log is in the picture.

STEPS and OTHERS say it as the client's log means it: from whom to whom, the kind of the arrow, the
words over it (docs/steps.md's) and the values under them.  Events that are in neither are not
drawn.  The kinds:
  call, return   between application, socket library and stack      self   somebody does something
  wire           a packet to or from another machine                data   more than one, summarised
  note           something that is worth saying at that moment
"""

import dataclasses

APP, LIB, STACK, SERVER = 'app', 'lib', 'stack', 'server'
DHCP, DNS, ROUTER, OTHER = 'dhcp', 'dns', 'router', 'other'
ORDER = (APP, LIB, STACK, DHCP, DNS, ROUTER, OTHER, SERVER)
NAMES = {APP: 'application', LIB: 'socket library', STACK: 'protocol stack', SERVER: 'web server',
         DHCP: 'DHCP server', DNS: 'name server', ROUTER: 'router', OTHER: 'other hosts'}
PEER = 'peer'  # as source or target: whoever has the address in the event's ip, src or dst

# Phases: their titles, and a sentence for who sees such a picture for the first time.
PHASES = {
    'address': ('get an address', 'DHCP: the machine asks the link for an address of its own'),
    'name': ('find the address of a name', 'DNS: the name server knows which address a name has'),
    'socket': ('create a socket', 'the application asks for one and gets a number for it, '
                                  'the descriptor'),
    'connect': ('connect', 'three packets: SYN, the answer SYN ACK, and ACK'),
    'talk': ('request and response', 'the application asks, the server answers'),
    'close': ('close', 'each side says FIN when it has nothing more to send, and the other acknowledges it'),
    'check': ('ping', 'is the other machine there at all?'),
}


@dataclasses.dataclass(frozen=True)
class Shape:
    kind: str
    source: str
    target: str
    words: str
    values: tuple = ()
    phase: str = ''
    tone: str = ''      # helper: beside the call itself; warn; bad


HEADER = 'seq={tcp_seq}[ ack={tcp_ack}] win={win}[ mss={mss}][ ws={ws}][{?sack} sackOK]'
WAY = '{src} > {dst}[, {len} bytes]'
REFUSED = '[refused {refused}: {refused_why}]'

STEPS = {
    1: Shape('call', APP, LIB, 'create a socket', ('{family}, {type}',), 'socket'),
    2: Shape('call', LIB, STACK, 'take memory for it', ('{bytes} bytes, state {state}',), 'socket'),
    3: Shape('return', STACK, LIB, 'made', ('descriptor {fd}',), 'socket'),
    4: Shape('return', LIB, APP, 'here is the descriptor', ('descriptor {fd}',), 'socket'),
    5: Shape('call', APP, LIB, 'connect to the web server', ('descriptor {fd}, {dst}',), 'connect'),
    6: Shape('call', LIB, STACK, 'take buffers, connect', (
        '{dst}', 'buffers {sndbuf} + {rcvbuf} bytes'), 'connect'),
    7: Shape('self', STACK, STACK, 'make the TCP header: {flags}', (HEADER,), 'connect'),
    8: Shape('wire', STACK, SERVER, 'SYN: asks to connect', (HEADER, WAY), 'connect'),
    9: Shape('self', SERVER, SERVER, 'find the socket that listens on port {port}',
             ('descriptor {fd}',), 'connect'),
    10: Shape('self', SERVER, SERVER, 'record who calls: connecting', ('{src}, {state}',), 'connect'),
    11: Shape('self', SERVER, SERVER, 'make the TCP header: {flags}', (HEADER,), 'connect'),
    12: Shape('wire', SERVER, STACK, 'SYN ACK: accepts', (HEADER, WAY), 'connect'),
    13: Shape('self', STACK, STACK, 'check, and record: connected', ('{checked}', '{dst}, {state}'),
              'connect'),
    14: Shape('wire', STACK, SERVER, 'ACK: confirms', ('seq={tcp_seq} ack={tcp_ack} win={win}', WAY), 'connect'),
    15: Shape('return', STACK, LIB, 'connected', ('round trip {rtt_us:us}',), 'connect'),
    16: Shape('return', LIB, APP, 'connected', ('after {connect_us:us}',), 'connect'),
}

# What a step would have been, where a run ended before it (docs/steps.md).
UNREACHED = {1: 'no socket was asked for', 8: 'the SYN could not be sent', 12: 'no SYN ACK came',
             13: 'the answer was not what was asked for', 14: 'no ACK was sent',
             16: 'the application was not told'}

# Events of which the step is a field: srv.synack_sent is 12 as the server sees it.
OTHERS = {
    'addr.set': Shape('note', STACK, STACK, 'address {ip}/{prefix}', ('[gateway {gateway}]',),
                      'address', 'helper'),
    'addr.late': Shape('note', STACK, STACK, 'no address yet, and the run goes on', ('{problem}',), '',
                       'warn'),
    'addr.lost': Shape('note', STACK, STACK, 'no address {ip} any more', ('{reason}',), '', 'bad'),
    'dhcp.discover': Shape('wire', STACK, DHCP, 'DHCP DISCOVER: is there a server?[ (try {attempt})]',
                           ('[last time it was {ip}]',), 'address', 'helper'),
    'dhcp.offer': Shape('wire', DHCP, STACK, 'DHCP OFFER: {ip}/{prefix}', ('[for {lease_s} s]',),
                        'address', 'helper'),
    'dhcp.request': Shape('wire', STACK, DHCP, 'DHCP REQUEST: {ip}, please[ (try {attempt})]', (
        '{reason}',), 'address', 'helper'),
    'dhcp.ack': Shape('wire', DHCP, STACK, 'DHCP ACK: {ip}/{prefix} is yours', (
        '[for {lease_s} s][, gateway {gateway}]', '[name servers {dns}]'), 'address', 'helper'),
    'dhcp.nak': Shape('wire', DHCP, STACK, 'DHCP NAK: not {ip}', ('[{text}]',), 'address', 'bad'),
    'dhcp.refused': Shape('note', STACK, STACK, '{what} is rejected: {problem}', (), '', 'warn'),
    'dhcp.odd': Shape('note', STACK, STACK, '{what} is odd: {problem}', (), '', 'warn'),
    'dhcp.held': Shape('note', STACK, STACK, '{server} is put last: its offer waits', (), '', 'warn'),
    'dhcp.unusable': Shape('note', STACK, STACK, '{ip} is not used: {problem}', (), '', 'warn'),
    'dhcp.decline': Shape('wire', STACK, DHCP, 'DHCP DECLINE: {mac} has {ip}', (), 'address', 'bad'),
    'dhcp.no_ack': Shape('note', STACK, STACK, 'no answer from {server}[{?keeps}: the address stays]', (
        '{attempts} REQUESTs for {ip}', REFUSED), '', 'bad'),
    'dhcp.expired': Shape('note', STACK, STACK, 'the lease of {ip} is over', (REFUSED,), '', 'bad'),
    'dhcp.release': Shape('wire', STACK, DHCP, 'DHCP RELEASE: {ip} is free again', (), '', 'helper'),
    'dhcp.link_local': Shape('note', STACK, STACK, 'no server answers: takes {ip}', ('RFC 3927',), '',
                             'warn'),
    'netdev.link': Shape('note', STACK, STACK, '{name} link {link}', (), '', 'warn'),
    'arp.request': Shape('wire', STACK, PEER, 'ARP: who has {ip}?[ (try {attempt})]', (), '', 'helper'),
    'arp.reply': Shape('wire', PEER, STACK, 'ARP: {ip} is at {mac}', ('[after {rtt_us:us}]',), '',
                       'helper'),
    'arp.unresolved': Shape('note', STACK, STACK, 'nobody says that {ip} is his', (
        '{attempts} ARP requests', REFUSED), '', 'bad'),
    'arp.conflict': Shape('wire', OTHER, STACK, 'ARP: {ip} is mine, says {mac}', ('[{action}]',), '',
                          'bad'),
    'icmp.error': Shape('wire', PEER, STACK, 'ICMP: {what}', ('about {dst}',), '', 'bad'),
    'icmp.echo': Shape('wire', PEER, STACK, 'ping from {src}, answered', ('id {id} seq {icmp_seq}',),
                       '', 'helper'),
    'icmp.echo_sent': Shape('wire', STACK, PEER, 'ping: are you there?[ (try {attempt})]', (
        '{dst}, id {id} seq {icmp_seq}, {len} bytes',), 'check', 'helper'),
    'icmp.echo_reply': Shape('wire', PEER, STACK, 'ping: yes', (
        'id {id} seq {icmp_seq}, {len} bytes', 'after {rtt_us:us}'), 'check', 'helper'),
    'dns.query': Shape('wire', STACK, DNS, 'DNS: who is {name}?[ (try {attempt})]',
                       ('{server}, over {over}',), 'name', 'helper'),
    'dns.answer': Shape('wire', DNS, STACK, 'DNS: {name}[ is {ip}][ and {more} more][ {problem}]', (
        '[alias {alias}]', 'after {rtt_us:us}[, for {ttl} s]'), 'name', 'helper'),
    'dns.failed': Shape('note', STACK, STACK, 'DNS: {name}: {problem}', ('{server}', REFUSED), 'name', 'bad'),
    'tcp.retransmit': Shape('wire', STACK, SERVER, '{flags} again (try {attempt})', (
        'seq={tcp_seq}, {payload_len} bytes, after {reason}',), '', 'warn'),
    'tcp.pmtu': Shape('note', STACK, STACK, 'segments are at most {mss} bytes from now on',
                      ('{reason}',), '', 'warn'),
    'tcp.no_answer': Shape('note', STACK, STACK, 'no answer from {dst}', (
        '{attempts} retransmissions in {ms} ms',), '', 'bad'),
    'tcp.rst_rcvd': Shape('wire', SERVER, STACK, 'RST: {meaning}', ('seq={tcp_seq}[ ack={tcp_ack}]',),
                          '', 'bad'),
    'tcp.rst_sent': Shape('wire', STACK, SERVER, 'RST: {reason}', ('seq={tcp_seq}',), '', 'bad'),
    'tcp.zero_window': Shape('note', STACK, STACK, 'the other side has no room', (
        '{unsent} bytes wait',), '', 'warn'),
    'tcp.fin_sent': Shape('wire', STACK, SERVER, 'FIN: nothing more to send', ('seq={tcp_seq}',), 'close'),
    'tcp.fin_rcvd': Shape('wire', SERVER, STACK, 'FIN: nothing more to send', ('seq={tcp_seq}',), 'close'),
    'tcp.fin_acked': Shape('wire', SERVER, STACK, 'ACK of our FIN', (), 'close'),
    'tcp.time_wait_abandoned': Shape('note', STACK, STACK, 'does not wait for late packets: '
                                     'the run ends', ('{remaining_ms} ms of TIME-WAIT left',), '',
                                     'helper'),
    'tcp.aborted': Shape('note', STACK, STACK, 'gives up: {reason}', (
        'in state {state}', REFUSED), '', 'bad'),
    'close.abandoned': Shape('note', APP, APP, 'does not wait any longer for the FIN to be acknowledged', (
        'after {seconds:s} s',), 'close', 'bad'),
    'tcp.summary': Shape('note', STACK, STACK, 'sent {bytes_sent}, received {bytes_received} bytes', (
        '{segs_out} segments out, {segs_in} in, {retransmits} sent again',), '', 'helper'),
    'http.request': Shape('call', APP, SERVER, '{method} {target}', (
        '{size_request} bytes, given to the socket',), 'talk'),
    'http.response': Shape('return', STACK, APP, 'status {http_code}[ {reason}]', (
        'header {size_header} bytes[, {content_type}]',
        '[body {content_length} bytes]'), 'talk'),
    'http.body': Shape('return', STACK, APP, 'the body is complete', (
        '{size_download} bytes, crc32 {crc32}',), 'talk'),
    'http.body_left': Shape('note', APP, APP, 'does not wait for the rest of the body', (
        '{size_download} bytes came', '[{problem}]'), 'talk'),
    'http.kept': Shape('note', APP, APP, 'uses the connection again', (), 'talk'),
    'http.kept_lost': Shape('note', APP, APP, 'the connection that was kept is gone', (), '', 'warn'),
    'http.redirect': Shape('note', APP, APP, 'redirect {num_redirects} ({http_code})', (
        '{method} {redirect_url}',), 'talk', 'warn'),
    'http.retry': Shape('note', APP, APP, 'try {num_retries} of {retry} in {seconds} s',
                        ('{problem}',), '', 'warn'),
    'http.next_address': Shape('note', APP, APP, "tries the name's next address", ('{problem}',), '',
                               'warn'),
    'http.bad': Shape('note', APP, APP, '{problem}', ('["{text}"]',), '', 'bad'),
    'http.summary': Shape('note', APP, APP, '[{url}: ]{sent} of {count} sent, {ok} ok', (
        '{loss_percent} % loss[, min {time_min} avg {time_avg} max {time_max} s]',), '', 'helper'),
    'log.lost': Shape('note', STACK, STACK, '{lines} lines of the log are lost', ('{port} port',), '',
                      'warn'),
    'config.bad': Shape('note', APP, APP, '[{text}: ]{problem}', ('{source}',), '', 'bad'),
    'config.more': Shape('note', APP, APP, '{faults} more faults, not named', (), '', 'bad'),
    'device.bad': Shape('note', STACK, STACK, '{at}: {problem}', (), '', 'bad'),
    'udp.echo': Shape('note', STACK, STACK, 'UDP {direction} {len} bytes', ('{src} > {dst}',), '',
                      'helper'),
    'srv.listening': Shape('note', SERVER, SERVER, 'listens on port {port}', ('descriptor {fd}',), '',
                           'helper'),
    'srv.traffic': Shape('note', SERVER, SERVER, '{connections} more connections, {requests} requests', (
        'suppressed',), '', 'helper'),
    'srv.crowded': Shape('note', SERVER, SERVER, 'all places are taken, {connections} by {ip}', (
        '{displaced} displaced, {slow} too slow, {idle} idle, {waiting} wait',), '', 'warn'),
    'srv.stopping': Shape('note', SERVER, SERVER, 'no more connections: {reason}', (), '', 'helper'),
    'srv.summary': Shape('note', SERVER, SERVER, 'requests answered: {requests}', (
        'connections {connections}, bytes {bytes}',), '', 'helper'),
    'http.served': Shape('self', SERVER, SERVER, 'answers [{method} ][{target}: ]{http_code}', (
        '{size_body} bytes[: {problem}]',), 'talk'),
    'srv.cookies': Shape('note', SERVER, SERVER, 'SYN cookies from now on', (
        '{half_open} connections are half open',), '', 'warn'),
    'entropy.renewed': Shape('note', STACK, STACK, 'secrets drawn anew: {reason}', (), '', 'warn'),
    'hold': Shape('note', APP, APP, 'stays up for {seconds} s', (), '', 'helper'),
    'panic': Shape('note', STACK, STACK, 'PANIC: {what}', ('[{rip}][ ({symbol})]',), '', 'bad'),
}

# What has no arrow of its own: the machine coming up (the picture's facts say what matters), states, ends of
# requests and results (model.py), and what others of these events already show.
NOT_DRAWN = {
    'boot', 'cpu', 'memory', 'clock', 'entropy', 'config', 'config.note', 'pci.device', 'netdev.up',
    'drop', 'tcp.state', 'http.header', 'http.data', 'http.show_cut', 'random', 'tick', 'progress', 'transfer',
    'result', 'panic.registers', 'panic.frame'}

# The same events in a server's log: its stack is the web server, and what it calls the server is
# the caller.  (Its srv.* events are steps and stand above.)
_SERVER_SIDE = {APP: SERVER, LIB: SERVER, STACK: SERVER, SERVER: STACK}


def shape_of(event, side):
    """The Shape of an event in the log of that side, or None."""
    step = event.get('step')
    shape = STEPS.get(step) if step else OTHERS.get(event.get('ev'))
    if shape is None or side == 'client' or event['ev'].startswith(('srv.', 'http.served')):
        return shape
    if step:
        return None  # how a server makes its own sockets is not this picture's matter
    source, target = (_SERVER_SIDE.get(end, end) for end in (shape.source, shape.target))
    kind = 'self' if source == target and shape.kind in ('call', 'return') else shape.kind
    return dataclasses.replace(shape, source=source, target=target, kind=kind)
