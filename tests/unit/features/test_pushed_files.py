"""Files of pushed rows: what keeps them from being written is said, and is no accident."""

from pathlib import Path

import pytest

from octavo_server.adapters import pushed_files
from octavo_server.adapters.pushed_files import ParquetPushes
from octavo_server.errors import Unavailable


def test_a_full_temporary_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pushed_files.tempfile, "TemporaryDirectory", full)
    with pytest.raises(Unavailable, match=r"can't be handed over: .*No space left") as refused:
        ParquetPushes().append(tmp_path, "part", [])
    assert refused.value.remedy == "Make room in the worker's temporary folder."
