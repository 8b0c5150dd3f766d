"""Messages between the runner and its workers: JSON and bytes in frames, nothing else."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO

from nisqdl.store.record import Json

_LENGTH = struct.Struct(">Q")


def write_frame(stream: IO[bytes], content: Json, blobs: Sequence[bytes] = ()) -> None:
    """Write one message and flush it.

    Args:
        stream: A pipe.
        content: What JSON can hold, without NaN.
        blobs: Bytes that go with it.
    """
    head = {"content": content, "sizes": [len(blob) for blob in blobs]}
    text = json.dumps(head, allow_nan=False).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[Json, list[bytes]] | None:
    """The next message, or ``None`` where the stream has ended, in mid-frame too."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(length)[0]
    text = stream.read(size)
    if len(text) < size:
        return None
    head = json.loads(text)
    blobs = [stream.read(size) for size in head["sizes"]]
    if [len(blob) for blob in blobs] != head["sizes"]:
        return None
    return head["content"], blobs
