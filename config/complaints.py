"""What is wrong with a settings file, said in both languages instead of the library's English and its raw patterns."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Said = tuple[str, str]  # en, zh


class Told(NamedTuple):
    """A fault worth a message of its own, as profiles have them: a stable code, what is wrong, what would be right, what to do."""

    code: str
    what: Said
    expected: Said
    hint: Said

    def en(self, place: str) -> str:
        return f"{place}: error {self.code}\n  {self.what[0]}\n  expected: {self.expected[0]}\n  hint: {self.hint[0]}"

    def zh(self, place: str) -> str:
        return f"{place}：错误 {self.code}\n  {self.what[1]}\n  应为：{self.expected[1]}\n  建议：{self.hint[1]}"


_FORMS = (  # how a pattern begins → what it asks for
    ("^SHA256:", "must be a fingerprint SHA256:… as the bank's letter gives it", "须为银行函件所给的指纹，形如 SHA256:…"),
    ("^[A-Za-z0-9_-]", "takes letters, digits, - and _ only (64 at most)", "只可用字母、数字、- 和 _（至多 64 个）"),
    (r"^[1-8](\d{5}|\d{11})$", "takes 6 or 12 digits, the first 1 to 8", "须为 6 或 12 位数字，首位 1–8"),
    ("^(default|[1-8]", "takes default or 6 digits, the first 1 to 8", "须为 default 或 6 位数字，首位 1–8"),
    ("^[A-Z]{3}$", "takes a currency's three capitals", "须为三个大写字母的币种代码"),
)
_KINDS = {  # the library's type of complaint → what it means
    "missing": ("is missing", "缺少此项"),
    "extra_forbidden": ("is not a setting known here; check the spelling", "没有这个设置项，请核对拼写"),
    "string_type": ("must be text (put numbers in quotes)", "须为文字（数字请加引号）"),
    "list_type": ("must be a list", "须为列表"),
    "tuple_type": ("must be a list", "须为列表"),
    "model_type": ("must be a block of settings", "须为一组设置项"),
    "model_attributes_type": ("must be a block of settings", "须为一组设置项"),
    "dict_type": ("must be a block of settings", "须为一组设置项"),
    "bool_type": ("must be true or false", "须为 true 或 false"),
    "bool_parsing": ("must be true or false", "须为 true 或 false"),
    "int_type": ("must be a whole number", "须为整数"),
    "int_parsing": ("must be a whole number", "须为整数"),
    "int_from_float": ("must be a whole number", "须为整数"),
    "decimal_parsing": ("must be a number", "须为数字"),
    "date_parsing": ("must be a day, yyyy-mm-dd", "须为日期（yyyy-mm-dd）"),
    "date_from_datetime_parsing": ("must be a day, yyyy-mm-dd", "须为日期（yyyy-mm-dd）"),
    "not_a_duration": ("must be a duration such as 30m, 4h or 2d", "须为时长，如 30m、4h 或 2d"),
    "name_without_list": (
        "a host given by name needs allow, the networks that name may lead to, e.g. allow: [10.20.30.0/24]",
        "主机以名称给出时须填 allow，即该名称可解析到的网段，如 allow: [10.20.30.0/24]",
    ),
    "bank_twice": (
        "a code of a bank stands twice among the banks; each bank has folders of its own, called by its code",
        "banks 中有重复的银行代码；每家银行以代码命名其目录，不得重复",
    ),
    "not_a_span": ("must be a span within one day such as 09:00-12:00", "须为一天之内的时段，如 09:00-12:00"),
    "not_hours": (
        "must be a span such as 08:30-17:00 or 22:00-06:00 (hours: also always)",
        "须为时段，如 08:30-17:00 或 22:00-06:00（hours 还可填 always）",
    ),
    "not_a_clock": ("must be a time of day such as 17:00", "须为时刻，如 17:00"),
    "not_a_wall_time": ("must be a local time such as 2026-12-01 22:00", "须为当地时间，如 2026-12-01 22:00"),
    "not_a_maintenance": (
        "needs from and until (from the earlier), or every and between; only the former may stop the clock",
        "须同时填 from 与 until（前者在先），或同时填 every 与 between；只有前一种可填 stops_the_clock",
    ),
    "rules_in_order": (
        "each rule must begin later than the one before it, and there must be one",
        "各规则的 from 须依次递增，且至少有一条",
    ),
    "list_in_part": (
        "a national list names seven days off at least; was it typed in part?",
        "全国放假安排至少有七个放假日；是否只录入了一部分？",
    ),
    "list_empty": ("names no day", "没有列出任何日期"),
    "scanner_way": ("needs either socket, or host and port", "须填 socket，或同时填 host 与 port"),
    "bucket_keys": ("needs both access_key and secret_key, or neither", "access_key 与 secret_key 须同时填写，或都不填"),
    "bucket_line": (
        "endpoint must be https://…; http:// only to this machine",
        "endpoint 须为 https://…；仅本机可用 http://",
    ),
    "heavy_way": ("needs either processes or dask", "processes 与 dask 只能填一项"),
    "heavy_line": (
        "dask must be tls://host:port; tcp:// only to this machine",
        "dask 须为 tls://主机:端口；仅本机可用 tcp://",
    ),
    "heavy_keys": ("tls:// needs authority, certificate and key", "tls:// 须填 authority、certificate 与 key"),
    "step_workdays": ("overdue, and only overdue, needs workdays", "overdue 须填 workdays，其他步骤不填"),
    "step_twice": ("a step stands twice", "有重复的步骤"),
    "mail_login": ("needs both user and password, or neither", "user 与 password 须同时填写，或都不填"),
    "mail_missing": ("somebody is told by mail, and mail (the server) is not set", "有人以邮件通知，但未设置 mail（邮件服务器）"),
    "webhook_missing": (
        "somebody is told by webhook, and webhook (the key) is not set",
        "有人以 webhook 通知，但未设置 webhook（签名密钥）",
    ),
    "webhook_line": (
        "webhook must be https://…; http:// only to this machine",
        "webhook 须为 https://…；仅本机可用 http://",
    ),
    "scanner_far": (
        "host must be an address of this machine, such as 127.0.0.1: opened content goes there in the clear (elsewhere: by a tunnel)",
        "host 须为本机地址，如 127.0.0.1：拆封内容以明文送往该处（扫描程序在别处时请用隧道）",
    ),
}
_BOUNDS = {
    "greater_than_equal": ("ge", "must be {} or more", "不得小于 {}"),
    "greater_than": ("gt", "must be above {}", "须大于 {}"),
    "less_than_equal": ("le", "must be {} or less", "不得大于 {}"),
    "less_than": ("lt", "must be below {}", "须小于 {}"),
    "too_short": ("min_length", "needs {} at least", "至少需要 {} 项"),
    "too_long": ("max_length", "takes {} at most", "至多 {} 项"),
    "string_too_short": ("min_length", "needs {} characters at least", "至少 {} 个字"),
    "string_too_long": ("max_length", "takes {} characters at most", "至多 {} 个字"),
    "literal_error": ("expected", "must be one of: {}", "须为其中之一：{}"),
}
_DAYS = {  # of a list of holidays: which day, and what is wrong with it
    "not_days": (
        "{} is no day nor a span of days such as 2027-10-01..2027-10-07",
        "{} 不是日期，也不是时段（如 2027-10-01..2027-10-07）",
    ),
    "day_of_another_year": ("{} is not of the year this list is for", "{} 不在本表的年份内"),
    "day_twice": ("{} stands twice; each day is either off or working", "{} 重复；每日只能是放假或上班之一"),
    "no_weekend": ("{} is no Saturday or Sunday: only such days are made working days", "{} 不是周六或周日，不能列为调休上班日"),
}
_NO_PINS = Told(
    "missing-key",
    ("the connection needs “pins”", "连接缺少“pins”"),
    ("the bank's host key fingerprints, from the signed key letter", "银行签章函件所给的主机指纹"),
    (
        'add, for example:   pins: ["SHA256:…"]. Until then this bank is not connected; the others are',
        '请添加，例如：   pins: ["SHA256:…"]。在此之前本行不连接，其他银行不受影响',
    ),
)
_REFERENCES = {  # how a pattern begins → what it names
    "^secret:": ("secret:<name>, a file below secrets/", "secret:<名称>（secrets/ 下的文件）"),
    "^cert:": ("cert:<alias>, as given to keys import", "cert:<别名>（即 keys import 时所用的别名）"),
}
_ON_DISK = (
    "put the value into the secret store and name it here; then change it at the bank, it has been on disk",
    "请把值放入密钥库并在此引用；随后在银行侧更换，它已落盘",
)


def told(error: Mapping[str, Any]) -> Told | None:
    """What a missing pin and a secret written down are worth; None for any other fault. The value is never repeated."""
    kind = error["type"]
    if kind == "no_pins":
        return _NO_PINS
    begins = [
        start for start in _REFERENCES if kind == "string_pattern_mismatch" and str(error["ctx"]["pattern"]).startswith(start)
    ]
    if not begins:
        return None
    where = " › ".join(map(str, error["loc"]))
    what = (f"{where} must be a reference, not the value itself", f"{where} 须为引用，不能是值本身")
    return Told("secret-in-file", what, _REFERENCES[begins[0]], _ON_DISK)


def said(error: Mapping[str, Any]) -> Said:
    """One error of ``ValidationError.errors()`` in words, without the value that was given."""
    kind, about = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _form(str(about["pattern"]))
    if kind in _BOUNDS:
        name, en, zh = _BOUNDS[kind]
        bound = str(about[name])
        return en.format(bound), zh.format(bound.replace(" or ", " 或 "))
    if kind in _DAYS:
        en, zh = _DAYS[kind]
        return en.format(about["day"]), zh.format(about["day"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return _KINDS.get(kind, (message, f"有误（{message}）"))


def _form(pattern: str) -> Said:
    for start, en, zh in _FORMS:
        if pattern.startswith(start):
            return en, zh
    return f"must have the form {pattern}", f"格式须为 {pattern}"
