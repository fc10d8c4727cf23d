"""What a server says of a file, as an Entry: of the attributes of a reply the size, the time and the kind; what it leaves out is unknown."""

import stat

from paramiko import sftp as wire

from transports.files import Entry
from transports.sftp.conversation import Reply
from transports.sftp.words import ServerSaid

_SIZE, _OWNERS, _MODE, _TIMES, _OTHERS = 1, 2, 4, 8, 0x80000000  # what attributes hold


def entry(path: str, reply: Reply) -> Entry | None:
    """The answer to a look at ``path``; None where there is no such file. Raises ServerSaid."""
    try:
        return attributes(path.rpartition("/")[2], reply.expect(wire.CMD_ATTRS))
    except ServerSaid as said:
        if said.status == wire.SFTP_NO_SUCH_FILE:
            return None
        raise


def attributes(name: str, reply: Reply) -> Entry:
    """The attributes a reply goes on with."""
    size, modified, regular = -1, 0.0, True
    held = reply.number()
    if held & _SIZE:
        size = reply.place()
    if held & _OWNERS:
        reply.number(), reply.number()
    if held & _MODE:
        regular = stat.S_ISREG(reply.number())
    if held & _TIMES:
        reply.number()  # when it was last read
        modified = float(reply.number())
    if held & _OTHERS:
        for _ in range(reply.number()):
            reply.text(), reply.text()
    return Entry(name, size, modified, regular)
