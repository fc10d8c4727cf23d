"""The second look at a line over HTTPS: nothing is believed for its status alone, and what a word says is what the calls do."""

from bank_profiles.checks.names import check_name
from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.lines import LineHttp, Taken
from bank_profiles.language.words import Path

_POSTED = ("proof", "reply_name", "reply_type", "content_type")  # of what is posted; our own calls have their own


def check_calls(line: LineHttp, at: Path, notes: Notes) -> None:
    check_name((*at, "reply_name"), line.reply_name, ("file",), "file", notes)
    if line.calls == "post":
        _check_posted(line, at, notes)
    else:
        _check_ours(line, at, notes)
    if line.proof is not None:
        _check_proof(line.proof, (*at, "proof"), notes)
    if line.sign is not None and line.sign.replies and line.sign.over == "body":
        what = Text(
            "a signature over the body alone does not say which question it answers: an older reply would pass for this one",
            "只覆盖报文体的签名不能说明所答是哪一问，旧的应答可以冒充新的",
        )
        notes.error(
            "unbound-reply", (*at, "sign", "replies"), what, Text("with replies: over: message", "replies 须配 over: message")
        )


def _check_posted(line: LineHttp, at: Path, notes: Notes) -> None:
    later = line.collect is not None or line.call_back
    if later and line.proof is None:
        what = Text(
            "the answer comes later, so channel needs “proof”: a good status alone does not show that the bank took the inquiry",
            "反馈稍后才到，channel 须写“proof”：仅凭成功的状态码不能证明银行已收下查询",
        )
        example = "proof: {member: retCode, values: '0000'}"
        hint = Text(f"add, for example:   {example}", f"请添加，例如：   {example}")
        notes.error("missing-key", at, what, hint=hint, key=True)
    if line.collect is not None and "{name}" not in line.collect.collect:
        what = Text("the path does not say which answer is asked for", "路径未说明要取哪一份反馈")
        notes.error("bad-path", (*at, "collect", "collect"), what, Text("a path with {name}", "含 {name} 的路径"))
    for key, path in (("path", line.path), ("collect", line.collect.collect if line.collect else "/")):
        if not path.startswith("/"):
            where = (*at, key, key) if key == "collect" else (*at, key)
            what = Text(f"“{path}” is not a path", f"“{path}”不是路径")
            notes.error("bad-path", where, what, Text("a path from the root: /…", "从根开始的路径：/…"))


def _check_ours(line: LineHttp, at: Path, notes: Notes) -> None:
    for key in _POSTED:
        if key in line.model_fields_set:
            what = Text(
                f"“{key}” is of calls: post; calls: {line.calls} has its own",
                f"“{key}”属于 calls: post；calls: {line.calls} 自有约定",
            )
            notes.error(
                "no-such-call", (*at, key), what, Text(f"calls: post, or no {key}", f"calls: post，或删去 {key}"), key=True
            )


def _check_proof(proof: Taken, at: Path, notes: Notes) -> None:
    if (proof.header is None) == (proof.member is None):
        what = Text("a proof is a header or a member, one of the two", "proof 为 header 或 member，二选一")
        expected = Text(
            "header: X-Stored-Digest, or member: retCode with values", "header: X-Stored-Digest，或 member: retCode 并写 values"
        )
        notes.error("bad-proof", at, what, expected, key=True)
    elif bool(proof.member) != bool(proof.values) or (proof.header and proof.refused):
        what = Text(
            "a member has values that mean “taken”; a header has none", "member 须写表示已收下的 values；header 没有 values"
        )
        notes.error(
            "bad-proof", at, what, Text("{member: retCode, values: '0000'}", "{member: retCode, values: '0000'}"), key=True
        )
    for value in set(proof.values) & set(proof.refused):
        what = Text(f"“{value}” cannot mean both taken and refused", f"“{value}”不能既表示收下又表示拒收")
        notes.error("bad-proof", (*at, "refused"), what)
