"""Features and experiments in JupyterLab: from a terminal, a notebook and the table of runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.browser import PATIENCE_MS
from tests.acceptance.installation import Installation
from tests.acceptance.lab import Lab, eventually, failure
from tests.acceptance.room import Room
from tests.acceptance.terminal import open_terminal

pytestmark = [pytest.mark.acceptance, pytest.mark.browser, pytest.mark.timeout(420)]

VIEW = "carrier_delay"
MENDED = "origin_weather"
REASON = "Say it plainly."
NOTEBOOK = "flights/discovery.ipynb"
SLOW_MS = 3 * PATIENCE_MS
WORK_S = 180.0
BASE = "/projects/flights"

READING = """
import pandas as pd
from octavo.features import store
features = store()
print(features.snapshot.id)
rows = pd.DataFrame({
    "carrier": ["UA", "UA", "UA", "UA", "XX", None, "UA", "QQ"],
    "asked_at": pd.to_datetime([
        "2013-05-01 12:30", "2012-12-01 00:00", "2013-01-01 14:02", "2014-02-01 00:00",
        "2013-05-01 12:30", "2013-05-01 12:30", None, "2013-05-01 12:30",
    ], utc=True),
})
"""
TRAINING = """
import mlflow
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("flights/small")
asked = pd.DataFrame({
    "carrier": ["UA", "AA", "DL", "B6"] * 5,
    "event_timestamp": pd.date_range("2013-05-01", periods=20, freq="7h", tz="UTC"),
})
x = features.get_historical_features(
    entity_df=asked, features=["carrier_delay:carrier_delay_mean_3h"]
).to_df()[["carrier_delay_mean_3h"]].astype("float64").fillna(0.0)
y = (x["carrier_delay_mean_3h"] > x["carrier_delay_mean_3h"].median()).astype(int)
with mlflow.start_run(run_name="small plain"):
    mlflow.log_metric("accuracy", 0.5)
with mlflow.start_run(run_name="small trained"):
    model = LogisticRegression().fit(x, y)
    mlflow.log_metric("accuracy", model.score(x, y))
    mlflow.sklearn.log_model(
        model, name="model", signature=infer_signature(x, model.predict(x)),
        input_example=x.head(3), serialization_format="skops",
        pip_requirements=["mlflow", "scikit-learn", "skops"],
    )
