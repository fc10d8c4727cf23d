"""Where we are called: the settings of the receiver, and whom a bank calls us as."""

import pytest
from pydantic import ValidationError

from config.road import Caller, Road
from config.serving import CallBacks

PIN = "SHA256:" + "A" * 43


def test_a_receiver_needs_no_more_than_its_own_certificate() -> None:
    said = CallBacks.model_validate({"certificate": "secret:line/certificate", "key": "secret:line/key"})

    assert ("127.0.0.1", 8444) == (said.host, said.port)


@pytest.mark.parametrize("given", [{}, {"authority": "secret:a"}, {"authority": "secret:a", "pins": []}, {"pins": [PIN]}])
def test_a3_whom_a_bank_calls_as_has_an_authority_and_a_pin(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Caller.model_validate(given)
    assert PIN == Road.model_validate({"call_back": {"authority": "secret:a", "pins": [PIN]}}).call_back.pins[0].pin  # type: ignore[union-attr]
