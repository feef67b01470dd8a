"""Lends a batch a sandbox: a child under an account of its own that holds the model.

What was verified is what is loaded: the model belongs to the services and the account only reads
it.  The child gets the data as open descriptors, already digested, so that nobody can change what
is scored or lead it elsewhere; what it says and writes is a stranger's.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from octavo.local.accounts import Account, AccountError, Accounts
from octavo.local.confinement import Limits
from octavo_server.adapters.batch_lake import ProjectLakes
from octavo_server.adapters.model_lending import lend, remove
from octavo_server.deployments.batches.domain import Batch, Partition, Scored
from octavo_server.deployments.batches.ports import PartitionFailed, Stopped
from octavo_server.deployments.rollouts.ports import ModelCatalog
from octavo_server.errors import Conflict, Unavailable
from octavo_server.execution import Profiles
from octavo_server.identity import new_id

CHILD: Final = "octavo_server.adapters.batch_child"
LOOK_S: Final = 0.25
LOAD_S: Final = 300.0
SILENT_S: Final = 600.0
"""Seconds in which a partition may grow by no row."""
MESSAGE: Final = 1 << 18
PROCESSES: Final = 200
ENGINES: Final = frozenset({"onnx", "pyfunc", "mixed", "none"})
LONGEST_WORDS: Final = 1_500


class AccountBench:
    """Lends an account for each batch."""

    def __init__(
        self,
        accounts: Accounts,
        folder: Path,
        catalog: ModelCatalog,
        profiles: Profiles,
        lakes: ProjectLakes,
        silent_s: float = SILENT_S,
    ) -> None:
        self._accounts = accounts
        self._folder = folder
        self._catalog = catalog
        self._profiles = profiles
        self._lakes = lakes
        self._silent_s = silent_s

    @contextmanager
    def desk(self, batch: Batch) -> Iterator[_Desk]:
        """Lend a sandbox with the batch's version; see :class:`ports.Bench`."""
        limits = self._profiles.run_profile(batch.profile).limits
        place = self._folder / f"batch-{new_id()}"
        home, model = place / "home", place / "model"
        place.mkdir(mode=0o711, parents=True)
        try:
            with self._accounts.lease("run", home, wait_s=60.0) as account:
                self._catalog.fetch(batch.project, batch.model, batch.version, model)
                lend(model, account)
                desk = _Desk(
                    batch=batch,
                    account=account,
                    model=model,
                    limits=Limits(memory_bytes=limits.memory_mib << 20, processes=PROCESSES),
                    threads=limits.threads,
                    lakes=self._lakes,
                    silent_s=self._silent_s,
                )
                try:
                    yield desk
                finally:
                    desk.close()
        except AccountError as error:
            raise Unavailable(f"No account is free: {error}", "Try again in a minute.") from error
        finally:
            remove(model)
            shutil.rmtree(place, ignore_errors=True)


