"""Bundles for devices: what is not what was signed is refused, each in its words."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.edge import CONTRACT, PLACE, Press, zipped

from octavo.edge.claims import MOST_ENTRIES, Place, check_bundle
from octavo.edge.client import EdgeClient
from octavo.edge.reports import Spool, Window, plain
from octavo.envelopes import Refused, TrustedKeys


@pytest.fixture
def keys(press: Press, tmp_path: Path) -> TrustedKeys:
    return TrustedKeys.load(press.keys(tmp_path / "pinned.json"))


def test_a_claim_is_read_from_what_was_signed(
    press: Press, keys: TrustedKeys, tmp_path: Path
) -> None:
    claim = check_bundle(press.bundle(tmp_path / "b.zip", version=7, generation=9), keys)
    assert (claim.model, claim.version, claim.generation) == ("late", 7, 9)
    assert str(claim.place) == "deployment flights/late"
    assert claim.place == Place(**PLACE)
    assert claim.key_id == press.signer.key_id
    assert check_bundle(press.bundle(tmp_path / "c.zip", version=7, generation=9), keys) == claim


Change = Callable[[dict[str, bytes]], None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update({"model/model.onnx": b"x"}), "model.onnx was changed"),
        (lambda c: c.pop("model/contract.json"), "contract.json was signed and is missing"),
        (lambda c: c.update({"model/more": b"x"}), "more was added: nobody signed it"),
        (lambda c: c.update({"run.sh": b"x"}), "run.sh was added: it is no part"),
        (lambda c: c.update({"proof/statement.dsse.json": b"{}"}), "envelope is malformed"),
        (lambda c: c.pop("proof/statement.dsse.json"), "has no proof/statement.dsse.json"),
        (lambda c: c.update({"../evil": b"x"}), "leads out of it"),
        (
            lambda c: c.update({f"proof/{n}": b"" for n in range(MOST_ENTRIES)}),
            "a device takes 16",
        ),
    ],
)
def test_what_was_changed_is_refused(
    press: Press, keys: TrustedKeys, tmp_path: Path, change: Change, message: str
) -> None:
    content = press.content()
    change(content)
    with pytest.raises(Refused, match=message):
        check_bundle(zipped(tmp_path / "b.zip", content), keys)


def test_bombs_and_links_are_refused_before_anything_is_read(
    press: Press, keys: TrustedKeys, tmp_path: Path
) -> None:
    content = {**press.content(), "model/model.onnx": b"\0" * (8 << 20)}
    bomb = zipped(tmp_path / "bomb.zip", content, zipfile.ZIP_DEFLATED)
    with pytest.raises(Refused, match=r"packed and would grow to .* bytes; Octavo packs nothing"):
        check_bundle(bomb, keys)
    large = zipped(tmp_path / "large.zip", content)
    with pytest.raises(Refused, match="bytes; this device takes 1,024"):
        check_bundle(large, keys, largest=1024)
    link = press.bundle(tmp_path / "link.zip")
    with zipfile.ZipFile(link, "a") as archive:
        entry = zipfile.ZipInfo("model/extra")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(Refused, match="'model/extra' in the bundle is a link"):
        check_bundle(link, keys)
    (tmp_path / "none.zip").write_bytes(b"PK")
    with pytest.raises(Refused, match=r"none.zip is no bundle"):
        check_bundle(tmp_path / "none.zip", keys)
    overlapping = press.bundle(tmp_path / "overlapping.zip")
    _overlap(overlapping)
    with pytest.raises(Refused, match="files overlap"):
        check_bundle(overlapping, keys)


def _overlap(path: Path) -> None:
    """Make the archive's directory tell of more bytes than there are."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    for field in (20, 24):
        content[entry + field : entry + field + 4] = (1 << 20).to_bytes(4, "little")
    path.write_bytes(content)


def test_genuine_statements_of_other_kinds_are_refused(
    press: Press, keys: TrustedKeys, tmp_path: Path
) -> None:
    other = press.bundle(tmp_path / "b.zip", kind="https://slsa.dev/provenance/v1")
    with pytest.raises(Refused, match="genuine bundle of another kind"):
        check_bundle(other, keys)
    content = press.content()
    content["model/extra.onnx"] = content.pop("model/model.onnx")
    with pytest.raises(Refused, match="doesn't verify"):
        check_bundle(zipped(tmp_path / "c.zip", content), keys)
    for said in ({"version": "new"}, {"place": {**PLACE, "kind": "moon"}}, {"example": "{"}):
        with pytest.raises(Refused, match="statement is out of shape"):
            check_bundle(press.bundle(tmp_path / "d.zip", **said), keys)


def test_a_contract_of_the_future_does_not_load(
    opened: Callable[..., EdgeClient], press: Press, tmp_path: Path
) -> None:
    device = opened()
    for contract, message in (
        ({**CONTRACT, "format": 2}, "contract.json has format 2, 1 is read"),
        ({**CONTRACT, "inputs": [{"name": "delay", "type": "complex"}]}, "unknown type 'complex'"),
        ({"format": 1}, "can't be loaded here: 'inputs'"),
    ):
        with pytest.raises(Refused, match=message):
            device.install(press.bundle(tmp_path / "b.zip", contract=contract))


def test_the_spool_is_bounded_and_says_what_it_lost(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", most=3)
    for _ in range(5):
        spool.put(Window().close())
    waiting = spool.waiting(50)
    assert [(one["sequence"], one["dropped"]) for one in waiting] == [(3, 0), (4, 1), (5, 1)]
    (tmp_path / "spool" / f"{3:016d}.json").write_text("{cut")
    assert [one["sequence"] for one in spool.waiting(50)] == [4, 5]
    spool.sent(4)
    assert len(spool) == 1
    assert Spool(tmp_path / "spool", most=3).put(Window().close()) == 6
    assert spool.waiting(50)[-1]["dropped"] == 1


def test_latencies_are_counted_in_bounded_steps() -> None:
    window = Window()
    for ms in range(1, 1_001):
        window.answered(ms / 1_000)
    window.answered(9.0, "It\nfailed\x00.")
    told = window.close()
    assert (told["requests"], told["errors"], told["last_error"]) == (1_001, 1, "It failed .")
    for part in (50, 95, 99):
        assert part * 10 <= told[f"latency_p{part}_ms"] <= part * 10 * 1.06
    assert window.close()["latency_p50_ms"] is None
    assert len(plain("x" * 900)) == 500
