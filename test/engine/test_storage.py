"""The spellings of a location."""

import unittest

from engine.storage import decoded, literal_glob, place


class Locations(unittest.TestCase):
    def test_are_globs_that_match_only_themselves(self):
        self.assertEqual(literal_glob("s3://b/a b/é.json"), "s3://b/a b/é.json")
        self.assertEqual(literal_glob("/a[1]{2,3}*?\\x"), "/a\\[1\\]\\{2,3\\}\\*\\?\\\\x")

    def test_are_the_same_location_in_each_spelling(self):
        self.assertEqual({place(uri) for uri in ["file:/a/b", "file:///a/b", "/a/b"]}, {"a/b"})
        self.assertEqual({place(uri) for uri in ["s3://b/k", "s3a://b/k"]}, {"b/k"})
        self.assertNotEqual(place("s3://b/k:1"), place("s3://b/k"))
        self.assertEqual(place("/a/x:b"), "a/x:b")

    def test_are_decoded_except_plus_signs(self):
        self.assertEqual(decoded("s3://b/a%20b+c%2B%25"), "s3://b/a b+c+%")


if __name__ == "__main__":
    unittest.main()
