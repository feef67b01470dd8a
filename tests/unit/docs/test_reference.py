"""The docs can't lag: settings, permissions, routes, audit events, dependencies, links, targets."""

import ast
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_settings_permissions_and_routes_are_documented_as_they_are(generate: ModuleType) -> None:
    stale = [
        name
        for name, text in generate.pages().items()
        if (DOCS / "reference" / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make reference`"


def test_every_setting_permission_and_route_says_what_it_is(generate: ModuleType) -> None:
    bare = [
        line
        for text in generate.pages().values()
        for line in text.splitlines()
        if re.search(r"\|\s+\|", line)
    ]
    assert bare == []


# The audit service's own verb, and the methods of services that pass an action on to it.
WRITES = {"change", "_change", "_move"}
ACTION = r"[a-z]+\.[a-z_]+"


def audit_actions() -> Iterator[str]:
    """Patterns of the actions that the service's code puts into the trail."""
    for file in (ROOT / "server" / "octavo_server").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                for argument in node.args if node.func.attr in WRITES else ():
                    yield from _patterns(argument)


def _patterns(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and re.fullmatch(ACTION, str(argument.value)):
        yield re.escape(str(argument.value))
    elif isinstance(argument, ast.JoinedStr):
        parts = [str(p.value) if isinstance(p, ast.Constant) else None for p in argument.values]
        if ":" not in "".join(part or "" for part in parts):  # else a subject
            yield "".join(r"[a-z_.]+" if part is None else re.escape(part) for part in parts)
    elif isinstance(argument, ast.IfExp):
        yield from _patterns(argument.body)
        yield from _patterns(argument.orelse)


def test_every_audit_event_is_documented() -> None:
    text = (DOCS / "reference" / "audit-events.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE)
    actions = set(audit_actions())
    missing = [
        action
        for action in sorted(actions)
        if not any(re.fullmatch(action, event) for event in documented)
    ]
    assert missing == []
    assert len(actions) > 5


def test_every_dependency_has_its_reason_and_every_reason_its_dependency() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {re.split(r"[\[><=~ ]", entry)[0] for group in groups for entry in group} - {"octavo"}
    text = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    reasons = dict(re.findall(r"^\| `([A-Za-z0-9_.-]+)` \| (.+) \|$", text, re.MULTILINE))
    assert set(reasons) == named
    assert all(len(reason) > 15 for reason in reasons.values())


def test_links_between_the_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_make_target_that_the_docs_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]
        for name in re.findall(r"(?:`|^\s*)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert named <= targets


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    assert "## [Unreleased]" in text
    headings = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
