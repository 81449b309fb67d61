#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the kernel's symbol table as assembly, from `nm -n` of a linked image on stdin.

Linked in twice: without symbols first, then with the table of the first link.  Addresses are
offsets from image_text_start, which the table's own size does not change.  The format is described
in kernel/fault/symbols.c, which reads it.
"""
import collections
import re
import sys

NAME_MAX = 63
FIRST_PAIR, PAIRS_MAX = 0x80, 128  # codes of a name that stand for two others
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


def pair_up(text):
    """The text with its commonest pairs of codes, again and again, as one code; and these pairs.

    Nothing is paired with the NUL that ends a name.
    """
    pairs = []
    while len(pairs) < PAIRS_MAX:
        counts = collections.Counter(p for p in zip(text, text[1:]) if "\0" not in p)
        pair, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=(None, 0))
        if count < 3:  # the pair itself takes two bytes
            break
        text = text.replace("".join(pair), chr(FIRST_PAIR + len(pairs)))
        pairs.append(pair)
    return text, pairs


def table(symbols):
    """The pairs, and the entries."""
    places, rests = [], []
    last_at, last_name = 0, ""
    for at, name in symbols:
        shared = 0
        while shared < min(len(name), len(last_name)) and name[shared] == last_name[shared]:
            shared += 1
        places.append(varint(at - last_at) + bytes([shared]))
        rests.append(name[shared:] + "\0")
        last_at, last_name = at, name
    text, pairs = pair_up("".join(rests))
    names = text.encode("latin-1").split(b"\0")
    out = b"".join(place + name + b"\0" for place, name in zip(places, names))
    return "".join(a + b for a, b in pairs).encode("latin-1"), out


def print_bytes(data):
    for i in range(0, len(data), 16):
        print("\t.byte " + ",".join(str(b) for b in data[i : i + 16]))


def main():
    pairs, entries = table(functions(sys.stdin))
    print('\t.section .rodata.symbols, "a", @progbits')
    print("\t.globl symbol_pairs, symbol_table, symbol_table_end\nsymbol_pairs:")
    print_bytes(pairs)
    print("symbol_table:")
    print_bytes(entries)
    print("symbol_table_end:")
    print('\t.section .note.GNU-stack, "", @progbits')


main()
