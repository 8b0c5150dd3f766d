"""The experiment file: a question, loaded safely, validated, and spread into points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from nisqdl.analysis.published import Published, require_columns
from nisqdl.catalog import shipped_folder
from nisqdl.document import read_mapping
from nisqdl.errors import InputError, NisqdlError, dotted, invalid, unknown_name
from nisqdl.store.difference import first_difference
from nisqdl.store.record import Json, Point, content_hash
from nisqdl.store.view import read_run
from nisqdl.studies import STUDIES
from nisqdl.studies.contract import RemoteStudy, Study
from nisqdl.sweep import distinct, gather, spread

SCHEMA = 1
"""Version of what :attr:`Experiment.resolved` holds."""

_ORIGINS = ("data", "recipe", "snapshot")
"""Settings of points that say what was found behind a name: hashes of files' contents."""


@dataclass(frozen=True)
class Experiment:
    """An experiment file, validated.

    Attributes:
        name: The file's name without ending; names the default run folder.
        source: The file.
        study: The kind of question.
        combinations: Every combination of the swept options, each a validated ``study.Options``.
        published: What the results are to be held against, where the file says so (its part
            ``published``).
    """

    name: str
    source: Path
    study: Study
    combinations: tuple[BaseModel, ...]
    published: Published | None = None

    def points(self) -> list[Point]:
        """The experiment's points, in a stable order.

        Raises:
            InputError: The options do not fit the data.
        """
        return list(self._points)

    @cached_property
    def _points(self) -> tuple[Point, ...]:
        try:
            return tuple(self.study.points(self.combinations))
        except InputError as error:
            raise self.blamed(error) from None

    def context(self) -> Json:
        """What a report needs besides the records: the study's, and what is published.

        Raises:
            InputError: The options do not fit, or a published value names no setting.
        """
        points = self.points()
        try:
            context = self.study.context(points)
        except InputError as error:
            raise self.blamed(error) from None
        if self.published is None:
            return context
        columns = frozenset(name for point in points for name in point.settings)
        require_columns(self.published, columns, str(self.source))
        return {**context, "published": self.published.model_dump(mode="json")}

    def blamed(self, error: NisqdlError) -> NisqdlError:
        """The same error with this file named: it is found when the file's options are used."""
        return type(error)(f"{self.source}: {error}")

    @cached_property
    def resolved(self) -> Json:
        """The experiment in full, defaults filled in: what a run folder belongs to.

        An option with several values is a list of them; ``study`` and ``options`` together are an
        experiment file that gives the same points. ``origins`` has hashes of the files behind
        names (data, recipes, snapshots), ``points`` a hash over all points.
        """
        return {
            "schema": SCHEMA,
            "study": self.study.name,
            "options": gather([c.model_dump(mode="json") for c in self.combinations]),
            "origins": {name: self._contents(name) for name in _ORIGINS},
            "points": content_hash(sorted(point.id for point in self.points())),
        }

    def _contents(self, setting: str) -> str:
        """The different values of a setting, for people who compare two runs."""
        found = {str(p.settings[setting]) for p in self.points() if setting in p.settings}
        return f"content {', '.join(sorted(found))}"


@dataclass(frozen=True)
class OnDevice:
    """What running on a device changes in an experiment: target, engine, noise, and how jobs run.

    Attributes:
        target: The live device with the date of its snapshot (``"ibm_torino@2026-11-01"``).
        mode: ``batch``, ``job`` or ``session``; ``None`` leaves the file's.
    """

    target: str
    mode: str | None = None

    def changed(self, document: dict[str, Any], study: Study, file: str) -> dict[str, Any]:
        """The document for the device.

        Raises:
            InputError: The study does not run on devices.
        """
        if not isinstance(study, RemoteStudy):
            able = [name for name, other in STUDIES.items() if isinstance(other, RemoteStudy)]
            raise InputError(
                f"{file}: the study {study.name!r} does not run on devices; those that do: "
                f"{', '.join(able)}."
            )
        changed = {**document, "target": self.target, "engine": "runtime"}
        noise = document.get("noise")
        if isinstance(noise, dict):
            changed["noise"] = {**noise, "scale": 1}
        elif isinstance(noise, list):
            changed["noise"] = distinct(
                [{**n, "scale": 1} if isinstance(n, dict) else n for n in noise]
            )
        if self.mode is not None:
            execution = document.get("execution")
            if isinstance(execution, list):
                changed["execution"] = [{**(e or {}), "mode": self.mode} for e in execution]
            else:
                changed["execution"] = {**(execution or {}), "mode": self.mode}
        return changed


def load(name_or_path: str, on: OnDevice | None = None) -> Experiment:
    """Load an experiment by file, or by the name of a shipped one.

    Args:
        name_or_path: The file, or a shipped experiment's name.
        on: Runs it on a device instead of what the file says.

    Raises:
        InputError: No such file or name, or anything in it is wrong; one sentence with file,
            field, value and rule.
    """
    path = find_file(name_or_path)
    document = read_mapping(path)
    if "study" not in document:
        raise InputError(
            f"{path}: `study` is missing; it must name the kind of question: {', '.join(STUDIES)}."
        )
    study = STUDIES.find(str(document.pop("study")), where=f"{path}: study")
    published = document.pop("published", None)
    if on is not None:
        document = on.changed(document, study, str(path))
    return Experiment(
        name=path.stem,
        source=path,
        study=study,
        combinations=tuple(spread(study.Options, document, str(path))),
        published=None if published is None else _published(published, str(path)),
    )


def restore(folder: Path) -> Experiment:
    """The experiment of a run folder, as it was first run.

    Raises:
        InputError: It is no run folder, or what stands behind the names in it has changed.
    """
    run = read_run(folder)
    options = run.experiment["options"]
    study = STUDIES.find(run.study, where=str(folder))
    combinations = [
        combination
        for document in (options if isinstance(options, list) else [options])
        for combination in spread(study.Options, document, str(folder))
    ]
    asked = Experiment(folder.resolve().name, folder, study, tuple(combinations))
    difference = first_difference(run.experiment, asked.resolved)
    if difference is not None:
        raise InputError(
            f"What the run in {folder} was made from has changed: {difference}. Work in the folder "
            "in which it was started, where its snapshots and data files are."
        )
    return asked


def experiment_names() -> list[str]:
    """The names of the shipped experiments."""
    return sorted(path.stem for path in shipped_folder("experiments").glob("*.yaml"))


def reproduction_names() -> list[str]:
    """The names of the shipped reproductions: experiments that hold published values."""
    return sorted(path.stem for path in shipped_folder("reproductions").glob("*.yaml"))


def find_file(name_or_path: str) -> Path:
    """The file of an experiment: a path, or the name of a shipped experiment or reproduction."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError(
            f"{path} is a folder; name an experiment file (to resume a run, name the file again)."
        )
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise InputError(f"There is no experiment file {path}; `nisqdl new NAME` writes one.")
    for kind in ("experiments", "reproductions"):
        shipped = shipped_folder(kind) / f"{name_or_path}.yaml"
        if shipped.is_file():
            return shipped
    names = [*experiment_names(), *reproduction_names()]
    raise unknown_name("experiment", name_or_path, names)


def _published(given: Any, file: str) -> Published:
    try:
        return Published.model_validate(given)
    except ValidationError as error:
        raise invalid(error, file, lambda path: dotted(("published", *path))) from None
