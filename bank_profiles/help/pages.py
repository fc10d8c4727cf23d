"""Reads the help pages: files of groups, each with its reason, and of codes with four lines: meaning and remedy, English then Chinese.

examples.txt holds one real message of each code, made by docs/make_examples.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bank_profiles.errors import Lang

_HERE = Path(__file__).parent
_FILES = ("profiles.txt", "files.txt")
_EXAMPLES = "examples.txt"
_HEADS = {"en": ("means", "why", "do", "example"), "zh": ("含义", "缘由", "处理", "示例")}


class Words(NamedTuple):
    """A page in one language."""

    means: str
    why: str
    do: str
    example: str


class Page(NamedTuple):
    """What is to be said of one code; ``group``: the codes it belongs to."""

    code: str
    group: str
    en: Words
    zh: Words

    def get(self, lang: Lang) -> Words:
        return self.en if lang == "en" else self.zh

    def render(self, lang: Lang) -> str:
        """For a screen."""
        means, why, do, example = self.get(lang)
        colon = ": " if lang == "en" else "："
        heads = [f"{head}{colon}" for head in _HEADS[lang]]
        lines = [self.code, f"  {heads[0]}{means}", f"  {heads[1]}{why}", f"  {heads[2]}{do}"]
        if example:
            lines += [f"  {heads[3].strip()}", *(f"    {line}" for line in example.split("\n"))]
        return "\n".join(lines)


def _pages() -> Iterator[Page]:
    examples = dict(_examples())
    for name in _FILES:
        group, why = "", ("", "")
        for head, lines in _blocks((_HERE / name).read_text("utf-8")):
            if head.startswith("["):
                group, why = head.strip("[]"), (lines[0], lines[1])
                continue
            en, zh = examples.get(head, ("", ""))
            yield Page(head, group, Words(lines[0], why[0], lines[1], en), Words(lines[2], why[1], lines[3], zh))


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """A line at the margin, and those indented below it."""
    head, lines = "", list[str]()
    for line in [*text.split("\n"), "end"]:
        if line.startswith(" "):
            lines.append(line.strip())
        elif line:
            if head:
                yield head, lines
            head, lines = line, []


def _examples() -> Iterator[tuple[str, tuple[str, str]]]:
    """``## code``, the message in English, ``--``, the same in Chinese."""
    for block in (_HERE / _EXAMPLES).read_text("utf-8").split("## ")[1:]:
        code, _, messages = block.partition("\n")
        en, _, zh = messages.partition("\n--\n")
        yield code, (en.strip("\n"), zh.strip("\n"))


PAGES: dict[str, Page] = {page.code: page for page in _pages()}
