"""A connection names its secrets and certificates; a name is below its folder and never a path that climbs."""

import pytest
from pydantic import TypeAdapter, ValidationError

from config.connection import Certificate, Secret


@pytest.mark.parametrize("name", ["us/sign", "990100000001/sftp-key", "us/sign.2026", "a_b/c-d"])
def test_b1_a_name_below_the_folder_is_taken(name: str) -> None:
    assert f"secret:{name}" == TypeAdapter(Secret).validate_python(f"secret:{name}")


@pytest.mark.parametrize(
    "name", ["a/../../etc/shadow", "..", "a/..", "a//b", "/etc/shadow", "a/.hidden", "a/", "a\n", "a..b", ""]
)
def test_b1_a_name_that_climbs_is_refused(name: str) -> None:
    for kind, prefix in ((Secret, "secret"), (Certificate, "cert")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(f"{prefix}:{name}")
