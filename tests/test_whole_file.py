"""Files that are there whole or not at all."""

import errno
import os
import stat

import pytest

from sublimen import whole_file
from sublimen.errors import OutputError
from sublimen.whole_file import write_atomically


def test_a_folder_that_refuses_temporary_files_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"out.png must be writable"):
        write_atomically(tmp_path / "none" / "out.png", b"", force=False)


def test_file_systems_without_links_are_written_to(tmp_path, monkeypatch):
    def no_links(_source, _target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(whole_file.os, "link", no_links)
    target = tmp_path / "out.bin"

    write_atomically(target, b"one", force=False)
    with pytest.raises(OutputError, match="Operation not permitted"):
        write_atomically(target, b"two", force=False)

    assert target.read_bytes() == b"one"


def test_private_files_are_private_and_others_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "private", b"", force=False, private=True)
        write_atomically(tmp_path / "plain", b"", force=False)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o640
