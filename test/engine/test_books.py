"""The books of a source."""

import unittest

from engine.books import books_of, count_nulls, keep_books, makes_up, never_known
from engine.contracts import Fate, Kind, Lost, ReadObject

FIELDS = [
    {"name": "id", "path": ["id"], "type": "BIGINT"},
    {"name": "place", "path": ["at", "place"], "type": "STRING"},
]
ALL = {"name": "all", "keep": None, "required": ["id"], "event_key": ["id"]}
PLACED = {"name": "placed", "keep": None, "required": ["place"], "event_key": []}
SOURCE = {"name": "raw", "fields": FIELDS, "views": [ALL, PLACED]}


KEPT, FILTERED, PARSED = Fate("kept", None, None), Fate("filtered", None, None), "object"
UNREAD = Fate(None, None, None)


def without(field):
    """The fate of a line that lacks a required field."""
    return Fate("quarantined", "missing", field)


def read(uri, *kinds, size=30, length=27, shape=None):
    """An object with lines of these kinds: the number of lines, their form and state, and the fate in each view."""
    found = [Kind(form, state, lines, fates or [UNREAD, UNREAD]) for lines, form, state, *fates in kinds]
    return ReadObject(uri, size, "etag", 5000, uri.replace(" ", "%20") if kinds else None, length, shape, found)


class Books(unittest.TestCase):
    def test_count_lines_by_fate_in_each_view_and_name_objects_that_are_not_whole(self):
        objects = [
            read(
                "file:///a b.json",
                (2, PARSED, "..", KEPT, KEPT),
                (1, PARSED, ".m", KEPT, without("place")),
                (1, PARSED, "mm", without("id"), without("place")),
            ),
            read("file:///short.json", (1, "unparsable", None), (1, "blank", None), length=9, shape="object"),
            read("file:///empty.json", size=0, length=0),
        ]
        books = keep_books(SOURCE, objects, {"all": [Lost("..", 1, 1), Lost(".m", 1, 0)], "placed": []})
        self.assertEqual(books["lines"], {"read": 5, "blank": 1, "unparsable": 1, "quarantined": 3})
        self.assertEqual(books["unparsableBy"], [{"reason": "unparsable", "lines": 1}])
        self.assertEqual(
            books["objects"], {"manifest": 3, "read": 2, "empty": 1, "unaccounted": ["file:///short.json"]}
        )
        self.assertEqual(books["misshapen"], [{"shape": "object", "objects": 1, "sample": ["file:///short.json"]}])
        self.assertEqual(
            {view: one["lines"] for view, one in books["views"].items()},
            {
                "all": {"kept": 1, "filtered": 0, "duplicates": 2, "quarantined": 1},
                "placed": {"kept": 2, "filtered": 0, "duplicates": 0, "quarantined": 2},
            },
        )
        self.assertEqual({view: one["conflicts"] for view, one in books["views"].items()}, {"all": 1, "placed": 0})
        self.assertEqual({view: one["nulls"] for view, one in books["views"].items()}, {"all": [], "placed": []})
        self.assertEqual(
            {view: one["quarantinedBy"] for view, one in books["views"].items()},
            {
                "all": [{"reason": "missing", "field": "id", "lines": 1}],
                "placed": [{"reason": "missing", "field": "place", "lines": 2}],
            },
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
        kinds = [Kind(PARSED, "..", 2, [KEPT, FILTERED]), Kind(PARSED, ".m", 1, [KEPT, KEPT])]
        self.assertEqual(books_of(SOURCE, 0, kinds, [])["unknown"], [])
        self.assertEqual(
            books_of(SOURCE, 1, kinds, [])["unknown"], [{"field": "place", "key": "at.place", "type": "STRING"}]
        )

    def test_accept_a_compressed_object_of_any_size(self):
        lines = (10, PARSED, "..", KEPT, KEPT)
        self.assertTrue(makes_up(read("a.json.gz", lines, size=5, length=1000)))
        self.assertFalse(makes_up(read("a.json", lines, size=5, length=1000)))
        self.assertTrue(makes_up(read("a.json", lines, size=1010, length=1000)))


if __name__ == "__main__":
    unittest.main()
