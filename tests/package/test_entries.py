from __future__ import annotations

import os
import tarfile
from pathlib import Path

from pipeline.package.entries import Entry, write_archive


def test_the_same_files_make_the_same_bytes_in_any_order_and_at_any_time(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    entries = [
        Entry("bin/python", program, executable=True),
        Entry("bin/python3", link="python"),
        Entry("a.txt", b"text"),
    ]
    write_archive(entries, tmp_path / "one.tar.gz", epoch=1000)
    os.utime(program, (5, 5))
    program.chmod(0o600)
    write_archive(entries[::-1], tmp_path / "two.tar.gz", epoch=1000)
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        found = [(info.name, info.mode, info.size, info.linkname, info.mtime, info.uid) for info in tar]
    assert found == [
        ("a.txt", 0o644, 4, "", 1000, 0),
        ("bin/python", 0o755, 4, "", 1000, 0),
        ("bin/python3", 0o644, 0, "python", 1000, 0),
    ]
