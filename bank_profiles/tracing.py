"""From a value of a row back to the text it was made of: which file, which line, which column, by which rule. For examples: nothing is masked."""

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text
from bank_profiles.layouts.layout import FileLayout


def traced(file: FileLayout, data: bytes, kind: str, line: int, target: str) -> Text | None:
    """Where the value of a field comes from; None where no column of the row itself says it."""
    codec = codec_for(file)
    try:
        items = [item for piece in codec.pieces([data]) for item in codec.walk(piece) if item.line == line]
    except BadFile:
        return None
    for item in items:
        field = item.record.by_target.get(target) if item.record is not None and item.record.kind == kind else None
        if field is None or item.record is None:
            continue
        place = codec.place(file.key, line, item.record, field)
        at = next((number for number, own in enumerate(item.record.fields) if own.name == field.name), None)
        cell = item.cells[at] if at is not None and at < len(item.cells) else None
        said = f" “{cell.strip()}”" if isinstance(cell, str) else ""
        en, zh = f"{place.text('en')}{said}", f"{place.text('zh')}{said}"
        return Text(f"{en} through rule {field.rule.text('en')}", f"{zh}，依据规则 {field.rule.text('zh')}")
    return None
