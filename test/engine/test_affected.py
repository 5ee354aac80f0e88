"""Which partitions of a table are affected."""

import unittest
from unittest import mock

from py4j.protocol import Py4JError

from engine.affected import find_affected, looking_up, register_instead
from engine.lookups import Lookup

CATS = {"name": "cats", "rebuild_when": {}, "reads": ["seen", "v", "w"]}
DOGS = {"name": "dogs", "rebuild_when": {"keys": {"id": "dog"}}, "reads": ["seen", "v", "w", "keys"]}


def source(*fields, changed=None, views=("seen",)):
    its = {"fields": [{"name": name} for name in fields], "views": [{"name": name} for name in views]}
    return mock.Mock(source=its, changed=changed)


def each_now(_spark, work, items):
    return [work(one) for one in items]


def frame(*partitions, error=None):
    return mock.Mock(collect=mock.Mock(return_value=[(one,) for one in partitions], side_effect=error))


@mock.patch.multiple("engine.affected", all_at_once=each_now, say=mock.DEFAULT, changed_rows=mock.DEFAULT)
@mock.patch.multiple("engine.affected", rows_looking_up=mock.DEFAULT, register_instead=mock.DEFAULT)
class Affected(unittest.TestCase):
    def find(self, frames, sources, changed=None):
        """`frames`: what the queries return, one after another."""
        with mock.patch("engine.affected.partitions_of", side_effect=frames) as asked:
            found = find_affected(None, [CATS, DOGS], sources, {"keys": Lookup(mock.Mock(), changed)})
        self.assertEqual(asked.call_count, len(frames))
        return found

    def test_are_none_if_nothing_changed(self, **_):
        self.assertEqual(self.find([], [source("dog")]), {"cats": [], "dogs": []})

    def test_are_those_of_each_changed_source_and_of_changed_keys(self, **_):
        sources = [source("dog", changed="rows"), source("cat", changed="rows"), source("bird")]
        frames = [frame("b"), frame("x"), frame("a", "b"), frame(), frame("y")]
        self.assertEqual(self.find(frames, sources, changed="keys"), {"cats": ["a", "b"], "dogs": ["x", "y"]})

    def test_are_asked_for_by_each_view_of_a_changed_source_and_of_one_that_looks_up_changed_keys(self, **mocks):
        found = self.find([frame("a"), frame("x"), frame("b"), frame("y")], [source(changed="rows", views="vw")])
        self.assertEqual(found, {"cats": ["a", "b"], "dogs": ["x", "y"]})
        found = self.find([frame("x"), frame("y")], [source("dog", views="vw"), source(views="z")], changed="keys")
        self.assertEqual(found, {"cats": [], "dogs": ["x", "y"]})
        registered = [call.args[1]["name"] for call in mocks["register_instead"].call_args_list]
        self.assertEqual(registered, ["v", "w", "v", "w"])

    def test_are_asked_for_only_if_the_query_reads_the_changed_view(self, register_instead, **_):
        sources = [source("dog", changed="rows", views=["seen", "unread"]), source("dog", changed="rows", views="u")]
        frames = [frame("a"), frame("x"), frame("y")]
        self.assertEqual(self.find(frames, sources, changed="keys"), {"cats": ["a"], "dogs": ["x", "y"]})
        self.assertEqual([call.args[1]["name"] for call in register_instead.call_args_list], ["seen", "seen"])

    def test_are_unknown_if_the_query_fails_on_the_changed_rows(self, say, **_):
        frames = [frame(error=Py4JError("[DIVIDE_BY_ZERO] Division by zero.")), frame("x")]
        self.assertEqual(self.find(frames, [source("dog", changed="rows")]), {"cats": None, "dogs": ["x"]})
        self.assertIn("cats: made whole", say.call_args[0][0])

    def test_can_be_affected_by_keys_only_through_a_view_with_the_fields_that_the_query_reads(self, **_):
        sources = [source("dog", "age", views=["v", "unread"]), source("dog"), source("dog", "age", views="u")]
        found = looking_up(sources, DOGS, {"id": "dog", "years": "age"})
        self.assertEqual(found, [(sources[0], {"name": "v"})])


class Instead(unittest.TestCase):
    @mock.patch("engine.affected.all_rows", side_effect=lambda one, view: "all of " + view["name"])
    @mock.patch("engine.affected.register_view")
    def test_one_view_has_the_given_rows_and_the_others_even_of_its_source_have_all(self, register, _):
        register_instead([source(views="vw"), source(views="z")], {"name": "w"}, "changed")
        registered = [(call.args[1]["name"], call.args[2]) for call in register.call_args_list]
        self.assertEqual(registered, [("v", "all of v"), ("w", "changed"), ("z", "all of z")])


if __name__ == "__main__":
    unittest.main()
