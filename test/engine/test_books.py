"""The books of a source."""

import unittest
from unittest import mock

from engine.books import books_of, count_nulls, keep_books, makes_up, never_known
from engine.contracts import Input
from engine.failure import StepFailure

FIELDS = [
    {"name": "id", "path": ["id"], "type": "BIGINT"},
    {"name": "place", "path": ["at", "place"], "type": "STRING"},
]
ALL = {"name": "all", "keep": None, "required": ["id"], "event_key": ["id"]}
PLACED = {"name": "placed", "keep": None, "required": ["place"], "event_key": []}
SOURCE = {"name": "raw", "fields": FIELDS, "views": [ALL, PLACED]}


def counted(file, lines, *fates, form="object", state=None, **others):
    """A count. `fates`: the fate in each view, with the field that is missing if it is quarantined."""
    row = {"_file": file, "_size": 30, "_modified": 5000, "_form": form, "_state": state, "lines": lines}
    row.update({"bytes": 9 * lines, "longest": 9})
    for view, (fate, field) in zip(SOURCE["views"], fates or [(None, None)] * 2):
        values = {"fate": fate, "field": field, "reason": field and "missing", "conflict": fate == "duplicate"}
        row.update({"_in_%s_%s" % (view["name"], name): value for name, value in values.items()})
    return {**row, **others}


KEPT, DUPLICATE, FILTERED = ("kept", None), ("duplicate", None), ("filtered", None)


class Books(unittest.TestCase):
    def test_count_lines_by_fate_in_each_view_and_name_objects_that_are_not_whole(self):
        inputs = [Input("file:///a b.json", 30, 5000), Input("file:///short.json", 30, 5000)]
        inputs.append(Input("file:///empty.json", 0, 5000))
        counts = [
            counted("file:///a%20b.json", 1, KEPT, KEPT, state=".."),
            counted("file:///a%20b.json", 1, DUPLICATE, ("quarantined", "place"), state=".m"),
            counted("file:///a%20b.json", 1, ("quarantined", "id"), ("quarantined", "place"), state="mm"),
            counted("file:///short.json", 1, form="unparsable"),
            counted("file:///short.json", 1, form="blank", bytes=0),
        ]
        with mock.patch("engine.books.refuse_long_lines") as refuse:
            books = keep_books(None, SOURCE, inputs, counts)
        self.assertEqual(refuse.call_args[0][2][0], (inputs[0], 3, 27, 9))
        self.assertEqual(books["lines"], {"read": 4, "blank": 1, "unparsable": 1, "quarantined": 3})
        self.assertEqual(books["unparsableBy"], [{"reason": "unparsable", "lines": 1}])
        self.assertEqual(books["objects"]["empty"], 1)
        self.assertEqual(books["objects"]["unaccounted"], ["file:///short.json"])
        self.assertEqual(
            {view: one["lines"] for view, one in books["views"].items()},
            {
                "all": {"kept": 1, "filtered": 0, "duplicates": 1, "quarantined": 1},
                "placed": {"kept": 1, "filtered": 0, "duplicates": 0, "quarantined": 2},
            },
        )
        self.assertEqual({view: one["conflicts"] for view, one in books["views"].items()}, {"all": 1, "placed": 0})
        self.assertEqual(
            {view: one["quarantinedBy"] for view, one in books["views"].items()},
            {
                "all": [{"reason": "missing", "field": "id", "lines": 1}],
                "placed": [{"reason": "missing", "field": "place", "lines": 2}],
            },
        )

    def test_are_refused_when_an_object_has_changed(self):
        inputs = [Input("file:///a.json", 31, 5000)]
        with self.assertRaises(StepFailure) as failed:
            keep_books(None, SOURCE, inputs, [counted("file:///a.json", 1, KEPT, KEPT, state="..")])
        self.assertEqual(
            failed.exception.error, "1 input object (file:///a.json) of raw: changed since they were listed"
        )

    def test_count_kept_lines_without_a_value_by_reason(self):
        states = {("kept", ".m"): 2, ("kept", ".b"): 3, ("kept", ".u"): 5, ("quarantined", "mm"): 7}
        self.assertEqual(count_nulls(SOURCE, states), [{"field": "place", "missing": 2, "blank": 3, "unfit": 5}])
        self.assertEqual(count_nulls(SOURCE, {("kept", ".."): 4}), [])

    def test_name_fields_without_a_value_in_any_line(self):
        unknown = [{"field": "place", "key": "at.place", "type": "STRING"}]
        self.assertEqual(never_known(SOURCE, {("kept", ".m"): 1, ("quarantined", "ub"): 1}), unknown)
        self.assertEqual(never_known(SOURCE, {("kept", ".m"): 1, ("quarantined", "u."): 1}), [])
        self.assertEqual(never_known(SOURCE, {("kept", ".u"): 1}), [])
        self.assertEqual(never_known(SOURCE, {}), [])

    def test_look_for_a_field_only_in_lines_that_pass_the_filter_of_the_view(self):
        counts = [
            counted("file:///a.json", 2, KEPT, FILTERED, state=".."),
            counted("file:///a.json", 1, KEPT, KEPT, state=".m"),
        ]
        self.assertEqual(books_of(SOURCE, ALL, counts)["unknown"], [])
        self.assertEqual(
            books_of(SOURCE, PLACED, counts)["unknown"], [{"field": "place", "key": "at.place", "type": "STRING"}]
        )

    def test_accept_a_compressed_object_of_any_size(self):
        self.assertTrue(makes_up(Input("a.json.gz", 5, 0), 10, 1000))
        self.assertFalse(makes_up(Input("a.json", 5, 0), 10, 1000))
        self.assertTrue(makes_up(Input("a.json", 1010, 0), 10, 1000))


if __name__ == "__main__":
    unittest.main()
