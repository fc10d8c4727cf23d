"""Every no of the drop-box: a stable code, the sentence in both languages, and where in the call it is; all at once, in one body."""

import dataclasses
from collections.abc import Mapping

import orjson

from transports.https.answers import Answer


@dataclasses.dataclass(frozen=True)
class Wrong:
    """One thing that is wrong. ``pointer``: where in the body (RFC 6901), empty for the call as a whole."""

    code: str
    en: str
    zh: str
    pointer: str = ""

    def at(self, pointer: str) -> "Wrong":
        """The same, at a place of the body."""
        return dataclasses.replace(self, pointer=pointer)

    def told(self, lang: str) -> dict[str, str]:
        """As one of ``errors``."""
        return {"code": self.code, "detail": self.zh if lang == "zh" else self.en, "pointer": self.pointer}


class Refusal(Answer):
    """A no as problem+json (RFC 9457). The first of the errors names the whole."""

    def __init__(self, status: int, *wrongs: Wrong, headers: Mapping[str, str] | None = None) -> None:
        first = wrongs[0]
        super().__init__(status, first.code, first.en, first.zh, headers)
        self.wrongs = wrongs

    def told(self, lang: str) -> bytes:
        """The body in one language; codes are the same in both."""
        return orjson.dumps(
            {
                "type": f"/problems/{self.code}",
                "title": self.zh if lang == "zh" else self.en,
                "status": self.status,
                "code": self.code,
                "errors": [wrong.told(lang) for wrong in self.wrongs],
            }
        )


