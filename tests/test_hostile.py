"""No input leaves the error classes: changed good files, parcels, names and profiles, each through its real door."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import DOORS, seeds

_BITS = [
    b"", b"\x00", b"\xff", b"|", b"\n", b"<", b">", b"&x;", b"]]>", b"{", b"[", b'"', b"\\u0000", b"1e999", b"-", b"9" * 40, b"\x0e\x0f", b"PK\x05\x06",
    "亅".encode("gb18030"), b"\xef\xbb\xbf", b"\x84\x31\x95\x33", b"<!DOCTYPE a>", b"../", b"{seq:99}", b"*",
]  # fmt: skip
blows = st.lists(st.tuples(st.sampled_from(_BITS), st.floats(0, 1), st.integers(0, 40)), max_size=4)


@pytest.mark.parametrize("door", sorted(DOORS))
def test_only_our_own_errors_come_out(door: str) -> None:
    good = seeds(door)

    @settings(max_examples=100, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
    @given(content=st.sampled_from(good) | st.binary(max_size=200), struck=blows)
    def survives(content: bytes, struck: list[tuple[bytes, float, int]]) -> None:
        for bit, where, drop in struck:
            at = int(where * len(content))
            content = content[:at] + bit + content[at + drop :]
        DOORS[door](content)

    survives()
