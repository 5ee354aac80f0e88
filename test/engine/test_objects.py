"""What objects contained, from counts of their lines, and whether they are unchanged."""

import unittest
from unittest import mock

from engine.contracts import Fate, Input, Kind, ReadObject
from engine.earlier import is_same
from engine.failure import StepFailure
from engine.objects import objects_parsed, stored_object

SOURCE = {"name": "raw", "fields": [], "views": [{"name": "all"}, {"name": "placed"}]}


def count(file, lines, *fates, form="object", state=".."):
    """A count of lines of an object of 30 bytes."""
    row = {"_file": file, "_size": 30, "_modified": 5000, "_form": form, "_state": state, "lines": lines}
    row.update({"bytes": 9 * lines, "longest": 9})
    for view, fate in zip(SOURCE["views"], fates):
        row.update({"_in_%s_%s" % (view["name"], name): value for name, value in fate._asdict().items()})
    return row


class Objects(unittest.TestCase):
    def test_have_the_kinds_of_their_lines(self):
        inputs = [Input("file:///a b.json", 30, 5000, "e1"), Input("file:///empty.json", 0, 5000, "e2")]
        kept, bad = Fate("kept", None, None), Fate("quarantined", "missing", "place")
        counts = [count("file:///a%20b.json", 2, kept, kept), count("file:///a%20b.json", 1, kept, bad, state=".m")]
        with mock.patch("engine.objects.refuse_long_lines") as refuse:
            objects = objects_parsed(None, SOURCE, inputs, counts)
        self.assertEqual(refuse.call_args[0][2], [(inputs[0], 3, 27, 9), (inputs[1], 0, 0, 0)])
        kinds = [Kind("object", "..", 2, [kept, kept]), Kind("object", ".m", 1, [kept, bad])]
        self.assertEqual(
            objects,
            [
                ReadObject("file:///a b.json", 30, "e1", 5000, "file:///a%20b.json", 27, None, kinds),
                ReadObject("file:///empty.json", 0, "e2", 5000, None, 0, None, []),
            ],
        )

    def test_are_refused_when_one_has_changed(self):
        fate = Fate("kept", None, None)
        with self.assertRaises(StepFailure) as failed:
            objects_parsed(None, SOURCE, [Input("file:///a.json", 31, 5000)], [count("file:///a.json", 1, fate, fate)])
        self.assertEqual(
            failed.exception.error, "1 input object (file:///a.json) of raw: changed since they were listed"
        )

    def test_are_stored_only_as_they_can_be(self):
        fates = [["kept", None, None], ["quarantined", "missing", "place"]]
        kind = {"form": "object", "state": "", "lines": 2, "fates": fates}
        row = {
            "uri": "a",
            "size": 3,
            "etag": None,
            "modified": 5,
            "file": "a",
            "bytes": 3,
            "shape": None,
            "kinds": [kind],
        }
        self.assertEqual(stored_object(SOURCE, row).kinds[0].fates[1].field, "place")
        wrong = [{"uri": 7}, {"size": -1}, {"etag": 1}, {"modified": True}, {"file": None}, {"shape": []}]
        kinds = [
            {"form": None},
            {"state": "x"},
            {"lines": "2"},
            {"fates": fates[:1]},
            {"fates": [*fates[:1], [1, None, None]]},
        ]
        for one in [*wrong, *[{"kinds": [{**kind, **changed}]} for changed in kinds]]:
            with self.subTest(one), self.assertRaises(ValueError):
                stored_object(SOURCE, {**row, **one})

    def test_are_as_they_were_if_size_and_etag_are(self):
        known = ReadObject("a.json", 30, "e1", 5000, None, 0, None, [])
        self.assertTrue(is_same(known, Input("a.json", 30, 9000, "e1")))
        self.assertFalse(is_same(known, Input("a.json", 30, 5000, "e2")))
        self.assertFalse(is_same(known, Input("a.json", 31, 5000, "e1")))
        self.assertTrue(is_same(known, Input("a.json", 30, 5000)))
        self.assertFalse(is_same(known, Input("a.json", 30, 5001)))


if __name__ == "__main__":
    unittest.main()
