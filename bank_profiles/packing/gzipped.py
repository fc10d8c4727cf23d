"""One file ⇄ one gzip: a single member, as blocks that come through one after the other."""

import zlib
from collections.abc import Iterable, Iterator

from bank_profiles.packing.limits import BLOCK_BYTES, Meter, Outflow, broken, refused, trailing

_GZIP = 31  # zlib's number for the gzip frame with the largest window; its header says neither a time nor a name


def gzip_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes always give the same gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


def gunzip(blocks: Iterable[bytes], meter: Meter) -> Iterator[bytes]:
    """What is inside, in blocks of bounded size. A second member, or anything else behind the first, is refused: some programs would
    read it and some would not, so that two people see two files. Raises UnreadableFile."""
    outflow, machine = Outflow(meter), zlib.decompressobj(_GZIP)
    for block in blocks:
        if block and machine.eof:
            raise refused("package-trailing", meter.name, trailing("gzip"))
        yield from _through(machine, block, outflow, meter.name)
    yield from _through(machine, b"", outflow, meter.name)
    if not machine.eof:
        raise refused("broken-package", meter.name, broken("gzip"))


def _through(machine: "zlib._Decompress", block: bytes, outflow: Outflow, name: str) -> Iterator[bytes]:
    while not machine.eof:
        try:
            unpacked = machine.decompress(block, BLOCK_BYTES)
        except zlib.error as stumble:
            raise refused("broken-package", name, broken("gzip")) from stumble
        if unpacked:
            yield outflow.count(unpacked)
        block = machine.unconsumed_tail
        if not block and len(unpacked) < BLOCK_BYTES:
            break
    if machine.unused_data:
        raise refused("package-trailing", name, trailing("gzip"))
