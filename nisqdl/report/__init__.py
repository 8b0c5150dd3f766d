"""Reports: pages and figures, from a run's records alone."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nisqdl.catalog import Table
from nisqdl.errors import InputError, NisqdlError, TooEarlyError
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from nisqdl.analysis.compare import Comparison
    from nisqdl.analysis.verdict import Verdict
    from nisqdl.report.document import Document
    from nisqdl.report.figures import data_rows
    from nisqdl.report.run_data import RunData
    from nisqdl.report.style import Drawing

Content: TypeAlias = "Callable[[RunData, str, int | None], tuple[Document, Verdict]]"
"""A study's report and its first verdict, of three arguments: the run as read from its folder, its
name for the title, and the number of points of the whole experiment, ``None`` if not known."""

Files: TypeAlias = "tuple[Path, Path, tuple[Path, ...]]"
"""A document's page, its Markdown and its figures."""


@dataclass(frozen=True)
class BuiltReport:
    """A report's files.

    Attributes:
        html: The self-contained page.
        markdown: The same as Markdown.
        figures: The figures as SVG and PNG, which the Markdown shows.
        verdict: The answer to the run's first question.
    """

    html: Path
    markdown: Path
    figures: tuple[Path, ...]
    verdict: Verdict


def build(folder: Path, planned: int | None = None) -> BuiltReport:
    """(Re)build the report of a run folder, in that folder.

    Args:
        folder: The run folder.
        planned: Number of points of the whole experiment; the one that the folder knows unless
            given. With fewer records the report says that it is not complete, and claims no
            advantage.

    Raises:
        InputError: The folder is no run folder, or its study has no report.
        TooEarlyError: It has too few records yet.
        NisqdlError: The files cannot be written.
    """
    from nisqdl.store.view import read_run

    run = read_run(folder)
    return write_report(run, folder, run.planned if planned is None else planned)


def write_report(run: RunData, folder: Path, planned: int | None = None) -> BuiltReport:
    """Write the report of a run into a folder; each file is there whole, or as it was before.

    Args and errors are those of ``build``.
    """
    content = CONTENTS.find(run.study)
    if not run.records:
        raise TooEarlyError(
            f"The run in {folder} has no record yet, so there is nothing to report; "
            "run it with `nisqdl run`."
        )
    document, verdict = content(run, folder.resolve().name, planned)
    if isinstance(run.context, dict) and "published" in run.context:
        from nisqdl.report.reproduction import beside_published

        document, verdict = beside_published(document, run, planned)
    return BuiltReport(*_write_document(document, folder, "report"), verdict)


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write the page of a comparison of two runs into a folder, beside its figure and as Markdown.

    Returns:
        The HTML page.

    Raises:
        NisqdlError: The files cannot be written.
    """
    from nisqdl.report.comparison import comparison_document

    return _write_document(comparison_document(comparison), folder, "comparison")[0]


def _write_document(document: Document, folder: Path, name: str) -> Files:
    """Write a document's pages and figures, and remove figures that it has no more."""
    from nisqdl.report.markdown import markdown_text
    from nisqdl.report.page import html_page

    figures = []
    for drawn in document.pictures():
        for suffix, data in ((".svg", _standalone(drawn.svg)), (".png", drawn.png)):
            figures.append(_write(folder / "figures" / f"{drawn.name}{suffix}", data))
    for stale in set((folder / "figures").glob("*.[sp][vn]g")) - set(figures):
        stale.unlink()
    markdown = _write(folder / f"{name}.md", markdown_text(document).encode())
    html = _write(folder / f"{name}.html", html_page(document).encode())
    return html, markdown, tuple(figures)


