"""The one sort of PNG that our side takes: eight-bit RGBA, not interlaced, chunks IHDR, IDAT, IEND."""

import struct
import zlib


def encode_png(width: int, height: int, rgb: bytes) -> bytes:
    """`rgb`: three bytes a pixel, row by row from the top. Every pixel becomes opaque."""
    if len(rgb) != width * height * 3:
        raise ValueError(f"{len(rgb)} bytes are no picture of {width} x {height}")
    rgba = bytearray(b"\xff" * (width * height * 4))
    for channel in range(3):
        rgba[channel::4] = rgb[channel::3]
    stride = width * 4
    rows = b"".join(b"\x00" + rgba[at : at + stride] for at in range(0, len(rgba), stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)
