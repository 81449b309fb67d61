# SPDX-License-Identifier: MIT
"""The layer check notices what it is there for."""

import os
import shutil
import subprocess

import check_layers
import pytest
from conftest import ROOT


@pytest.mark.parametrize('path, included, fine', [
    ('base/a.h', 'base/b.h', True), ('base/a.h', 'net/net.h', False),
    ('base/a.c', '<stdio.h>', False), ('base/a.c', '<stdint.h>', True),
    ('net/wire/tcp.h', 'net/net.h', False), ('net/udp/udp.c', 'net/wire/udp.h', True),
    ('net/ip/ipv4.c', 'net/tcp/tcb.h', False), ('net/tcp/conn/input.c', 'net/tcp/tcb.h', True),
    ('net/tcp/congestion/congestion.c', 'net/tcp/congestion/algorithms.h', True),
    ('net/tcp/loss/recovery.c', 'net/tcp/congestion/algorithms.h', False),
    ('net/ip/ipv4.c', 'kernel/time/clock.h', False), ('net/tcp/conn/input.c', 'log/log.h', False),
    ('drivers/virtio/net/net.c', 'net/pktbuf.h', True), ('drivers/virtio/net/net.c', 'net/net.h', False),
    ('drivers/bus/pci/pci.c', 'kernel/main.h', False), ('drivers/bus/pci/pci.c', '<linux/pci_regs.h>', True),
    ('drivers/virtio/net/net.c', 'drivers/bus/pci/pci.h', False), ('drivers/virtio/rng.c', 'net/netif.h', False),
    ('drivers/virtio/transport.h', 'drivers/bus/pci/msix.h', False),
    ('drivers/virtio/pci/modern.h', 'drivers/bus/pci/msix.h', True), ('drivers/devices.c', 'drivers/bus/pci/pci.h', True),
    ('drivers/bus/pci/pci.c', 'drivers/virtio/virtio.h', False),
    ('drivers/devices.c', 'drivers/virtio/net/net.h', True),
    ('drivers/devices.c', 'drivers/virtio/net/private.h', False),
    ('drivers/devices.c', 'drivers/virtio/queue/split.h', False),
    ('drivers/virtio/net/tx.c', 'drivers/virtio/queue/split.h', False), ('drivers/virtio/net/tx.c', '<linux/virtio_ring.h>', False),
    ('drivers/virtio/rng.c', 'drivers/virtio/queue/split.h', False), ('drivers/virtio/rng.c', '<linux/virtio_ring.h>', False),
    ('drivers/virtio/pci/modern.c', 'drivers/virtio/queue/split.h', False),
    ('drivers/virtio/net/tx.c', 'drivers/virtio/queue/queue.h', True), ('drivers/virtio/queue/split.h', '<linux/virtio_ring.h>', True),
    ('net/link/arp.c', '<linux/if_ether.h>', False),
    ('kernel/start.c', 'boot/boot_info.h', True), ('log/log.c', 'net/net.h', False),
    ('log/log.c', 'kernel/time/clock.h', False), ('log/log.c', 'config/config.h', False),
    ('config/config.c', 'kernel/exit.h', False), ('config/config.c', 'net/net.h', False),
    ('config/source_fw_cfg.c', '<linux/qemu_fw_cfg.h>', True), ('config/config.c', '<linux/pci_regs.h>', False),
    ('config/config.c', 'net/congestion.h', True), ('config/config.c', 'app/app.h', False), ('app/http/client.c', 'net/socket.h', True),
    ('app/http/exchange.c', 'app/probe/settings.h', False), ('app/http/exchange.c', 'app/server/server.h', False),
    ('app/http/connection.c', 'app/dns/resolver.h', True), ('app/dns/resolver.c', 'app/http/url.h', False),
    ('app/dns/resolver.c', 'app/app.h', False), ('app/report.c', 'app/http/transfer.h', False),
    ('app/probe/series.c', 'app/server/server.h', False), ('app/probe/check.c', 'app/http/exchange.h', True),
    ('app/server/pages.c', 'app/probe/check.h', False), ('app/server/pages.c', 'app/monitor.h', True),
    ('app/server/session.c', 'app/http/exchange.h', False), ('app/server/session.c', 'app/http/request_parse.h', True),
    ('app/main/main.c', 'app/probe/series.h', True), ('app/main/main.c', 'app/server/server.h', True),
    ('app/main/main.c', 'app/server/internal.h', False), ('app/probe/series.c', 'app/main/application.h', False),
    ('app/http/sha256.c', '<bearssl/bearssl_hash.h>', False),
    ('app/http/client.c', 'net/net.h', False), ('app/http/client.c', 'kernel/irq/irq.h', False),
    ('boot/efi/main.c', '<efi.h>', True), ('kernel/main2.c', '<efi.h>', False),
    ('boot/pvh/start_info.c', '<efi.h>', False), ('boot/efi/main.c', 'kernel/time/clock.h', False),
    ('tests/apps/x/main.c', 'drivers/bus/pci/pci.h', False),
    ('net/link/eth.c', 'net/link/neigh.h', True), ('net/link/eth.c', 'net/pktbuf.h', True),
    ('net/link/eth.c', 'net/ip/ipv4.h', False), ('net/link/eth.c', 'net/tcp/tcp.h', False),
    ('net/ip/ipv4_input.c', 'net/link/link.h', True), ('net/ip/ipv4_input.c', 'net/udp/udp.h', False),
    ('net/ip/icmp.c', 'net/tcp/tcp.h', False), ('net/ip/ipv4_input.c', 'net/dhcp/dhcp_client.h', False),
    ('net/udp/udp.c', 'net/ip/transport.h', True), ('net/udp/udp.c', 'net/link/neigh.h', False),
    ('net/udp/udp.c', 'net/tcp/tcp.h', False), ('net/udp/udp.c', 'net/dhcp/dhcp_client.h', False),
    ('net/tcp/conn/input.c', 'net/ip/ip.h', True), ('net/tcp/conn/input.c', 'net/link/eth.h', False),
    ('net/tcp/conn/input.c', 'net/udp/udp.h', False), ('net/tcp/conn/input.c', 'net/socket.h', False),
    ('net/dhcp/send.c', 'net/udp/udp.h', True), ('net/dhcp/send.c', 'net/tcp/tcp.h', False),
    ('net/socket/dgram.c', 'net/udp/udp.h', True), ('net/socket/stream.c', 'net/tcp/tcp.h', True),
    ('net/socket/awaited.c', 'net/link/neigh.h', False), ('net/socket/dgram.c', 'net/dhcp.h', False),
    ('net/awaited.c', 'net/ip/ip.h', False), ('net/pktbuf.c', 'net/link/eth.h', False),
    ('net/link/acd.c', 'net/dhcp/dhcp_client.h', False), ('net/link/eth.c', 'net/socket.h', False),
    ('net/net.c', 'net/tcp/tcp.h', True), ('net/net.c', 'net/dhcp/lease.h', False),
    ('kernel/main.c', 'kernel/arch/x86_64/io.h', False), ('kernel/start.c', 'kernel/arch/x86_64/cpu.h', False),
    ('drivers/virtio/pci/modern.c', 'kernel/arch/x86_64/io.h', False),
    ('drivers/virtio/pci/modern.c', 'kernel/arch/mmio.h', True), ('drivers/virtio/queue/split.c', 'kernel/arch/barrier.h', True),
    ('drivers/virtio/net/device.c', 'kernel/arch/pci.h', False), ('drivers/bus/pci/host.c', 'kernel/arch/pci.h', True),
    ('machine/idle.c', 'kernel/arch/cpu.h', False), ('app/http/client.c', 'kernel/arch/cpu.h', False),
    ('kernel/arch/aarch64/irq.c', 'kernel/arch/x86_64/lapic.h', False), ('kernel/arch/cpu.h', '<arch/cpu.h>', True),
    ('kernel/panic.c', '<arch/cpu.h>', False), ('kernel/main.c', '<arch/cpu.h>', False),
    ('kernel/arch/irq.h', 'kernel/irq/irq.h', True), ('kernel/arch/irq.h', 'kernel/irq/irq_input.h', False),
    ('kernel/irq/irq_lines.c', 'kernel/irq/irq_halt.h', True),
    ('kernel/arch/cpu.h', 'kernel/panic.h', False), ('kernel/arch/x86_64/trap.c', 'kernel/fault/panic_report.h', True),
    ('kernel/main.c', '<cpuid.h>', False), ('net/net.c', '<cpuid.h>', False), ('boot/efi/main.c', '<cpuid.h>', True),
    ('boot/pvh/enter.c', 'kernel/arch/x86_64/layout.h', True), ('boot/efi/main.c', 'kernel/arch/image.h', False),
    ('net/tcp/conn/calls.c', 'net/ip/ip.h', True), ('net/tcp/conn/calls.c', 'net/ip/ipv4.h', False),
    ('net/udp/udp.c', 'net/ip/ipv4_output.h', False), ('net/udp/udp.c', 'net/ip/icmp.h', False), ('net/udp/udp.c', 'net/ip/path_mtu.h', True),
    ('net/socket/dgram.c', 'net/wire/ipv4.h', False), ('net/socket/awaited.c', 'net/link/neigh.h', False),
    ('net/tcp/send/sent.c', 'net/wire/eth.h', False), ('net/ip/icmp.c', 'net/wire/ipv4.h', True),
    ('machine/idle.c', 'kernel/irq/irq_halt.h', True), ('kernel/main.c', 'kernel/irq/irq_halt.h', False),
    ('machine/network.c', 'kernel/irq/irq_halt.h', False), ('kernel/main.c', 'app/app.h', True),
    ('kernel/irq/irq_lines.c', 'machine/idle.h', False), ('machine/idle.c', 'kernel/irq/irq_source.h', True), ('kernel/exit.c', 'config/config.h', False),
    ('machine/machine.c', 'kernel/time/clock.h', True), ('machine/machine.c', 'kernel/arch/cpu.h', False),
    ('machine/machine.c', 'drivers/devices.h', False), ('machine/machine.h', 'net/net.h', False),
    ('machine/machine.c', 'kernel/irq/irq.h', False), ('machine/blocking.c', 'kernel/time/clock.h', False),
    ('machine/progress.c', 'kernel/console/console.h', False), ('machine/blocking.c', 'config/config.h', False),
    ('machine/network.c', 'kernel/time/clock.h', False), ('machine/network.c', 'net/dhcp.h', True),
    ('machine/network.c', 'drivers/devices.h', False), ('machine/network.c', 'app/app.h', False),
    ('machine/idle.c', 'kernel/console/console.h', True), ('machine/idle.c', 'net/net.h', False),
    ('machine/event_loop.c', 'net/net.h', True), ('machine/event_loop.c', 'kernel/console/console.h', False),
])
def test_table(path, included, fine):
    assert check_layers.allowed(path, included) is fine


