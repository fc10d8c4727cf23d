"""Faults of the file, S21 to S42: full disks, rights, handles, renames, sweeps, lies about sizes, listings."""

import itertools
import stat
from collections.abc import Callable, Iterable, Mapping

import paramiko
from paramiko import sftp as wire

from tests.contracts.transport_contract import BYTES, DIGEST, NAME, put
from tests.faults.scripted_sftp import Packet, attributes
from tests.faults.sftp_lines import BYTE, Fault, reads_to, writes_to
from tests.faults.sftp_scene import OFFERED, THEIRS, Scene
from tests.faults.table import Came, Run, came
from transports.files import Entry
from transports.manners import Ready
from transports.sftp import Sftp

TEMPORARY = f"{NAME}.tmp-{DIGEST[:8]}"
NO_FLAG = {"ready": Ready("renamed")}
INVALID_HANDLE = 9  # a word of later protocols
HOSTILE = {
    "parent": b"../../etc/cron.d/x",
    "slash": b"/etc/passwd",
    "backslash": b"..\\x",
    "nul": b"a\0b",
    "newline": b"a\nb",
    "long": b"x" * 4096,
    "undecodable": b"\xd5\xc5\xc8\xfd.zip",
    "blank": b"a b",
    "case twins": b"GOOD.p7m",
}
PLAIN = attributes(Entry("", 1, 0.0))
GOOD = (b"good.p7m", PLAIN)
KINDS = {"link": stat.S_IFLNK, "pipe": stat.S_IFIFO, "folder": stat.S_IFDIR, "device": stat.S_IFCHR}
TIMES = {"future": 2**32 - 1, "1970": 0, "absent": None}


def saying(status: int, *kinds: int) -> Fault:
    """Every packet of these kinds gets this status."""

    def fault(run: Run, scene: Scene) -> Came:
        for kind in kinds:
            scene.server.on(kind, lambda packet: packet.say(status))
        return scene.act(run.where)

    return fault


def full(run: Run, scene: Scene) -> Came:
    scene.server.on(wire.CMD_WRITE, writes_to(BYTE[run.case], lambda packet: packet.say(wire.SFTP_FAILURE)))
    said = scene.act(run.where)
    assert list((scene.root / "in").iterdir()) == []  # no half file stays on a full disk
    return said


def quota(run: Run, scene: Scene) -> Came:
    kind, _, status = run.case.partition("-")
    return saying(int(status), wire.CMD_OPEN if kind == "open" else wire.CMD_WRITE)(run, scene)


# ---- the target and the rename -----------------------------------------------------------------------------------------------


def taken(run: Run, scene: Scene) -> Came:
    content = {"": BYTES, "same size": THEIRS, "other size": b"theirs"}[run.case]
    (scene.root / "in" / NAME).write_bytes(content)
    said = scene.act(run.where)
    assert content == (scene.root / "in" / NAME).read_bytes()
    return said


def unanswered(*, done: bool) -> Fault:
    """The line breaks while the rename is under way."""

    def fault(run: Run, scene: Scene) -> Came:
        def rule(packet: Packet) -> bool:
            if done:
                rename(scene, packet)
            return packet.cut()

        scene.server.on(wire.CMD_RENAME, rule)
        return scene.act(run.where)

    return fault


def rename(scene: Scene, packet: Packet) -> None:
    """Done as some servers do it, which overwrite."""
    asked = packet.read()
    old, new = asked.get_text(), asked.get_text()
    (scene.root / old).replace(scene.root / new)


def overwriting(run: Run, scene: Scene) -> Came:
    final = scene.root / "in" / NAME

    def theirs_appears(_packet: Packet) -> bool:
        final.write_bytes(THEIRS)
        return False

    def rule(packet: Packet) -> bool:
        rename(scene, packet)
        return packet.say(wire.SFTP_OK)

    scene.server.on(wire.CMD_RENAME, rule)
    if run.case == "there before":
        final.write_bytes(THEIRS)
    else:
        scene.server.on(wire.CMD_CLOSE, theirs_appears)
    said = scene.act(run.where)
    assert THEIRS == final.read_bytes()
    return said


def swept(run: Run, scene: Scene) -> Came:
    def rule(_packet: Packet) -> bool:
        (scene.root / "in" / TEMPORARY).unlink(missing_ok=True)
        return False

    scene.server.on(wire.CMD_CLOSE if run.case == "close" else wire.CMD_RENAME, rule)
    return scene.act(run.where)


def swept_after(run: Run, scene: Scene) -> Came:
    def rule(packet: Packet) -> bool:
        rename(scene, packet)
        (scene.root / "in" / NAME).unlink()
        return packet.say(wire.SFTP_OK)

    scene.server.on(wire.CMD_RENAME, rule)
    return scene.act(run.where)


