"""What a kernel must not survive: each fault ends in a report with names, and status 119."""

import pytest
from machine import app_kernel, call

# fault=: words that the report has about it (apart from where it was)
FAULTS = {
    'text-write': 'page fault',
    'rodata-write': 'page fault',
    'data-exec': 'page fault',
    'stack-exec': 'page fault',
    'null': 'page fault',
    'null-call': 'page fault',
    'guard': 'page fault',
    'stack-overflow': '',
    'assert': 'zero == 1',
    'divide': 'divide',
    'undefined': 'opcode',
    'stack-smash': 'stack',
}
WITH_ADDRESS = {name for name, what in FAULTS.items() if what == 'page fault'}
# Where the instruction pointer itself has left the code, the caller stands in the backtrace.
IN_BACKTRACE = {'data-exec', 'stack-exec', 'null-call', 'stack-overflow', 'stack-smash', 'guard',
                'assert'}


def check_report(log, fault):
    panic = log.first('panic')
    assert FAULTS[fault] in panic['what'].lower(), panic
    if fault in WITH_ADDRESS:
        assert int(panic['address'], 16) >= 0
    if fault in ('null', 'null-call'):
        assert int(panic['address'], 16) < 4096
    names = [panic.get('symbol', '')] + [f.get('symbol', '') for f in log.all('panic.frame')]
    wanted = {'stack-overflow': 'recurse'}.get(fault, 'fault_' + fault.replace('-', '_'))
    assert any(wanted in name or 'app_check' in name for name in names), names
    assert any('app_check' in name or 'kernel_main' in name or 'recurse' in name
               for name in names), names
    assert int(log.first('panic.registers')['rip'], 16) == int(panic['rip'], 16)


@pytest.mark.parametrize('fault', FAULTS)
def test_fault(no_net, fault):
    log = call(no_net, ['ip=192.168.77.2:::255.255.255.0', f'fault={fault}'], 119,
               kernel=app_kernel('fault'))
    check_report(log, fault)


def test_a_panic_in_text_mode_ends_with_the_verdict(no_net):
    log = call(no_net, ['ip=192.168.77.2:::255.255.255.0', 'fault=null'], 119, log_mode='text',
               kernel=app_kernel('fault'))
    assert log.lines[-1] == 'EXIT: STATUS=119'
    assert any('fault_null' in line for line in log.lines)