"""
REASONS = (
    "before first event", "not materialised by then", "outside TTL", "no such key",
    "no key in the row", "no time in the row", "empty in the source",
)  # fmt: skip


@pytest.fixture(scope="module")
def misled(octavo: Installation) -> Iterator[None]:
    """Put a row into the lake that says it used what was known an hour later only."""
    month = octavo.home / "lake" / "flights" / "curated" / VIEW / "month=2013-05"
    schema = pq.read_schema(next(month.glob("*.parquet")))
    noon = "2013-05-01T12:{}:00+00:00"
    row: dict[str, Any] = dict.fromkeys(schema.names)
    row |= {"carrier": "QQ", "carrier_delay_mean_24h": 5.0}
    times = {"event_timestamp": "00", "created_timestamp": "05", "carrier_delay_known_at": "59"}
    table = pa.table({
        name: pa.array([noon.format(times[name])]).cast(schema.field(name).type)
        if name in times
        else pa.array([value], schema.field(name).type)
        for name, value in row.items()
    })  # fmt: skip
    part = month / "part-misled.parquet"
    pq.write_table(table, part)
    part.chmod(0o644)
    yield
    part.unlink()


def test_a_change_goes_from_a_terminal_over_a_review_to_its_readers(room: Room) -> None:
    author, before = room.scientist, _current(room)
    terminal = open_terminal(author)
    planned = terminal.run(
        "octavo features show > features.yaml && sed -i 's/Hourly weather/Weather/' features.yaml"
        " && octavo features plan"
    )
    assert f"~ view {MENDED}" in planned
    assert "cost       No view is loaded anew." in planned
    terminal.type(f"octavo features apply --reason '{REASON}' --wait; echo $? > status.txt")
    eventually(
        lambda: room.client.get(f"{BASE}/features/changes")["items"], bool, WORK_S, "it is offered"
    )
    _approve(room.reviewer)
    assert eventually(lambda: terminal.read("status.txt"), bool, WORK_S, "apply ends") == "0\n"
    applied = _current(room)
    assert applied != before
    _refresh(author, "Features")
    view = author.open_row("Features", MENDED)
    expect(view.get_by_role("button", name=re.compile("^Registry snapshot")).first).to_have_text(
        applied[:12]
    )
    view.get_by_role("tab", name="Versions").click()
    change = view.get_by_role("list", name="What version 2 changed")
    expect(change.locator("del")).to_contain_text("Hourly weather at the airport")
    expect(change.locator("ins")).to_contain_text("Weather at the airport")


def test_a_preview_tells_each_missing_value_and_a_leak(room: Room, misled: None) -> None:
    lab = room.scientist
    _notebook(room, READING, TRAINING)
    lab.open_notebook(NOTEBOOK)
    lab.run_all()
    cells = lab.await_run(NOTEBOOK, WORK_S)
    assert not any(map(failure, cells)), cells
    assert cells[0]["outputs"][0]["text"][0].strip() == _current(room)
    view = lab.open_row("Features", VIEW)
    view.get_by_role("button", name="Find my data frames").click()
    view.get_by_role("combobox", name="Frame").select_option("rows")
    view.get_by_role("button", name="Preview 20 rows").click()
    missing = view.get_by_role("list", name="Missing values")
    expect(missing).to_be_visible(timeout=SLOW_MS)
    for reason in REASONS:
        expect(missing).to_contain_text(f"1 row: {reason}")
    leak = view.get_by_role("alert").filter(has_text=f"Leak: 1 row of {VIEW}:")
    expect(leak).to_contain_text("uses what became known 29 min later")


def test_a_run_of_the_table_becomes_a_baseline_a_model_and_a_deployment(room: Room) -> None:
    lab = room.scientist
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    _choose(lab, "small trained", "Pin as baseline")
    expect(_line(lab, "small trained")).to_contain_text("baseline")
    expect(_line(lab, "small plain")).to_contain_text(re.compile("[−+]0"))
    _choose(lab, "small trained", "Register model")
    form = lab.dialog()
    form.get_by_role("textbox", name="Model name").fill("small")
    form.get_by_role("button", name=re.compile("^Register")).click()
    expect(form).to_have_count(0, timeout=SLOW_MS)
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    expect(_line(lab, "small trained")).to_contain_text("small/1")
    _choose(lab, "small trained", "Request deployment of small/1")
    form = lab.dialog()
    form.get_by_role("combobox", name="Environment").select_option("dev")
    form.get_by_role("textbox", name="Reason").fill("Try the small one.")
    form.get_by_role("button", name="Request deployment").click()
    expect(form).to_have_count(0)
    eventually(
        lambda: room.client.get(f"{BASE}/deployments")["items"],
        lambda items: any(
            one["name"] == "small" and one["rollout"]["state"] == "live" for one in items
        ),
        WORK_S,
        "it is live",
    )
    after = {"deployment · served by small", "dashboard · watched by small"}
    made_from = {"run · produced", f"feature view · read by {VIEW}"}
    view = lab.open_row("Models", "small")
    view.get_by_role("tab", name="Lineage").click()
    _lineage(view, made_from | after)
    view = lab.open_row("Features", VIEW)
    view.get_by_role("tab", name="Lineage").click()
    _lineage(view, {"run · read by", "model version · produced small/1"} | after)


def test_two_people_share_a_view_and_one_undoes_what_was_tagged(room: Room) -> None:
    lab, other = room.scientist, room.reviewer
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    page = lab.view()
    _filter(page, 'experiment = "small"')
    picks = page.get_by_role("checkbox", name=re.compile("^Pick run"))
    expect(picks).to_have_count(2)
    page.get_by_role("button", name="Saved views").click()
    _item(lab, "Save as new view").click()
    lab.dialog().get_by_role("textbox").fill("Small ones")
    lab.dialog().get_by_role("button", name="Save").click()
    expect(lab.page.get_by_role("dialog")).to_have_count(0)
    other.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    theirs = other.view()
    expect(theirs.get_by_role("button", name="Saved views")).to_be_visible()
    theirs.get_by_role("button", name="Saved views").click()
    _item(other, "Small ones").click()
    expect(theirs.get_by_role("combobox").first).to_have_value('experiment = "small"')
    page.get_by_role("checkbox", name="Pick run small plain").check()
    page.get_by_role("checkbox", name="Pick run small trained").check()
    page.get_by_role("button", name="Tag…").click()
    lab.dialog().get_by_label("Tag", exact=True).fill("team")
    lab.dialog().get_by_label("Value", exact=True).fill("air")
    lab.dialog().get_by_role("button", name="Set tag").click()
    undo = lab.page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    _filter(page, 'tags.team = "air"')
    expect(picks).to_have_count(2)
    undo.click()
    expect(picks).to_have_count(0)


def test_features_are_found_misspelt_and_by_facets(room: Room) -> None:
    lab = room.scientist
    lab.section("Features").get_by_role("button", name="Search all projects").click()
    finder = lab.view()
    finder.get_by_role("searchbox", name="Search features").fill("carier")
    hits = finder.get_by_role("listitem")
    expect(hits.filter(has_text=VIEW)).to_contain_text("“carrier”, spelt like “carier”")
    finder.get_by_role("searchbox", name="Search features").fill("")
    owners = finder.get_by_role("group", name="Owner")
    owners.get_by_role("button", name=re.compile("^weather-desk")).click()
    expect(hits).to_have_count(1)
    expect(hits).to_contain_text(MENDED)


def test_a_view_is_scheduled_backfilled_pushed_to_and_watched(room: Room) -> None:
    lab = room.scientist
    view = lab.open_row("Features", MENDED)
    view.get_by_role("tab", name="Materialisation").click()
    for button, answer in (("Schedule…", "Schedule"), ("Backfill…", "Backfill")):
        view.get_by_role("button", name=button).click()
        form = lab.dialog()
        form.get_by_role("button", name=answer, exact=True).click()
        expect(form).to_have_count(0)
    view.get_by_role("button", name="Set what is expected").click()
    form = lab.dialog()
    form.get_by_role("combobox", name="Newest event within").select_option(label="1 d")
    form.get_by_role("button", name="Set", exact=True).click()
    expect(form).to_have_count(0)
    late = view.get_by_role("alert").filter(has_text=f"The newest event of {MENDED}")
    expect(late).to_contain_text("expected within 1 d", timeout=SLOW_MS)
    jobs = view.get_by_role("table", name="Materialisations").get_by_role("row")
    expect(jobs.filter(has_text="backfill")).to_contain_text("succeeded", timeout=SLOW_MS)
    expect(view.get_by_role("region", name=re.compile("^Schedules"))).to_contain_text("0 * * * *")
    columns = room.client.get(f"{BASE}/features/views/{MENDED}")["columns"]
    row = dict.fromkeys(columns) | {"origin": "JFK", "temperature_f": 41.5}
    pushed = json.dumps(row | {"event_timestamp": "2014-01-05T00:00:00Z"})
    said = open_terminal(lab).run(f"echo '{pushed}' | octavo features push {MENDED}_push")
    assert "pushed     1 rows" in said
    wanted = {"features": [f"{MENDED}:temperature_f"], "entities": [{"origin": "JFK"}]}
    assert "41.5" in str(room.client.post(f"{BASE}/features/online", wanted))


def _current(room: Room) -> str:
    return str(room.client.get(f"{BASE}/features/declaration")["snapshot"])


def _approve(lab: Lab) -> None:
    _refresh(lab, "Changes of features")
    view = lab.open_row("Changes of features", REASON)
    expect(view).to_contain_text("Weather at the airport of departure")
    view.get_by_role("textbox", name="Reason").fill("It is easier to read.")
    view.get_by_role("button", name="Approve").click()
    expect(view.get_by_role("progressbar", name="Progress of applying")).to_be_visible()


def _refresh(lab: Lab, section: str) -> None:
    lab.section(section).get_by_role("button", name=re.compile("^Refresh")).click()


def _notebook(room: Room, *cells: str) -> None:
    """Keep a notebook in the scientist's home, by the call with which JupyterLab saves one."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text.strip()) for text in cells]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    lab = room.scientist
    url = f"{lab.desk.installation.url}/user/{lab.desk.person}/api/contents/{NOTEBOOK}"
    cookies = {one["name"]: one["value"] for one in lab.page.context.cookies(url)}
    answer = lab.page.request.put(
        url,
        headers={"X-XSRFToken": cookies["_xsrf"]},
        data={"type": "notebook", "format": "json", "content": made},
    )
    assert answer.ok, answer.text()


def _line(lab: Lab, run: str) -> Locator:
    box = lab.page.get_by_role("checkbox", name=f"Pick run {run}", exact=True)
    return lab.view().get_by_role("row").filter(has=box)


def _choose(lab: Lab, run: str, deed: str) -> None:
    """Choose from the menu of a run's row."""
    _line(lab, run).get_by_role("gridcell").nth(1).click(button="right")
    _item(lab, deed).click()


def _item(lab: Lab, label: str) -> Locator:
    return lab.page.get_by_role("menu").get_by_role("menuitem").filter(has_text=label)


def _filter(view: Locator, text: str) -> None:
    box = view.get_by_role("combobox").first
    box.fill(text)
    box.press("Enter")


def _lineage(view: Locator, wanted: set[str]) -> None:
    """Hold the lineage in a view to what it must show, each box with how it came to be there."""
    boxes = view.get_by_role("list", name="Lineage").get_by_role("listitem")

    def shown() -> set[str]:
        return {
            re.sub(r" [0-9a-f]{12}$", "", " ".join(text.split()))
            for text in boxes.all_inner_texts()
        }

    eventually(shown, wanted.issubset, 60, f"the lineage shows {wanted}")
