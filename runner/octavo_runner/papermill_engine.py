"""papermill's engine ``octavo``: ``papermill --engine octavo in.ipynb out.ipynb``.

Runs whatever papermill runs, with the same parameters, arguments and outputs. The kernel is reached
over Unix sockets, the output notebook is written beside and renamed within a time budget, and no
cell's end waits for the disk.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import Engine, NotebookExecutionManager
from papermill.iorw import write_ipynb
from papermill.log import logger

from octavo_runner.cells import CellRules, CellRunner
from octavo_runner.errors import CellFailed, CellTimedOut, KernelDied
from octavo_runner.kernel import Kernel, Launch
from octavo_runner.outputs import Outputs
from octavo_runner.saving import SaveBudget
from octavo_runner.widgets import Widgets

REMOTE = "://"
"""An output path with it is an object store's, written by papermill's own handlers."""


class SavedExecution(NotebookExecutionManager):  # type: ignore[misc]
    """papermill's bookkeeping of one execution, with a save that can't be torn."""

    def __init__(self, nb: Any, **more: Any) -> None:
        super().__init__(nb, **more)
        self._budget = SaveBudget()

    def save(self, **kwargs: Any) -> None:
        """Write the notebook if the time budget allows it."""
        if "nb" in kwargs:
            self.nb = kwargs["nb"]
        if self.output_path and self._budget.due():
            self.save_now()

    def save_now(self) -> None:
        """Write the notebook: to a file beside it, then renamed."""
        if not self.output_path:
            return
        began = self.now()
        if REMOTE in str(self.output_path) or str(self.output_path) == "-":
            write_ipynb(self.nb, self.output_path)
        else:
            write_whole(self.nb, Path(self.output_path))
        self.last_save_time = self.now()
        self._budget.spent((self.last_save_time - began).total_seconds())

    def notebook_complete(self, **kwargs: Any) -> None:
        """Write the notebook a last time."""
        super().notebook_complete(**kwargs)
        self.save_now()


class OctavoEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a kernel of its own."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | Mapping[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **kwargs: Any,
    ) -> Any:
        """Execute ``nb`` and return it; a failing cell stops it and stays in its outputs."""
        execution = SavedExecution(
            nb,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        execution.notebook_start()
        try:
            cls.execute_managed_notebook(execution, kernel_name, log_output=log_output, **kwargs)
        finally:
            execution.cleanup_pbar()
            execution.notebook_complete()
        return execution.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        """Start the kernel, run the cells, end the kernel."""
        teller = _Teller(kwargs)
        with _kernel(kernel_name, kwargs) as kernel:
            widgets = Widgets(lambda kind, content, parent: _send(kernel, kind, content, parent))
            outputs = Outputs(widgets, make=nbformat.from_dict, printed=teller.printed)
            cells = CellRunner(kernel, outputs, _rules(kwargs), nb_man.autosave_cell)
            _run_all(nb_man, cells, teller)
            nb_man.nb.metadata["language_info"] = kernel.facts["language_info"]
            if found := widgets.metadata():
                nb_man.nb.metadata["widgets"] = nbformat.from_dict(found)


class _Teller:
    """Passes what cells print on to the log and to files, as papermill's options ask."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._logs = bool(options.get("log_output"))
        self._files = {name: options.get(f"{name}_file") for name in ("stdout", "stderr")}

    def printed(self, name: str, text: str) -> None:
        if self._logs:
            (logger.info if name == "stdout" else logger.warning)(text)
        file = self._files.get(name)
        if file is not None:
            file.write(text)
            file.flush()

    def shown(self, cell: Any) -> None:
        """Log the texts of what a cell displayed."""
        for output in cell.get("outputs", []) if self._logs else []:
            if output.output_type != "stream" and "text/plain" in output.get("data", {}):
                logger.info("".join(output.data["text/plain"]))


def write_whole(nb: Any, path: Path) -> None:
    """Write a notebook so that its file is never half of one; keeps the file's permissions."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # A link or a pipe is somebody's intention: it is written through, not replaced.
        write_ipynb(nb, str(path))
        return
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(nbformat.writes(nb))
            file.flush()
            os.fsync(descriptor)
        Path(beside).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def _run_all(nb_man: Any, cells: CellRunner, teller: _Teller) -> None:
    for index, cell in enumerate(nb_man.nb.cells):
        try:
            nb_man.cell_start(cell, index)
            if cells.executes(cell):
                cells.run(cell, index)
        except CellFailed as error:
            nb_man.cell_exception(cell, cell_index=index, exception=error)
            break
        except KernelDied as error:
            raise DeadKernelError(error.message) from None
        except CellTimedOut as error:
            raise CellTimeoutError(f"Cell {index + 1} {error.message}.") from None
        finally:
            nb_man.cell_complete(cell, cell_index=index)
            teller.shown(cell)


def _rules(options: Mapping[str, Any]) -> CellRules:
    timeout = options.get("execution_timeout") or options.get("timeout")
    return CellRules(
        timeout_s=float(timeout) if timeout and timeout > 0 else None,
        interrupts=bool(options.get("interrupt_on_timeout")),
        goes_on=bool(options.get("interrupt_on_timeout")),
        iopub_timeout_s=float(options.get("iopub_timeout", 4)),
        allow_errors=bool(options.get("allow_errors")),
        force_raise_errors=bool(options.get("force_raise_errors")),
        allowed_names=tuple(options.get("allow_error_names", ())),
        record_timing=bool(options.get("record_timing", True)),
        skip_tag=str(options.get("skip_cells_with_tag", "skip-execution")),
    )


@contextmanager
def _kernel(name: str, options: Mapping[str, Any]) -> Iterator[Kernel]:
    """Start the kernel of that name; Python's over Unix sockets, others as they are used to."""
    spec = KernelSpecManager().get_kernel_spec(name)
    with tempfile.TemporaryDirectory(prefix="k", ignore_cleanup_errors=True) as folder:
        kernel = Kernel(_launch(name, spec, Path(folder), options))
        try:
            kernel.wait_ready(float(options.get("start_timeout", 60)))
            logger.info(f"Executing notebook with kernel: {name}")
            yield kernel
        except KernelDied as error:
            raise DeadKernelError(error.message) from None
        finally:
            kernel.leave()


def _launch(name: str, spec: KernelSpec, folder: Path, options: Mapping[str, Any]) -> Launch:
    ipython = "ipykernel" in " ".join(spec.argv)
    argv = [part.replace("{resource_dir}", spec.resource_dir) for part in spec.argv]
    if argv and argv[0] in ("python", "python3", f"python{sys.version_info[0]}"):
        argv[0] = sys.executable
    argv += list(options.get("extra_arguments", ()))
    return Launch(
        argv=argv,
        environment={**os.environ, **{key: str(one) for key, one in spec.env.items()}},
        sockets=folder,
        name=name,
        transport="ipc" if ipython else "tcp",
        interrupts_by_message=spec.interrupt_mode == "message",
    )


def _send(kernel: Kernel, kind: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
    kernel.wire.send(kernel.wire.shell, kind, content, parent)
