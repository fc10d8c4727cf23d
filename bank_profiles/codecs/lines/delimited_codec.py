"""The codec of delimited files: with titles or without, and what is skipped between the lines."""

from typing import cast

from bank_profiles.codecs.encoding import BOMS
from bank_profiles.codecs.lines.cutting import Cutting
from bank_profiles.codecs.lines.delimited import DelimitedFormat
from bank_profiles.codecs.lines.grouped_lines import GroupedLines
from bank_profiles.codecs.lines.line_codec import LineCodec
from bank_profiles.codecs.lines.titled_lines import TitledLines
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.layouts.layout import FileLayout


def delimited_codec(layout: FileLayout) -> LineCodec:
    spec = cast(Delimited, layout.spec)
    form = DelimitedFormat(
        spec.separator,
        layout.encoding,
        spec.quote,
        ends_with_separator=spec.ends_with_separator,
        ends_with=spec.ends_with or "",
        comments=spec.comments,
        pads_short_rows=spec.short_rows == "pad",
        rests={name: record.rest for name, record in spec.records.items() if record.rest != "refuse"},
        groups={each.inside: each for each in layout.records if each.inside and spec.records[each.name].repeat is not None},
    )
    cutting = Cutting(
        first=layout.head is not None,
        last=layout.tail is not None,
        bom=BOMS[layout.encoding],
        skip_first=spec.skip_first,
        blank_lines=spec.blank_lines == "skip",
        comments=(spec.comments or "").encode(),
        returns=spec.line_end == "cr",
        framed=spec.separator != "\x01",
    )
    if spec.title_row is not None:
        return TitledLines(layout, form, spec.line_end, cutting)
    if any(record.continues or record.repeat is not None for record in spec.records.values()):
        cutting.last = cutting.last and not any(
            record.continues for record in spec.records.values()
        )  # told from what is held back
        return GroupedLines(layout, form, spec.line_end, cutting)
    return LineCodec(layout, form, spec.line_end, cutting)
