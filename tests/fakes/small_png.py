"""Makes a browser's picture small: no empty end, at most 256 colours, each by one byte."""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COARSE = 0xF0
"""Colours that differ by less are one, where there are too many."""
_MARGIN = 16
"""Empty lines that are left below what is drawn."""


def shrink(png: bytes) -> bytes:
    """The same picture with a palette; it must have 8 bits per channel and no interlace.

    Of the lines at its end that are all alike, a few are left.
    """
    chunks = _chunks(png)
    width, _, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, kind) in {(8, 2), (8, 6)}, "true colour alone"
    size = 3 if kind == 2 else 4
    rows = _cropped(_rows(zlib.decompress(chunks[b"IDAT"]), width * size, size))
    pixels = [[row[at : at + 3] for at in range(0, width * size, size)] for row in rows]
    colours = {bytes(pixel) for row in pixels for pixel in row}
    fine = len(colours) <= 256
    palette: dict[bytes, int] = {}
    lines = bytearray()
    for row in pixels:
        lines.append(0)
        for pixel in row:
            shown = bytes(pixel) if fine else _coarse(pixel)
            lines.append(palette.setdefault(shown, min(len(palette), 255)))
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(list(palette)[:256])))
    data = (b"IDAT", zlib.compress(bytes(lines), 9))
    return _SIGNATURE + b"".join(_chunk(*part) for part in (*parts, data, (b"IEND", b"")))


def _cropped(rows: list[bytearray]) -> list[bytearray]:
    drawn = (at for at in range(len(rows), 0, -1) if rows[at - 1] != rows[-1])
    return rows[: next(drawn, 0) + _MARGIN]


def _coarse(pixel: bytes | bytearray) -> bytes:
    """White stays white; all else is rounded."""
    return bytes(255 if part >= _COARSE else part & _COARSE for part in pixel)


def _chunks(png: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name = png[at + 4 : at + 8]
        found[name] = found.get(name, b"") + png[at + 8 : at + 8 + length]
        at += length + 12
    return found


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(data: bytes, width: int, size: int) -> list[bytearray]:
    """The lines of a picture with PNG's filters undone."""
    rows, before = list[bytearray](), bytearray(width)
    for at in range(0, len(data), width + 1):
        kind, line = data[at], bytearray(data[at + 1 : at + 1 + width])
        for x in range(width):
            left = line[x - size] if x >= size else 0
            corner = before[x - size] if x >= size else 0
            line[x] = (line[x] + _guess(kind, left, before[x], corner)) & 255
        rows.append(line)
        before = line
    return rows


def _guess(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        nearest = left + above - corner
        return min((left, above, corner), key=lambda value: abs(nearest - value))
    return (0, left, above, (left + above) // 2)[kind]