class _Desk:
    """A child that holds the model; another one takes over when it ends."""

    def __init__(
        self,
        *,
        batch: Batch,
        account: Account,
        model: Path,
        limits: Limits,
        threads: int,
        lakes: ProjectLakes,
        silent_s: float,
    ) -> None:
        self._batch = batch
        self._account = account
        self._model = model
        self._limits = limits
        self._threads = threads
        self._lakes = lakes
        self._silent_s = silent_s
        self._child: _Child | None = None

    def score(self, partition: Partition, stop: Callable[[], bool]) -> Scored:
        """Score one partition; see :class:`ports.Desk`."""
        child = self._child or self._started(stop)
        with ExitStack() as stack:
            read = [
                stack.enter_context(self._lakes.reading(self._batch.project, one))
                for one in partition.files
            ]
            order = {
                "number": partition.number,
                "keep": list(self._batch.keep),
                "keys": dict(partition.keys),
                "files": [one.path.rpartition("/")[2] for one in partition.files],
            }
            try:
                child.order(order, [handle for handle, _ in read])
                said = child.answer(self._silent_s, stop)
            except _Ended as ended:
                self.close()
                raise PartitionFailed(
                    f"{partition.name}: the model's process {ended} while it scored.",
                    "Look for the rows that it can't bear, or choose a profile with more memory.",
                ) from None
        if said.get("said") == "failed":
            raise PartitionFailed(
                str(said.get("message"))[:LONGEST_WORDS], str(said.get("remedy"))[:LONGEST_WORDS]
            )
        digests = "".join(f"{digest}\n" for _, digest in read)
        return self._scored(partition, said, sha256(digests.encode()).hexdigest())

    def close(self) -> None:
        """End the child; nothing of it is left running."""
        if self._child is not None:
            self._child.end()
            self._child = None
        self._account.kill_all()

    def _scored(self, partition: Partition, said: dict[str, Any], digest: str) -> Scored:
        """Return what the child said. Its words are a stranger's: each is checked."""
        rows, seconds, engine = said.get("rows"), said.get("seconds"), said.get("engine")
        if type(rows) is not int or not 0 <= rows < 2**53 or engine not in ENGINES:
            self.close()
            raise PartitionFailed(
                f"{partition.name}: the model's process said what is no answer.",
                "Look into the model's code.",
            )
        return Scored(
            file=self._account.home / f"part-{partition.number}.parquet",
            rows=rows,
            seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
            engine=str(engine),
            input_digest=digest,
        )

    def _started(self, stop: Callable[[], bool]) -> _Child:
        child = _Child(self._account, self._model, self._limits, self._threads)
        self._child = child
        try:
            said = child.answer(LOAD_S, stop)
        except _Ended as ended:
            self.close()
            raise Unavailable(
                f"The model's process {ended} while it loaded.", "Verify the version on its page."
            ) from None
        if said.get("said") != "ready":
            self.close()
            raise Conflict(
                str(said.get("message"))[:LONGEST_WORDS], str(said.get("remedy"))[:LONGEST_WORDS]
            )
        return child


class _Ended(Exception):
    """The child ended; the message says how, as a sentence's middle."""


class _Child:
    """One process with a model."""

    def __init__(self, account: Account, model: Path, limits: Limits, threads: int) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._account = account
        argv = [sys.executable, "-P", "-m", CHILD, str(model), str(account.home)]
        with theirs:
            self._process = subprocess.Popen(
                [*argv, str(theirs.fileno()), str(threads)],
                env=_environment(account, threads),
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                pass_fds=[theirs.fileno()],
                **account.popen_kwargs(limits, dies_with_parent=True),
            )
        self._line.settimeout(LOOK_S)

    def order(self, order: dict[str, Any], handles: list[int]) -> None:
        """Hand over an order with its files. Raises _Ended."""
        try:
            socket.send_fds(self._line, [json.dumps(order).encode()], handles[:1])
            for handle in handles[1:]:
                socket.send_fds(self._line, [b"."], [handle])
        except (OSError, TimeoutError):
            raise _Ended(self._how()) from None

    def answer(self, silent_s: float, stop: Callable[[], bool]) -> dict[str, Any]:
        """Return what the child says at the end. Raises _Ended and Stopped."""
        until = time.monotonic() + silent_s
        rows = -1
        while True:
            if stop():
                raise Stopped
            if time.monotonic() > until:
                raise _Ended(f"got no further for {silent_s:g} s and was ended")
            try:
                message = self._line.recv(MESSAGE)
            except TimeoutError:
                continue
            except OSError:
                message = b""
            if not message:
                raise _Ended(self._how())
            said = _read(message)
            if said.get("said") != "rows":
                return said
            if isinstance(said.get("rows"), int) and said["rows"] > rows:
                rows = said["rows"]
                until = time.monotonic() + silent_s

    def end(self) -> None:
        """End the process."""
        self._line.close()
        self._process.kill()
        self._process.wait()
        self._words.close()

    def _how(self) -> str:
        self._line.close()
        try:
            status = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            return "stopped answering"
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, size - LONGEST_WORDS))
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return f"{how} ({lines[-1][:300]})" if lines else how


def _read(message: bytes) -> dict[str, Any]:
    try:
        said = json.loads(message)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _environment(account: Account, threads: int) -> dict[str, str]:
    return {
        **account.environment(),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)
        ),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"file://{account.home}/none",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
