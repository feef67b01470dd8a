"""A workspace as light as it can be: it answers every request, so that only the hub is measured.

The hub starts it in JupyterLab's place, with the same environment. Standard library alone, and few
modules of it: three hundred of them must fit on one machine.
"""

import os
import signal
import socket
import sys

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\nok"
)


def main() -> None:
    """Answer until told to stop."""
    address = os.environ["JUPYTERHUB_SERVICE_URL"].split("/")[2]
    host, _, port = address.partition(":")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.create_server((host, int(port)), backlog=64) as server:
        while True:
            visitor, _ = server.accept()
            with visitor:
                visitor.settimeout(5)
                try:
                    visitor.recv(65536)
                    visitor.sendall(ANSWER)
                except OSError:
                    continue


if __name__ == "__main__":
    main()
