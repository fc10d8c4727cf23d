"""The steps of a package, innermost first when it is packed, undone in reverse: files ⇄ zip or tar ⇄ gzip ⇄ blocks on the wire."""

from collections.abc import Iterable, Iterator

from bank_profiles.errors import DataPlace, Problem, Text, UnwritableRoster
from bank_profiles.language.packages import Package
from bank_profiles.packing.gzipped import gunzip, gzip_blocks
from bank_profiles.packing.limits import Meter, NamedFile
from bank_profiles.packing.locked_zip import lock_files
from bank_profiles.packing.tarred import tar_files, untar
from bank_profiles.packing.zipped import unzip, zip_files

__all__ = ["NamedFile", "legacy_password", "pack", "unpack"]


def pack(package: Package, files: Iterable[NamedFile], password: bytes | None = None, told_as: str = "") -> Iterator[bytes]:
    """The package as blocks. Without zip or tar the one file goes through alone. ``password``: what ``legacy_password`` says;
    ``told_as``: what errors call the package.

    Raises ValueError when it would have to hold several (the checks of a profile rule that out), UnwritableRoster without the
    password it is to be under.
    """
    kinds = [step.kind for step in package.steps]
    blocks = _archived(package, files, password, told_as or package.name)
    return gzip_blocks(blocks) if "gzip" in kinds else blocks


def _archived(package: Package, files: Iterable[NamedFile], password: bytes | None, told_as: str) -> Iterator[bytes]:
    kind = package.steps[0].kind if package.steps else None
    if package.locked_by is not None and not password:
        raise UnwritableRoster([Problem(code="zip-password-missing", place=DataPlace(told_as), what=_NONE_GIVEN, hint=_GIVE_IT)])
    if kind == "zip":
        return lock_files(files, password) if package.locked_by is not None and password else zip_files(files)
    return tar_files(files) if kind == "tar" else _only(files)


def _only(files: Iterable[NamedFile]) -> Iterator[bytes]:
    for number, file in enumerate(files):
        if number:
            raise ValueError("a package without zip or tar holds one file")
        yield from file.blocks


def unpack(
    package: Package, name: str, blocks: Iterable[bytes], told_as: str = "", password: bytes | None = None
) -> Iterator[NamedFile]:
    """The files of a received package, in its order. ``name`` is the package's name, ``told_as`` what errors call it, ``password``
    what ``legacy_password`` says.

    Each file's blocks are read to their end, or left, before the next file is asked for; limits are checked before and while they
    flow. Raises UnreadableFile: nothing of the package may be kept.
    """
    meter = Meter(told_as or name)
    flow = meter.receive(blocks)
    kinds = [step.kind for step in package.steps]
    if "gzip" in kinds:
        flow = gunzip(flow, meter)
    if "zip" in kinds:
        return unzip(flow, meter, None if package.locked_by is None else password or b"")
    if "tar" in kinds:
        return untar(flow, meter)
    return iter([NamedFile(name.removesuffix(".gz") if "gzip" in kinds else name, flow)])


def legacy_password(package: Package, name: str, agreed: bytes | None) -> bytes | None:
    """The password the zip of a package of this name is under, if any: ``agreed``, or that name without its ending.

    Names that are not ASCII are spelt as zip programs of Chinese Windows take them from the keyboard, in GB18030.
    """
    if package.locked_by == "package_name":
        zipped = name.removesuffix(".gz") if any(step.kind == "gzip" for step in package.steps) else name
        return (zipped.rpartition(".")[0] or zipped).encode("gb18030")
    return agreed if package.locked_by == "connection" else None


_NONE_GIVEN = Text("the zip is to be under a password, and none was given", "zip 须加约定的密码，而未提供密码")
_GIVE_IT = Text(
    "zip_password: secret:… in the connection; offline, --zip-password FILE",
    "请在连接中写 zip_password: secret:…；离线时用 --zip-password FILE",
)
