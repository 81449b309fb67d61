# SPDX-License-Identifier: MIT
"""The headers of a frame, field by field, for who points at an arrow: Ethernet, IPv4 (RFC 791), TCP
(RFC 9293) and its options.

The frame is the log's own "frame", the bytes that were on the wire.  Whatever is too short or of
another kind gives fewer groups, never an error.
"""

import struct

FLAGS = ('FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR')


def headers(text):
    """[(header's name, [(field, value)])] of a frame in hexadecimal."""
    try:
        data = bytes.fromhex(text)
    except (TypeError, ValueError):
        return []
    if len(data) < 14:
        return []
    groups = [('Ethernet header', [
        ('destination', _mac(data[0:6])), ('source', _mac(data[6:12])),
        ('type', f'0x{data[12:14].hex()}' + (' (IPv4)' if data[12:14] == b'\x08\0' else ''))])]
    if data[12:14] == b'\x08\0':
        groups += _ipv4(data[14:])
    return groups


def _mac(data):
    return ':'.join(f'{b:02x}' for b in data)


def _ipv4(data):
    if len(data) < 20 or data[0] >> 4 != 4:
        return []
    header_len = (data[0] & 15) * 4
    total, ident, fragment = struct.unpack('>HHH', data[2:8])
    group = ('IPv4 header', [
        ('length', f'{header_len} bytes, {total} with what it carries'), ('identification', f'{ident}'),
        ('do not fragment', 'yes' if fragment & 0x4000 else 'no'),
        ('time to live', f'{data[8]}'), ('protocol', f'{data[9]}' + (' (TCP)' if data[9] == 6 else '')),
        ('checksum', f'0x{data[10:12].hex()}'),
        ('source', '.'.join(map(str, data[12:16]))),
        ('destination', '.'.join(map(str, data[16:20])))])
    if data[9] != 6 or len(data) < header_len + 20:
        return [group]
    return [group, *_tcp(data[header_len:total])]


def _tcp(data):
    if len(data) < 20:
        return []
    src, dst, seq, ack, offset, flags, win, checksum, urgent = struct.unpack('>HHIIBBHHH', data[:20])
    header_len = (offset >> 4) * 4
    names = ', '.join(name for bit, name in enumerate(FLAGS) if flags >> bit & 1)
    fields = [('source port', f'{src}'), ('destination port', f'{dst}'),
              ('sequence number', f'{seq}'), ('acknowledgment number', f'{ack}'),
              ('header length', f'{header_len} bytes'), ('flags', names or 'none'),
              ('window', f'{win}'), ('checksum', f'0x{checksum:04x}'),
              ('urgent pointer', f'{urgent}')]
    groups = [('TCP header', fields)]
    options = _options(data[20:header_len])
    if options:
        groups.append(('TCP options', options))
    if len(data) > header_len >= 20:
        fields.append(('payload', f'{len(data) - header_len} bytes'))
    return groups


def _options(data):
    found = []
    while data and data[0] != 0:
        if data[0] == 1:
            data = data[1:]
            continue
        if len(data) < 2 or data[1] < 2 or data[1] > len(data):
            found.append(('malformed', data.hex()))
            break
        found.append(_option(data[0], data[2:data[1]]))
        data = data[data[1]:]
    return found


def _option(kind, body):
    if kind == 2 and len(body) == 2:
        return 'maximum segment size', f'{int.from_bytes(body, "big")} bytes'
    if kind == 3 and len(body) == 1:
        return 'window scale', f'{body[0]} (times {1 << min(body[0], 14)})'
    if kind == 4 and not body:
        return 'selective acknowledgment', 'permitted'
    if kind == 8 and len(body) == 8:
        value, echo = struct.unpack('>II', body)
        return 'timestamps', f'{value}, echo {echo}'
    return f'option {kind}', body.hex() or 'empty'
