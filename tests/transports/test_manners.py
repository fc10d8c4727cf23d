"""Manners that cannot work are refused when they are made."""

from typing import Any

import pytest

from transports.manners import Manners, Ready


@pytest.mark.parametrize("flag", ["", "ok", "{file}", "{file}{file}.ok", "done/{file}.ok", ".{file}.ok", "{file}.tmp"])
def test_a_flag_must_be_a_name_beside_its_file(flag: str) -> None:
    with pytest.raises(ValueError, match="flag"):
        Ready("flag_file", flag)


@pytest.mark.parametrize(
    "changes",
    [
        {"send_dir": "/in/../../etc"},
        {"take_dir": "a\0b"},
        {"done_dir": ""},
        {"tmp": "{file}"},
        {"tmp": "upload"},
        {"tmp": "tmp/{file}"},
    ],
    ids=str,
)
def test_folders_that_climb_and_names_that_collide_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"climb|done_dir|temporary"):
        Manners(**({"send_dir": "/in", "take_dir": "/out", "done_dir": "/out/done"} | changes))


def test_a_temporary_name_follows_the_interface_note() -> None:
    assert Manners("/in", "/out", "/done", tmp="{file}.tmp").temporary("a.zip", "0123456789") == "a.zip.tmp"
    assert Manners("/in", "/out", "/done").temporary("a.zip", "0123456789") == "a.zip.tmp-01234567"
