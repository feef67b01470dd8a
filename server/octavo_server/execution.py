"""The execution of one notebook in a child process: what is ordered, what comes back.

Shared by the areas `notebooks` (replays) and `pipelines` (runs); the engine behind the port is
``adapters/child_runner.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from octavo.records.notebooks import Input

ParameterValue = bool | int | float | str
WORKER_STOPS = "The worker was stopped."
"""What ``stop`` says when nobody asked for the end but the worker's own."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an execution may use before it is stopped."""

    memory_mib: int
    """Resident memory of all its processes together, MiB."""
    wall_s: float
    """Wall-clock time, seconds."""
    threads: int = 1
    """Threads that numeric libraries start; fixed, so that sums come out the same."""
    disk_mib: int = 2048
    """All files it leaves behind, MiB."""


@dataclass(frozen=True, kw_only=True)
class Injection:
    """A parameter's value and how the notebook sees it."""

    value: ParameterValue
    """The value; a date as ISO 8601 text."""
    as_date: bool = False
    """True: the notebook gets a ``datetime.date``."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One execution of one notebook."""

    id: str
    """Names the execution and its folder."""
    notebook: bytes
    """The notebook, nbformat 4 JSON."""
    parameters: Mapping[str, Injection]
    """Names (declared in the notebook) to values."""
    environment: Mapping[str, str]
    """Environment variables, besides those that the runner sets itself."""
    limits: Limits
    """What it may use."""
    seed: int = 20130101
    """Seed of the random generators that the runner sets before the first cell."""
    record_environment: bool = False
    """True: find out which distributions the notebook loaded."""
    profile: str = ""
    """Id of the spawner profile that it runs with; a cluster takes machines by it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files that it finds beside its working folder, in ``../inputs``: path there to digest."""
    network: bool = True
    """False: it reaches nobody, not even the platform."""


class Ending(StrEnum):
    """How an execution ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """A cell raised, or a limit was reached: known to be over."""
    STOPPED = "stopped"
    """A person asked for it."""
    VANISHED = "vanished"
    """Its process is gone without a word: nobody knows what it did."""
    LEFT = "left"
    """It goes on without this worker, which stops: another one takes it up."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line of an execution's event log."""

    kind: str
    """``started``, ``cell_started``, ``cell_finished``, ``error`` or ``finished``."""
    at: datetime
    """UTC."""
    cell: int | None = None
    """Index of the cell in the submitted notebook, from 0; None: the injected one."""
    cells: int | None = None
    """How many cells there are."""
    seconds: float | None = None
    """How long the cell took."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """For an error: source, ename, evalue, traceback."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What made an execution fail."""

    cell: int | None
    """Index of the cell from 0; None: outside any cell."""
    source: str
    """The cell's source."""
    ename: str
    """Name of the exception."""
    evalue: str
    """Its message."""
    traceback: str
    """The traceback as plain text."""


@dataclass(frozen=True, kw_only=True)
class LeftFile:
    """A file that an execution left in its working folder, kept by digest."""

    path: str
    """Relative to the working folder."""
    digest: str
    """SHA-256 of its bytes; its name in the blob store."""
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What came of an order."""

    ending: Ending
    """How it ended."""
    message: str
    """Why, in a sentence."""
    seconds: float
    """Wall-clock time."""
    failure: Failure | None = None
    """The cell that failed."""
    output: bytes | None = None
    """The output notebook as far as it got."""
    files: tuple[LeftFile, ...] = ()
    """The files it left."""
    packages: Mapping[str, str] | None = None
    """Distribution to version, where the order asked for it."""
    python: str | None = None
    """Version of the interpreter, where the order asked for it."""
    peak_memory_mib: float | None = None
    """Highest resident memory of all its processes, MiB."""
    account: str = ""
    """The OS account it ran under; empty: the service's own."""
    cpu_s: float = 0.0
    """CPU time of the process and its children, seconds, as far as seen."""


class Runner(Protocol):
    """Executes orders; blocks until one is over."""

    def execute(
        self,
        order: Order,
        *,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> Execution:
        """Run ``order``, tell each happening as it comes, and ask ``stop`` about twice a second.

        A text from ``stop`` ends the execution; it says who asked. Leaves no process behind.
        Raises :class:`octavo_server.errors.Unavailable` when no run account is free.
        """

    def outlives(self, execution: str) -> bool:
        """Whether an execution is still there though its worker is gone.

        Executing its order again then takes it up instead of starting it.
        """

    def sweep(self, execution: str) -> int:
        """End and forget what an execution of that id left; return how many processes or jobs.

        What outlives its worker is kept until this is called, so that a result that was read but
        not committed can be read again.
        """


@dataclass(frozen=True, kw_only=True)
class RunProfile:
    """What a spawner profile lets a run use."""

    id: str
    """Its id."""
    limits: Limits
    """Memory, time and threads."""
    pipelines: bool
    """Whether pipelines may use it."""
    price_eur_per_hour: float
    """Its price."""
    said: str = ""
    """What people are told because a retired profile led here; empty when none did."""


class Profiles(Protocol):
    """Spawner profiles as runs see them."""

    def run_profile(self, profile: str) -> RunProfile:
        """Return a profile. Raises NotFound for an unknown one."""


class Inputs(Protocol):
    """Finds out what a notebook reads, by digest."""

    def pin(self, project: str, data: Sequence[str], models: Sequence[str]) -> list[Input]:
        """Return the digests of lake folders, of the current feature registry, and of models.

        Raises Invalid for a path outside the lake or one that isn't there.
        """


class RunEnvironment(Protocol):
    """Makes the environment variables of an execution, with its short-lived token."""

    def variables(
        self, *, execution: str, project: str, profile: str, life_s: float, inputs: Sequence[Input]
    ) -> Mapping[str, str]:
        """Return the variables; the token can act inside ``project`` for ``life_s`` seconds."""


class WorkerBook(Protocol):
    """Knows which worker processes live."""

    @property
    def own_id(self) -> str:
        """Id of this process."""

    def lives(self, worker: str) -> bool:
        """Return whether that worker process may still be at work."""


class Blobs(Protocol):
    """Immutable bytes, named by their SHA-256."""

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its digest."""

    def get(self, digest: str) -> bytes:
        """Return the bytes. Raises NotFound, or Conflict when the stored bytes have changed."""
