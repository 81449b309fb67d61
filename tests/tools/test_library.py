# SPDX-License-Identifier: MIT
"""The library that `make lib` makes: headers that stand alone, names that collide with nobody's, a
short list of what it needs, nothing that is written to, and a page that says what is true."""

import os
import re
import subprocess

import pytest
from conftest import ROOT

LIB = os.path.join(os.environ.get('DIALTONE_BUILD', os.path.join(ROOT, 'build')), 'lib')
ARCHIVE = os.path.join(LIB, 'libdialtone-net.a')
INCLUDE = os.path.join(LIB, 'include')
EXAMPLE = os.path.join(LIB, 'example', 'two_stacks')
WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only', '-I', INCLUDE]


def read(*path):
    with open(os.path.join(ROOT, *path), encoding='utf-8') as f:
        return f.read()


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def headers():
    return sorted(os.path.relpath(os.path.join(folder, name), INCLUDE)
                  for folder, _, names in os.walk(INCLUDE) for name in names if name.endswith('.h'))


def public_text():
    return re.sub(r'/\*.*?\*/', '', '\n'.join(
        open(os.path.join(INCLUDE, name), encoding='utf-8').read() for name in headers()), flags=re.S)


def compiles(source, *flags):
    done = subprocess.run(['gcc', *flags, *WARNINGS, '-'], input=source, text=True, check=False,
                          capture_output=True, cwd='/')
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('name', headers())
def test_a_header_stands_alone(name):
    twice = f'#include "{name}"\n#include "{name}"\n'
    compiles(twice + 'int main(void) { return 0; }\n', '-x', 'c', '-std=c11')
    compiles('extern "C" {\n' + twice + '}\nint main() { return 0; }\n', '-x', 'c++', '-std=c++20')


def test_where_headers_were_before():
    """A program of the version before compiles."""
    compiles('#include "base/event.h"\n'
             'enum { N =\n#define EVENT(...) + 1\n#include "base/events.def"\n};\n'
             'struct event_sink sink;\n_Static_assert(N > 50, "");\nint main(void) { return 0; }\n', '-x', 'c', '-std=c11')


SYSTEM = ['arpa/inet.h', 'err.h', 'errno.h', 'net/if.h', 'netdb.h', 'netinet/in.h',
          'netinet/ip_icmp.h', 'netinet/tcp.h', 'netinet/udp.h', 'poll.h', 'stdio.h', 'stdlib.h',
          'string.h', 'sys/epoll.h', 'sys/param.h', 'sys/socket.h', 'time.h', 'unistd.h']


@pytest.mark.parametrize('ours_first', [True, False])
def test_beside_the_host_s_own_network_headers(ours_first):
    ours = ''.join(f'#include "{name}"\n' for name in headers())
    theirs = ''.join(f'#include <{name}>\n' for name in SYSTEM)
    use = '''
int main(void)
{
	return SOCK_STREAM + SOCK_TYPE_STREAM + POLLIN + SOCK_POLLIN + MIN(EAGAIN, -ERR_AGAIN);
}
'''
    compiles((ours + theirs if ours_first else theirs + ours) + use, '-x', 'c', '-std=gnu11')


def symbols(letters):
    lines = output('nm', '-f', 'posix', ARCHIVE).splitlines()
    return {line.split()[0] for line in lines
            if len(line.split()) > 1 and line.split()[1] in letters}


def declared():
    """Functions that the public headers declare and the archive must have; assert_failed(), which
    the program brings, begins with its attributes and so is not among them."""
    return set(re.findall(r'^[a-z][^\n(){}=#]*?\b([a-z_0-9]+)\([^{};]*\)[^{};]*;', public_text(), re.M))


def test_every_global_name_is_declared_in_a_public_header():
    made = symbols('TDBRVWC')
    assert made <= declared()
    assert declared() <= made
    assert {'net_create', 'sock_connect', 'netif_input', 'pktbuf_alloc'} <= made


def test_what_it_needs_is_what_the_page_says():
    page = read('docs', 'library.md')
    listed = re.search(r'<!-- undefined symbols -->\n(.*?)\n\n', page, re.S).group(1)
    assert symbols('U') == set(re.findall(r'`(\w+)`', listed))


def test_nothing_in_it_is_written_to():
    sizes = {}
    for line in output('size', '-A', ARCHIVE).splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0].startswith('.'):
            sizes[parts[0]] = sizes.get(parts[0], 0) + int(parts[1])
    assert sizes['.text'] > 10000
    writable = [name for name, size in sizes.items()
                if re.match(r'\.(data(?!\.rel\.ro)|bss|tdata|tbss)', name) and size > 0]
    assert writable == []


def test_the_example_passes_and_a_cut_wire_makes_it_fail():
    assert subprocess.run([EXAMPLE], check=False).returncode == 0
    cut = subprocess.run([EXAMPLE, 'cut'], check=False, capture_output=True, text=True)
    assert (cut.returncode, cut.stderr) == (1, 'two_stacks: not connected\n')


def test_what_the_page_shows_is_in_the_example():
    program = read('tests', 'example', 'two_stacks.c')
    blocks = re.findall(r'```c\n(.*?)```', read('docs', 'library.md'), re.S)
    assert len(blocks) >= 4
    for block in blocks:
        for part in block.split('\n...\n'):
            assert part.strip('\n') in program
