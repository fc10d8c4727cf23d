"""carrier.yaml is refused whole where anything in it is wrong; how a connection names its carrier."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.carrier import read_carrier
from config.relayed import Relayed
from config.yaml_file import BadSettings, write_yaml

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "examples" / "carrier.yaml"


def test_the_example_is_one() -> None:
    said = read_carrier(EXAMPLE.parent)

    assert ["900100000001", "900100000002"] == [bank.code for bank in said.banks]
    assert "/mnt/bank-b" == said.banks[1].folder


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ring": "keys"}, "ring"),
        ({"key": "journal-key"}, "key"),
        ({"banks": [{"code": "../B1", "profile": "hxcb"}]}, "banks.0.code"),
        ({"banks": [{"code": "B1", "profile": "hxcb", "address": {"host": "10.0.0.1"}}]}, "pins"),
        ({"banks": [{"code": "B1", "profile": "hxcb"}, {"code": "B1", "profile": "gdyz"}]}, "banks"),
    ],
    ids=["foreign key", "no secret", "climbing code", "no pins", "twice"],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, object], named: str) -> None:
    write_yaml(tmp_path / "carrier.yaml", change)

    with pytest.raises(BadSettings) as refused:
        read_carrier(tmp_path)

    assert named in refused.value.en
    assert str(tmp_path) in refused.value.zh


def test_where_there_is_none_the_way_to_make_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="--init"):
        read_carrier(tmp_path)


@pytest.mark.parametrize("key", ["", "SHA256:" + "A" * 43, "ed25519:" + "A" * 42, "ed25519:" + "A" * 43 + "=\n"])
def test_a_journal_key_is_pinned_as_it_was_printed(key: str) -> None:
    with pytest.raises(ValidationError):
        Relayed(bank="B1", out=Path("out"), back=Path("back"), key=key)
