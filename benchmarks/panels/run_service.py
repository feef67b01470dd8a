"""The platform service as a process of its own, with a Hub that knows callers by their names.

python -m benchmarks.panels.run_service HOME PORT TRACKING_PORT
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from tests.support.platform import open_platform


def main() -> None:
    """Serve until a signal ends it."""
    home, port, tracking = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    platform = open_platform(home, tracking_url=f"http://127.0.0.1:{tracking}")
    uvicorn.run(platform.http.app, host="127.0.0.1", port=port, log_level="error", ws="none")


if __name__ == "__main__":
    main()
