"""Archives of arrays without pickle, as saved models are: written whole, read with distrust."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nisqdl.errors import InputError


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write an archive; the file is there whole, or as it was before.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                np.savez(stream, allow_pickle=False, **arrays)
                stream.flush()
                os.fsync(stream.fileno())
            draft.chmod(0o644)
            draft.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                draft.unlink()
            raise
    except OSError as error:
        raise InputError(
            f"The model cannot be written to {path} ({error.strerror}); choose another file."
        ) from error


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an archive. Nothing is taken at its word: not their sizes, nor their kinds.

    Raises:
        InputError: There is no such file, or it is damaged or something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                entry.filename.removesuffix(".npy"): _entry(archive, entry, path)
                for entry in archive.infolist()
            }
    except FileNotFoundError:
        raise InputError(f"There is no model file {path}; `model.save(path)` writes one.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name the file that `model.save` wrote.") from None
    # zipfile raises NotImplementedError for packings it does not know, RuntimeError for passwords.
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise foreign(path, str(error) or "it is cut off") from None
    except OSError as error:
        raise InputError(f"The model file {path} cannot be read ({error.strerror}).") from None


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> npt.NDArray[Any]:
    if entry.compress_type != zipfile.ZIP_STORED or not entry.filename.endswith(".npy"):
        raise foreign(path, f"its part {entry.filename!r} is not as `save` writes it")
    stream = io.BytesIO(archive.read(entry))
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"it is of the version {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        left = entry.file_size - stream.tell()
        if dtype.kind not in "fiuU" or int(np.prod(shape, dtype=object)) * dtype.itemsize != left:
            raise ValueError("it is not the array that its first line says")
        stream.seek(0)
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))
    except (ValueError, TypeError, OverflowError) as error:
        raise foreign(path, f"its part {entry.filename!r} cannot be read ({error})") from None


def foreign(path: Path, finding: str) -> InputError:
    """An error for a file that is no saved model, with what was found in it."""
    return InputError(
        f"{path} is damaged or is no model that nisqdl saved: {finding}. Save the model again."
    )
