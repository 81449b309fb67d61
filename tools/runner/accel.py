# SPDX-License-Identifier: MIT
"""Which accelerator QEMU gets.

/dev/kvm can exist and still hang a guest, so KVM is used only where the processor says that it
virtualises and the device opens; everywhere else QEMU translates (TCG).
"""

import os


def cpu_virtualises(cpuinfo):
    """True when /proc/cpuinfo's text lists vmx (Intel) or svm (AMD)."""
    for line in cpuinfo.splitlines():
        if line.startswith('flags'):
            return bool({'vmx', 'svm'} & set(line.split()))
    return False


def kvm_opens(path='/dev/kvm'):
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def choose():
    """'kvm' or 'tcg'."""
    try:
        with open('/proc/cpuinfo', encoding='ascii', errors='replace') as f:
            cpuinfo = f.read()
    except OSError:
        return 'tcg'
    return 'kvm' if cpu_virtualises(cpuinfo) and kvm_opens() else 'tcg'


def qemu_args(accel):
    return ['-accel', accel, '-cpu', 'host' if accel == 'kvm' else 'max']