def test_a_fault_is_named_with_its_line(tmp_path, capsys):
    (tmp_path / 'net').mkdir()
    (tmp_path / 'net' / 'x.c').write_text('\n# include "kernel/time/clock.h"\n#include "pktbuf.h"\n')
    (tmp_path / 'kernel').mkdir()
    (tmp_path / 'kernel' / 'main.c').write_text('#include "net/net.h"\n#include "app/app.h"\n')
    assert check_layers.main(['--root', str(tmp_path)]) == 1
    assert capsys.readouterr().err == 'net/x.c:2: net/ may not include kernel/time/clock.h\n'


@pytest.mark.parametrize('path, text, word', [
    ('drivers/virtio/transport.h', 'uint16_t n_vectors;', 'vector'),
    ('drivers/virtio/net/net.c', '/* no interrupt (MSI-X) */', 'MSI'),
    ('drivers/virtio/virtio.h', 'struct pci_device *at;', 'pci'),
    ('drivers/virtio/rng.c', '/* behind its BAR */', 'BAR'),
    ('drivers/virtio/queue/queue.h', '/* INTx */', 'INTx'),
    ('drivers/virtio/pci/modern.c', 'struct pci_device *vector; /* MSI-X, BAR */', None),
    ('drivers/virtio/net/net.c', 'barrier_full(); /* a barely bared interrupt */', None),
    ('drivers/devices.c', 'struct pci_device pci;', None),
    ('net/tcp/loss/rto.c', 'tcp_hystart_rtt(tcb);', 'hystart'), ('net/tcp/congestion/x.c', 'cubic', None),
])
def test_words(tmp_path, path, text, word):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text('\n' + text + '\n')
    assert check_layers.check_words(tmp_path) == (
        [] if word is None else [f'{path}:2: {"/".join(path.split("/")[:2])}/ may not say {word}'])


