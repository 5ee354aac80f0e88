"""The books of a source: what its objects contained, and what became of each line in each view."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from engine.console import say
from engine.contracts import Books, Kind, Lost, ReadObject, Source, UnknownField, ViewBooks
from engine.exact import dotted
from engine.fates import BLANK_LINE, FILTERED, KEPT, OBJECT, QUARANTINED, UNFIT
from engine.inputs import FEW, is_whole
from engine.lines import BLANK, MISSING
from engine.objects import is_bad
from engine.storage import decoded


def tell_books(source: Source, books: Books) -> None:
    """Logs what became of the lines."""
    read, unparsable = books["lines"]["read"], books["lines"]["unparsable"]
    say("%s: %d lines, of which %d cannot be parsed" % (source["name"], read, unparsable))
    for view in source["views"]:
        fates = books["views"][view["name"]]["lines"]
        said = (fates["kept"], fates["filtered"], fates["duplicates"], fates["quarantined"])
        say("%s: %d kept, %d filtered, %d duplicates, %d quarantined" % (view["name"], *said))


def keep_books(source: Source, objects: Sequence[ReadObject], lost: Mapping[str, Sequence[Lost]]) -> Books:
    """Makes the books of a source as sums over its objects. `lost`: the duplicates of each view."""
    kinds = [kind for one in objects for kind in one.kinds]
    parsed = [kind for kind in kinds if kind.form == OBJECT]
    # By form: the number of lines.
    forms: Counter[str] = Counter()
    for kind in kinds:
        forms[kind.form] += kind.lines
    read = sum(1 for one in objects if one.kinds)
    unparsable = {form: count for form, count in sorted(forms.items()) if form not in (BLANK_LINE, OBJECT)}
    return {
        "objects": {
            "manifest": len(objects),
            "read": read,
            "empty": len(objects) - read,
            "unaccounted": [one.uri for one in objects if not makes_up(one)],
        },
        "lines": {
            "read": sum(forms.values()) - forms[BLANK_LINE],
            "blank": forms[BLANK_LINE],
            "unparsable": sum(unparsable.values()),
            "quarantined": sum(kind.lines for kind in kinds if is_bad(kind)),
        },
        "unparsableBy": [{"reason": form, "lines": count} for form, count in unparsable.items()],
        "misshapen": misshapen(objects),
        "views": {
            view["name"]: books_of(source, index, parsed, lost[view["name"]])
            for index, view in enumerate(source["views"])
        },
    }


def misshapen(objects: Sequence[ReadObject]) -> list[dict[str, Any]]:
    """Counts, by shape, objects that are JSON but not one JSON object per line, and names a few of each."""
    by_shape: dict[str, list[str]] = {}
    for one in objects:
        if one.shape is not None and one.file is not None:
            by_shape.setdefault(one.shape, []).append(decoded(one.file))
    return [
        {"shape": shape, "objects": len(names), "sample": sorted(names)[:FEW]}
        for shape, names in sorted(by_shape.items())
    ]


def books_of(source: Source, index: int, kinds: Sequence[Kind], lost: Sequence[Lost]) -> ViewBooks:
    """Makes the books of the view at `index` from the lines that parse, and from its duplicates."""
    # By fate, by reason and field, and by fate and state: the number of lines.
    fates: Counter[str] = Counter()
    rejections: Counter[tuple[str, str]] = Counter()
    states: Counter[tuple[str, str]] = Counter()
    for kind in kinds:
        fate, reason, field = kind.fates[index]
        fates[fate] += kind.lines
        if fate != FILTERED:
            states[(fate, kind.state)] += kind.lines
        if fate == QUARANTINED:
            rejections[(reason, field)] += kind.lines
    for state, lines, _ in lost:
        states[(KEPT, state)] -= lines
    duplicates = sum(one.lines for one in lost)
    return {
        "lines": {
            "kept": fates[KEPT] - duplicates,
            "filtered": fates[FILTERED],
            "duplicates": duplicates,
            "quarantined": fates[QUARANTINED],
        },
        "conflicts": sum(one.conflicts for one in lost),
        "quarantinedBy": [
            {"reason": reason, "field": field, "lines": count} for (reason, field), count in sorted(rejections.items())
        ],
        "nulls": count_nulls(source, states),
        "unknown": never_known(source, states),
        "otherKeys": [],
    }


def count_nulls(source: Source, states: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Counts the kept lines without a value, by field and reason. Leaves out fields that always have a value."""
    counts = []
    for index, field in enumerate(source["fields"]):
        why: Counter[str] = Counter()
        for (fate, letters), lines in states.items():
            if fate == KEPT:
                why[letters[index]] += lines
        if why[MISSING] + why[BLANK] + why[UNFIT] > 0:
            numbers = {"missing": why[MISSING], "blank": why[BLANK], "unfit": why[UNFIT]}
            counts.append({"field": field["name"], **numbers})
    return counts


def never_known(source: Source, states: Mapping[tuple[str, str], int]) -> list[UnknownField]:
    """Returns the fields that are missing or blank in all lines that parse and pass the filter."""
    return [
        {"field": field["name"], "key": dotted(field["path"]), "type": field["type"]}
        for index, field in enumerate(source["fields"])
        if states and all(letters[index] in (MISSING, BLANK) for _, letters in states)
    ]


def makes_up(one: ReadObject) -> bool:
    """Whether its lines account for the size of an object. The size of a compressed object proves nothing."""
    return one.uri.endswith(".gz") or is_whole(one.size, sum(kind.lines for kind in one.kinds), one.bytes)
