"""A paper set from a template of ours and data: typst runs in this process, reads no file but the template, and knows no network.

Data goes in as one JSON text and is only ever text on the page: nothing in it can be a command of the template.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from transports.errors import Refused

TEMPLATES = Path(__file__).resolve().parent / "templates"
# The fonts a Chinese paper may be set in, the best first; the last two are on every office machine or server image.
FONTS = (
    *("Source Han Serif SC", "Noto Serif CJK SC", "Source Han Sans SC", "Noto Sans CJK SC", "FandolSong", "SimSun"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
)
PIXELS_PER_INCH = 110.0


def typeset(template: str, data: Mapping[str, Any], form: Literal["pdf", "png"] = "pdf") -> bytes:
    """The paper. Raises Refused no-chinese-font; PNG is its first page, to look at."""
    inputs = {"data": json.dumps(data, ensure_ascii=False), "fonts": json.dumps(_fonts())}
    path = TEMPLATES / f"{template}.typ"
    made = typst.compile(
        str(path),
        root=str(TEMPLATES),
        format=form,
        ppi=PIXELS_PER_INCH,
        sys_inputs=inputs,
        package_path=str(TEMPLATES),
        package_cache_path=str(TEMPLATES),
    )
    return made[0] if isinstance(made, list) else bytes(made)


@cache
def _fonts() -> tuple[str, ...]:
    known = set(typst.Fonts(include_system_fonts=True).families())
    found = tuple(name for name in FONTS if name in known)
    if not found:
        raise Refused(
            "This machine has no Chinese font, so no paper can be printed; install one (fonts-noto-cjk or fonts-wqy-microhei).",
            "本机没有中文字体，无法生成文书；请安装中文字体（如 fonts-noto-cjk 或 fonts-wqy-microhei）。",
            code="no-chinese-font",
        )
    return found
