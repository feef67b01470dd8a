"""Executes notebooks in child processes, each under a run account of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from octavo.local import confinement
from octavo.local.accounts import Account, AccountError, Accounts
from octavo_server.adapters import run_folder
from octavo_server.errors import Conflict, Unavailable
from octavo_server.execution import (
    Blobs,
    Ending,
    Execution,
    Failure,
    Happening,
    Injection,
    LeftFile,
    Limits,
    Order,
)

CHILD = "octavo_server.adapters.papermill_child"
MARK = "OCTAVO_EXECUTION"
LAST_WORDS = ".runner.log"
MOST_WORDS = 2**20
LOOK_EVERY_S = 0.2
MEMORY_EVERY_S = 0.5
MOST_OUTPUT = 64 * 2**20
ROOM_FOR_THREADS = 2**30
"""Private memory that interpreters reserve beside what they use, bytes."""


class ChildRunner:
    """Executes one order at a time per calling thread; the thread waits for the child."""

    def __init__(self, accounts: Accounts, folder: Path, blobs: Blobs, most: int = 64) -> None:
        self._accounts = accounts
        self._folder = folder
        self._blobs = blobs
        self._most = most

    def execute(
        self,
        order: Order,
        *,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> Execution:
        """Run ``order`` as :class:`octavo_server.execution.Runner` says."""
        home = self._folder / order.id
        if home.exists():
            shutil.rmtree(home)
        home.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        try:
            with self._accounts.lease("run", home, wait_s=60.0, most=self._most) as account:
                watched = self._run(order, account, happened, stop)
        except AccountError as error:
            raise Unavailable(
                f"No run account is free: {error}", "Wait for a run to end."
            ) from error
        try:
            return self._collect(order, home, watched)
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def sweep(self, execution: str) -> int:
        """End every process whose environment names ``execution``."""
        ended = 0
        wanted = f"{MARK}={execution}".encode()
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), 9)
                    ended += 1
        return ended

    def _run(
        self,
        order: Order,
        account: Account,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> _Watch:
        with _last_words(account.home) as words:
            process = _start(order, account, words)
        watch = _Watch(order, process, account, happened, stop)
        try:
            with _order_sent(process, order):
                watch.until_over()
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            self.sweep(order.id)
            watch.close()
        return watch

    def _collect(self, order: Order, home: Path, watch: _Watch) -> Execution:
        """Read what the child left; its folder belongs to the services again."""
        try:
            if watch.ending is Ending.VANISHED:
                watch.message += _tail(run_folder.read(home, LAST_WORDS, MOST_WORDS))
            output = run_folder.read(home, f"{run_folder.OWN}/output.ipynb", MOST_OUTPUT)
            left = self._files(order, home) if watch.ending is Ending.SUCCEEDED else ()
            lock = self._lock(order, home)
        except Conflict as error:
            output, left, lock = None, (), {}
            watch.ending, watch.message = Ending.FAILED, f"{error.message} {error.remedy}".strip()
        return Execution(
            ending=watch.ending,
            message=watch.message,
            seconds=watch.seconds,
            failure=watch.failure,
            output=output,
            files=left,
            packages=lock.get("packages"),
            python=lock.get("python"),
            peak_memory_mib=round(watch.peak / 2**20, 1) or None,
            account=watch.account,
            cpu_s=round(watch.cpu_s, 3),
        )

    def _lock(self, order: Order, home: Path) -> dict[str, Any]:
        if not order.record_environment:
            return {}
        content = run_folder.read(home, f"{run_folder.OWN}/environment.json", 2**20)
        return dict(json.loads(content)) if content else {}

    def _files(self, order: Order, home: Path) -> tuple[LeftFile, ...]:
        found = []
        left = order.limits.disk_mib * 2**20
        for name in run_folder.files(home, "files"):
            content = run_folder.read(home, f"files/{name}", left) or b""
            left -= len(content)
            found.append(LeftFile(path=name, digest=self._blobs.put(content), size=len(content)))
        return tuple(found)


class _Watch:
    """Follows one child: its log, its memory, its time, and whether a person wants it stopped."""

    def __init__(
        self,
        order: Order,
        process: subprocess.Popen[bytes],
        account: Account,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> None:
        self._limits: Limits = order.limits
        self._process = process
        self._happened = happened
        self._stop = stop
        self._tail = run_folder.EventTail(account.home)
        self._began = time.monotonic()
        self._next_memory = 0.0
        self._finished = False
        self._cell: int | None = None
        self._sources = _sources(order)
        self.ending = Ending.VANISHED
        self.message = ""
        self.failure: Failure | None = None
        self.peak = 0.0
        self.cpu_s = 0.0
        self.seconds = 0.0
        self.account = account.name if account.own else ""

    def until_over(self) -> None:
        """Wait for the child's end, or end it."""
        while self._process.poll() is None:
            self._read_log()
            reason = self._reason_to_end()
            if reason:
                self.ending, self.message = reason
                self._process.kill()
                self._process.wait()
                break
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK_EVERY_S)
        self._read_log()
        self.seconds = round(time.monotonic() - self._began, 3)
        if not self.message:
            self._conclude()

    def close(self) -> None:
        """Close the log."""
        self._tail.close()

    def _conclude(self) -> None:
        code = self._process.returncode
        if self._finished and self.failure is None and code == 0:
            self.ending, self.message = Ending.SUCCEEDED, "All cells ran."
        elif self._finished and self.failure:
            place = "" if self.failure.cell is None else f"Cell {self.failure.cell + 1} failed: "
            self.ending = Ending.FAILED
            self.message = f"{place}{self.failure.ename}: {self.failure.evalue}"[:1000]
        else:
            self.ending = Ending.VANISHED
            self.message = f"The runner's process is gone without a word (exit status {code})."

    def _reason_to_end(self) -> tuple[Ending, str] | None:
        asked = self._stop()
        if asked:
            return Ending.STOPPED, asked
        seconds = time.monotonic() - self._began
        if seconds > self._limits.wall_s:
            return Ending.FAILED, f"It took longer than its limit of {self._limits.wall_s:g} s."
        if seconds < self._next_memory:
            return None
        self._next_memory = seconds + MEMORY_EVERY_S
        used = self._resident()
        if used > self._limits.memory_mib * 2**20:
            return Ending.FAILED, (
                f"It used {used / 2**20:,.0f} MiB of memory; "
                f"its profile allows {self._limits.memory_mib:,} MiB."
            )
        return None

    def _resident(self) -> float:
        total = cpu = 0.0
        with suppress(psutil.Error):
            first = psutil.Process(self._process.pid)
            for one in (first, *first.children(recursive=True)):
                with suppress(psutil.Error):
                    total += one.memory_info().rss
                    cpu += sum(one.cpu_times()[:2])
        self.peak = max(self.peak, total)
        self.cpu_s = max(self.cpu_s, cpu)
        return total

    def _read_log(self) -> None:
        for line in self._tail.lines():
            with suppress(ValueError, KeyError, TypeError):
                self._note(json.loads(line))

    def _note(self, line: dict[str, Any]) -> None:
        known = {key: line[key] for key in ("cell", "cells", "seconds") if key in line}
        rest = {key: value for key, value in line.items() if key not in {*known, "kind", "at"}}
        happening = Happening(
            kind=str(line["kind"]), at=datetime.fromisoformat(line["at"]), **known, details=rest
        )
        if happening.kind == "cell_started":
            self._cell = happening.cell
        if happening.kind == "error" and self.failure is None:
            if happening.cell is None and self._cell is not None:
                # Not the cell raised: its kernel died under it.
                happening = replace(happening, cell=self._cell)
                rest["source"] = self._sources.get(self._cell, "")
            texts = {
                key: str(rest.get(key, "")) for key in ("source", "ename", "evalue", "traceback")
            }
            self.failure = Failure(cell=happening.cell, **texts)
        self._finished = self._finished or happening.kind == "finished"
        self._happened(happening)