SPAN = "struct %s {\n\tconst %s *at;%s\n\tsize_t len;\n};\n"


@pytest.mark.parametrize('path, text, fault', [
    ('app/http/x.h', SPAN % ('piece', 'char', ' /* text */'), 'piece: use struct span of base/span.h'),
    ('net/x.c', SPAN % ('area', 'uint8_t', ''), 'area: use struct span of base/span.h'),
    ('net/x.c', 'struct area {\n\tsize_t len;\n\tconst char *at;\n};\n', 'area: use struct span of base/span.h'),
    ('net/x.c', 'typedef struct {\n\tconst char *at;\n\tsize_t len;\n} area;\n', ': use struct span of base/span.h'),
    ('net/x.c', 'struct x {\n\tsize_t count;\n\tconst char *source;\n};\n', None),
    ('base/span.h', SPAN % ('span', 'char', ''), None),
    ('net/x.c', 'struct area {\n\tuint8_t *at;\n\tsize_t len;\n};\n', None),
    ('net/x.c', 'struct area {\n\tconst char *at;\n\tsize_t len, used;\n};\n', None),
    ('config/x.c', "return 'A' <= c && c <= '9';", "<= '9': use a function of base/chars.h"),
    ('net/x.c', "if (c < 'a')", "< 'a': use a function of base/chars.h"), ('config/x.c', "return 'A' <= c;", None),
    ('app/x.c', "v = c - 'a' + 10;", "- 'a' + 10: use a function of base/chars.h"),
    ('app/x.c', "return c == ' ' || c == '\\t';", "== ' ' || c == '\\t': use a function of base/chars.h"),
    ('app/x.c', "/* c >= '0' && c <= '9' */ if (c == '0' || c == '9')", None),
    ('base/chars.h', "return c >= '0' && c <= '9';", None),
    ('net/tcp/x.c', 'if (n->ipv4 == dst)', '->ipv4 == dst: use ip_is_ours() of net/ip/ip.h'),
    ('net/tcp/x.c', 'if (dst == n->ipv4)', 'dst == n->ipv4: use ip_is_ours() of net/ip/ip.h'),
    ('app/probe/x.c', 'f("the check timed out after ");', '"the check timed out after: use what app/report.h has for it'),
    ('net/link/x.c', 'if (n->ipv4 == 0)', None), ('net/ip/x.c', 'if (n->ipv4 == dst)', None),
    ('app/probe/x.c', 'strbuf_str(sb, "timed out after ");', '"timed out after: use what app/report.h has for it'),
    ('app/report.c', 'strbuf_str(sb, "timed out after ");', None),
])
def test_what_exists_once(tmp_path, path, text, fault):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text('\n' + text)
    found = check_layers.check_single(tmp_path)
    assert len(found) == (fault is not None) and (not found or found[0].startswith(path) and found[0].endswith(fault))


