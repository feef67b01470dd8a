"""Bills of materials in CycloneDX 1.6: of the environment that a model asks for, and of a model.

What a package pulls in is known where the same version is installed here: the distributions' own
metadata says it.  Where it isn't, the bill says so; it guesses nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from octavo import __version__
from octavo_server.registry.proof.domain import Bill
from octavo_server.registry.versions.domain import ModelVersion

MOST_COMPONENTS: Final = 5_000
LONGEST: Final = 500
EXPRESSION: Final = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")


@dataclass
class _Package:
    """A package of the environment."""

    name: str
    version: str
    declared: bool
    """The model's own list names it."""
    note: str = ""
    """What isn't known about it."""
    license: str = ""
    needs: set[str] = field(default_factory=set)


class CycloneDxBills:
    """Makes bills of materials; reads metadata of distributions and imports none of them."""

    def environment(self, lines: Sequence[str], python: str, at: datetime) -> Bill:
        """The bill of an environment that is listed as pip's requirements."""
        found, left_out = _closure(lines)
        root = Component(
            name="environment",
            type=ComponentType.PLATFORM,
            bom_ref="environment",
            properties=[
                Property(name="octavo:python", value=python or "unknown"),
                Property(name="octavo:lines-left-out", value=str(left_out)),
            ],
        )
        components = {name: _component(one) for name, one in found.items()}
        bom = _bom(root, f"environment {python} {sorted(lines)}", at)
        bom.components.update(components.values())
        bom.register_dependency(root, [components[n] for n, one in found.items() if one.declared])
        for name, one in found.items():
            needed = [components[other] for other in sorted(one.needs) if other in components]
            bom.register_dependency(components[name], needed)
        return _bill(JsonV1Dot6(bom).output_as_string(), len(components))

    def model(self, version: ModelVersion, environment: Bill, at: datetime) -> Bill:
        """The bill of a model: its files, data, features and results, and its environment."""
        root = Component(
            name=version.name,
            group=version.project,
            version=str(version.version),
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref="model",
        )
        bom = _bom(root, f"model {version.project}/{version.name}/{version.version}", at)
        document = json.loads(JsonV1Dot6(bom).output_as_string())
        described = document["metadata"]["component"]
        described["hashes"] = [{"alg": "SHA-256", "content": version.digest}]
        described["modelCard"] = _card(version)
        described["properties"] = list(_properties(version, environment))
        files, data = list(_files(version)), list(_data(version))
        document["components"] = files + data
        document["dependencies"] = [
            {"ref": "model", "dependsOn": [one["bom-ref"] for one in files + data]}
        ]
        return _bill(json.dumps(document, indent=2, sort_keys=True), len(files) + len(data))


def environment_digest(lines: Iterable[str], python: str) -> str:
    """One SHA-256 for an environment; the order and the spacing of its lines don't count."""
    kept = sorted(line.strip() for line in lines if line.strip())
    return hashlib.sha256("\n".join([f"python {python}", *kept]).encode()).hexdigest()


def _bill(document: str, components: int) -> Bill:
    digest = hashlib.sha256(document.encode()).hexdigest()
    return Bill(digest=digest, document=document, components=components)


def _bom(root: Component, name: str, at: datetime) -> Bom:
    serial = UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
    bom = Bom(serial_number=serial)
    bom.metadata.timestamp = at
    bom.metadata.component = root
    bom.metadata.tools.components.add(
        Component(name="octavo", version=__version__, type=ComponentType.APPLICATION)
    )
    return bom