@contextmanager
def _last_words(home: Path) -> Iterator[int]:
    """Give the file that takes what the child says outside any cell."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(home / LAST_WORDS, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _start(order: Order, account: Account, words: int) -> subprocess.Popen[bytes]:
    threads = str(order.limits.threads)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "agg",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads),
        **order.environment,
        **account.environment(),
        MARK: order.id,
    }
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    limits = confinement.Limits(
        memory_bytes=order.limits.memory_mib * 2**20 + ROOM_FOR_THREADS,
        processes=1024,
        cpus=order.limits.threads,
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-m", CHILD],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=words,
        stderr=words,
        **account.popen_kwargs(limits),
    )


def _sources(order: Order) -> dict[int, str]:
    cells = json.loads(order.notebook).get("cells", [])
    return {index: "".join(cell.get("source", "")) for index, cell in enumerate(cells)}


@contextmanager
def _order_sent(process: subprocess.Popen[bytes], order: Order) -> Iterator[None]:
    assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
    body = {
        "notebook": order.notebook.decode(),
        "parameters": {name: _value(one) for name, one in order.parameters.items()},
        "seed": order.seed,
        "threads": order.limits.threads,
        "lock": order.record_environment,
    }
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(body).encode())
        process.stdin.close()
    yield


def _tail(words: bytes | None) -> str:
    lines = (words or b"").decode(errors="replace").strip().splitlines()
    return f" Its last words: {lines[-1][:300]}" if lines else ""


def _value(injection: Injection) -> Any:
    return {"date": injection.value} if injection.as_date else injection.value
