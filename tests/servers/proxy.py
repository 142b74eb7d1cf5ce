"""A small TCP proxy on loopback: it makes a server slow, or does something when a request passes by."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers.ports import free_port

_CHUNK = 1 << 16


@dataclass
class Proxy:
    """Between a client and a server. Without a wish it hands on what comes."""

    port: int
    target: int
    delay: float = 0.0
    """Seconds by which each piece of an answer is late."""
    requests: list[str] = field(default_factory=list)
    """The first lines of the requests that passed, as `POST /api/2.0/mlflow/runs/create`."""
    _moment: tuple[Callable[[str], bool], Callable[[], None]] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def when(self, is_time: Callable[[str], bool], act: Callable[[], None]) -> None:
        """Act once, before the first request whose first line is the one that was waited for."""
        self._moment = is_time, act

    @property
    def has_acted(self) -> bool:
        """Whether no moment is waited for."""
        return self._moment is None

    def look(self, piece: bytes) -> None:
        """Note a request, and act when its moment has come."""
        line = piece.split(b"\r\n", 1)[0].decode("latin-1")
        if not line.endswith((" HTTP/1.1", " HTTP/1.0")):
            return  # the body of one
        self.requests.append(line.rpartition(" ")[0])
        if self._moment is not None and self._moment[0](self.requests[-1]):
            (_, act), self._moment = self._moment, None
            act()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy before a port, which stays open while the server behind it is down."""
    made = Proxy(free_port(), target)
    listener = socket.create_server(("127.0.0.1", made.port))
    accepting = threading.Thread(target=_accept, args=(listener, made), daemon=True)
    accepting.start()
    try:
        yield made
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()


def _accept(listener: socket.socket, made: Proxy) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed: the end
            return
        try:
            server = socket.create_connection(("127.0.0.1", made.target))
        except OSError:  # as a machine whose server is down: the connection breaks
            _end(client)
            continue
        for pump, ends in ((_ask, (client, server)), (_answer, (server, client))):
            threading.Thread(target=pump, args=(*ends, made), daemon=True).start()


def _ask(client: socket.socket, server: socket.socket, made: Proxy) -> None:
    with suppress(OSError):
        while piece := client.recv(_CHUNK):
            made.look(piece)
            server.sendall(piece)
    _end(client, server)


def _answer(server: socket.socket, client: socket.socket, made: Proxy) -> None:
    with suppress(OSError):
        while piece := server.recv(_CHUNK):
            time.sleep(made.delay)
            client.sendall(piece)
    _end(client, server)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
