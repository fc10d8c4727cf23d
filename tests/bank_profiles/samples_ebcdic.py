"""Mainframe files of others. The figures were added up from the bytes alone; test_host_samples.py also holds their expected rows."""

from tests.bank_profiles.sample import Sample

_DATA = "ebcdic-cobol/data"


def _sample(profile: str, file: str, holdings: int, balance: int, outcomes: int = 1, **more: int) -> Sample:
    rows, sums = {"outcome": outcomes, "holding": holdings}, {"holding.balance_minor": balance}
    parked = {code.replace("_", "-"): count for code, count in more.items()}
    return Sample(
        f"ebcdic-cobol/{profile}", f"{_DATA}/{file}", "reply", rows, sums, parked, oracle="the bytes, taken apart by hand"
    )


SAMPLES = [
    _sample("test3", "test3_data/TRAN2.AUG31.DATA.dat", 1000, 16544779434),
    _sample("test19", "test19_display_num/data.dat", 5, 6068504360, missing_value=1, date_format=1, not_zoned=1),
    _sample("test1", "test1_data/example.bin", 17, 11, outcomes=10),
    _sample("test4", "test4_data/COMP.DETAILS.SEP30.DATA.dat", 316, 17101587567),
    _sample("test16", "test16_data/ENTITY.DB.AUG12.DATA.FIX.LEN.dat", 11, 521453053),
    _sample("test24", "test24_data/INTEGR.TYPES.NOV28.DATA.dat", 100, -1228394027272, outcomes=100),
]
