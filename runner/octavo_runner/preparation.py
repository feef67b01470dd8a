"""What is executed in a fresh kernel before the first cell, and after the last.

A kernel is started before anybody knows what for, so what belongs to a run is set late: folder,
environment variables, seeds. The hash seed can't be set late; kernels are started with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

BEFORE = """\
def _octavo_set_up():
    import atexit, logging, os, random, sys, weakref
    os.chdir({work!r})
    os.environ.update({environment!r})
    random.seed({seed})
    if {numpy}:
        import numpy
        numpy.random.seed({seed} % 2**32)
    if {torch}:
        import torch
        torch.manual_seed({seed})
        torch.set_num_threads({threads})

    def leave():
        # Runs after what the notebook registered: what of it is unwritten gets written, and then
        # the kernel's own farewell of a fifth of a second is spared.
        import gc, io
        finalizer = getattr(weakref.finalize, "_exitfunc", None)
        workers = getattr(sys.modules.get("multiprocessing.util"), "_exit_function", None)
        for last in (finalizer, workers, logging.shutdown):
            try:
                if last:
                    last()
            except Exception:
                pass
        for one in gc.get_objects():
            if issubclass(type(one), io.IOBase):
                try:
                    one.flush()
                except Exception:
                    pass
        os._exit(0)

    atexit.register(leave)
_octavo_set_up()
del _octavo_set_up
"""

AFTER = """\
def _octavo_loaded():
    import importlib.metadata, json, platform, sys
    owners = importlib.metadata.packages_distributions()
    tops = {{name.partition(".")[0] for name in list(sys.modules)}}
    found = sorted({{one for top in tops for one in owners.get(top, ())}})
    packages = {{name: importlib.metadata.version(name) for name in found}}
    with open({path!r}, "w") as file:
        json.dump({{"python": platform.python_version(), "packages": packages}}, file)
_octavo_loaded()
del _octavo_loaded
"""


def before(
    *, work: Path, environment: Mapping[str, str], seed: int, threads: int, notebook: str
) -> str:
    """Return the source that prepares a kernel for a run; it draws no random number."""
    return BEFORE.format(
        work=str(work),
        environment=dict(environment),
        seed=seed,
        threads=threads,
        # Importing takes seconds: only for what the notebook mentions, and so imports anyway.
        numpy="numpy" in notebook or "pandas" in notebook,
        torch="torch" in notebook,
    )


def after(path: Path) -> str:
    """Return the source that writes down which distributions are loaded."""
    return AFTER.format(path=str(path))
