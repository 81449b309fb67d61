#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the house's layers (docs/architecture.md): who may include whom, which words a folder may
not use, what the network library needs from outside, and that it keeps no writable data.

    check_layers.py [--root DIR] [--objects FILE.o ...] [--portable FILE.o ...]

Includes are read from the sources; symbols by `nm` from the objects of net/, and from all objects
that are not one CPU's: what they need of it must be in kernel/arch/*.h.  Prints one line per
fault and ends with 1 where there is any.
"""

import argparse
import glob
import os
import re
import subprocess
import sys

FREESTANDING = {'<stdarg.h>', '<stdbool.h>', '<stddef.h>', '<stdint.h>', '<stdnoreturn.h>',
                '<limits.h>', '<stdalign.h>'}

# What every layer of the stack may include: nothing of it calls a layer.
NET_SHARED = ['base/', 'log/event.h', 'log/events.def', 'net/wire/', *(
    f'net/{name}.h' for name in ('awaited', 'checksum', 'congestion', 'counters', 'net', 'netif',
                                 'pktbuf', 'port', 'siphash', 'stack', 'timer'))]

# folder: what its files may include.  A trailing / means everything below; the longest folder that
# fits a file counts.  '<linux/>' are the layouts and constants of linux-libc-dev.
APP_NEEDS = ['base/', 'machine/', 'net/socket.h', 'config/config.h', 'log/event.h']
APP_SHARED = ['app/app.h', 'app/report.h', 'app/monitor.h', 'app/metrics_text.h']
RULES = {
    'base/': ['base/'],
    'log/': ['base/', 'log/'],
    'config/': ['base/', 'config/', 'log/event.h', 'log/log.h', 'net/congestion.h',
                '<linux/qemu_fw_cfg.h>'],
    'net/wire/': ['base/', 'net/wire/'],
    'net/': NET_SHARED,
    # The stack is composed in one file; what it is composed of has its place in one struct.
    'net/net.c': [*NET_SHARED, 'net/'],
    'net/stack.h': [*NET_SHARED, 'net/link/link.h', 'net/ip/'],
    # link < ip < transport < socket: nothing includes upward (NET_LAYERS has the same for symbols).
    'net/link/': [*NET_SHARED, 'net/link/'],
    'net/ip/': [*NET_SHARED, 'net/ip/', 'net/link/'],
    'net/udp/': [*NET_SHARED, 'net/udp/', 'net/ip/'],
    'net/tcp/': [*NET_SHARED, 'net/tcp/', 'net/ip/'],
    # The shape of what sock_tcp_info() answers with.
    'net/tcp/conn/info.': [*NET_SHARED, 'net/tcp/', 'net/ip/', 'net/socket.h'],
    'net/dhcp/': [*NET_SHARED, 'net/dhcp.h', 'net/dhcp/', 'net/udp/', 'net/ip/', 'net/link/'],
    'net/socket/': [*NET_SHARED, 'net/socket.h', 'net/socket/', 'net/tcp/', 'net/udp/', 'net/ip/'],
    'drivers/': ['base/', 'log/event.h', 'drivers/', 'kernel/mm/memory.h',
                 'kernel/time/clock.h', 'kernel/irq/irq.h', 'kernel/arch/mmio.h', 'net/netif.h',
                 'net/pktbuf.h', 'net/port.h', '<linux/>'],
    'drivers/bus/': ['base/', 'log/event.h', 'drivers/bus/', 'kernel/mm/memory.h', 'kernel/irq/irq.h',
                     'kernel/arch/mmio.h', 'kernel/arch/pci.h', '<linux/>'],
    # Only a transport knows the bus that carries it.
    'drivers/virtio/': ['base/', 'log/event.h', 'drivers/virtio/', 'kernel/mm/memory.h',
                        'kernel/time/clock.h', 'kernel/irq/irq.h', '<linux/>'],
    'drivers/virtio/net/': ['base/', 'log/event.h', 'drivers/virtio/', 'kernel/mm/memory.h',
                            'kernel/time/clock.h', 'kernel/irq/irq.h', 'net/netif.h', 'net/pktbuf.h', 'net/port.h',
                            '<linux/>'],
    'drivers/virtio/pci/': ['base/', 'log/event.h', 'drivers/virtio/', 'drivers/bus/pci/', 'kernel/mm/memory.h',
                            'kernel/irq/irq.h', 'kernel/arch/mmio.h', '<linux/>'],
    'drivers/virtio/queue/': ['base/', 'log/event.h', 'drivers/virtio/', 'kernel/mm/memory.h',
                              'kernel/arch/barrier.h', '<linux/>'],
    # Finds drivers and knows how to open them; what an interface can do it asks its operations.
    'drivers/devices.': ['base/', 'log/event.h', 'drivers/devices.h', 'drivers/bus/pci/pci.h',
                         'drivers/virtio/net/net.h', 'drivers/virtio/pci/modern.h',
                         'drivers/virtio/rng.h', 'kernel/mm/memory.h', 'net/netif.h', '<linux/>'],
    'kernel/': ['base/', 'boot/boot_info.h', 'log/', 'kernel/', '<linux/>'],
    # What an architecture offers (docs/architecture.md, "Another CPU"): headers only.
    'kernel/arch/': ['base/', 'log/event.h', 'kernel/arch/', 'kernel/irq/irq.h', 'kernel/mm/memory_map.h', '<arch/>'],
    'kernel/arch/aarch64/': ['base/', 'log/', 'kernel/', '<arch/>', '<linux/>'],
    'kernel/arch/x86_64/': ['base/', 'log/', 'kernel/', '<arch/>', '<linux/>', '<cpuid.h>'],
    # What waits for sockets: it runs on the host too, on a machine that a test made.
    'machine/': ['base/', 'log/event.h', 'machine/', 'net/socket.h'],
    'machine/machine.': ['base/', 'machine/', 'kernel/mm/memory.h', 'kernel/time/clock.h'],
    'machine/idle.': ['base/', 'machine/', 'kernel/console/console.h', 'kernel/irq/irq_source.h', 'kernel/time/clock.h',
                      'kernel/time/clock_timer.h'],
    # How the machine comes to its address: between main.c and the stack's public headers.
    'machine/network.': ['base/', 'log/event.h', 'config/config.h', 'machine/', 'net/net.h', 'net/netif.h',
                         'net/dhcp.h'],
    # One iteration: the devices, the stack, the halt.
    'machine/event_loop.': ['base/', 'machine/', 'kernel/time/clock.h', 'net/net.h'],
    # What every application has, and what two rooms of the built-in one share.
    'app/': APP_NEEDS + APP_SHARED,
    'app/dns/': APP_NEEDS + ['app/dns/'],
    'app/http/': APP_NEEDS + APP_SHARED + ['app/dns/', 'app/http/'],
    # Neither of these two knows the other ...
    'app/probe/': APP_NEEDS + APP_SHARED + ['app/dns/', 'app/http/', 'app/probe/',
                                            '<bearssl/bearssl_hash.h>'],
    # ... and a server needs nothing of a client.
    'app/server/': APP_NEEDS + APP_SHARED + ['app/http/request_parse.h', 'app/http/http_date.h',
                                             'app/server/', 'net/counters.h', 'log/log.h'],
    # Puts both together.
    'app/main/': APP_NEEDS + ['app/'],
    'boot/': ['base/', 'boot/boot_info.h', 'boot/pvh/', '<linux/>', '<elf.h>'],
    # The PVH door is a part of the kernel's own image.
    'boot/pvh/': ['base/', 'boot/boot_info.h', 'boot/pvh/', 'kernel/start.h',
                  'kernel/arch/image.h', 'kernel/arch/x86_64/'],
    'boot/efi/': ['base/', 'boot/boot_info.h', 'boot/efi/', '<efi.h>', '<efilib.h>', '<elf.h>',
                  '<cpuid.h>'],
    'tests/apps/': ['base/', 'app/', 'machine/', 'net/socket.h', 'config/config.h', 'log/event.h',
                    'log/log.h'],
}
# The one place that knows everybody.
COMPOSITION_ROOT = 'kernel/main.c'
# Folders that only their own files may include, and the headers in them that are for all who may
# include the folder around it.
PRIVATE = {'net/tcp/': ['net/tcp/tcp.h'], 'net/dhcp/': ['net/dhcp/dhcp_client.h'],
           'app/server/': ['app/server/server.h', 'app/server/settings.h', 'app/server/state.h'],
           'boot/efi/': [], 'drivers/virtio/queue/': ['drivers/virtio/queue/queue.h']}
# Headers that only these files may include, not even the composition root.  The halt is for the one
# function that arms all interrupts right before it.
FOR = {# Congestion control's interface is control.h; who else names an algorithm goes round it.
       'net/tcp/congestion/algorithms.h': [f'net/tcp/congestion/{name}.c' for name in ('congestion', 'cubic', 'newreno')],
       'kernel/irq/irq_halt.h': ['machine/idle.c', 'kernel/irq/irq_lines.c', 'kernel/arch/x86_64/irq.c'],
       # A driver knows neither a ring's memory nor its indices.
       '<linux/virtio_ring.h>': ['drivers/virtio/queue/split.h']}
# folder: words of what lies below it, which its files may not say; and the folders in it that may.
FORBIDDEN_WORDS = {
    'drivers/virtio/': (re.compile(r'pci|msi|intx|vector|\bbars?\b', re.I), ('drivers/virtio/pci/',)),
    # Which algorithms there are is congestion control's own.
    'net/tcp/': (re.compile(r'cubic|hystart', re.I), ('net/tcp/congestion/',)),
}
# One CPU's folder is for itself and for the doors into its image alone, not for the composition root
# either; what all of them offer, kernel/arch/*.h, is for the kernel and the drivers.
ONE_CPU = re.compile(r'kernel/arch/[^/]+/')
ARCH_USERS = ('kernel/', 'drivers/', 'boot/pvh/')
CHECKED = ('base', 'log', 'config', 'net', 'drivers', 'machine', 'kernel', 'app', 'boot', 'tests/apps')

# What the network library may ask of the machine it is linked into, beside base/.
NET_UNDEFINED = {'memcpy', 'memmove', 'memset', 'memcmp', 'memchr', 'strlen', 'strcmp', 'strncmp',
                 'assert_failed', '__stack_chk_fail', '__stack_chk_guard'}
# folder of net/: whose functions and tables it may need beside its own and those of net/ itself.  What
# lies above a layer it knows by operations that were registered with it.
NET_LAYERS = {
    'net/': [],
    'net/link/': [],
    'net/ip/': ['net/link/'],
    'net/udp/': ['net/ip/'],
    'net/tcp/': ['net/ip/'],
    'net/dhcp/': ['net/udp/', 'net/ip/', 'net/link/'],
    'net/socket/': ['net/tcp/', 'net/udp/', 'net/ip/'],
}
NET_COMPOSITION_ROOT = 'net/net.o'
# The same for the rooms, whatever was included: a room and whose symbols it may need beside its own and
# those that every room has of the kernel (NET_UNDEFINED).
ROOMS = {
    'base': (),
    'log': ('base',),
    'config': ('base', 'log'),
    'net': ('base',),
    'kernel': ('base', 'log', 'boot'),
    'drivers': ('base', 'kernel', 'net'),
    'machine': ('base', 'config', 'kernel', 'net'),
    'app': ('base', 'log', 'config', 'machine', 'net'),
}
ROOM = re.compile(r'/kernel/(' + '|'.join(ROOMS) + r'|boot)/')
ROOM_COMPOSITION_ROOT = '/kernel/kernel/main.o'
WRITABLE = re.compile(r'^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*|COMMON)')

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>]+>|"[^"]+")', re.M)


def rule_for(path):
    folder = max((f for f in RULES if path.startswith(f)), key=len)
    return folder, RULES[folder]


def allowed(path, included):
    """True where the file may include that (`"..."` stripped, <...> as written)."""
    if included in FREESTANDING:
        return True
    if included in FOR:
        return path in FOR[included]
    folder, rules = rule_for(path)
    cpu = ONE_CPU.match(included)
    if cpu and not path.startswith(cpu.group()) and not path.startswith('boot/'):
        return False
    if included.startswith('kernel/arch/') and not path.startswith(ARCH_USERS):
        return False
    if path.startswith(NEUTRAL) and included.startswith(FAMILY_HEADERS):
        return False
    if path == COMPOSITION_ROOT and included not in ('<cpuid.h>',) and not included.startswith('<arch/'):
        return True
    for private, public in PRIVATE.items():
        if included.startswith(private) and included not in public:
            return path.startswith(private)
    if included.startswith('<'):
        return included in rules or re.sub(r'^(<\w+/).*', r'\1>', included) in rules
    return any(included == r or (r.endswith('/') and included.startswith(r)) for r in rules)


def resolve(path, included):
    """An include as a path from the root; one in quotes may be relative to the file."""
    if included.startswith('<'):
        return included
    name = included.strip('"')
    return name if '/' in name else os.path.join(os.path.dirname(path), name)


def sources(root):
    for top in CHECKED:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(('.c', '.h', '.S')):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check_includes(root):
    faults = []
    for path in sources(root):
        with open(os.path.join(root, path), encoding='utf-8') as f:
            text = f.read()
        for match in INCLUDE.finditer(text):
            included = resolve(path, match.group(1))
            if not allowed(path, included):
                line = text.count('\n', 0, match.start()) + 1
                faults.append(f'{path}:{line}: {rule_for(path)[0]} may not include {included}')
        faults += cpu_faults(path, text)
        faults += family_faults(path, text)
    return faults


# --- the CPU's words ---------------------------------------------------------------------------------

# No instruction, no inline assembly, no name of one architecture's stands in code outside kernel/arch/
# and boot/.  tests/apps/ may: it provokes faults of the CPU it runs on.
INSTRUCTIONS = re.compile(r'\b(asm|__asm|__asm__|__builtin_ia32_\w+)\b')
NAME = re.compile(r'\b[A-Za-z_]\w*')
X86_WORDS = set('tsc rdtsc rdrand rdseed apic lapic x2apic ioapic cpuid msr rdmsr wrmsr inb outb inw outw '
                'inl outl idt gdt tss ia32 x86 rip rsp rbp rax rflags cr0 cr2 cr3 cr4 cmos efer sti cli '
                'hlt ud2 amd64'.split())
# path: names that may stand in it.
X86_ALLOWED = {}
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_of(text):
    """Without comments and literals, the lines where they were."""
    return NOT_CODE.sub(lambda m: '\n' * m.group().count('\n'), text)


def cpu_faults(path, text):
    if path.startswith(('kernel/arch/', 'boot/', 'tests/apps/')):
        return []
    if path.endswith('.S'):
        return [f'{path}:1: assembly belongs into kernel/arch/']
    code, faults = code_of(text), []
    for match in NAME.finditer(code):
        name = match.group()
        if name in X86_ALLOWED.get(path, ()):
            continue
        if INSTRUCTIONS.fullmatch(name) or X86_WORDS & set(name.lower().split('_')):
            line = code.count('\n', 0, match.start()) + 1
            faults.append(f'{path}:{line}: {name} belongs into kernel/arch/')
    return faults


# --- families ------------------------------------------------------------------------------------------

# What knows no family: addresses are struct net_addr there, IP is net/ip/ip.h.
NEUTRAL = ('net/tcp/', 'net/udp/', 'net/socket/')
NEUTRAL_BUT = ('net_endpoint_ipv4', 'AF_INET')  # an unbound socket's name
FAMILY_WORD = re.compile(r'\w*(?:ipv4|ethernet)\w*|\bETH_\w+|\beth_\w+', re.I)
FAMILY_HEADERS = ('net/ip/ipv4', 'net/ip/icmp', 'net/ip/route.h', 'net/wire/ipv4.h', 'net/wire/eth.h', 'net/wire/arp.h',
                  'net/link/')
INTEGER_ADDRESS = re.compile(r'\buint32_t[ \t]+\**(?:\w+_)?(?:addr|address|ip|ipv4|src|dst|source|destination|'
                             r'local|remote|peer|gateway|router|next_hop|reporter)\b')
# What is IPv4 by nature: the one place of code where its name stands.  A prefix stands for all files
# that begin with it.
IPV4_BY_NATURE = {
    'base/net_addr.h', 'base/strbuf.', 'base/ipv4_text.',      # addresses as numbers and text
    'log/',                                                    # fields of the type ipv4
    'config/',                                                 # ip=, and other keys that take an address
    'net/wire/', 'net/ip/', 'net/link/arp.', 'net/link/acd.',  # itself, ICMP, ARP, RFC 5227
    'net/dhcp/', 'net/dhcp.h',                                 # RFC 2131, RFC 3927
    'net/net.', 'net/netif.', 'net/stack.',                    # net_set_ipv4(), the interface's, what it keeps
    'machine/network.', 'machine/progress.', 'kernel/main.c',  # bring the address up, and report it
    'app/dns/',                                                # A records
    'app/', 'tests/apps/',                                     # literals in URLs, settings and headers;
                                                               # as integers in no header of theirs
}


def family_faults(path, text):
    faults = []

    def find(pattern, where, fault):
        for match in pattern.finditer(where):
            if match.group() not in NEUTRAL_BUT:
                line = where.count('\n', 0, match.start()) + 1
                faults.append(f'{path}:{line}: {match.group()} {fault}')

    if path.startswith(NEUTRAL):
        find(FAMILY_WORD, text, 'is of one family, and this knows none (net/ip/ip.h)')
        find(INTEGER_ADDRESS, code_of(text), 'is an address as an integer: struct net_addr')
    elif path.startswith('app/') and path.endswith('.h'):
        find(INTEGER_ADDRESS, code_of(text), 'is an address as an integer: struct net_addr')
    elif not path.startswith(tuple(IPV4_BY_NATURE)):
        find(re.compile(r'\w*ipv4\w*', re.I), code_of(text), 'stands where nothing is IPv4 by nature')
    return faults


def check_words(root):
    faults = []
    for path in sources(root):
        for folder, (words, exempt) in FORBIDDEN_WORDS.items():
            if not path.startswith(folder) or path.startswith(exempt):
                continue
            with open(os.path.join(root, path), encoding='utf-8') as f:
                for number, line in enumerate(f, 1):
                    faults += [f'{path}:{number}: {folder} may not say {word}'
                               for word in words.findall(line)]
    return faults


# --- what exists once ---------------------------------------------------------------------------------

# what it is, how a second one looks, where the one is and what may look like it for a reason.
SINGLE = [
    ('struct span of base/span.h',
     re.compile(r'^(?:typedef )?struct (\w*) ?\{\n(?:\s+const (?:char|uint8_t|void) \*\w+;\s+(?:size_t|uint\d+_t) \w+;|'
                r'\s+(?:size_t|uint\d+_t) (?:len|length|size|n);\s+const (?:char|uint8_t|void) \*\w+;)\s*\}', re.M),
     # Values of an event's fields; what a device reads (a scatter-gather list).
     ('base/span.h', 'log/event.h', 'net/pktbuf.h')),
    ('a function of base/chars.h',
     re.compile(r"([<>]=? '[09azAZfF]'|- '[aA]' \+ 10|== ' ' \|\| \w+ == '\\t')"),
     ('base/chars.h', 'boot/efi/')),
    ('ip_is_ours() of net/ip/ip.h', re.compile(r'(->ipv4 == (?!0\b)\w+|\w+ == \w+->ipv4\b)'), ('net/ip/', 'net/link/arp.c')),
    ('what app/report.h has for it', re.compile(r'("(?:[^"\n]* )?timed out after)'), ('app/report.c',)),
]


def check_single(root):
    faults = []
    for path in sources(root):
        with open(os.path.join(root, path), encoding='utf-8') as f:
            text = re.sub(r'/\*.*?\*/', lambda m: re.sub(r'[^\n]', ' ', m.group()), f.read(), flags=re.S)
        for what, pattern, homes in SINGLE:
            if not path.startswith(homes):
                faults += [f'{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(1)}: use {what}'
                           for m in pattern.finditer(text)]
    return faults


def symbols(objects):
    """(object, name, type letter, section) of every symbol."""
    text = subprocess.run(['nm', '-A', '-f', 'sysv', *objects], check=True, capture_output=True,
                          text=True).stdout
    for line in text.splitlines():
        parts = [p.strip() for p in line.split('|')]
        if len(parts) != 7:
            continue
        where, _, name = parts[0].rpartition(':')
        yield where, name, parts[2], parts[6]


def net_folder(where):
    """The layer that an object belongs to; None: it is not of net/, or is its composition root."""
    path = 'net/' + where.rpartition('/net/')[2]
    if '/net/' not in where or path == NET_COMPOSITION_ROOT:
        return None
    return max((f for f in NET_LAYERS if path.startswith(f)), key=len)


def check_calls_upward(found):
    """No layer needs a symbol of one that is not below it, however it was declared."""
    home = {name: net_folder(where) or where for where, name, letter, _ in found
            if letter.isupper() and letter != 'U' and '/net/' in where}
    faults = []
    for where, name, letter, _ in found:
        folder = net_folder(where)
        if letter == 'U' and folder and name in home and \
                home[name] not in {folder, 'net/', *NET_LAYERS[folder]}:
            faults.append(f'{where}: {folder} needs {name} of {home[name]}')
    return faults


def check_symbols(objects):
    found = list(symbols(objects))
    faults, defined, wanted = check_calls_upward(found), set(), {}
    for where, name, letter, section in found:
        if letter == 'U':
            if '/net/' in where:
                wanted.setdefault(name, where)
            continue
        if not APP.search(where):
            defined.add(name)
        if '/net/' in where and WRITABLE.match(section):
            faults.append(f'{where}: {name} is writable data ({section})')
    for name, where in sorted(wanted.items()):
        if name not in defined | NET_UNDEFINED:
            faults.append(f'{where}: needs {name} from outside base/ and net/')
    return faults


# An application's memory is in the one struct that its composition file owns; of the HTTP client only
# the files about a connection know that there are sockets, so that another stream can take their place.
APP = re.compile(r'(^|/)kernel/app/')
APP_OWNER = re.compile(r'(^|/)kernel/app/main/main\.o$')
HTTP = re.compile(r'(^|/)kernel/app/http/')
HTTP_SOCKETS = re.compile(r'/(connection|connect|closing|transfer_wait)\.o$')
SOCKET_CALL = re.compile(r'(sock|blocking)_\w+')


def check_app_symbols(objects):
    faults = []
    for where, name, letter, section in symbols(objects):
        if letter != 'U' and APP.search(where) and not APP_OWNER.search(where) and WRITABLE.match(section):
            faults.append(f'{where}: {name} is writable data ({section})')
        if letter == 'U' and HTTP.search(where) and not HTTP_SOCKETS.search(where) and \
                SOCKET_CALL.fullmatch(name):
            faults.append(f'{where}: {name} is for the files about a connection')
    return faults


# --- what an architecture offers --------------------------------------------------------------------

CONTRACT = ('kernel/arch/*.h', 'kernel/arch/*/include/arch/*.h', 'kernel/irq/irq_halt.h')
# Made by the linker, by tools/gen_symbols.py, or taken out of a library (kernel/link.mk).
BUILT = re.compile(r'_GLOBAL_OFFSET_TABLE_|symbol_(pairs|table|table_end)|br_\w+')
DECLARED = re.compile(r'^(?!static|#|typedef|\s)[^\n(){};=]*?\b(\w+)\([^(){};]*\)[^(){};]*;', re.M)


def contract(root, patterns=CONTRACT):
    """The code of the headers that say what an architecture offers."""
    paths = [p for pattern in patterns for p in sorted(glob.glob(os.path.join(root, pattern)))]
    return ''.join(open(p, encoding='utf-8').read() for p in paths)


def check_rooms(objects):
    """No room needs a symbol of one that is not below it, however it was declared."""
    found = [(where, name, letter, ROOM.search(where)) for where, name, letter, _ in symbols(objects)]
    home = {name: room.group(1) for _, name, letter, room in found if room and letter.isupper() and letter != 'U'}
    faults = []
    for where, name, letter, room in found:
        if letter != 'U' or name not in home or name in NET_UNDEFINED or where.endswith(ROOM_COMPOSITION_ROOT):
            continue
        if room and room.group(1) in ROOMS and home[name] not in (room.group(1), *ROOMS[room.group(1)]):
            faults.append(f'{where}: {room.group(1)}/ needs {name} of {home[name]}/')
    return faults


def check_contract(root, objects):
    """The portable objects need nothing of an architecture that its headers do not declare, and all
    that these declare is needed."""
    defined, wanted, faults = set(), {}, []
    for where, name, letter, _ in symbols(objects):
        if letter == 'U':
            wanted.setdefault(name, where)
        else:
            defined.add(name)
    names = set(NAME.findall(NOT_CODE.sub(lambda m: m.group().strip('"') if m.group()[0] == '"' else '',
                                          contract(root))))
    for name, where in sorted(wanted.items()):
        if name not in defined | names and not BUILT.fullmatch(name):
            faults.append(f'{where}: needs {name}, which no header of kernel/arch/ declares')
    for name in DECLARED.findall(code_of(contract(root, CONTRACT[:1]))):
        if name not in wanted and not INSTRUCTIONS.fullmatch(name):
            faults.append(f'kernel/arch/: {name}() is declared for portable code, which does not need it')
    return faults


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--root', default='.')
    parser.add_argument('--objects', nargs='*', default=[], help='objects of net/, base/ and app/')
    parser.add_argument('--portable', nargs='*', default=[], help='all objects but those of one CPU')
    options = parser.parse_args(argv)
    faults = check_includes(options.root) + check_words(options.root) + \
        check_single(options.root)
    if options.objects:
        faults += check_symbols(options.objects)
        faults += check_app_symbols(options.objects)
    if options.portable:
        faults += check_contract(options.root, options.portable)
        faults += check_rooms(options.portable)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f'layers: {sum(1 for _ in sources(options.root))} files, '
          f'{len(options.objects)} objects, {len(faults)} faults')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
