"""The conformance certificate on paper (接口符合性证书): who was tried, by which profile, and every case with its result; boxes for both houses."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from connector.papers.slip import grouped
from connector.papers.typesetting import typeset

_VERDICTS = {
    "conforms": ("符合", "conforms"),
    "deviates": ("有偏离", "deviates"),
    "incomplete": ("未测全，已测部分无偏离", "incomplete; nothing tried deviates"),
}
_RESULTS = {
    "kept": ("符合", "kept"),
    "deviates": ("偏离", "deviates"),
    "not_applicable": ("不适用", "not applicable"),
    "not_tried": ("未能测试", "not tried"),
}


def paper(said: Mapping[str, Any], digest: str, zone: tzinfo, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """``said``: the certificate (schema conformance/1); ``digest``: SHA-256 (hex) of its file."""
    data = {
        "number": said["number"],
        "bank": f"{said['bank']['name']} {said['bank']['code']}",
        "centre": f"{said['centre']['name']} {said['centre']['code']}",
        "profile": f"{said['profile']['name']} {said['profile']['version']}",
        "profile_digest": grouped(said["profile"]["digest"]),
        "road": said["road"],
        "release": said["release"],
        "by": said["by"],
        "began": _local(said["began"], zone),
        "ended": _local(said["ended"], zone),
        "asked": f"{said['questions']} / {said['answers']}",
        "verdict": _VERDICTS[said["verdict"]],
        "cases": [_case(each) for each in said["cases"]],
        "digest": grouped(digest),
        "footer": "仅以虚构或与银行约定的人员测试 · only invented persons, or persons agreed with the bank, were asked about",
    }
    return typeset("conformance", data, form)


def _case(case: Mapping[str, Any]) -> dict[str, Any]:
    promise, seen = case["promise"], case["seen"]
    return {
        "id": case["id"],
        "rules": case["rules"],
        "promise": (promise["zh"], promise["en"]),
        "result": _RESULTS[case["result"]],
        "kept": case["result"] == "kept",
        "deviates": case["result"] == "deviates",
        "code": case["code"],
        "seen": (seen["zh"], seen["en"]),
    }


def _local(moment: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"
