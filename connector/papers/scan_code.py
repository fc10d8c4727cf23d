"""The square code a scanner reads from a slip, as SVG: medium-high error correction, because slips get folded."""

import io

import segno


def svg(text: str) -> str:
    """The code of a text."""
    buffer = io.BytesIO()
    segno.make(text, error="q", micro=False).save(buffer, kind="svg", border=2, xmldecl=False, svgns=True)
    return buffer.getvalue().decode()
