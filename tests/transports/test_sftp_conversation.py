"""SFTP's requests and replies byte by byte, over a pair of sockets with nobody polite at the other end."""

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko import sftp as wire

from transports.sftp.conversation import Conversation, Reply, number, place, text
from transports.sftp.words import ServerSaid


class Peer:
    """The other end: ``said`` is what came to it, ``say`` answers."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def said(self) -> list[tuple[int, bytes]]:
        """Kind and words of every request that came at once."""
        came, found = self._end.recv(1 << 20), []
        while came:
            size = int.from_bytes(came[:4])
            found.append((came[4], came[5 : 4 + size]))
            came = came[4 + size :]
        return found

    def say(self, kind: int, *words: bytes) -> None:
        content = bytes([kind]) + b"".join(words)
        self._end.sendall(number(len(content)) + content)

    def say_bytes(self, raw: bytes) -> None:
        self._end.sendall(raw)

    def hang_up(self) -> None:
        self._end.close()


@pytest.fixture
def both() -> Iterator[tuple[Conversation, Peer]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    theirs.settimeout(5)
    peer = Peer(theirs)
    peer.say(wire.CMD_VERSION, number(3), text("fsync@openssh.com"), text("1"), text("x@y"), text(b"\xff"))
    with ours, theirs:
        talk = Conversation(ours)
        assert [(wire.CMD_INIT, number(3))] == peer.said()
        yield talk, peer


def test_what_a_server_can_do_besides_is_known_from_its_greeting(both: tuple[Conversation, Peer]) -> None:
    assert {b"fsync@openssh.com", b"x@y"} == both[0].extensions


def test_what_is_asked_leaves_together_when_a_reply_is_waited_for(both: tuple[Conversation, Peer]) -> None:
    talk, peer = both
    asked = [talk.ask(wire.CMD_STAT, text("a")), talk.ask(wire.CMD_RENAME, text("a"), text("b"))]
    peer.say(wire.CMD_STATUS, number(asked[0]), number(wire.SFTP_OK))
    talk.hear(asked[0])

    assert [
        (wire.CMD_STAT, number(asked[0]) + text("a")),
        (wire.CMD_RENAME, number(asked[1]) + text("a") + text("b")),
    ] == peer.said()


def test_replies_come_in_any_order_and_in_any_pieces(both: tuple[Conversation, Peer]) -> None:
    talk, peer = both
    first, second = talk.ask(wire.CMD_STAT, text("a")), talk.ask(wire.CMD_OPEN, text("b"))
    peer.say(wire.CMD_HANDLE, number(second), text("handle"))
    peer.say_bytes(number(13) + bytes([wire.CMD_STATUS]) + number(first))
    peer.say_bytes(number(wire.SFTP_NO_SUCH_FILE) + text(""))

    with pytest.raises(ServerSaid) as said:
        talk.hear(first).expect(wire.CMD_ATTRS)
    assert said.value.status == wire.SFTP_NO_SUCH_FILE
    assert talk.hear(second).expect(wire.CMD_HANDLE).text() == b"handle"


def test_replies_nobody_waits_for_are_passed_over(both: tuple[Conversation, Peer]) -> None:
    talk, peer = both
    forgotten, wanted = talk.ask(wire.CMD_CLOSE, text("h")), talk.ask(wire.CMD_REMOVE, text("a"))
    talk.forget([forgotten])
    for answered in (999, forgotten, wanted, wanted):
        peer.say(wire.CMD_STATUS, number(answered), number(wire.SFTP_OK))

    talk.hear(wanted).expect(wire.CMD_STATUS)
    assert talk._arrived == {}


@pytest.mark.parametrize("size", [0, 1 << 24, 2**32 - 1])
def test_a9_a_reply_of_no_size_or_of_gigabytes_is_none(both: tuple[Conversation, Peer], size: int) -> None:
    talk, peer = both
    peer.say_bytes(struct.pack(">IB", size, wire.CMD_STATUS))

    with pytest.raises(wire.SFTPError):
        talk.say(wire.CMD_REMOVE, text("a"))


def test_a_line_that_ends_says_so(both: tuple[Conversation, Peer]) -> None:
    talk, peer = both
    peer.say_bytes(b"\0\0")
    peer.hang_up()

    with pytest.raises((EOFError, OSError)):
        talk.say(wire.CMD_REMOVE, text("a"))


def test_a_reply_of_another_kind_is_not_taken(both: tuple[Conversation, Peer]) -> None:
    talk, peer = both
    asked = talk.ask(wire.CMD_OPEN, text("a"))
    peer.say(wire.CMD_STATUS, number(asked), number(wire.SFTP_OK))

    with pytest.raises(wire.SFTPError):
        talk.hear(asked).expect(wire.CMD_HANDLE)


@given(st.binary(min_size=1), st.lists(st.sampled_from(["number", "place", "text"]), max_size=6))
def test_whatever_a_reply_holds_its_words_are_there_or_it_is_garbled(content: bytes, words: list[str]) -> None:
    reply, read = Reply(content), [content[:1]]
    try:
        for word in words:
            found = getattr(reply, word)()
            read.append({"number": number, "place": place, "text": text}[word](found))
    except (wire.SFTPError, struct.error):
        pass

    assert content.startswith(b"".join(read))  # nothing was made up
