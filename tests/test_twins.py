"""Two readers, one meaning: 500 generated and damaged files over all formats (``make twins``: 20,000), and the files others left whole."""

import pytest

from tests.specimens import READERS, Reader, every_reader, specimens
from tests.twins import differs, result

FILES = 500


@pytest.mark.parametrize("format_name", sorted(READERS))
def test_the_fast_reader_reads_what_the_reference_reads_of_damaged_files(format_name: str) -> None:
    found = [differs(format_name, seed) for seed in range(-(-FILES // len(READERS)))]

    assert [] == [said for said in found if said]


@pytest.mark.parametrize("reader", every_reader(), ids=lambda reader: reader.name)
def test_the_fast_reader_reads_what_the_reference_reads_of_good_files(reader: Reader) -> None:
    good = specimens(reader)

    assert good
    assert [result(reader, data, fast=False) for data in good] == [result(reader, data, fast=True) for data in good]