def device_picture(device: Json, path: Path) -> None:
    """Write a device's map as a picture.

    Args:
        device: A device's summary, as in a run's context.
        path: File to write; its name must end in ``.svg`` or ``.png``.

    Raises:
        InputError: The name ends otherwise, or the summary has no map.
    """
    from nisqdl.report.figures import device_map
    from nisqdl.report.style import look

    _check_picture(path)
    with look():
        drawing = device_map.draw(device)
    if drawing is None:
        raise InputError(f"{device.get('name')} has no coordinates, so no map can be drawn.")
    _write_picture(drawing, "device_map", f"Map of {device['name']}", path)


def data_picture(name: str, sample: data_rows.Sample, path: Path) -> None:
    """Write a picture of a data set's rows.

    Args:
        name: The data set's name.
        sample: Some of its rows.
        path: File to write; its name must end in ``.svg`` or ``.png``.

    Raises:
        InputError: The name ends otherwise.
    """
    from nisqdl.report.figures import data_rows
    from nisqdl.report.style import look

    _check_picture(path)
    with look():
        drawing = data_rows.draw(name, sample)
    _write_picture(drawing, "data_rows", f"Rows of {name}", path)


def environment_picture(environment: Json, path: Path) -> None:
    """Write a picture of an environment under its baselines.

    Args:
        environment: Its summary, as ``nisqdl.environments.summary`` gives it.
        path: File to write; its name must end in ``.svg`` or ``.png``.

    Raises:
        InputError: The name ends otherwise.
    """
    from nisqdl.report.figures import environment_episode
    from nisqdl.report.style import look

    _check_picture(path)
    with look():
        drawing = environment_episode.draw(environment)
    title = f"{environment['name']} under its baselines"
    _write_picture(drawing, "environment_episode", title, path)


def _check_picture(path: Path) -> None:
    if path.suffix not in (".svg", ".png"):
        raise InputError(f"A picture's name must end in .svg or .png, but is {path.name!r}.")


def _write_picture(drawing: Drawing, key: str, title: str, path: Path) -> None:
    from nisqdl.report.svg import png_bytes, svg_text

    if path.suffix == ".png":
        _write(path, png_bytes(drawing.figure))
    else:
        _write(path, _standalone(svg_text(drawing.figure, key, title, drawing.alt)))


def _noise_accuracy(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.noise_accuracy import noise_accuracy_document

    return noise_accuracy_document(run, name, planned)


def _gradient_variance(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.gradient_variance import gradient_variance_document

    return gradient_variance_document(run, name, planned)


def _echo(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.echo import echo_document

    return echo_document(run, name, planned)


def _expressibility(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.expressibility import expressibility_document

    return expressibility_document(run, name, planned)


def _phase_recognition(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.phase_recognition import phase_recognition_document

    return phase_recognition_document(run, name, planned)


def _comparison(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.contest import contest_document

    return contest_document(run, name, planned)


def _mitigation(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.mitigation import mitigation_document

    return mitigation_document(run, name, planned)


def _federated(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.federated import federated_document

    return federated_document(run, name, planned)


def _reinforcement(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.reinforcement import reinforcement_document

    return reinforcement_document(run, name, planned)


def _transfer(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    from nisqdl.report.transfer import transfer_document

    return transfer_document(run, name, planned)


CONTENTS: Table[Content] = Table(
    "study with a report",
    {
        "noise_accuracy": _noise_accuracy,
        "gradient_variance": _gradient_variance,
        "expressibility": _expressibility,
        "echo": _echo,
        "phase_recognition": _phase_recognition,
        "comparison": _comparison,
        "mitigation": _mitigation,
        "federated": _federated,
        "reinforcement": _reinforcement,
        "transfer": _transfer,
    },
)


def _standalone(svg: str) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + svg.encode() + b"\n"


def _write(path: Path, data: bytes) -> Path:
    """Write a file beside its place and then move it there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(0o644)  # mkstemp's own is for the owner alone
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space" if full else "check the path and its permissions"
        raise NisqdlError(f"{path} cannot be written ({error.strerror}); {advice}.") from error
    return path
