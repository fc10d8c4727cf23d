"""Identifiers of which an institution hides a part: 1234****9876.

Within one answer (one person, one institution) a masked number is what the institution calls the account, and stands for it. Beyond
that nobody can say that two of them are one, or that one is a number somebody else wrote in full: they are never matched.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

MASK = "*"  # stands in no whole identifier; other masks are read as this one (bank_profiles)


def is_masked(identifiers: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Which of these hide something; blank text hides nothing."""
    return identifiers.str.contains(MASK, regex=False).to_numpy(dtype=bool)
