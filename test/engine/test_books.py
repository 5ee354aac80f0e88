"""The books of a source."""

import unittest
from unittest import mock

from engine.books import count_nulls, keep_books, makes_up, never_known
from engine.contracts import Input
from engine.failure import StepFailure

SOURCE = {
    "name": "raw",
    "fields": [{"name": "id", "type": "BIGINT", "required": True}, {"name": "place", "type": "STRING"}],
    "keep": None,
    "event_key": [],
}


def counted(file, fate, lines, state=None, **others):
    row = {"_file": file, "_size": 30, "_modified": 5000, "_fate": fate, "_state": state, "lines": lines}
    row.update({"_reason": None, "_field": None, "_conflict": False, "bytes": 9 * lines, "longest": 9})
    return {**row, **others}


class Books(unittest.TestCase):
    def test_count_lines_by_fate_and_name_objects_that_are_not_whole(self):
        inputs = [Input("file:///a b.json", 30, 5000), Input("file:///short.json", 30, 5000)]
        inputs.append(Input("file:///empty.json", 0, 5000))
        counts = [
            counted("file:///a%20b.json", "kept", 1, ".."),
            counted("file:///a%20b.json", "duplicate", 1, _conflict=True),
            counted("file:///a%20b.json", "quarantined", 1, "m.", _reason="missing", _field="id"),
            counted("file:///short.json", "quarantined", 1, _reason="unparsable"),
            counted("file:///short.json", "blank", 1, bytes=0),
        ]
        with mock.patch("engine.books.refuse_long_lines") as refuse:
            books = keep_books(None, SOURCE, inputs, counts)
        self.assertEqual(refuse.call_args[0][2][0], (inputs[0], 3, 27, 9))
        self.assertEqual(
            books["lines"], {"read": 4, "blank": 1, "kept": 1, "filtered": 0, "duplicates": 1, "quarantined": 2}
        )
        self.assertEqual(books["conflicts"], 1)
        self.assertEqual(books["objects"]["empty"], 1)
        self.assertEqual(books["objects"]["unaccounted"], ["file:///short.json"])
        self.assertEqual(
            books["quarantinedBy"],
            [
                {"reason": "missing", "field": "id", "lines": 1},
                {"reason": "unparsable", "field": None, "lines": 1},
            ],
        )

    def test_are_refused_when_an_object_has_changed(self):
        inputs = [Input("file:///a.json", 31, 5000)]
        with self.assertRaises(StepFailure) as failed:
            keep_books(None, SOURCE, inputs, [counted("file:///a.json", "kept", 1, "..")])
        self.assertEqual(
            failed.exception.error, "1 input object (file:///a.json) of raw: changed since they were listed"
        )

    def test_count_kept_lines_without_a_value_by_reason(self):
        states = {("kept", ".m"): 2, ("kept", ".b"): 3, ("kept", ".u"): 5, ("quarantined", "mm"): 7, ("blank", None): 1}
        self.assertEqual(count_nulls(SOURCE, states), [{"field": "place", "missing": 2, "blank": 3, "unfit": 5}])
        self.assertEqual(count_nulls(SOURCE, {("kept", ".."): 4}), [])

    def test_name_fields_that_no_line_has_a_value_for(self):
        unknown = [{"field": "place", "type": "STRING"}]
        self.assertEqual(never_known(SOURCE, {("kept", ".m"): 1, ("quarantined", "ub"): 1}), unknown)
        self.assertEqual(never_known(SOURCE, {("kept", ".m"): 1, ("quarantined", "u."): 1}), [])
        self.assertEqual(never_known(SOURCE, {("kept", ".u"): 1}), [])
        self.assertEqual(never_known(SOURCE, {("quarantined", None): 1, ("blank", None): 1}), [])

    def test_believe_a_compressed_object_of_any_size(self):
        self.assertTrue(makes_up(Input("a.json.gz", 5, 0), 10, 1000))
        self.assertFalse(makes_up(Input("a.json", 5, 0), 10, 1000))
        self.assertTrue(makes_up(Input("a.json", 1010, 0), 10, 1000))


if __name__ == "__main__":
    unittest.main()