@pytest.mark.parametrize('path, text, fault', [
    ('kernel/x.c', 'int f(void)\n{\n\treturn (int)rdtsc();\n}\n', 'kernel/x.c:3: rdtsc belongs into kernel/arch/'),
    ('kernel/time/x.c', '/* the TSC\n */ static int entry_tsc;', 'kernel/time/x.c:2: entry_tsc belongs into kernel/arch/'),
    ('drivers/x.c', '__asm__ volatile("nop");', 'drivers/x.c:1: __asm__ belongs into kernel/arch/'),
    ('machine/x.c', 'a = __builtin_ia32_rdtsc();', 'machine/x.c:1: __builtin_ia32_rdtsc belongs into kernel/arch/'),
    ('drivers/bus/pci/x.c', '#define A outl(0xcf8, 1)', 'drivers/bus/pci/x.c:1: outl belongs into kernel/arch/'),
    ('kernel/x.c', 'f(APIC_BASE)', 'kernel/x.c:1: APIC_BASE belongs into kernel/arch/'),
    ('kernel/x.c', 'EV_U64("tsc_khz", 1) /* rdtsc() */; // asm\nwindow(outline);', None),
    ('kernel/x.S', 'nop', 'kernel/x.S:1: assembly belongs into kernel/arch/'), ('boot/pvh/x.S', 'nop', None),
    ('kernel/arch/x86_64/x.c', 'rdtsc(); __asm__("");', None), ('boot/pvh/x.c', 'rdtsc();', None),
])
def test_words_of_one_cpu(path, text, fault):
    assert check_layers.cpu_faults(path, text) == ([fault] if fault else [])