MALFORMED = Wrong("malformed", "The call is not well formed.", "调用格式错误。")
NOT_OFFERED = Wrong("not-offered", "There is no such call here.", "此处没有该调用。")
NOT_YOURS = Wrong("not-yours", "There is no such number, or it is not of your unit.", "没有此编号，或不属于您的单位。")
UNKNOWN_KEY = Wrong("unknown-key", "The body has a key this call does not know.", "请求体含有此调用不认识的键。")
MISSING_KEY = Wrong("missing-key", "The body lacks this key.", "请求体缺少此键。")
BAD_VALUE = Wrong("bad-value", "This value cannot be used here.", "此值不可用。")
NOT_JSON = Wrong(
    "not-json", "The body is no JSON object in UTF-8, or has a key twice.", "请求体不是 UTF-8 的 JSON 对象，或同一键出现两次。"
)
LENGTH = Wrong("length-missing", "The call must say how long its body is.", "调用须注明报文长度。")
TOO_LARGE = Wrong("too-large", "The body is larger than may be sent here.", "报文超过此处的上限。")
TIMEOUT = Wrong("timeout", "The body did not come whole and in time; send it again.", "报文未能按时完整到达，请重发。")
DIGEST_MISSING = Wrong(
    "digest-missing",
    "The call must name the SHA-256 or SM3 of its body: Content-Digest: sha-256=:…: or sm3=:…:",
    "调用须以 Content-Digest: sha-256=:…: 或 sm3=:…: 注明报文的摘要。",
)
DIGEST = Wrong(
    "digest-differs",
    "What came is not what the digest says; nothing of it was kept. Send it again.",
    "所收内容与摘要不符，未保留；请重发。",
)
NAME = Wrong(
    "name-unusable",
    "The file's name cannot be used: letters, digits, “_”, “.”, “-” and hanzi, at most 240 bytes.",
    "文件名不可用：仅限字母、数字、下划线、点、连字符与汉字，至多 240 字节。",
)
OF_ANOTHER = Wrong(
    "answer-of-another",
    "The file's name gives another institution's code than this batch.",
    "文件名中的机构代码与该批次不符。",
)
RANGE = Wrong(
    "range-malformed",
    "Content-Range must be “bytes first-last/whole” and agree with the body.",
    "Content-Range 须为“bytes 起-止/总长”，且与报文一致。",
)
RANGE_OUTSIDE = Wrong("range-outside", "The file has no such bytes.", "文件没有所请求的字节范围。")
GAP = Wrong(
    "gap",
    "This part begins behind what is here; go on where Upload-Offset says.",
    "此部分与已收内容之间有缺口；请从 Upload-Offset 所示处续传。",
)
COLLISION = Wrong(
    "collision",
    "A file of this name is here with other bytes; it stays. Use another name, or delete the upload where it is not submitted yet.",
    "已有同名但内容不同的文件，原文件保留；请改用其他文件名，未提交的可先删除。",
)
TOO_MANY = Wrong(
    "too-many-files", "There are too many uploads for this batch; submit or delete some.", "该批次的上传文件过多，请提交或删除。"
)
NO_ROOM = Wrong(
    "no-room", "There is no room for this file here now; nothing was kept. Try again later.", "此处暂无空间，未保留；请稍后再试。"
)
NOT_WHOLE = Wrong("upload-not-whole", "No whole upload of this name is here.", "没有此名称的完整上传文件。")
SUBMITTED = Wrong("already-submitted", "The file was submitted; it can no longer be changed.", "该文件已提交，不可更改。")
PENDING = Wrong(
    "submission-pending",
    "Another answer to this batch is being read; wait for its result.",
    "该批次的另一份反馈正在读取，请等待结果。",
)
ANSWERED = Wrong(
    "batch-answered",
    "This batch was answered and every line of it has its result; a correction goes through the centre.",
    "该批次已反馈，每一行均有结果；如需更正请与核对机构联系。",
)
CLOSED = Wrong(
    "batch-closed",
    "This batch was refused or withdrawn; no answer to it is taken.",
    "该批次已被拒收或撤回，不再接收反馈。",
)
HELD = Wrong("batch-held", "The centre is looking at this batch; call the contact.", "核对机构正在核查该批次，请联系其联系人。")
RECEIPT = Wrong(
    "receipt-conflict", "Another receipt was given for this batch before; it stands.", "该批次此前已有不同的回执，以前次为准。"
)
ELSEWHERE = Wrong(
    "parcel-elsewhere", "This batch went by another road; its parcel is not here.", "该批次经其他通道送达，此处没有其文件。"
)
DAMAGED = Wrong("parcel-damaged", "The parcel cannot be read here now; tell the centre.", "文件暂时无法读取，请告知核对机构。")
TOO_OFTEN = Wrong(
    "too-many-calls",
    "Too many calls in a minute; nothing was done. Call again after Retry-After.",
    "一分钟内的调用过多，未作处理；请在 Retry-After 所示秒数后再试。",
)
BUSY = Wrong("busy", "Too many answers are being tried now; try again shortly.", "正在试校验的反馈过多，请稍后再试。")
NOT_SEALED = Wrong(
    "not-sealed",
    "The file is not sealed; nothing of it was kept. Seal it: no sheets are agreed with this bank, or the name is that of a sealed file.",
    "文件未经封装，未保留任何内容。请封装后再传：与本行未约定以表格反馈，或文件名为封装文件之名。",
)
WHOLE_ONLY = Wrong("whole-only", "A sheet comes whole, without Content-Range.", "表格须整份上传，不可分段（Content-Range）。")
NO_WITNESS = Wrong(
    "witness-missing",
    "The centre cannot take sheets now: its witness key is missing. Tell the centre.",
    "核对机构缺少见证密钥，暂不能接收表格；请告知其联系人。",
)
NOT_REVISABLE = Wrong(
    "answer-not-settled",
    "Only an answer that was accepted is revised; submit another one instead.",
    "仅已受理的反馈可更正；请另行提交。",
)
MACROS = Wrong(
    "macros",
    "The workbook carries a program (macros); nothing of it was kept. Save it as an ordinary workbook (.xlsx) and send that.",
    "工作簿含有宏程序，未保留任何内容。请另存为普通工作簿（.xlsx）后再传。",
)
