# SPDX-License-Identifier: MIT
"""The QEMU runner: starts the image in a virtual machine and says how the call went.

One concept a file: cli (what was asked for), qemu (the command line), accel, image (the
configuration inside a disk image), network, netns, web, capture, console and guest (the running
machine), status (how QEMU ended), debug (gdb).  Python's standard library only.
"""
