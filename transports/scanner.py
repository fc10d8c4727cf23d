"""A virus scanner (clamd) asked whether an opened content is clean: yes, the name of what was found, or no verdict at all.

No verdict is never taken for a yes: where the scanner cannot be reached, breaks off, takes too long or has not looked at everything,
an error is raised and whoever asked waits. The dialogue is clamd's INSTREAM (its manual, "COMMANDS"): the word, chunks with their
length before them, a chunk of length nought, one answer that ends with NUL. The content goes to the scanner's socket and nowhere else.
"""

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from transports.errors import Unreachable

CONNECT_S = 5.0  # to a socket of this machine
SEND_S = 30.0  # to get rid of one chunk
ANSWER_S = 180.0  # after the last chunk: above clamd's own MaxScanTime (120 s)
CHUNK_BYTES = 1 << 18
ANSWER_BYTES_MAX = 4096  # an answer is one line

_FOUND = re.compile(r"stream: ([\x21-\x7e]{1,200}) FOUND")
_CLEAN = "stream: OK"
_LIMITS = "Heuristics.Limits.Exceeded"  # "found" by a clamd set to AlertExceedsMax: it looked at a part only


class NotScanned(Unreachable):
    """The scanner's: it gave no verdict on this content. The content waits as it is and is asked about again."""

    code = "not-scanned"

    def about(self, what: str) -> "NotScanned":
        """The same, saying which content it was."""
        return NotScanned(f"{what}: {self.en}", f"{what}：{self.zh}")


class ScannerDown(NotScanned):
    """The scanner's: nobody answers at its address, so that the next content would meet the same."""

    code = "scanner-down"


@dataclass(frozen=True)
class Scanner:
    """Where clamd listens: ``path`` of a socket of this machine, or ``(host, port)``; and how long each operation may take."""

    at: Path | tuple[str, int]
    connect_s: float = CONNECT_S
    send_s: float = SEND_S
    answer_s: float = ANSWER_S

    def scan(self, blocks: Iterable[bytes]) -> str | None:
        """None when the whole content is clean, else the name of what was found in it. Raises NotScanned, and what ``blocks`` raises."""
        with self._connect() as line:
            whole = self._tell(line, blocks)
            return self._verdict(self._listen(line), whole=whole)

    def __str__(self) -> str:
        return f"{self.at[0]}:{self.at[1]}" if isinstance(self.at, tuple) else str(self.at)

    # ---------------------------------------------------------------- the dialogue
    def _connect(self) -> socket.socket:
        try:
            if isinstance(self.at, tuple):
                return socket.create_connection(self.at, self.connect_s)
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.settimeout(self.connect_s)
                line.connect(str(self.at))
            except BaseException:
                line.close()
                raise
            return line
        except OSError as trouble:
            raise self._down(trouble) from None

    def _tell(self, line: socket.socket, blocks: Iterable[bytes]) -> bool:
        """Say everything; whether the scanner listened to the end. One that has enough hangs up, and its answer says why."""
        if not self._send(line, b"zINSTREAM\0"):
            return False
        for block in blocks:
            for start in range(0, len(block), CHUNK_BYTES):  # an empty block is no chunk: its length would end the stream
                chunk = block[start : start + CHUNK_BYTES]
                if not self._send(line, len(chunk).to_bytes(4, "big") + chunk):
                    return False
        return self._send(line, bytes(4))

    def _send(self, line: socket.socket, message: bytes) -> bool:
        line.settimeout(self.send_s)
        try:
            line.sendall(message)
        except TimeoutError as slow:
            raise self._broke_off(slow) from None
        except OSError:
            return False
        return True

    def _listen(self, line: socket.socket) -> bytes:
        """The answer up to its NUL, or what there is of it."""
        end, answer = time.monotonic() + self.answer_s, b""
        try:
            while b"\0" not in answer and len(answer) < ANSWER_BYTES_MAX:
                line.settimeout(max(end - time.monotonic(), 0.001))
                more = line.recv(ANSWER_BYTES_MAX)
                if not more:
                    break
                answer += more
        except OSError as trouble:
            raise self._broke_off(trouble) from None
        return answer

    def _verdict(self, answer: bytes, *, whole: bool) -> str | None:
        """A yes counts only for a content that was told to its end, and only when it was said to its end."""
        said, ended, _ = answer.partition(b"\0")
        text = said.decode("ascii", "replace").strip()
        found = _FOUND.fullmatch(text) if ended else None
        if found and not found[1].startswith(_LIMITS):
            return found[1]
        if ended and whole and text == _CLEAN:
            return None
        raise self._no_verdict(text)

    # ---------------------------------------------------------------- no verdict
    def _down(self, trouble: OSError) -> NotScanned:
        why = _why(trouble)
        return ScannerDown(
            f"the virus scanner at {self} cannot be reached ({why}); nothing is read unscanned. Start it (clamd) or correct"
            " “scanner” in service.yaml: files that arrived are taken up by the next pass, a sheet or scan is brought again",
            f"无法连接病毒扫描程序 {self}（{why}）；未经扫描的内容一律不读入。请启动 clamd 或更正 service.yaml 的 scanner："
            "已到达的文件由下一次运行接着处理，名单或扫描件请重新提交",
        )

    def _broke_off(self, trouble: OSError) -> NotScanned:
        return self._none_for(_why(trouble))

    def _no_verdict(self, text: str) -> NotScanned:
        """What the scanner said instead of a verdict: its own words about its own state, never the content."""
        said = "".join(sign for sign in text if " " <= sign <= "~")[:200]
        return self._none_for(said or "no answer")

    def _none_for(self, why: str) -> NotScanned:
        return NotScanned(
            f"the virus scanner at {self} gave no verdict ({why}); nothing is read unscanned. See its log; where a limit is named,"
            " raise StreamMaxLength, MaxFileSize, MaxScanSize in clamd.conf: files that arrived are taken up by the next pass,"
            " a sheet or scan is brought again",
            f"病毒扫描程序 {self} 未给出结论（{why}）；未经扫描的内容一律不读入。请查看其日志；若提到上限，请在 clamd.conf 调高"
            " StreamMaxLength、MaxFileSize、MaxScanSize：已到达的文件由下一次运行接着处理，名单或扫描件请重新提交",
        )


def _why(trouble: OSError) -> str:
    return "timed out" if isinstance(trouble, TimeoutError) else (trouble.strerror or type(trouble).__name__)