@pytest.mark.parametrize('path, text, fault', [
    ('net/tcp/conn/x.c', 'ipv4_route(stack);', 'net/tcp/conn/x.c:1: ipv4_route is of one family'),
    ('net/udp/x.c', '\n\nx = IPV4_TTL;', 'net/udp/x.c:3: IPV4_TTL is of one family'),
    ('net/socket/x.c', '/* over IPv4 */', 'net/socket/x.c:1: IPv4 is of one family'),
    ('net/tcp/x.c', 'n = ETH_HEADER_LEN;', 'net/tcp/x.c:1: ETH_HEADER_LEN is of one family'),
    ('net/tcp/x.c', '/* an Ethernet frame */', 'net/tcp/x.c:1: Ethernet is of one family'),
    ('net/tcp/x.c', 'a = net_addr_to_ipv4(b);', 'net/tcp/x.c:1: net_addr_to_ipv4 is of one family'),
    ('net/tcp/x.c', 'a = net_endpoint_ipv4(0, 0); b = AF_INET;', None),
    ('net/tcp/x.c', 'void f(uint32_t src);', 'net/tcp/x.c:1: uint32_t src is an address'),
    ('net/udp/x.h', 'struct x { uint32_t local; };', 'net/udp/x.h:1: uint32_t local is an address'),
    ('net/socket/x.h', 'void f(uint32_t *next_hop);', 'net/socket/x.h:1: uint32_t *next_hop is an address'),
    ('net/socket/x.h', 'uint32_t error_addr;', 'net/socket/x.h:1: uint32_t error_addr is an address'),
    ('net/udp/x.c', 'uint32_t received_memory, localized;', None),
    ('net/ip/ipv4_x.c', 'uint32_t src = ipv4_own();', None), ('net/link/arp.c', 'EV_IPV4("ip", ip);', None),
    ('net/link/neigh.c', 'net_addr_to_ipv4(a);', 'net/link/neigh.c:1: net_addr_to_ipv4 stands where nothing'),
    ('net/pktbuf.c', 'x = IPV4_HEADER_LEN;', 'net/pktbuf.c:1: IPV4_HEADER_LEN stands where nothing'),
    ('net/pktbuf.c', '/* IPv4 (60) */', None), ('kernel/x.c', 'ipv4();', 'kernel/x.c:1: ipv4 stands where nothing'),
    ('app/dns/x.h', 'uint32_t server_addr;', 'app/dns/x.h:1: uint32_t server_addr is an address'),
    ('app/http/x.h', 'struct u { uint32_t ipv4; };', 'app/http/x.h:1: uint32_t ipv4 is an address'),
    ('app/dns/x.c', 'ipv4_parse();', None), ('net/dhcp/x.c', 'ipv4_is();', None),
])
def test_families(path, text, fault):
    found = check_layers.family_faults(path, text)
    assert (fault is None and not found) or (len(found) == 1 and found[0].startswith(fault))


