"""The conformance certificate on paper (接口符合性证书): who was tried, by which profile, and every case with its result; boxes for both houses."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from connector.conform.result import NAMES, VERDICTS, Ended
from connector.papers.slip import grouped
from connector.papers.typesetting import typeset


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
        "verdict": VERDICTS[said["verdict"]],
        "cases": [_case(each) for each in said["cases"]],
        "digest": grouped(digest),
        "footer": "仅以虚构或与银行约定的人员测试 · only invented persons, or persons agreed with the bank, were asked about",
    }
    return typeset("conformance", data, form)


def _case(case: Mapping[str, Any]) -> dict[str, Any]:
    promise, seen = case["promise"], case["seen"]
    return {
        "id": case["id"],
        "promise": (promise["zh"], promise["en"]),
        "result": NAMES[Ended(case["result"])],
        "kept": case["result"] == "kept",
        "deviates": case["result"] == "deviates",
        "code": "" if case["result"] == "not_applicable" else case["code"],  # why is said beside it
        "seen": (seen["zh"], seen["en"]),
    }


def _local(moment: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"
