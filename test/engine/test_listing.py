"""How the objects below a location are listed."""

import os
import tempfile
import unittest
from unittest import mock

from engine.listing import Listed, files_below_folder, objects_below

STATUS = (
    "S3ALocatedFileStatus{path=%s; isDirectory=false; length=7; replication=1; blocksize=32; modification_time=5000;"
    " access_time=0; owner=us; group=us; permission=rw-rw-rw-; isSymlink=false} isEmptyDirectory=FALSE eTag=x"
)


class Objects(unittest.TestCase):
    def listed(self, statuses, text):
        path, files = mock.Mock(), mock.Mock()
        files.makeQualified.return_value.toUri.return_value.getScheme.return_value = "s3"
        with mock.patch("engine.listing.jvm") as jvm:
            hadoop = jvm.return_value.org.apache.hadoop.util
            hadoop.functional.RemoteIterators.toList.return_value = statuses
            hadoop.StringUtils.join.return_value = text
            found = objects_below(None, path, files)
        files.listFiles.assert_called_once_with(path, True)
        return found

    def test_are_read_from_one_text_whatever_their_names(self):
        names = ["s3://b/a b%20.json", "s3://b/x; isDirectory=false; length=1; y\n.json"]
        found = self.listed(["unasked"] * 2, "\0".join(STATUS % name for name in names))
        self.assertEqual(found, [Listed(name, 7, 5000) for name in names])
        self.assertEqual(self.listed([], ""), [])

    def test_are_read_one_by_one_if_their_text_is_unknown(self):
        status = mock.Mock()
        status.getPath.return_value.toString.return_value = "s3://b/a"
        status.getLen.return_value = 7
        status.getModificationTime.return_value = 5000
        self.assertEqual(self.listed([status], "S3FileStatus(s3://b/a)"), [Listed("s3://b/a", 7, 5000)])

    def test_in_a_folder_are_found_at_any_depth_and_through_links(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(folder + "/raw/A/é b")
            os.makedirs(folder + "/elsewhere")
            for name in ["raw/A/é b/one.json", "raw/two.json", "elsewhere/three.json"]:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write("{}")
                os.utime(file.name, (5, 5))
            os.symlink(folder + "/elsewhere", folder + "/raw/link")
            os.symlink(folder + "/nothing", folder + "/raw/dangling.json")
            names = ["A/é b/one.json", "link/three.json", "two.json"]
            expected = [Listed("file://%s/raw/%s" % (folder, name), 2, 5000) for name in names]
            self.assertEqual(sorted(files_below_folder(folder + "/raw")), expected)
            self.assertEqual(files_below_folder(folder + "/raw/two.json"), expected[2:])


if __name__ == "__main__":
    unittest.main()
