"""A device: pulls, refuses, swaps, predicts alone and tells later."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.edge import EXAMPLE, PLACE, FakePlatform, Press, Refusal

from octavo.edge.answering import answering
from octavo.edge.client import EdgeClient, Settings
from octavo.edge.errors import EdgeError
from octavo.envelopes import Refused

Open = Callable[..., EdgeClient]
Offer = Callable[..., str]
ROW = {"delay": 10.0, "hour": 3}


def test_a_device_pulls_once_and_predicts_without_network(
    opened: Open, offer: Offer, platform: FakePlatform
) -> None:
    device, name = opened(), offer()
    assert device.pull() is True
    assert device.pull() is False
    (_, path, first), (_, _, second) = platform.asked
    assert path == "/services/octavo/api/v1/projects/flights/deployments/late/edge/bundle"
    assert first["Authorization"] == "Bearer octc_token"
    assert ("If-None-Match" in first, second["If-None-Match"]) == (False, f'"{name}"')
    platform.close()
    assert device.predict([ROW, {"delay": None, "hour": 1}])[0] == 14.0
    again = opened()
    assert (again.claim and again.claim.digest, again.predict([ROW])) == (name, [14.0])


def test_a_new_version_is_swapped_in_and_the_one_before_is_kept(
    opened: Open, offer: Offer, settings: Settings
) -> None:
    device = opened()
    names = [offer(version=1, generation=1)]
    device.pull()
    for number in (2, 3):
        names.append(offer("better", version=number, generation=number))
        assert device.pull() is True
    assert device.predict([ROW]) == [15.0]
    assert {one.name for one in (settings.folder / "models").iterdir()} == set(names[1:])


def test_a_rollback_comes_with_a_higher_generation(opened: Open, offer: Offer) -> None:
    device = opened()
    offer("better", version=2, generation=5)
    device.pull()
    offer("good", version=1, generation=6)
    assert device.pull() is True
    assert (device.claim and device.claim.version, device.predict([ROW])) == (1, [14.0])


def test_an_older_bundle_is_refused_and_what_was_held_answers(opened: Open, offer: Offer) -> None:
    device = opened()
    offer("better", version=2, generation=5)
    device.pull()
    offer("good", version=1, generation=4)
    with pytest.raises(Refused, match=r"generation 4 \(v1\), and 5 was here already"):
        device.pull()
    offer("good", version=3, generation=5)
    with pytest.raises(Refused, match="Two bundles of generation 5 name different models"):
        device.pull()
    assert device.predict([ROW]) == [15.0]
    kept = opened().claim
    assert kept is not None
    assert kept.version == 2


def test_a_bundle_of_another_deployment_is_refused(opened: Open, offer: Offer) -> None:
    offer(place={**PLACE, "name": "early"})
    with pytest.raises(Refused, match="for the deployment flights/early; this device follows"):
        opened().pull()


def test_a_foreign_and_a_revoked_key_are_refused(
    opened: Open, offer: Offer, press: Press, tmp_path: Path, settings: Settings
) -> None:
    device, _ = opened(), offer()
    device.pull()
    Press(press.forms).keys(settings.keys)
    with pytest.raises(Refused, match="none of the keys that you trust"):
        device.install(tmp_path / "offered.zip")
    assert device.predict([ROW]) == [14.0]
    press.keys(settings.keys, revoked=True)
    with pytest.raises(Refused, match=r"was revoked. admin revoked it on 2026-03-01"):
        device.install(tmp_path / "offered.zip")
    later = opened()
    assert later.claim is None
    assert "was revoked" in str(later.refusal)
    with pytest.raises(EdgeError, match=r"holds no model yet. The bundle doesn't verify"):
        later.predict([ROW])


def test_what_was_changed_on_the_disk_is_refused_and_pulled_anew(
    opened: Open, offer: Offer, settings: Settings
) -> None:
    name = offer()
    opened().pull()
    (settings.folder / "models" / name / "model" / "model.onnx").write_bytes(b"other")
    device = opened()
    assert "model.onnx was changed" in str(device.refusal)
    assert device.pull() is True
    assert device.predict([ROW]) == [14.0]
    for one in (settings.folder / "models" / name).rglob("*"):
        one.unlink() if one.is_file() else None
    assert opened().claim is None


def test_a_model_that_fails_on_its_example_or_does_not_load_is_not_swapped_in(
    opened: Open, offer: Offer
) -> None:
    device, _ = opened(), offer()
    device.pull()
    offer("broken", version=2, generation=2)
    with pytest.raises(Refused, match="v2 of late can't be loaded here"):
        device.pull()
    offer("better", version=3, generation=3, example=json.dumps({**EXAMPLE, "data": [["x", 3]]}))
    with pytest.raises(Refused, match="v3 of late fails on its own example: Row 0 has 'x'"):
        device.pull()
    assert (device.predict([ROW]), device.claim and device.claim.version) == ([14.0], 1)
    held = opened().claim
    assert held is not None
    assert held.version == 1


def test_a_platform_that_names_another_bundle_is_refused(
    opened: Open, offer: Offer, platform: FakePlatform
) -> None:
    offer()
    platform.tag = "f" * 64
    with pytest.raises(Refused, match="named 'ffffffffffff' and sent"):
        opened().pull()


def test_the_platforms_refusal_is_told_in_its_words(
    opened: Open, offer: Offer, platform: FakePlatform
) -> None:
    device, _ = opened(), offer()
    device.pull()
    platform.refuse = Refusal(409, "Version 3 of late has no ONNX form for devices: a forest.")
    with pytest.raises(EdgeError, match=r"no ONNX form for devices: a forest. Ask."):
        device.pull()
    platform.raw = (502, {}, b"<html>")
    with pytest.raises(EdgeError, match="answered 502 without Octavo's words"):
        device.pull()
    platform.raw = (302, {"Location": "http://127.0.0.1:1/steal"}, b"")
    with pytest.raises(EdgeError, match="answered 302 without Octavo's words"):
        device.pull()
    platform.raw, platform.refuse = None, None
    device.report()
    assert "answered 302" in platform.reports[-1]["refusal"]
    assert device.predict([ROW]) == [14.0]


def test_more_than_a_device_takes_is_not_read(opened: Open, offer: Offer) -> None:
    offer()
    with pytest.raises(Refused, match="sends more than the 100 bytes that this device takes"):
        opened(largest=100).pull()


def test_a_broken_download_changes_nothing(
    opened: Open, offer: Offer, platform: FakePlatform
) -> None:
    device, name = opened(), offer()
    assert platform.bundle is not None
    whole = platform.bundle.read_bytes()
    platform.raw = (200, {"ETag": f'"{name}"', "Content-Length": str(len(whole) + 9)}, whole[:900])
    platform.raw[1]["Connection"] = "close"
    with pytest.raises((EdgeError, Refused), match=r"does not answer|is no bundle"):
        device.pull()
    assert device.claim is None


def test_reports_wait_on_the_disk_and_count_once(
    opened: Open, offer: Offer, platform: FakePlatform
) -> None:
    device, name = opened(), offer()
    device.pull()
    device.predict([ROW])
    with pytest.raises(EdgeError, match="doesn't know"):
        device.predict([{"delays": 1.0}])
    platform.refuse = Refusal(503, "Away.")
    for _ in range(3):
        with pytest.raises(EdgeError, match=r"Away."):
            device.report()
    platform.refuse = None
    assert opened().report() == 0
    first = platform.reports[0]
    assert [one["sequence"] for one in platform.reports] == [1, 2, 3, 4]
    assert (first["requests"], first["errors"], first["digest"]) == (2, 1, name)
    assert "'delays'" in first["last_error"]
    assert 0 < first["latency_p50_ms"] <= first["latency_p99_ms"]
    assert [one["requests"] for one in platform.reports[1:]] == [0, 0, 0]


def test_rows_out_of_shape_are_refused_in_words(opened: Open, offer: Offer) -> None:
    device, _ = opened(), offer()
    device.pull()
    wrong: list[tuple[list[Any], str]] = [
        ([], "0 rows were sent; 1 to 100,000"),
        ([7], "Row 0 is a int, not an object"),
        ([{"delay": 1.0}], "Row 0 has no value for 'hour'"),
        ([{**ROW, "hour": None}], "was not seen to take missing ones"),
        ([{**ROW, "hour": 2.5}], "Row 0 has '2.5' for 'hour'; a int64 is expected"),
        ([{**ROW, "hour": True}], "Row 0 has 'True'"),
        ([{**ROW, "delay": "1"}], "Row 0 has '1' for 'delay'"),
        ([{**ROW, "delay": float("inf")}], "Row 0 has 'inf' for 'delay'"),
        ([ROW, {**ROW, "hour": 2**63}], "Row 1 has '9223372036854775808'"),
    ]
    for rows, message in wrong:
        with pytest.raises(EdgeError, match=message):
            device.predict(rows)


def test_one_process_has_a_folder(opened: Open, settings: Settings) -> None:
    opened()
    with pytest.raises(EdgeError, match="Another process uses"):
        EdgeClient(settings)


def test_swaps_under_load_drop_no_prediction(opened: Open, offer: Offer) -> None:
    device, _ = opened(), offer()
    device.pull()
    over, seen, failed = threading.Event(), set(), []

    def ask() -> None:
        while not over.is_set():
            try:
                seen.add(device.predict([ROW])[0])
            except EdgeError as error:
                failed.append(error.message)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for one in threads:
        one.start()
    for number in range(2, 8):
        offer("better" if number % 2 else "good", version=number, generation=number)
        device.pull()
    over.set()
    for one in threads:
        one.join()
    assert (failed, seen) == ([], {14.0, 15.0})


def test_programs_ask_over_the_loopback_interface(opened: Open, offer: Offer) -> None:
    device, _ = opened(), offer()
    with answering(device, 0) as port:
        url = f"http://127.0.0.1:{port}/invocations"
        body = json.dumps({"dataframe_records": [ROW]}).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def ask(data: bytes | None, path: str = url) -> tuple[int, Any]:
            try:
                with opener.open(path, data, timeout=10) as answer:
                    return answer.status, json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.loads(error.read())

        assert ask(body)[0] == 503
        device.pull()
        assert ask(body) == (200, {"predictions": [14.0], "version": 1})
        assert ask(None)[1]["held"] == {"model": "late", "version": 1}
        assert ask(b"[]")[0] == 400
        assert ask(b'{"dataframe_records": [{}]}')[0] == 422
        assert ask(body, url + "x")[0] == 404


def test_the_light_client_imports_nothing_heavy() -> None:
    code = (
        "import octavo.edge.__main__, octavo.edge.answering, sys, json;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pydantic", "mlflow", "pandas", "click", "httpx", "psutil", "octavo_server", "onnx"}
    assert set(json.loads(done.stdout)) & heavy == set()


def test_a_bundle_is_carried_by_hand(
    opened: Open, press: Press, tmp_path: Path, settings: Settings
) -> None:
    by_hand = {"url": "", "deployment": "", "token": ""}
    device = opened(**by_hand)
    place = {"project": "flights", "kind": "version", "name": "late"}
    newer = press.bundle(tmp_path / "2.zip", "better", version=2, generation=2, place=place)
    older = press.bundle(tmp_path / "1.zip", version=1, generation=1, place=place)
    device.install(newer)
    with pytest.raises(Refused, match="older than what this device held"):
        device.install(older)
    assert device.install(older, allow_older=True).version == 1
    with pytest.raises(EdgeError, match="isn't told its url"):
        device.pull()
    other = press.bundle(tmp_path / "3.zip", place={**place, "name": "early"}, generation=9)
    with pytest.raises(Refused, match="this device follows the version flights/late"):
        device.install(other)


def test_the_token_is_not_sent_in_the_clear(opened: Open) -> None:
    with pytest.raises(EdgeError, match="is not encrypted, so others could read the token"):
        opened(url="http://octavo.example.org/services/octavo").pull()
    with pytest.raises(EdgeError, match="is no address of Octavo"):
        opened(url="file:///etc/passwd").pull()
    with pytest.raises(EdgeError, match="The token is empty or holds a character"):
        opened(token="a b").pull()


def test_a_link_in_the_folder_of_a_bundle_is_refused(
    opened: Open, offer: Offer, settings: Settings, tmp_path: Path
) -> None:
    name = offer()
    opened().pull()
    held = settings.folder / "models" / name / "model" / "model.onnx"
    held.rename(tmp_path / "elsewhere")
    held.symlink_to(tmp_path / "elsewhere")
    assert "is no plain file" in str(opened().refusal)
