"""``connector profile explain`` and ``help``: what a profile says in the end and where that is written; what an error code means."""

from bank_profiles.catalogue import effective_text, find_profile, load_profile
from bank_profiles.effective import Column, effective_lines
from bank_profiles.effective import plan as plan_of
from bank_profiles.help.pages import PAGES, Page
from bank_profiles.language.shape import near
from connector.cli import console
from connector.cli import profile_names as names

_PLAN = (
    ("列", "column"),
    ("位置", "place"),
    ("字段", "field"),
    ("类型", "type"),
    ("读法", "read as"),
    ("单位", "unit"),
    ("精度", "exact to"),
    ("规则", "rule"),
)
_FOLDS = (0, 1, 2)
_WIDTH = 88


def explain_profile(name: str, part: str, as_json: bool, *, plan: bool = False) -> None:
    """The effective text of a profile or a part of it, or what was made of its columns."""
    path = find_profile(name)
    if plan:
        _explain_plan(name, part, as_json)
        return
    whole = effective_text(path, looser=True)
    lines = effective_lines(whole, part)
    origin = [line.origin.text(console.spoken()) for line in lines]
    widest = min(max((_cells(line.text) for line in lines), default=0), _WIDTH)
    text = "\n".join(
        f"{line.text}{' ' * (widest - _cells(line.text))}  # {place}" for line, place in zip(lines, origin, strict=True)
    )
    said = [{"text": line.text, "file": line.origin.file, "line": line.origin.line} for line in lines]
    source, grade = (whole.data.get(key) if isinstance(whole.data, dict) else None for key in ("source", "grade"))
    if isinstance(source, str) and isinstance(grade, str) and grade in names.GRADES:
        text = f"# {console.tr(*names.source_told(source, grade))}\n{text}"
    report = {"schema": "profile-explain/1", "part": part, "source": source, "grade": grade, "lines": said}
    console.out(report, as_json, text)


def _cells(text: str) -> int:
    """How wide it is on a screen: Chinese characters take two places."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def _explain_plan(name: str, part: str, as_json: bool) -> None:
    profile = load_profile(find_profile(name))
    columns = plan_of(profile, part)
    if as_json:
        said = [each._asdict() | {"rule": each.rule.text("en")} for each in columns]
        console.out({"schema": "profile-plan/1", "part": part, "columns": said}, as_json)
        return
    console.result.print(console.tr(*names.source_told(profile.source, profile.grade)), markup=False)
    for head in dict.fromkeys((each.file, each.record) for each in columns):
        console.result.print(" › ".join(head), markup=False)
        mine = [each for each in columns if (each.file, each.record) == head]
        rows = [_planned(each) for each in mine]
        told = [place for place in range(len(_PLAN)) if place in _FOLDS or any(row[place] for row in rows)]
        table = console.table([_PLAN[place] for place in told], [[row[place] for place in told] for row in rows], folds=_FOLDS)
        console.show(table)


def _planned(of: Column) -> tuple[str, ...]:
    line = str(of.rule.line)
    if console.spoken() == "en":
        return of.column, of.place, of.target, of.kind, of.reads, of.unit, of.resolution, line
    kind = names.KIND_OF_VALUE_ZH.get(of.kind, of.kind)
    told = names.place_zh(of.place), names.target_zh(of.target), kind, names.reads_zh(of.reads)
    return of.column, *told, names.unit_zh(of.unit), names.resolution_zh(of.resolution), line


def explain_code(code: str, as_json: bool) -> None:
    """The page of one code, or a line of each."""
    if not code:
        titles = {name: page.get(console.spoken()).means for name, page in sorted(PAGES.items())}
        text = "\n".join(f"{name}  {means}" for name, means in titles.items())
        console.out(
            {"schema": "profile-help/1", "codes": {name: _json(page) for name, page in sorted(PAGES.items())}}, as_json, text
        )
        return
    page = PAGES.get(code)
    if page is None:
        meant = near(code, PAGES)
        zh = f"没有代码 {code}" + (f"；是否应为 {meant}？" if meant else "")
        en = f"there is no code {code}" + (f"; did you mean {meant}?" if meant else "")
        console.fail("unknown-code", zh, en, console.NOTHING_FOUND)
    console.out({"schema": "profile-help/1", "code": code, **_json(page)}, as_json, page.render(console.spoken()))


def _json(page: Page) -> dict[str, dict[str, str]]:
    return {"en": page.get("en")._asdict(), "zh": page.get("zh")._asdict()}
