#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the kernel's symbol table as assembly, from `nm -n` of a linked image on stdin.

Linked in twice: without symbols first, then with the table of the first link.  Addresses are
offsets from image_text_start, which the table's own size does not change.  The format is described
in kernel/fault/symbols.c, which reads it.
"""
import re
import sys

NAME_MAX = 63
# What gcc appends to a function that it has specialised.
SUFFIX = re.compile(r"\.(isra|constprop|part)\.\d+")


def functions(lines):
    """(offset, name) of each function, one name an address, in address order."""
    start = end = None
    found = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "image_text_start":
            start = address
        elif name == "image_text_end":
            end = address
        elif kind in "tTwW" and not name.startswith("."):
            # Where two names share an address the global one is the better known.
            if address not in found or kind.isupper():
                found[address] = SUFFIX.sub("", name)[:NAME_MAX]
    if start is None or end is None:
        return []
    return sorted((a - start, n) for a, n in found.items() if start <= a < end)


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def table(symbols):
    out = bytearray()
    last_at, last_name = 0, ""
    for at, name in symbols:
        shared = 0
        while shared < min(len(name), len(last_name)) and name[shared] == last_name[shared]:
            shared += 1
        out += varint(at - last_at) + bytes([shared]) + name[shared:].encode("ascii") + b"\0"
        last_at, last_name = at, name
    return bytes(out)


def main():
    data = table(functions(sys.stdin))
    print('\t.section .rodata.symbols, "a", @progbits')
    print("\t.globl symbol_table, symbol_table_end\nsymbol_table:")
    for i in range(0, len(data), 16):
        print("\t.byte " + ",".join(str(b) for b in data[i : i + 16]))
    print("symbol_table_end:")
    print('\t.section .note.GNU-stack, "", @progbits')


main()
