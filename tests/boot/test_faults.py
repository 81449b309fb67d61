# SPDX-License-Identifier: MIT
"""What a kernel must not survive: each fault ends in a report with names, and status 119."""

import os
import subprocess

import pytest
from machine import BUILD, ROOT, Run, app_kernel, call
from runner import config, qemu

# fault=: (what the report says, a function that it must name)
FAULTS = {
    'text-write': ('write to kernel text (not writable)', 'fault_text_write'),
    'rodata-write': ('write to kernel read-only data (not writable)', 'fault_rodata_write'),
    'data-exec': ('execution of kernel data (not executable)', 'app_check'),
    'stack-exec': ('execution of the main stack (not executable)', 'fault_stack_exec'),
    'null': ('read of the null page', 'fault_null'),
    'null-call': ('execution of the null page', 'app_check'),
    'guard': ('write to the guard page of the main stack', 'fault_guard'),
    'stack-overflow': ('write to the guard page of the main stack', 'recurse'),
    'assert': ('assertion failed: zero == 1', 'fault_assert'),
    'divide': ('divide error', 'fault_divide'),
    'undefined': ('invalid opcode', 'fault_undefined'),
    'stack-smash': ('stack smashed', 'fault_stack_smash'),
}


def check_report(log, what, function):
    panic = log.first('panic')
    assert what in panic['what'], panic
    if 'null page' in what:
        assert int(panic['address'], 16) < 4096
    if 'exec' in what:
        assert panic['address'] == panic['rip']
    names = [name.partition('+')[0] for name in
             [panic['symbol']] + [f.get('symbol', '') for f in log.all('panic.frame')]]
    assert function in names and 'kernel_main' in names or function == 'recurse' in names, names
    assert int(log.first('panic.registers')['rip'], 16) == int(panic['rip'], 16)


@pytest.mark.parametrize('fault', FAULTS)
def test_fault(no_net, fault):
    log = call(no_net, ['ip=192.168.77.2:::255.255.255.0', f'fault={fault}'], 119,
               kernel=app_kernel('fault'))
    check_report(log, *FAULTS[fault])


def test_an_interrupt_of_nobodys_is_no_fault(user_net):
    log = call(user_net, [user_net.ip, 'fault=stray'], 112, kernel=app_kernel('fault'))
    assert log.result['errormsg'] == 'nothing happened'
    assert [(d['counter'], d['count']) for d in log.all('drop')] == [("interrupts of nobody's", 1)]


def test_a_fault_while_powering_off_ends_the_machine(no_net):
    """Reports, then switches off without what faults; the EXIT line stays the last."""
    with Run(no_net, ['ip=192.168.77.2:::255.255.255.0', 'fault=power-off'], debug_exit=False,
             deadline=0, kernel=app_kernel('fault')) as run:
        log = run.end(119, contract=False)
    assert run.outcome.returncode == 0, run.outcome
    assert log.first('panic')['what'] == 'debug'
    assert log.lines[-1] == 'EXIT: STATUS=119'


@pytest.mark.parametrize('words, args, says', [
    # QEMU writes so long a line over what it starts the kernel with; this one is not even text.
    (['\xe4' * 3000], (), 'the start info has the wrong magic number'),
    ([], ('-cpu', 'max,-apic'), 'this machine has no local APIC'),
], ids=['long-command-line', 'no-apic'])
def test_a_panic_before_there_is_a_clock(no_net, words, args, says):
    with Run(no_net, words, log_mode='', debug_exit=False, args=args) as run:
        run.end(119, contract=False)
    assert run.outcome.returncode == 0, run.outcome
    assert says in run.log.text() and 'kernel_enter+' in run.log.text()
    assert run.log.text().count('EXIT: STATUS=') == 1


def disk_with(kernel, words, folder):
    """An image for UEFI with that kernel and that configuration."""
    conf, disk = folder / 'conf', folder / 'disk.img'
    conf.write_text(config.as_file(words))
    subprocess.run([os.path.join(ROOT, 'tools/mkimage.sh'), disk, os.path.join(BUILD, 'BOOTX64.EFI'),
                    kernel, conf], check=True)
    return str(disk)


@pytest.mark.parametrize('fault, mem, args', [
    ('guard', '64', ()),
    # The loader's page tables for so much memory lie right above the image.
    ('stack-overflow', '28G', ('-object', 'memory-backend-ram,id=m0,size=28G,reserve=off',
                               '-machine', 'memory-backend=m0', '-cpu', 'qemu64')),
])
def test_guard_pages_under_uefi(no_net, tmp_path, fault, mem, args):
    words = ['log=both', f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}', 'ip=192.168.77.2:::255.255.255.0',
             f'fault={fault}']
    log = call(no_net, [], 119, boot='uefi', mem=mem, args=args,
               disk=disk_with(app_kernel('fault'), words, tmp_path))
    check_report(log, *FAULTS[fault])


def test_a_panic_in_text_mode_ends_with_the_verdict(no_net):
    log = call(no_net, ['ip=192.168.77.2:::255.255.255.0', 'fault=null'], 119, log_mode='text',
               kernel=app_kernel('fault'))
    assert log.lines[-1] == 'EXIT: STATUS=119'
    assert any('fault_null' in line for line in log.lines)
