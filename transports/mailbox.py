"""The order of acts at a peer's folders: look, temporary name, verify, rename, flag last; then list, get, acknowledge.

One order for every carrier that reaches folders (sftp.py, folder.py); they bring only the six plain acts of files.py.
Sources of the order: half-written files under a final name, renames whose reply is lost, banks that sweep at once.
"""

import builtins
import contextlib
from collections.abc import Iterator, Sequence
from typing import Self

from transports import names
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Entry, Failed, Files, Missing, NotRenamed
from transports.looks import Looks
from transports.manners import Manners
from transports.measured import measure, own_bytes
from transports.outcomes import Stage, outcome
from transports.transport import Blocks, Delivery, Presence, Put, Remote, oldest_first

ARCHIVE_TRIES_MAX = 999  # files of one name in done_dir before a person should look


class Mailbox:
    """A Transport over the folders of one peer. Names are opaque labels; nothing here opens a file.

    ``looks`` remembers earlier listings for the ready signal ``stable_size`` (KeptLooks where the two looks are made by two
    processes). ``strange`` holds, after each list(), what the listing held that cannot be a file for us: (reason, masked name).
    """

    def __init__(self, files: Files, manners: Manners, *, looks: Looks | None = None) -> None:
        self._files = files
        self._manners = manners
        self._looks = looks or Looks()
        self._fetched: dict[str, Entry] = {}
        self.strange: builtins.list[tuple[str, str]] = []

    # ---- out ---------------------------------------------------------------------------------------------------------

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Deliver ``size`` bytes with SHA-256 ``digest`` (hex) under ``name``; the same bytes twice are one delivery."""
        stage = Stage.LOOKING
        try:
            final = self._sending(names.check(name))
            temporary = self._sending(self._manners.temporary(name, digest))
            leftover, there = self._files.begin(temporary, final)
            if leftover is not None:
                self._files.remove(temporary)
            if not self._is_sent(there, temporary, final, size, digest):
                stage = Stage.WRITING
                self._write(temporary, final, blocks, size, digest)
                crashpoint("O17")
                stage = Stage.RENAMING
                self._rename(temporary, final, size, digest)
            stage = Stage.RENAMING
            crashpoint("O19")
            self._raise_flag(name)
            crashpoint("O20")
        except Exception as error:
            return outcome(error, stage)
        return Put(Delivery.DELIVERED)

    def look(self, name: str, size: int, digest: str) -> Presence:
        """What the peer holds under ``name``. Raises Unreachable or Refused."""
        with _in_two_words():
            final = self._sending(names.check(name))
            found = self._holds(final, size, digest)
            if found is Presence.ABSENT:
                begun = self._files.stat(self._sending(self._manners.temporary(name, digest))) is not None
                return Presence.UNFINISHED if begun else Presence.ABSENT
            flag = self._manners.ready.flag_of(name)
            if found is Presence.PRESENT and flag and self._files.stat(self._sending(flag)) is None:
                return Presence.UNFINISHED
            return found

    def _holds(self, path: str, size: int, digest: str) -> Presence:
        return self._seen(self._files.stat(path), path, size, digest)

    def _seen(self, there: Entry | None, path: str, size: int, digest: str) -> Presence:
        if there is None:
            return Presence.ABSENT
        same = there.size == size and self._same_bytes(path, size, digest)
        return Presence.PRESENT if same else Presence.DIFFERENT

    def _same_bytes(self, path: str, size: int, digest: str) -> bool:
        try:
            return self._digest(path, size) == digest
        except Refused:  # a drop that may be written but not read: the size is all there is
            if self._manners.verify == "size":
                return True
            raise

    def _digest(self, path: str, size: int) -> str:
        return measure(self._files.read(path, size))[1]

    def _has(self, final: str, size: int, digest: str) -> bool:
        return self._is_there(self._files.stat(final), final, size, digest)

    def _is_there(self, there: Entry | None, final: str, size: int, digest: str) -> bool:
        found = self._seen(there, final, size, digest)
        if found is Presence.DIFFERENT:
            raise Refused(
                "The peer already holds a file of this name with other bytes; ours was not sent. Ask the peer which one it will use.",
                "对方已有同名但内容不同的文件，本文件未发送；请与对方核实以哪一份为准。",
                code="collision",
            )
        return found is Presence.PRESENT

    def _is_sent(self, there: Entry | None, temporary: str, final: str, size: int, digest: str) -> bool:
        """Was it sent before? Then what was begun goes again; where nothing may be removed it stays, and nobody looks at its name."""
        if there is None:
            return False
        with contextlib.suppress(TransportError):
            self._files.remove(temporary)
        return self._is_there(there, final, size, digest)

    def _write(self, temporary: str, final: str, blocks: Blocks, size: int, digest: str) -> None:
        """The bytes, verified, under their temporary name, and the final name free: looked at once more as some servers overwrite."""
        try:
            written, there = self._files.write(temporary, _leaving(own_bytes(blocks, size, digest)), size, temporary, final)
            crashpoint("O16")
            self._verify(written, temporary, size, digest)
        except (Failed, Refused):
            with contextlib.suppress(TransportError):  # a half file helps nobody and may fill the peer's disk
                self._files.remove(temporary)
            raise
        self._is_there(there, final, size, digest)

    def _verify(self, written: Entry | None, temporary: str, size: int, digest: str) -> None:
        """Before the rename, because a bank may sweep the file the moment it has its name."""
        if written is None or written.size != size:
            written = self._files.stat(temporary)  # perhaps the server looked before it was done
        if written is None:
            raise _swept_early()
        if written.size != size or (self._manners.verify == "readback" and self._digest(temporary, size) != digest):
            raise Failed(
                "What arrived at the peer is not what was sent; it was taken away again and will be sent anew.",
                "对方收到的内容与发送的不一致，已撤回，将重新发送。",
                code="integrity",
            )

    def _rename(self, temporary: str, final: str, size: int, digest: str) -> None:
        try:
            self._files.rename(temporary, final)
        except Failed as no:  # OpenSSH says no more than "failure": the folder tells whether the name is taken
            if not self._has(final, size, digest):
                if self._files.stat(temporary) is not None:
                    raise NotRenamed(no.en, no.zh, code=no.code) from no
                raise  # neither name is there: it may have been done, and the file taken in at once
            self._files.remove(temporary)

    def _raise_flag(self, name: str) -> None:
        flag = self._manners.ready.flag_of(name)
        if not flag:
            return
        path = self._sending(flag)
        try:
            self._files.write(path, iter(()), 0)
        except (Failed, Refused):
            if self._files.stat(path) is None:  # else it is raised already
                raise

    def _sending(self, name: str) -> str:
        return _join(self._manners.send_dir, name)

    # ---- in ----------------------------------------------------------------------------------------------------------

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:  # noqa: ARG002 (a folder shows what lies in it)
        """Files the peer declares ready, hostile names left out (see ``strange``), oldest first. Raises Unreachable or Refused."""
        with _in_two_words():
            offered = self._offered()
        ready = self._manners.ready
        if ready.kind == "flag_file":
            offered = {name: entry for name, entry in offered.items() if ready.flag_of(name) in offered}
        elif ready.kind == "stable_size":
            offered = self._looks.settled(offered, ready.for_s)
        found = [Remote(entry.name, entry.size, entry.modified) for entry in offered.values()]
        return sorted(found, key=oldest_first)

    def _offered(self) -> dict[str, Entry]:
        self.strange = []
        offered: dict[str, Entry] = {}
        for count, entry in enumerate(self._files.entries(self._manners.take_dir), start=1):
            if count > self._manners.entries_max:
                self.strange.append(names.cut(self._manners.entries_max))
                break
            reason = names.problem(entry.name)
            if reason and reason != "name-temporary":
                self.strange.append((reason, names.mask(entry.name)))
            elif not reason and entry.regular:
                offered[entry.name] = entry
        return offered

    def get(self, name: str) -> Iterator[bytes]:
        """The bytes of an offered file, in blocks. Raises Unreachable or Refused while iterating."""
        with _in_two_words():
            path = _join(self._manners.take_dir, names.check(name))
            entry = self._files.stat(path)
            if entry is None:
                raise Missing("The file is no longer there.", "文件已不存在。")
            self._expect_small(entry)
            fetched = 0
            for block in self._files.read(path, entry.size + 1):  # one more than there should be: a size told too small is seen
                crashpoint("N3")
                fetched += len(block)
                yield block
            after = self._files.stat(path)
            if fetched != entry.size or (after is not None and after.size != entry.size):
                raise Unreachable(
                    "The file changed while it was read, so the peer is still writing it; it will be read again.",
                    "读取期间文件发生变化，对方可能仍在写入，稍后将重新读取。",
                    code="changed-while-reading",
                )
            self._fetched[name] = entry

    def _expect_small(self, entry: Entry) -> None:
        if entry.size > self._manners.file_bytes_max:
            raise Refused(
                f"The offered file has {entry.size} bytes, more than the {self._manners.file_bytes_max} allowed; ask the peer.",
                f"对方提供的文件为 {entry.size} 字节，超过上限 {self._manners.file_bytes_max} 字节，请与对方核实。",
                code="too-large",
            )

    def acknowledge(self, name: str) -> None:
        """Move, delete or leave the file, as the manners say, then its flag; done already is done. Raises Unreachable or Refused."""
        names.check(name)
        if self._manners.after_read == "leave":
            return
        with _in_two_words():
            path = _join(self._manners.take_dir, name)
            there = self._files.stat(path)
            if there is not None:
                if self._fetched.get(name, there) != there:
                    return  # other bytes under this name by now: nobody has read them, the next listing offers them
                crashpoint("N15")
                self._put_away(name, path)
            flag = self._manners.ready.flag_of(name)
            if flag:
                self._files.remove(_join(self._manners.take_dir, flag))
            crashpoint("N14")

    def _put_away(self, name: str, path: str) -> None:
        if self._manners.after_read == "delete":
            self._files.remove(path)
            return
        for turn in range(1, ARCHIVE_TRIES_MAX + 1):
            target = _join(self._manners.done_dir, name if turn == 1 else f"{name}.{turn}")
            if self._files.stat(target) is None:
                self._files.rename(path, target)
                return
        raise Refused(
            f"The archive folder holds {ARCHIVE_TRIES_MAX} files of this name; ask the peer to tidy it.",
            f"归档目录中同名文件已有 {ARCHIVE_TRIES_MAX} 个，请对方清理。",
            code="archive-full",
        )

    # ---- the line ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let the line go; the next verb opens it again."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _swept_early() -> Refused:
    return Refused(
        "The peer took the file away before it had its final name; agree with the peer on the temporary name it must not touch.",
        "文件尚未改为正式名称就被对方取走，请与对方约定不得处理的临时文件名。",
        code="swept-early",
    )


def _leaving(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield block
        crashpoint("O14")
    crashpoint("O15")


@contextlib.contextmanager
def _in_two_words() -> Iterator[None]:
    """list, look, get and acknowledge say Unreachable or Refused, nothing else."""
    try:
        yield
    except Missing as error:
        raise Refused(
            "The peer has no such file or folder; compare the folders of the profile with the peer's.",
            "对方没有该文件或目录，请核对接口配置中的目录。",
            code="missing",
        ) from error
    except Failed as error:
        raise Unreachable(error.en, error.zh, code=error.code) from error
