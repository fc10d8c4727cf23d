"""A profile's words of a dedicated line as its transport takes them: the same dialect for the side that calls and the side that is called."""

import dataclasses

from bank_profiles.language.lines import HeaderField, LengthPrefix, LineHttp, LineTcp, Messages, Taken
from transports.https import HOUSE as HTTPS_HOUSE
from transports.https import HOUSE_POLLED, Call, Headers, Means, Proof, Sign, Signing, Verify
from transports.https import Deadlines as HttpsDeadlines
from transports.https import Dialect as HttpsDialect
from transports.tcp import HOUSE, Codes, Deadlines, Dialect, Field, Framing, Header, Heartbeat, Meaning

_WITH_MAC = Header((*HOUSE.header.fields, Field("mac", 64)))  # our own messages on a line that is proved by codes
_MEANINGS = {meaning.name.lower(): meaning for meaning in Meaning}


# ---- frames over TCP ----------------------------------------------------------------------------------------------------------------


def of_tcp(line: LineTcp) -> Dialect:
    """Raises ValueError where the words do not go together, as the transport says it."""
    framing = _framing(line.framing)
    if not isinstance(line.messages, Messages):
        return dataclasses.replace(HOUSE, framing=framing, header=_WITH_MAC if line.mac else HOUSE.header)
    said = line.messages
    return Dialect(
        framing=framing,
        header=Header(tuple(map(_field, said.header)), charset=said.charset),
        codes=Codes(**{verb: (pair[0], pair[-1]) for verb, pair in said.codes.items()}, reply=said.reply or ""),
        statuses={status: _MEANINGS[meaning] for status, meaning in said.statuses.items()},
    )


def tcp_deadlines(line: LineTcp) -> Deadlines:
    """How long a call may take, as far as the profile says."""
    return Deadlines(connect_s=line.timeouts.connect.total_seconds(), reply_s=line.timeouts.reply.total_seconds())


def heartbeat(line: LineTcp) -> Heartbeat | None:
    """The signs of life of a line that is kept."""
    return Heartbeat(line.heartbeat.every.total_seconds(), line.heartbeat.missed) if line.heartbeat else None


def _framing(prefix: LengthPrefix) -> Framing:
    return Framing(
        digits=prefix.digits or 0,  # type: ignore[arg-type]  # the transport refuses what it cannot be
        binary=int(prefix.bytes or 0),  # type: ignore[arg-type]
        counts=prefix.counts,
        pad=prefix.pad,  # type: ignore[arg-type]
        padded=prefix.padded,
        frame_bytes_max=prefix.max or _largest(prefix),
    )


def _largest(prefix: LengthPrefix) -> int:
    """A megabyte, or what the length has room for where that is less."""
    room: int = 256 ** int(prefix.bytes) if prefix.bytes else 10 ** (prefix.digits or 8)
    own = int(prefix.bytes or prefix.digits or 8) if prefix.counts == "all" else 0
    return min(Framing.frame_bytes_max, room - 1 - own)


def _field(field: HeaderField) -> Field:
    return Field(field.role, field.bytes, field.value, pad=field.pad or "", padded=field.padded or "")  # type: ignore[arg-type]


# ---- calls over HTTPS ---------------------------------------------------------------------------------------------------------------

_JSON = "application/json"
_TAKEN = {200: Means.DONE, 201: Means.DONE, 202: Means.DONE, 429: Means.NOT_TAKEN}
_NOT_YET = {200: Means.DONE, 202: Means.NOT_YET, 204: Means.NOT_YET, 404: Means.NOT_YET}


def of_https(line: LineHttp) -> HttpsDialect:
    """The calls of a bank; where it has nothing of its own, ours."""
    headers = tuple(line.headers.items())
    if line.calls != "post":
        house = HTTPS_HOUSE if line.calls == "house" else HOUSE_POLLED
        return dataclasses.replace(house, put=dataclasses.replace(house.put, headers=headers), repeatable=line.repeatable)
    types, word = line.reply_type, (_JSON,) if line.proof and line.proof.member else ()
    return HttpsDialect(
        put=Call("POST", line.path, _TAKEN, types=(*types, *word), headers=headers, content_type=line.content_type),
        poll=Call("GET", line.collect.collect, _NOT_YET, types=types, headers=headers) if line.collect else None,
        proof=_proof(line.proof),
        answer=line.reply_name.replace("{file}", "{name}"),
        answer_types=types,
        repeatable=line.repeatable,
    )


def _proof(said: Taken | None) -> Proof:
    return Proof(said.header or "", said.member or "", said.values, said.refused) if said else Proof()


def https_base(line: LineHttp) -> str:
    """The path before our own calls; a bank's calls have their whole paths."""
    return "" if line.calls == "post" else line.path


def https_deadlines(line: LineHttp) -> HttpsDeadlines:
    """How long a call may take, as far as the profile says."""
    return HttpsDeadlines(connect_s=line.timeouts.connect.total_seconds(), reply_s=line.timeouts.reply.total_seconds())


def signing(line: LineHttp, key_id: str, bank: str, sign: Sign, verify: Verify | None = None) -> Signing | None:
    """How messages are signed beside TLS, for either side of a line; none where the note has no signature."""
    said = line.sign
    if said is None:
        return None
    lines = ("{body}",) if said.over == "body" else Signing.lines
    headers = Headers(signature=said.put_in.removeprefix("header ").strip())
    return Signing(key_id, bank, sign, headers=headers, lines=lines, verify=verify, replies=said.replies)
