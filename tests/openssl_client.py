"""Two clients that share no line with ours: the five verbs typed into ``openssl s_client``, over a dedicated line and over HTTPS."""

import base64
import hashlib
import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from typing import Self
from urllib.parse import quote

from transports.errors import Refused
from transports.transport import Blocks, Delivery, Presence, Put, Remote

WAIT_S = 10
_FIELDS = (("code", 2), ("sequence", 10), ("status", 2), ("name", 255), ("size", 13), ("digest", 64), ("page", 8), ("more", 1))
_NUMBERS = {"sequence", "size", "page", "more"}
_HEADER = 4 + sum(width for _, width in _FIELDS) + 40
_PRESENCE = {"50": "present", "51": "different", "52": "unfinished", "53": "absent", "54": "unknown"}


class Program:
    """One run of s_client: a line to a port, by both certificates."""

    def __init__(self, port: int, options: Sequence[str]) -> None:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", *options]
        self._run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)

    def write(self, content: bytes) -> None:
        assert self._run.stdin is not None
        left = memoryview(content)
        while left:
            left = left[self._run.stdin.write(left) :]

    def read(self, size: int) -> bytes:
        """So many bytes; fewer where the line ends."""
        assert self._run.stdout is not None
        came = b""
        while len(came) < size and select.select([self._run.stdout], [], [], WAIT_S)[0]:
            if not (block := self._run.stdout.read(size - len(came))):
                break
            came += block
        return came

    def close(self) -> None:
        self._run.kill()
        self._run.communicate()


class Client:
    """What both have in common: a Transport needs no more."""

    strange: Sequence[tuple[str, str]] = ()

    def __init__(self, port: int, options: Sequence[str]) -> None:
        self._port, self._options = port, options

    def close(self) -> None:
        """Let the line go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class OpensslTcp(Client):
    """The house's messages, laid out by hand: eight digits of length, fields of fixed width, a body."""

    _program: Program | None = None
    _number = 0

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        said, _ = self._ask("PQ", name, size, digest, body=b"".join(blocks()))
        return Put({"00": Delivery.DELIVERED, "10": Delivery.REFUSED, "20": Delivery.RETRY}[said["status"]], said["text"])

    def look(self, name: str, size: int, digest: str) -> Presence:
        return Presence(_PRESENCE[self._ask("LQ", name, size, digest)[0]["status"]])

    def list(self, awaited: Sequence[str] = ()) -> "list[Remote]":
        lines = [line.split("\t") for line in b"".join(self._pages("IQ", "")).decode().splitlines()]
        self.strange = [(line[1], line[2]) for line in lines if line[0] == "-"]
        return [Remote(line[2], int(line[0]), float(line[1])) for line in lines if line[0] != "-"]

    def get(self, name: str) -> Iterator[bytes]:
        yield from (page for page in self._pages("GQ", name) if page)

    def acknowledge(self, name: str) -> None:
        self._ask("KQ", name)

    def _pages(self, code: str, name: str) -> Iterator[bytes]:
        page, more = 0, "1"
        while more == "1":
            page += 1
            said, body = self._ask(code, name, page=page)
            if said["status"] != "00":
                raise Refused(said["text"], code=said["text"])
            yield body
            more = said["more"]

    def _ask(
        self, code: str, name: str, size: int = 0, digest: str = "", *, page: int = 1, body: bytes = b""
    ) -> tuple[dict[str, str], bytes]:
        self._program = self._program or Program(self._port, self._options)
        self._number += 1
        given = {"code": code, "sequence": self._number, "status": "", "name": name, "size": size, "digest": digest}
        given |= {"page": page, "more": 0}
        fields = b"".join(
            str(given[field]).encode().rjust(width, b"0") if field in _NUMBERS else str(given[field]).encode().ljust(width)
            for field, width in _FIELDS
        )
        message = b"RD01" + fields + b" " * 40 + body
        self._program.write(b"%08d" % len(message) + message)
        return self._answer(self._program.read(int(self._program.read(8))))

    def _answer(self, message: bytes) -> tuple[dict[str, str], bytes]:
        assert message[:4] == b"RD01"
        said, at = {"text": message[_HEADER - 40 : _HEADER].decode().strip()}, 4
        for field, width in _FIELDS:
            said[field] = message[at : at + width].decode().strip()
            at += width
        assert int(said["sequence"]) == self._number
        return said, message[_HEADER:]

    def close(self) -> None:
        if self._program is not None:
            self._program.close()
        self._program, self._number = None, 0


class OpensslHttps(Client):
    """HTTP/1.1 written by hand, a line for each call."""

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        field = base64.b64encode(bytes.fromhex(digest)).decode()
        headers = {"Content-Digest": f"sha-256=:{field}:", "Content-Type": "application/octet-stream"}
        status, _, body = self._call("PUT", f"/parcels/{quote(name, safe='')}", headers, b"".join(blocks()), size)
        if status in (200, 201):
            return Put(Delivery.DELIVERED)
        return Put(Delivery.REFUSED if status in (409, 422) else Delivery.RETRY, json.loads(body)["code"])

    def look(self, name: str, size: int, digest: str) -> Presence:
        _, _, body = self._call("GET", f"/parcels/{quote(name, safe='')}?size={size}&sha256={digest}")
        return Presence(json.loads(body)["presence"])

    def list(self, awaited: Sequence[str] = ()) -> "list[Remote]":
        told = json.loads(self._call("GET", "/answers")[2])
        self.strange = [(reason, masked) for reason, masked in told["left_out"]]
        return [Remote(each["name"], each["size"], each["modified"]) for each in told["files"]]

    def get(self, name: str) -> Iterator[bytes]:
        status, headers, body = self._call("GET", f"/answers/{quote(name, safe='')}")
        if status != 200:
            raise Refused("refused", code=json.loads(body)["code"])
        assert headers["content-digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        yield from (body,) if body else ()

    def acknowledge(self, name: str) -> None:
        assert self._call("POST", f"/answers/{quote(name, safe='')}/receipt")[0] == 204

    def _call(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"", size: int = 0
    ) -> tuple[int, dict[str, str], bytes]:
        program = Program(self._port, self._options)
        try:
            lines = {"Host": "localhost", "Connection": "close", "Content-Length": str(size)} | (headers or {})
            head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines.items())
            program.write(head.encode() + b"\r\n" + body)
            said = b""
            while not said.endswith(b"\r\n\r\n"):
                said += program.read(1) or b"\r\n\r\n"
            first, *rest = said.decode().strip().split("\r\n")
            told = {key.lower(): value for key, _, value in (line.partition(": ") for line in rest)}
            return int(first.split()[1]), told, program.read(int(told.get("content-length", "0")))
        finally:
            program.close()
