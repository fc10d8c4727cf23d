"""The steps of a package, innermost first when it is packed, undone in reverse: files ⇄ zip or tar ⇄ gzip ⇄ blocks on the wire."""

from collections.abc import Callable, Iterable, Iterator

from bank_profiles.language.packages import Package
from bank_profiles.packing.gzipped import gunzip, gzip_blocks
from bank_profiles.packing.limits import Meter, NamedFile
from bank_profiles.packing.tarred import tar_files, untar
from bank_profiles.packing.zipped import unzip, zip_files

__all__ = ["NamedFile", "pack", "unpack"]

_PACK: dict[str, Callable[[Iterable[NamedFile]], Iterator[bytes]]] = {"zip": zip_files, "tar": tar_files}
_UNPACK: dict[str, Callable[[Iterable[bytes], Meter], Iterator[NamedFile]]] = {"zip": unzip, "tar": untar}


def pack(package: Package, files: Iterable[NamedFile]) -> Iterator[bytes]:
    """The package as blocks. Without zip or tar the one file goes through alone.

    Raises ValueError when it would have to hold several (the checks of a profile rule that out).
    """
    kinds = [step.kind for step in package.steps]
    blocks = _PACK[kinds[0]](files) if kinds and kinds[0] in _PACK else _only(files)
    return gzip_blocks(blocks) if "gzip" in kinds else blocks


def _only(files: Iterable[NamedFile]) -> Iterator[bytes]:
    for number, file in enumerate(files):
        if number:
            raise ValueError("a package without zip or tar holds one file")
        yield from file.blocks


def unpack(package: Package, name: str, blocks: Iterable[bytes], told_as: str = "") -> Iterator[NamedFile]:
    """The files of a received package, in its order. ``name`` is the package's name, ``told_as`` what errors call it.

    Each file's blocks are read to their end, or left, before the next file is asked for; limits are checked before and while they
    flow. Raises UnreadableFile: nothing of the package may be kept.
    """
    meter = Meter(told_as or name)
    flow = meter.receive(blocks)
    kinds = [step.kind for step in package.steps]
    if "gzip" in kinds:
        flow = gunzip(flow, meter)
    if kinds and kinds[0] in _UNPACK:
        return _UNPACK[kinds[0]](flow, meter)
    return iter([NamedFile(name.removesuffix(".gz") if "gzip" in kinds else name, flow)])