@pytest.mark.skipif(not shutil.which('gcc'), reason='no compiler')
@pytest.mark.parametrize('text, fault', [
    ('static int n; int f(void); int f(void) { return n++; }', 'n is writable data'),
    ('static int n = 3; int f(void); int f(void) { return n++; }', 'n is writable data'),
    ('int get(void); int f(void); int f(void) { return get(); }', 'needs get from outside'),
    ('int f(void); const char *const names[] = {"a"}; int f(void) { return 0; }', None),
    ('#include <string.h>\nint f(char *p); int f(char *p) { return (int)strlen(p); }', None),
])
def test_symbols(tmp_path, text, fault):
    (tmp_path / 'net').mkdir()
    source, target = tmp_path / 'net' / 'x.c', tmp_path / 'net' / 'x.o'
    source.write_text(text)
    subprocess.run(['gcc', '-O1', '-fpie', '-c', str(source), '-o', str(target)], check=True)
    faults = check_layers.check_symbols([str(target)])
    assert (fault is None and not faults) or (len(faults) == 1 and fault in faults[0])


@pytest.mark.skipif(not shutil.which('gcc'), reason='no compiler')
@pytest.mark.parametrize('path, text, fault', [
    ('probe/series', 'int f(void); int f(void) { static int n; return n++; }', 'is writable data'),
    ('server/server', 'int s = 3;', 's is writable data'),
    ('main/keys', 'int s;', 's is writable data'),
    ('main/main', 'int s;', None),
    ('http/exchange', 'int sock_recv(void); int f(void); int f(void) { return sock_recv(); }',
     'sock_recv is for the files about a connection'),
    ('http/exchange', 'int blocking_recv(void); int f(void); int f(void) { return blocking_recv(); }',
     'blocking_recv is for the files about a connection'),
    ('http/connection', 'int sock_recv(void); int f(void); int f(void) { return sock_recv(); }', None),
    ('probe/ping', 'int sock_recv(void); int f(void); int f(void) { return sock_recv(); }', None),
])
def test_symbols_of_the_application(tmp_path, path, text, fault):
    source, target = tmp_path / 'x.c', tmp_path / 'kernel' / 'app' / (path + '.o')
    target.parent.mkdir(parents=True)
    source.write_text(text)
    subprocess.run(['gcc', '-O1', '-fpie', '-c', str(source), '-o', str(target)], check=True)
    faults = check_layers.check_app_symbols([str(target)])
    assert (fault is None and not faults) or (len(faults) == 1 and fault in faults[0])


@pytest.mark.skipif(not shutil.which('gcc'), reason='no compiler')
@pytest.mark.parametrize('text, fault', [
    ('void cpu_go(void); void f(void); void f(void) { cpu_go(); }', None),
    ('void cpu_go(void), apic_eoi(void); void f(void); void f(void) { cpu_go(); apic_eoi(); }',
     'x.o: needs apic_eoi, which no header of kernel/arch/ declares'),
    ('void f(void); void f(void) { }',
     'kernel/arch/: cpu_go() is declared for portable code, which does not need it'),
    ('extern char image[] __asm__("__first"); void cpu_go(char *); void f(void); void f(void) { cpu_go(image); }', None),
])
def test_what_an_architecture_offers(tmp_path, text, fault):
    (tmp_path / 'kernel' / 'arch').mkdir(parents=True)
    (tmp_path / 'kernel' / 'arch' / 'cpu.h').write_text(
        '/* apic_eoi_of() */\nextern char image[] __asm__("__first");\n/* Goes.\n */\nNORETURN void cpu_go(void);\n'
        'static inline int cpu_in(void)\n{\n\treturn f();\n}\n')
    source, target = tmp_path / 'x.c', tmp_path / 'x.o'
    source.write_text(text)
    subprocess.run(['gcc', '-O1', '-fpie', '-c', str(source), '-o', str(target)], check=True)
    faults = check_layers.check_contract(str(tmp_path), [str(target)])
    assert (fault is None and not faults) or (len(faults) == 1 and faults[0].endswith(fault))


