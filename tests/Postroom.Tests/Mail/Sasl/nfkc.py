"""Makes src/Postroom.Mail/Sasl/nfkc.txt and nfkc-vectors.txt beside this file, from Python's Unicode data.

Run it with a newer Python to move to a newer Unicode; the change then shows in the diff.
"""
import hashlib
import pathlib
import random
import unicodedata as unicode

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parents[3] / "src/Postroom.Mail/Sasl/nfkc.txt"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)  # by arithmetic, not by table


def nfkc(text):
    return unicode.normalize("NFKC", text)


def lines(mark, groups):
    """Groups of consecutive code points, with what each is mapped to; broken at 110 columns."""
    for group in groups:
        line = mark
        for at, token in group:
            if line == mark or len(line) + len(token) >= 110:
                if line != mark:
                    yield line
                line = f"{mark} {at:X}"
            line += f" {token}"
        yield line


def runs(pairs):
    group = []
    for at, token in pairs:
        if group and group[-1][0] + 1 != at:
            yield group
            group = []
        group.append((at, token))
    if group:
        yield group


def ranges(points):
    for group in runs((c, "") for c in points):
        first, last = group[0][0], group[-1][0]
        yield f"{first:X}" if first == last else f"{first:X}-{last:X}"


def wrapped(mark, tokens):
    line = mark
    for token in tokens:
        if len(line) + len(token) >= 110:
            yield line
            line = mark
        line += f" {token}"
    yield line


def table():
    yield f"# Unicode {unicode.unidata_version}: what NFKC needs, but for Hangul. Made by nfkc.py from the Unicode Character Database."
    yield "# Copyright (c) Unicode, Inc. Licence: docs/decisions/0006-normalisation-is-a-table-of-ours.md"
    yield "# @ CLASS POINT...  canonical combining class    ! POINT...  never composed"
    yield "# = FIRST PARTS...  canonical decompositions of consecutive points, one step    ~  compatibility ones"
    classes = {}
    for c in POINTS:
        classes.setdefault(unicode.combining(chr(c)), []).append(c)
    for value in sorted(classes):
        if value:
            yield from wrapped(f"@ {value}", ranges(classes[value]))
    canonical, compatible, excluded = [], [], []
    for c in POINTS:
        parts = unicode.decomposition(chr(c)).split()
        if not parts or c in HANGUL:
            continue
        is_canonical = parts[0][0] != "<"
        shown = ".".join(f"{int(p, 16):X}" for p in parts if p[0] != "<")
        (canonical if is_canonical else compatible).append((c, shown))
        if is_canonical and len(parts) == 2 and unicode.normalize("NFC", chr(c)) != chr(c):
            excluded.append(c)
    yield from wrapped("!", ranges(excluded))
    yield from lines("=", runs(canonical))
    yield from lines("~", runs(compatible))


def written(text):
    return ".".join(f"{ord(c):X}" for c in text)


def vectors():
    yield f"# Unicode {unicode.unidata_version}, made by nfkc.py: a text and its NFKC, as code points."
    every = hashlib.sha256()
    for c in POINTS:
        every.update((nfkc(chr(c)) + "\n").encode())
    yield f"every {every.hexdigest()}"
    dice = random.Random(4013)
    marks = [c for c in POINTS if unicode.combining(chr(c))]
    parted = [c for c in POINTS if unicode.decomposition(chr(c)) and c not in HANGUL]
    second = [int(p[1], 16) for p in (unicode.decomposition(chr(c)).split() for c in parted) if len(p) == 2 and p[0][0] != "<"]
    pools = [marks, parted, second, range(0x41, 0x7B), range(0x300, 0x345), range(0x1100, 0x1113),
             range(0x1161, 0x1176), range(0x11A7, 0x11C3), HANGUL]
    for _ in range(1000):
        text = "".join(chr(dice.choice(dice.choice(pools))) for _ in range(dice.randint(2, 6)))
        yield f"{written(text)} {written(nfkc(text))}"


TABLE.write_text("\n".join(table()) + "\n")
(HERE / "nfkc-vectors.txt").write_text("\n".join(vectors()) + "\n")
