# SPDX-License-Identifier: MIT
"""The guest as a server: whether it is to be one, and how it is reached from here."""

import os
import socket

from . import config
from .errors import RunnerError

MODES = ('client', 'server')
PORT = 80  # the guest's own default for listen=


def is_wanted(mode, words):
    """True where the guest will serve: MODE=, or what the words say."""
    said = config.value_of(words, 'mode') or mode
    return said == 'server' or (not said and config.value_of(words, 'listen') is not None)


def probes(words):
    """True where a server is to make checks again and again: then it gets somebody to call."""
    return any(config.value_of(words, key) is not None for key in ('interval', 'count'))


def guest_port(words):
    """Where it listens; what it will refuse anyway counts as its default."""
    text = (config.value_of(words, 'listen') or '').rpartition(':')[2]
    return int(text) if text.isdigit() and 0 < int(text) < 65536 else PORT


def check_port(text):
    """PORT= as a number; RunnerError where it is none."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise RunnerError(f'PORT={text}: a port from 1 to 65535')
    return int(text)


def free_port():
    """A port of the loopback that nobody uses now."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def _is_real_root():
    with open('/proc/self/uid_map', encoding='ascii') as f:
        return f.read().split() == ['0', '0', '4294967295']


def how_to_reach(net, words, pid):
    """What to type in another terminal; '' where the runner cannot know."""
    port = guest_port(words)
    if net.forwarded:
        return f'curl http://127.0.0.1:{net.forwarded}/'
    if not net.namespace:
        return ''
    ip = (config.value_of(words, 'ip') or '').partition(':')[0].partition('/')[0]
    address = (ip if ip[:1].isdigit() else net.guest_ip) + ('' if port == 80 else f':{port}')
    enter = (f'nsenter --net=/run/netns/{net.namespace.name}' if _is_real_root()
             else f'nsenter --target {pid} --user --preserve-credentials --net')
    return f'{enter} curl http://{address}/'
