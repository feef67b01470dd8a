"""MLflow over its REST, with the service's token; MLflow itself is never imported here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from octavo_server.adapters.mlflow_records import Reader
from octavo_server.errors import Conflict, Invalid, NotFound, OctavoError, Unavailable
from octavo_server.experiments.runs.domain import Changes, LoggedModel, Run, TrackedExperiment
from octavo_server.tracking.histories import HISTORY_PATH
from octavo_server.tracking.run_rows import RUNS_PATH

PAGE = 200
IDS_AT_ONCE = 100
#: So many experiments are named; of more, all runs are read and the others' left out.
MOST_NAMED = 20
API = "/api/2.0/mlflow"


class MlflowRest:
    """Reads runs and writes the model registry; translates MLflow's errors to Octavo's."""

    def __init__(self, url: str, token: Callable[[], str], timeout_s: float = 20.0) -> None:
        """`url` is the tracking service's address from inside, `token` gives the Hub token."""
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s, trust_env=False)
        self._token = token
        self._reader = Reader()

    def call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """One request. Raises NotFound, Conflict, Invalid or Unavailable."""
        found: dict[str, Any] = self._send(method, path, **content).json()
        return found

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            answer = self._client.request(method, path, headers=headers, **content)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"MLflow does not answer: {type(error).__name__}.",
                "Try again in a moment; see the tracking service's log.",
            ) from error
        if answer.status_code >= 400:
            raise _error(answer)
        return answer

    def changes(self, boot: str, seq: int) -> Changes:
        """What was written since `seq` of the process `boot`."""
        found = self.call("GET", "/octavo/changes", params={"boot": boot, "since": seq})
        return Changes(**{**found, "runs": tuple(found["runs"])})

    def experiments(self) -> list[TrackedExperiment]:
        """All experiments that belong to a project."""
        found = self._pages("/experiments/search", {"view_type": "ACTIVE_ONLY"}, "experiments")
        return [one for page in found for one in self._reader.experiments(page)]

    def runs(
        self, experiments: Sequence[TrackedExperiment], run_ids: Sequence[str] | None = None
    ) -> Iterator[list[Run]]:
        """Pages of runs, the removed ones too; with `run_ids` only those."""
        projects = {one.experiment_id: one.project for one in experiments}
        found = self._runs_of(experiments) if run_ids is None else self._some_runs(run_ids)
        for page in found:
            yield self._reader.runs(page, projects)

    def _runs_of(self, experiments: Sequence[TrackedExperiment]) -> Iterator[list[dict[str, Any]]]:
        """All runs by id; the tracking process reads its tables, for MLflow's search is slow."""
        after, few = "", [one.experiment_id for one in experiments]
        asked = {"experiment": few} if len(few) <= MOST_NAMED else {}
        while found := self.call("GET", RUNS_PATH, params={"after": after, **asked})["runs"]:
            yield found
            after = found[-1]["run_id"]

    def _some_runs(self, run_ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        sane = [one for one in run_ids if one.isalnum() and len(one) <= 64]
        for start in range(0, len(sane), IDS_AT_ONCE):
            some = sane[start : start + IDS_AT_ONCE]
            yield self.call("GET", RUNS_PATH, params={"id": some})["runs"]

    def repeated(self, run_id: str, metrics: Sequence[str]) -> frozenset[str]:
        """Those of `metrics` that the run logged more than once."""
        asked = {"run": run_id, "repeated": list(metrics)}
        return frozenset(self._send("GET", HISTORY_PATH, params=asked).json())

    def models(self, experiment_id: str, run_id: str) -> list[LoggedModel]:
        """The models that a run logged, newest first."""
        asked = {
            "experiment_ids": [experiment_id],
            "filter": f"source_run_id = '{run_id}'",
            "order_by": [{"field_name": "creation_timestamp", "ascending": False}],
        }
        found = self.call("POST", f"{API}/logged-models/search", json=asked)
        return self._reader.models(one["info"] for one in found.get("models", []))

    def tag(self, run_id: str, values: Mapping[str, str], removed: Sequence[str]) -> None:
        """Set and remove tags of one run."""
        if values:
            tags = [{"key": name, "value": value} for name, value in values.items()]
            self.call("POST", f"{API}/runs/log-batch", json={"run_id": run_id, "tags": tags})
        for name in removed:
            self.call("POST", f"{API}/runs/delete-tag", json={"run_id": run_id, "key": name})

    def _pages(self, path: str, asked: dict[str, Any], key: str) -> Iterator[list[dict[str, Any]]]:
        token: str | None = None
        while True:
            more = {"page_token": token} if token else {}
            found = self.call("POST", API + path, json={"max_results": PAGE, **asked, **more})
            yield found.get(key, [])
            token = found.get("next_page_token")
            if not token:
                return


def _error(answer: httpx.Response) -> OctavoError:
    try:
        said = answer.json()
        code, message = str(said["error_code"]), str(said["message"])[:500]
    except (ValueError, KeyError, TypeError):
        code, message = str(answer.status_code), answer.text[:200]
    if code == "RESOURCE_DOES_NOT_EXIST":
        return NotFound(f"MLflow has it no more: {message}", "Reload the list.")
    if code == "RESOURCE_ALREADY_EXISTS":
        return Conflict(f"MLflow has it already: {message}", "Choose another name.")
    if code == "INVALID_PARAMETER_VALUE":
        return Invalid(f"MLflow refused it: {message}", "Correct the value.")
    return Unavailable(f"MLflow answered {code}: {message}", "See the tracking service's log.")
