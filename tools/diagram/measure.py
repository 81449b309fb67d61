# SPDX-License-Identifier: MIT
"""How wide a text will be, without the font it will be shown in.

The widths are those of DejaVu Sans and DejaVu Sans Mono, in thousandths of the size: wider than the
other fonts of the pictures' list (Helvetica, Arial, Liberation Sans and their like), so what fits
by these numbers fits there too.
"""

# Advance widths of the characters from the blank to the tilde.
_REGULAR = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775,
    752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390,
    337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838)
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696,
    696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821,
    837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457,
    365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687,
    716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838)
_MONO = 602

# A class of text: which widths, and its size in pixels.
FONTS = {
    'title': (_BOLD, 21), 'facts': (_REGULAR, 12), 'group': (_REGULAR, 11.5), 'head': (_BOLD, 13.5),
    'sub': (None, 11), 'words': (_BOLD, 12.5), 'values': (None, 11), 'time': (None, 11),
    'heading': (_BOLD, 12.5), 'sentence': (_REGULAR, 12), 'chip': (None, 10.5),
    'pause': (_REGULAR, 11.5), 'badge': (_BOLD, 11), 'fate': (_BOLD, 11), 'ghost': (_REGULAR, 12.5),
    'fold': (_REGULAR, 12), 'verdict': (_BOLD, 15), 'said': (_REGULAR, 13), 'legend': (_REGULAR, 11.5),
}


def width(text, cls):
    """Pixels, an upper bound; the texts of a picture are ASCII (words.printable)."""
    table, size = FONTS[cls]
    if table is None:
        return len(text) * _MONO * size / 1000
    return sum(table[ord(c) - 32] if ' ' <= c <= '~' else 1000 for c in text) * size / 1000


def wrap(text, cls, room):
    """The text as lines that are no wider than `room`; a word that is wider alone is cut."""
    lines, line = [], ''
    for word in text.split(' '):
        longer = f'{line} {word}' if line else word
        if width(longer, cls) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        while width(word, cls) > room and len(word) > 1:
            fits = next(n for n in range(len(word) - 1, 0, -1)
                        if n == 1 or width(word[:n], cls) <= room)
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return lines + [line] if line or not lines else lines
