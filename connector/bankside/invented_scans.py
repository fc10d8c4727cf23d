"""The signed authorizations of an invented city, as a scanner gives them: a page of PDF each, named by number, signed by nobody."""

from pathlib import Path

from connector.intake.sheet import read_sheet
from reconciliation.identity import normalise_text

_PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"


def draw(requests: Path, folder: Path) -> Path:
    """A scan of every authorization a sheet cites, in ``folder``, as ``connector intake --scans`` takes them."""
    folder.mkdir()
    for number in dict.fromkeys(map(normalise_text, read_sheet(requests.read_bytes()).columns["authorization_no"])):
        (folder / f"{number}.pdf").write_bytes(_scan(f"SPECIMEN  authorization {number}  invented, signed by nobody"))
    return folder


def _scan(words: str) -> bytes:
    """One page with one line of text. PDF 1.4: objects, the table of where they begin, the trailer (ISO 32000-1, 7.5)."""
    drawn = f"BT /F 14 Tf 60 760 Td ({words}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    )
    return (content + end).encode("ascii")