def _closure(lines: Sequence[str]) -> tuple[dict[str, _Package], int]:
    """The packages by name, and how many lines name none."""
    found: dict[str, _Package] = {}
    left_out, marks = 0, {**default_environment(), "extra": ""}
    waiting: list[tuple[Requirement, str | None]] = []
    for line in lines:
        text = line.partition(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        try:
            waiting.append((Requirement(text), None))
        except InvalidRequirement:
            left_out += 1
    while waiting and len(found) < MOST_COMPONENTS:
        requirement, by = waiting.pop(0)
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not _applies(requirement, marks):
            continue
        if by is not None:
            found[by].needs.add(name)
        if name not in found:
            found[name], more = _package(requirement, declared=by is None)
            waiting += [(one, name) for one in more]
    return found, left_out


def _applies(requirement: Requirement, marks: Mapping[str, Any]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(dict(marks))


def _package(requirement: Requirement, *, declared: bool) -> tuple[_Package, list[Requirement]]:
    """A package, and what it pulls in as far as that is known."""
    pinned = [one.version for one in requirement.specifier if one.operator in ("==", "===")]
    asked = pinned[0] if pinned else ""
    name = canonicalize_name(requirement.name)
    try:
        here = importlib.metadata.distribution(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        note = "not installed where the bill was made: what it pulls in is not known"
        return _Package(name=name, version=asked, declared=declared, note=note), []
    if asked and here.version != asked:
        note = f"{here.version} was installed where the bill was made: what {asked} pulls in is "
        return _Package(name=name, version=asked, declared=declared, note=note + "not known"), []
    note = "" if asked or not declared else "not pinned: this is the version that was found"
    made = _Package(
        name=name,
        version=here.version,
        declared=declared,
        note=note,
        license=_license(here.metadata),
    )
    return made, list(_pulled(here.requires or [], requirement.extras))


def _pulled(requires: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    """What a distribution requires, for these of its extras."""
    marks: dict[str, Any] = dict(default_environment())
    for text in requires:
        inner = Requirement(text)
        asked = ["", *extras]
        if inner.marker is None or any(
            inner.marker.evaluate({**marks, "extra": one}) for one in asked
        ):
            inner.marker = None
            yield inner


def _license(metadata: importlib.metadata.PackageMetadata) -> str:
    for key in ("License-Expression", "License"):
        text = str((metadata.get_all(key) or [""])[0]).strip()
        if text and "\n" not in text and len(text) <= 100:
            return text
    named = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    return str(named[0]).rpartition("::")[2].strip() if named else ""


def _component(one: _Package) -> Component:
    origin = "declared" if one.declared else "pulled in"
    properties = [Property(name="octavo:origin", value=origin)]
    if one.note:
        properties.append(Property(name="octavo:note", value=one.note))
    licenses: list[DisjunctiveLicense | LicenseExpression] = []
    if one.license and EXPRESSION.fullmatch(one.license) and " " in one.license:
        licenses = [LicenseExpression(one.license)]
    elif one.license:
        licenses = [DisjunctiveLicense(name=one.license)]
    return Component(
        name=one.name,
        version=one.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=f"pypi/{one.name}",
        purl=PackageURL("pypi", name=one.name, version=one.version or None),
        licenses=licenses,
        properties=properties,
    )


def _card(version: ModelVersion) -> dict[str, Any]:
    signature = version.packaging.signature or {}
    metrics = [
        {"type": name[:LONGEST], "value": f"{value:.10g}"}
        for name, value in sorted(version.metrics.items())
        if value is not None
    ]
    return {
        "modelParameters": {
            "modelArchitecture": ", ".join(version.packaging.flavors)[:LONGEST] or "unknown",
            "datasets": [{"ref": one["bom-ref"]} for one in _data(version)],
            "inputs": [{"format": one} for one in _columns(signature.get("inputs"))],
            "outputs": [{"format": one} for one in _columns(signature.get("outputs"))],
        },
        "quantitativeAnalysis": {"performanceMetrics": metrics},
        "properties": [{"name": "octavo:card", "value": version.card}],
    }


def _columns(side: Any) -> list[str]:
    """Columns as `name: type`, none of them twice."""
    words = [f"{one.get('name') or 'value'}: {one.get('type')}"[:LONGEST] for one in side or []]
    return list(dict.fromkeys(words))


def _files(version: ModelVersion) -> Iterator[dict[str, Any]]:
    for one in version.files:
        yield {
            "type": "file",
            "bom-ref": f"file/{one.path}",
            "name": one.path,
            "hashes": [{"alg": "SHA-256", "content": one.sha256}],
            "properties": [{"name": "octavo:bytes", "value": str(one.size)}],
        }


def _data(version: ModelVersion) -> Iterator[dict[str, Any]]:
    seen = set()
    for one in version.origin.get("inputs") or ():
        ref = f"data/{one['name']}@{one['digest']}"
        if ref in seen:
            continue
        seen.add(ref)
        yield {
            "type": "data",
            "bom-ref": ref,
            "name": one["name"],
            "version": one["digest"],
            "data": [{"type": "dataset", "name": one["name"]}],
            "properties": [{"name": "octavo:source", "value": str(one.get("source") or "")}],
        }


def _properties(version: ModelVersion, environment: Bill) -> Iterator[dict[str, str]]:
    facts = {
        "environment-sbom-sha256": environment.digest,
        "feature-snapshot": version.feature_snapshot,
        "run": version.run_id,
        "logged-model": version.model_id,
        "scan": version.scan,
        "registered-by": version.created_by,
    }
    for name, value in facts.items():
        if value:
            yield {"name": f"octavo:{name}", "value": str(value)}
