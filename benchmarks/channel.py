"""A browser's end of the dashboard's channel, on the thread of whoever asks: another would have to be woken."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from urllib.parse import urlencode

from websockets import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from dashboard.server.messages import unpacked

READ = 2**16
"""Bytes taken from the connection at a time."""


def opened(address: str, headers: Mapping[str, str]) -> Channel | None:
    """A channel; None where others were faster and took the last one."""
    try:
        return Channel(address, headers)
    except ConnectionError:
        return None


class Channel:
    """One open connection, one question at a time; every answer other than 200 is an error."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        place = parse_uri(address)
        self._socket = socket.create_connection((place.host, place.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._events: list[object] = []
        self._protocol = ClientProtocol(place, max_size=None)
        request = self._protocol.connect()
        request.headers.update(headers)
        self._protocol.send_request(request)
        self._flush()
        answer = self._event()
        if not isinstance(answer, Response) or self._protocol.handshake_exc:
            raise ConnectionError(f"The channel was refused: {self._protocol.handshake_exc}")

    def close(self) -> None:
        """End the connection."""
        self._protocol.send_close()
        self._flush()
        self._socket.close()

    def ask(self, path: str, **words: object) -> bytes:
        """The body of the answer that ``GET path`` gives."""
        self._protocol.send_text(f"{path}?{urlencode(words)}".encode())
        self._flush()
        parts = [self._frame()]
        while not parts[-1].fin:
            parts.append(self._frame())
        answer = b"".join(bytes(part.data) for part in parts)
        size = 4 + int.from_bytes(answer[:4], "little")
        if unpacked(answer[:size])[0]["status"] != 200:
            raise RuntimeError(f"{path}: {json.loads(answer[size:])['error']}")
        return answer[size:]

    def _frame(self) -> Frame:
        """The next frame of an answer; pings between are answered."""
        while True:
            event = self._event()
            self._flush()
            if not isinstance(event, Frame) or event.opcode is Opcode.CLOSE:
                raise RuntimeError("The channel was closed.")
            if event.opcode in (Opcode.BINARY, Opcode.CONT):
                return event

    def _event(self) -> object:
        while not self._events:
            self._protocol.receive_data(self._socket.recv(READ))
            self._events += self._protocol.events_received()
        return self._events.pop(0)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)