def appending(run: Run, scene: Scene) -> Came:
    leftover = scene.root / "in" / TEMPORARY
    leftover.write_bytes(BYTES[:1000])

    def opened(packet: Packet) -> bool:
        path, flags = (asked := packet.read()).get_text(), asked.get_int()
        writes = flags & wire.SFTP_FLAG_WRITE
        return packet.open(path, wire.SFTP_FLAG_WRITE | wire.SFTP_FLAG_CREATE) if writes else False

    def written(packet: Packet) -> bool:
        asked = packet.read()
        handle, _, data = asked.get_binary(), asked.get_int64(), asked.get_binary()
        packet.store(handle, leftover.stat().st_size, data)
        return packet.say(wire.SFTP_OK)

    scene.server.on(wire.CMD_OPEN, opened)
    scene.server.on(wire.CMD_WRITE, written)
    if run.case == "never removed":
        scene.server.on(wire.CMD_REMOVE, lambda packet: packet.say(wire.SFTP_OK))
    return scene.act(run.where)


# ---- sizes and contents ------------------------------------------------------------------------------------------------------


def lying(run: Run, scene: Scene) -> Came:
    lie: Callable[[int], int] = {
        "too large": lambda size: size + 1000,
        "too small": lambda size: size - 1000,
        "absent": lambda _size: -1,
    }[run.case]

    def rule(packet: Packet) -> bool:
        there = scene.root / packet.read().get_text()
        if there.name not in (TEMPORARY, OFFERED) or not there.exists():
            return False
        return packet.attributes(attributes(Entry(there.name, lie(there.stat().st_size), 0.0)))

    scene.server.on(wire.CMD_STAT, rule)
    return scene.act(run.where)


def ends_early(run: Run, scene: Scene) -> Came:
    scene.server.on(wire.CMD_READ, reads_to(BYTE["50%"], lambda packet: packet.say(wire.SFTP_EOF)))
    return scene.act(run.where)


def again(run: Run, scene: Scene) -> Came:
    if run.where == "list":
        return listed(scene, [GOOD] * 2, good=1)
    with Sftp(scene.settings()) as transport:
        put(transport)
        if run.case == "other bytes":
            return came(lambda: put(transport, content=THEIRS))
        return came(lambda: put(transport, "another.zip.p7m") if run.case == "another name" else put(transport))


# ---- listings ----------------------------------------------------------------------------------------------------------------


def listed(scene: Scene, names: Iterable[tuple[bytes, paramiko.SFTPAttributes]], *, good: int, **manners: int) -> Came:
    """What comes of a listing of these names, of which ``good`` are to be served, and so they are."""
    source = iter(names)

    def rule(packet: Packet) -> bool:
        some = list(itertools.islice(source, 1000))
        return packet.names(some) if some else packet.say(wire.SFTP_EOF)

    scene.server.on(wire.CMD_READDIR, rule)
    with Sftp(scene.settings(manners=NO_FLAG | manners)) as transport:
        found: list[str] = []
        said = came(lambda: found.extend(remote.name for remote in transport.list()))
        assert good == len(found)
        assert all(shown.startswith("‹") for _, shown in transport.strange)
    return Came("left") if said == Came("done") and transport.strange else said


def hostile(run: Run, scene: Scene) -> Came:
    names = [(name, PLAIN) for name in (GOOD[0], HOSTILE[run.case])]
    return listed(scene, names, good=2 if run.case == "case twins" else 1)


def endless(run: Run, scene: Scene) -> Came:
    numbers = range(200_000) if run.case == "200000" else itertools.count()
    names = ((b"%d.p7m" % number, PLAIN) for number in numbers)
    return listed(scene, names, good=100_000) if run.case == "200000" else listed(scene, names, good=500, entries_max=500)


def no_file(run: Run, scene: Scene) -> Came:
    other = (b"reply.p7m", attributes(Entry("", 1, 0.0), mode=KINDS[run.case] | 0o644))
    said = listed(scene, [GOOD, other], good=1)
    return Came("left") if said == Came("done") else said


def strange_time(run: Run, scene: Scene) -> Came:
    if run.case == "going back":
        for at in (300, 200):
            said = listed(scene, [(b"a.p7m", attributes(Entry("", 1, at)))], good=1)
        return said
    at = TIMES[run.case]
    return listed(scene, [(b"a.p7m", attributes(Entry("", 1, at or 0), time=at is not None))], good=1)


FILES: Mapping[str, Fault] = {
    "S21": full,
    "S22": quota,
    "S23": saying(wire.SFTP_PERMISSION_DENIED, wire.CMD_OPEN, wire.CMD_OPENDIR),
    "S24": saying(wire.SFTP_PERMISSION_DENIED, wire.CMD_RENAME),
    "S25": saying(wire.SFTP_PERMISSION_DENIED, wire.CMD_STAT, wire.CMD_LSTAT, wire.CMD_OPENDIR),
    "S26": saying(INVALID_HANDLE, wire.CMD_WRITE, wire.CMD_READ, wire.CMD_READDIR),
    "S27": saying(wire.SFTP_FAILURE, wire.CMD_OPEN, wire.CMD_OPENDIR),
    "S28": taken,
    "S29": taken,
    "S30": unanswered(done=True),
    "S31": unanswered(done=False),
    "S32": overwriting,
    "S33": swept,
    "S34": swept_after,
    "S35": appending,
    "S36": lying,
    "S37": ends_early,
    "S38": again,
    "S39": hostile,
    "S40": endless,
    "S41": no_file,
    "S42": strange_time,
}
