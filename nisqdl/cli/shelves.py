"""What can be listed and shown: each kind of thing, its names, and a row for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from nisqdl.catalog import Table, shipped_folder
from nisqdl.store.record import Json


class Summarised(Protocol):
    """A member of a family with a line for people."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...


@dataclass(frozen=True)
class Shelf:
    """One kind of thing.

    Attributes:
        name: The kind in the plural, as ``nisqdl list`` takes it.
        one: The kind in the singular, as ``nisqdl show one:NAME`` takes it.
        rows: What is listed: a mapping from column to value, with ``name``, for each thing.
        also: Names that can be shown though they are not listed.
    """

    name: str
    one: str
    rows: Callable[[], list[Json]]
    also: Callable[[], Iterable[str]] = tuple

    def names(self) -> list[str]:
        """All names that can be shown."""
        return list(dict.fromkeys([*(row["name"] for row in self.rows()), *self.also()]))


def _experiments(folder: str = "experiments") -> list[Json]:
    files = sorted(shipped_folder(folder).glob("*.yaml"))
    return [
        {"name": file.stem, "question": _first_comment(file.read_text("utf-8"))} for file in files
    ]


def _reproductions() -> list[Json]:
    return _experiments("reproductions")


def _devices() -> list[Json]:
    from nisqdl.targets.snapshots import device_names

    return [
        {
            "name": entry.name,
            "calibrated": entry.date,
            "qubits": entry.qubits,
            "processor": entry.processor,
        }
        for entry in device_names()
    ]


def _other_devices() -> list[str]:
    from nisqdl.targets.fakes import fake_names

    return [*fake_names(), *(f"{row['name']}@{row['calibrated']}" for row in _devices())]


def _noise() -> list[Json]:
    from nisqdl.noise.recipe import find_recipe, recipe_names

    return [{"name": name, "description": find_recipe(name).description} for name in recipe_names()]


def _ansatzes() -> list[Json]:
    from nisqdl.circuits.ansatzes import ANSATZES

    return _summaries(ANSATZES)


def _entanglers() -> list[Json]:
    from nisqdl.circuits.entanglers import ENTANGLERS

    return _summaries(ENTANGLERS)


def _feature_maps() -> list[Json]:
    from nisqdl.circuits.feature_maps import FEATURE_MAPS

    return _summaries(FEATURE_MAPS)


def _convolutions() -> list[Json]:
    from nisqdl.circuits.convolutional.convolutions import CONVOLUTIONS

    return _summaries(CONVOLUTIONS)


def _poolings() -> list[Json]:
    from nisqdl.circuits.convolutional.poolings import POOLINGS

    return _summaries(POOLINGS)


def _datasets() -> list[Json]:
    from nisqdl.datasets import DATASETS

    return _summaries(DATASETS)


def _environments() -> list[Json]:
    from nisqdl.environments import ENVIRONMENTS

    return _summaries(ENVIRONMENTS)


def _agents() -> list[Json]:
    from nisqdl.agents import AGENTS

    return _summaries(AGENTS)


def _models() -> list[Json]:
    from nisqdl.models import SUMMARIES

    return [{"name": name, "summary": summary} for name, summary in SUMMARIES.items()]


def _engines() -> list[Json]:
    from nisqdl.engines import ENGINES

    return [{"name": name, "description": entry.description} for name, entry in ENGINES.items()]


def _summaries(table: Mapping[str, Summarised]) -> list[Json]:
    return [{"name": name, "summary": member.summary} for name, member in table.items()]


def _first_comment(text: str) -> str:
    """The first line, if it is a comment: an experiment's question."""
    line = text.splitlines()[0] if text else ""
    return line.removeprefix("#").strip() if line.startswith("#") else ""


SHELVES: Table[Shelf] = Table(
    "kind of thing",
    {
        shelf.name: shelf
        for shelf in (
            Shelf("experiments", "experiment", _experiments),
            Shelf("reproductions", "reproduction", _reproductions),
            Shelf("devices", "device", _devices, also=_other_devices),
            Shelf("noise", "noise", _noise),
            Shelf("ansatzes", "ansatz", _ansatzes),
            Shelf("entanglers", "entangler", _entanglers),
            Shelf("feature-maps", "feature-map", _feature_maps),
            Shelf("convolutions", "convolution", _convolutions),
            Shelf("poolings", "pooling", _poolings),
            Shelf("datasets", "dataset", _datasets),
            Shelf("environments", "environment", _environments),
            Shelf("agents", "agent", _agents),
            Shelf("models", "model", _models),
            Shelf("engines", "engine", _engines),
        )
    },
)