@pytest.mark.skipif(not shutil.which('gcc'), reason='no compiler')
@pytest.mark.parametrize('caller, owner, fine', [
    ('link/eth', 'pktbuf', True), ('ip/output', 'link/eth', True), ('net', 'ip/output', True),
    ('link/eth', 'ip/output', False), ('link/eth', 'net', False), ('ip/output', 'udp/udp', False),
    ('ip/output', 'tcp/conn/input', False), ('udp/udp', 'tcp/conn/input', False),
    ('tcp/conn/input', 'link/eth', False), ('udp/udp', 'dhcp/client', False), ('pktbuf', 'link/eth', False),
    ('dhcp/client', 'udp/udp', True), ('socket/stream', 'tcp/conn/input', True),
])
def test_no_call_upward(tmp_path, caller, owner, fine):
    """Also where no header was included for it."""
    texts = {caller: 'int up(void); int f(void); int f(void) { return up(); }',
             owner: 'int up(void); int up(void) { return 1; }'}
    objects = []
    for name, text in texts.items():
        source = tmp_path / 'net' / f'{name}.c'
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        objects.append(str(source)[:-1] + 'o')
        subprocess.run(['gcc', '-c', str(source), '-o', objects[-1]], check=True)
    faults = check_layers.check_symbols(objects)
    assert (not faults) if fine else (len(faults) == 1 and 'needs up of net/' in faults[0].replace(str(tmp_path) + '/', ''))


@pytest.mark.skipif(not shutil.which('gcc'), reason='no compiler')
@pytest.mark.parametrize('caller, owner, fine', [
    ('kernel/irq_lines', 'machine/x', False), ('drivers/virtio/net/net', 'machine/x', False), ('kernel/exit', 'app/x', False),
    ('kernel/exit', 'config/x', False), ('drivers/devices', 'app/x', False), ('machine/idle', 'app/x', False),
    ('machine/network', 'drivers/x', False), ('config/config', 'kernel/x', False), ('log/log', 'kernel/x', False),
    ('base/err', 'log/x', False), ('net/timer', 'machine/x', False), ('app/report', 'kernel/x', False),
    ('app/probe/ping', 'drivers/x', False), ('drivers/virtio/rng', 'kernel/irq_x', True), ('kernel/main', 'app/x', True),
    ('machine/idle', 'kernel/x', True), ('app/report', 'machine/x', True), ('drivers/virtio/net/rx', 'net/x', True),
])
def test_no_room_calls_upward(tmp_path, caller, owner, fine):
    texts = {caller: 'int up(void); int f(void); int f(void) { return up(); }',
             owner: 'int up(void); int up(void) { return 1; }'}
    objects = []
    for name, text in texts.items():
        source = tmp_path / 'kernel' / f'{name}.c'
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        objects.append(str(source)[:-1] + 'o')
        subprocess.run(['gcc', '-c', str(source), '-o', objects[-1]], check=True)
    faults = check_layers.check_rooms(objects)
    assert [f.split(': ')[1] for f in faults] == (
        [] if fine else [f'{caller.split("/")[0]}/ needs up of {owner.split("/")[0]}/'])


def test_the_project_itself():
    assert check_layers.check_includes(ROOT) == []
    assert check_layers.check_words(ROOT) == []
    assert len(list(check_layers.sources(ROOT))) > 20
    assert os.path.exists(os.path.join(ROOT, check_layers.COMPOSITION_ROOT))
