"""MLflow's model registry over REST, with the service's token."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from octavo_server.adapters.mlflow_rest import API, MlflowRest
from octavo_server.errors import Conflict, NotFound
from octavo_server.registry.versions.differences import BookEntry
from octavo_server.tracking.access import REGISTERED_TAG

PAGE = 1_000


class MlflowVersionBook:
    """Writes versions and aliases; only the service's account may."""

    def __init__(self, rest: MlflowRest) -> None:
        self._rest = rest

    def create_version(
        self, name: str, *, source: str, run_id: str, model_id: str, tags: Mapping[str, str]
    ) -> int:
        """Makes the next version; makes the registered model where there is none."""
        with suppress(Conflict):
            self._rest.call("POST", f"{API}/registered-models/create", json={"name": name})
        asked = {
            "name": name,
            "source": source,
            "run_id": run_id,
            "model_id": model_id,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        found = self._rest.call("POST", f"{API}/model-versions/create", json=asked)
        return int(found["model_version"]["version"])

    def delete_version(self, name: str, version: int) -> None:
        """Removes a version."""
        asked = {"name": name, "version": str(version)}
        self._rest.call("DELETE", f"{API}/model-versions/delete", json=asked)

    def next_version(self, name: str) -> int:
        """The number that the next version gets."""
        try:
            found = self._rest.call("GET", f"{API}/registered-models/get", params={"name": name})
        except NotFound:
            return 1
        latest = found["registered_model"].get("latest_versions", [])
        return max((int(one["version"]) for one in latest), default=0) + 1

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Points an alias to a version."""
        asked = {"name": name, "alias": alias, "version": str(version)}
        self._rest.call("POST", f"{API}/registered-models/alias", json=asked)

    def remove_alias(self, name: str, alias: str) -> None:
        """Removes an alias; one that isn't there is no error."""
        asked = {"name": name, "alias": alias}
        with suppress(NotFound):
            self._rest.call("DELETE", f"{API}/registered-models/alias", json=asked)

    def tag_version(self, name: str, version: int, key: str, value: str) -> None:
        """Sets a tag of a version."""
        asked = {"name": name, "version": str(version), "key": key, "value": value}
        self._rest.call("POST", f"{API}/model-versions/set-tag", json=asked)

    def untag_version(self, name: str, version: int, key: str) -> None:
        """Removes a tag of a version; one that isn't there is no error."""
        asked = {"name": name, "version": str(version), "key": key}
        with suppress(NotFound):
            self._rest.call("DELETE", f"{API}/model-versions/delete-tag", json=asked)

    def entries(self) -> dict[str, BookEntry]:
        """Every registered model by its name in MLflow."""
        versions: dict[str, dict[int, dict[str, str]]] = {}
        for one in self._pages("model-versions/search", "model_versions"):
            tags = {tag["key"]: tag.get("value", "") for tag in one.get("tags", [])}
            versions.setdefault(one["name"], {})[int(one["version"])] = tags
        found = {}
        for one in self._pages("registered-models/search", "registered_models"):
            pointing = {two["alias"]: int(two["version"]) for two in one.get("aliases", [])}
            found[one["name"]] = BookEntry(aliases=pointing, versions=versions.get(one["name"], {}))
        return found

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            asked = {"max_results": PAGE, **({"page_token": token} if token else {})}
            found = self._rest.call("GET", f"{API}/{path}", params=asked)
            yield from found.get(key, [])
            token = found.get("next_page_token", "")
            if not token:
                return

    def tag_run(self, run_id: str, key: str, value: str) -> None:
        """Sets a tag of a run."""
        asked = {"run_id": run_id, "key": key, "value": value}
        self._rest.call("POST", f"{API}/runs/set-tag", json=asked)

    def keep_model(self, model_id: str, mark: str) -> None:
        """Marks a logged model as registered; its files can't be changed from then on."""
        asked = {"tags": [{"key": REGISTERED_TAG, "value": mark}]}
        self._rest.call("PATCH", f"{API}/logged-models/{model_id}/tags", json=asked)
