"""A deployment's settings: what is refused is told by place, in both languages."""

from pathlib import Path
from typing import get_args

import pytest

from config.settings import Scanner, Settings, read_settings
from config.yaml_file import BadSettings
from connector.audit_verifier import SUITES
from transports.sealing import at_rest

CENTRE = "centre: {code: C1, name: Centre, region: '440106'}\n"


def written(folder: Path, more: str) -> Path:
    (folder / "service.yaml").write_text(CENTRE + more, "utf-8")
    return folder


def test_b5_without_a_scanner_in_the_settings_there_is_none(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "")).scanner is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{socket: /run/clamav/clamd.ctl}", Scanner(socket="/run/clamav/clamd.ctl")),
        ("{host: 127.0.0.1, port: 3310}", Scanner(host="127.0.0.1", port=3310)),
        ('{host: "::1", port: 3310}', Scanner(host="::1", port=3310)),
    ],
)
def test_b5_a_scanner_is_named_by_its_socket_or_its_port(tmp_path: Path, said: str, expected: Scanner) -> None:
    assert expected == read_settings(written(tmp_path, f"scanner: {said}\n")).scanner


@pytest.mark.parametrize(
    ("said", "en", "zh"),
    [
        ("{}", "either socket, or host and port", "须填 socket"),
        ("{host: 127.0.0.1}", "either socket, or host and port", "须填 socket"),
        ("{port: 3310}", "either socket, or host and port", "须填 socket"),
        ("{socket: /s, port: 3310}", "either socket, or host and port", "须填 socket"),
        ("{socket: /s, host: 127.0.0.1, port: 3310}", "either socket, or host and port", "须填 socket"),
        ("{host: 10.0.0.9, port: 3310}", "an address of this machine", "须为本机地址"),
        ("{host: scanner.example, port: 3310}", "an address of this machine", "须为本机地址"),
        ("{host: 127.0.0.1, port: 0}", "must be 1 or more", "不得小于 1"),
        ("{sockets: /s}", "not a setting known here", "没有这个设置项"),
    ],
)
def test_b5_f2_a_scanner_that_is_half_named_or_elsewhere_is_refused(tmp_path: Path, said: str, en: str, zh: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(written(tmp_path, f"scanner: {said}\n"))

    assert f"{tmp_path / 'service.yaml'}:2:" in refused.value.en
    assert en in refused.value.en
    assert zh in refused.value.zh


def test_c9_the_suites_that_may_be_set_are_those_there_are(tmp_path: Path) -> None:
    fields = Settings.model_fields

    assert at_rest.SUITES == get_args(fields["at_rest"].annotation)
    assert set(SUITES) == set(get_args(get_args(fields["audit"].annotation)[0]))
    with pytest.raises(BadSettings):
        read_settings(written(tmp_path, "at_rest: rot13\n"))
