"""The user's own images in MNIST's format: a file of images, and one of their labels (IDX).

MNIST, Fashion-MNIST and their kin come so; nothing is downloaded. The format (LeCun, Cortes &
Burges 1998, yann.lecun.com/exdb/mnist): two zero bytes, the type of the numbers (8 is bytes), the
number of dimensions, each dimension's size in four bytes, the largest first, then the numbers. A
file may be compressed by gzip, as it is handed out.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

_BYTES = 8
_GZIP = b"\x1f\x8b"
_LARGEST_FILE_MB = 200


def read_idx(path: str, option: str, dimensions: int) -> NDArray[np.uint8]:
    """The numbers of an IDX file.

    Args:
        path: The file, relative to the current folder; compressed or not.
        option: The option that names it, for errors.
        dimensions: How many it must have.

    Raises:
        InputError: There is no such file, or it is no IDX file of so many dimensions of bytes.
    """
    content = _content(path, option)
    where = f"{path!r} (dataset.{option})"
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _BYTES:
        raise InputError(
            f"{where} must be an IDX file of bytes, as MNIST comes in, but does not begin like "
            "one: is it the right file?"
        )
    if content[3] != dimensions:
        raise InputError(
            f"{where} must have {dimensions} dimension{'s' if dimensions > 1 else ''}, but has "
            f"{content[3]}: `path` is the file of images, `label` that of their labels."
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"{where} is cut off or damaged: it ends in its header.")
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], dtype=">u4"))
    if len(content) - start != math.prod(shape):
        raise InputError(
            f"{where} must hold {' × '.join(map(str, shape))} bytes after its header, but has "
            f"{len(content) - start}: it is cut off or damaged."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _content(path: str, option: str) -> bytes:
    """What the file holds, decompressed."""
    file = Path(path)
    if not file.is_file():
        raise InputError(
            f"The file {path!r} (dataset.{option}) does not exist below {Path.cwd()}: correct the "
            "path, or get MNIST's files from where they are handed out."
        )
    try:
        if file.stat().st_size > _LARGEST_FILE_MB * 1e6:
            raise InputError(
                f"The file {path!r} (dataset.{option}) must have at most {_LARGEST_FILE_MB} MB."
            )
        content = file.read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP) else content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"The file {path!r} (dataset.{option}) is cut off or damaged ({error})."
        ) from None
    except OSError as error:
        raise InputError(
            f"The file {path!r} (dataset.{option}) cannot be read: {error.strerror}."
        ) from error


def _load(options: DatasetOptions, seed: int) -> RawData:
    images, labels = (read_idx(*place) for place in _places(options))
    if len(images) != len(labels):
        raise InputError(
            f"{options.path!r} holds {len(images)} images, but {options.label!r} has {len(labels)} "
            "labels: they must be of the same set."
        )
    if images.shape[1] != images.shape[2]:
        raise InputError(
            f"The images of {options.path!r} must be squares, but are of {images.shape[1]} × "
            f"{images.shape[2]} pixels."
        )
    values, classes = np.unique(labels, return_inverse=True)
    names = tuple(str(value) for value in values)
    if len(names) < 2:
        raise InputError(f"{options.label!r} must have at least two classes, but has {len(names)}.")
    if options.classes is not None:
        # As numbers of eight bytes all of MNIST takes 376 MB: what nobody asked for stays bytes.
        wanted = np.isin(classes, [i for i, n in enumerate(names) if n in _asked(options)])
        if wanted.any():
            images, classes = images[wanted], classes[wanted]
    rows = images.reshape(len(images), -1).astype(np.float64)
    return RawData(rows, classes.astype(np.int64), names)


def _asked(options: DatasetOptions) -> set[str]:
    return {str(label) for label in options.classes or ()}


def _fingerprint(options: DatasetOptions) -> str:
    found = hashlib.sha256()
    for path, option, _ in _places(options):
        found.update(_content(path, option))
    return found.hexdigest()[:16]


def _places(options: DatasetOptions) -> tuple[tuple[str, str, int], tuple[str, str, int]]:
    if options.path is None or options.label is None:
        raise InputError("`dataset.path` and `dataset.label` must be given for the data set 'idx'.")
    return (options.path, "path", 3), (options.label, "label", 1)


IDX = Dataset(
    name="idx",
    summary="your own MNIST or Fashion-MNIST files (path: …-images-idx3-ubyte.gz, label: …-idx1-…)",
    load=_load,
    needs=("path", "label"),
    fingerprint=_fingerprint,
    kind="images",
)
