"""How each kind of thing is shown: as text and tables, or as one JSON document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from nisqdl.catalog import shipped_folder
from nisqdl.cli.agent import agent_exhibit
from nisqdl.cli.drawing import drawn
from nisqdl.cli.environment import environment_exhibit
from nisqdl.cli.exhibit import Exhibit
from nisqdl.cli.output import print_table
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model

FEATURES = 4
"""Circuits are drawn for so many features, and two layers."""

ROWS = 150
"""Generated data are shown by so many rows."""

WORST = 5
"""So many of the best and the worst qubits of a device are told."""


Exhibitor: TypeAlias = Callable[[str, "Path | None"], Exhibit]


def _device(name: str, out: Path | None) -> Exhibit:
    from nisqdl.report import device_picture
    from nisqdl.targets.snapshots import find_device
    from nisqdl.targets.summary import device_summary

    summary = device_summary(find_device(name))

    def show() -> None:
        click.echo(f"{summary['name']} · {summary['processor']} · {summary['qubits']} qubits")
        click.echo(f"calibrated {summary['date']}")
        click.echo(f"gates {', '.join(summary['basis_gates'])}")
        click.echo(f"{summary['source']}\n")
        print_table(("median", "value"), [(_title(k), v) for k, v in summary["medians"].items()])
        click.echo()
        _show_qubits(summary["map"])
        faults = summary["faulty"]["described"]
        click.echo(f"\n{len(faults)} faulty, not used" + (":" if faults else ""))
        for fault in faults:
            click.echo(f"  {fault}")
        picture = out or Path(f"{summary['name']}.svg")
        device_picture(summary, picture)
        click.echo(f"\nMap: {picture}")

    return Exhibit(summary, show)


def _show_qubits(chart: Json) -> None:
    """The usable qubits with the smallest and the largest readout error."""
    usable = [qubit for qubit in chart["qubits"] if not qubit.get("faulty")]
    known = [qubit for qubit in usable if qubit["readout_error"] is not None]
    known.sort(key=lambda qubit: qubit["readout_error"])
    names = ("index", "readout_error", "t1_us", "t2_us")
    few = [("best", q) for q in known[:WORST]] + [("worst", q) for q in known[-WORST:]]
    print_table(
        ("", "qubit", "readout error", "T1 µs", "T2 µs"),
        [(label, *(qubit.get(name) for name in names)) for label, qubit in few],
    )


def _noise(name: str, out: Path | None) -> Exhibit:
    from nisqdl.noise.recipe import find_recipe

    document = find_recipe(name).model_dump(mode="json")

    text = (shipped_folder("noise_models") / f"{name}.yaml").read_text("utf-8")
    return Exhibit(document, lambda: click.echo(text, nl=False))


def _experiment(name: str, out: Path | None, folder: str = "experiments") -> Exhibit:
    text = (shipped_folder(folder) / f"{name}.yaml").read_text("utf-8")
    return Exhibit({"name": name, "text": text}, lambda: click.echo(text, nl=False))


def _reproduction(name: str, out: Path | None) -> Exhibit:
    return _experiment(name, out, "reproductions")


def _ansatz(name: str, out: Path | None) -> Exhibit:
    from nisqdl.circuits.ansatzes import ANSATZES

    return _circuit(name, ANSATZES[name].summary, {"ansatz": {"name": name, "depth": 2}})


def _entangler(name: str, out: Path | None) -> Exhibit:
    from nisqdl.circuits.entanglers import DEVICE, ENTANGLERS

    if name == DEVICE:
        text = "Its pairs are the target's own: `nisqdl show` the device, or `nisqdl plan`."
        document = {"name": name, "summary": ENTANGLERS[name].summary}
        return Exhibit(document, lambda: click.echo(f"{document['summary']}\n{text}"))
    options = {"entangler": name, "ansatz": {"name": "real_amplitudes", "depth": 2}}
    return _circuit(name, ENTANGLERS[name].summary, options)


def _feature_map(name: str, out: Path | None) -> Exhibit:
    from nisqdl.circuits.feature_maps import FEATURE_MAPS

    options = {"feature_map": {"name": name}, "entangler": "none"}
    return _circuit(name, FEATURE_MAPS[name].summary, options)


def _convolution(name: str, out: Path | None) -> Exhibit:
    from nisqdl.circuits.convolutional.convolutions import CONVOLUTIONS

    return _block(name, CONVOLUTIONS[name].summary, {"convolution": name, "pooling": "none"})


def _pooling(name: str, out: Path | None) -> Exhibit:
    from nisqdl.circuits.convolutional.poolings import POOLINGS

    return _block(name, POOLINGS[name].summary, {"convolution": "ttn", "pooling": name})


def _block(name: str, summary: str, options: Mapping[str, Json]) -> Exhibit:
    """One stage of a convolutional network on two qubits, without features."""
    from nisqdl.circuits.build import build_without_features
    from nisqdl.circuits.options import ModelOptions

    ansatz = {"name": "qcnn", "depth": 1, "final": "none", **options}
    model = build_without_features(ModelOptions.model_validate({"ansatz": ansatz}), 2)
    return _built(name, f"{summary}\nOne stage of a qcnn with it", model, features=0)


def _circuit(name: str, summary: str, options: Mapping[str, Json]) -> Exhibit:
    """The circuit of a model with these options, on a few features."""
    from nisqdl.circuits.build import build_model
    from nisqdl.circuits.options import ModelOptions

    return _built(name, summary, build_model(ModelOptions.model_validate(options), FEATURES, None))


def _model(name: str, out: Path | None) -> Exhibit:
    from nisqdl.models import SUMMARIES
    from nisqdl.models.gallery import circuit_of, classifier_named

    return _built(name, SUMMARIES[name], circuit_of(classifier_named(name)(), FEATURES))


def _built(name: str, summary: str, model: Model, features: int = FEATURES) -> Exhibit:
    document = {
        "name": name,
        "summary": summary,
        "features": features,
        "qubits": model.num_qubits,
        "weights": len(model.weights),
        "gates": dict(model.circuit.count_ops()),
        "depth": model.circuit.depth(),
    }

    def show() -> None:
        given, legend = (f"{features} features: ", "x: features, ") if features else ("", "")
        click.echo(f"{summary}\n{given}{model.num_qubits} qubits, ", nl=False)
        click.echo(f"{len(model.weights)} weights; {legend}w: weights\n")
        click.echo(drawn(model.circuit))

    return Exhibit(document, show)


def _dataset(name: str, out: Path | None) -> Exhibit:
    from nisqdl.datasets import DATASETS
    from nisqdl.datasets.options import DatasetOptions
    from nisqdl.datasets.summary import sample, summarise
    from nisqdl.report import data_picture

    dataset = DATASETS[name]
    document: dict[str, Json] = {"name": name, "summary": dataset.summary}
    taken = [*dataset.needs, *dataset.accepts]
    if taken:
        document["options"] = taken
    if dataset.needs:  # the user's own rows
        told = f"{dataset.summary}; its options: {', '.join(taken)}"
        return Exhibit(document, lambda: click.echo(told))
    options = DatasetOptions(name=name, train=ROWS // 2, test=ROWS // 2)
    found = summarise(options)
    if not dataset.is_generated:
        document["rows"] = found.rows
        document["classes"] = dict(found.classes)
    document["columns"] = found.columns

    def show() -> None:
        click.echo(dataset.summary)
        if dataset.is_generated:
            click.echo(f"as many rows as are asked for, {found.columns} columns if not told")
            click.echo(f"its options: {', '.join(taken)}\n")
            print_table(("class",), [(label,) for label, _ in found.classes])
        else:
            click.echo(f"{found.rows} rows, {found.columns} columns\n")
            print_table(("class", "rows"), found.classes)
        picture = out or Path(f"{name}.svg")
        data_picture(name, sample(options), picture)
        click.echo(f"\nPicture: {picture}")

    return Exhibit(document, show)


def _engine(name: str, out: Path | None) -> Exhibit:
    from nisqdl.engines import ENGINES

    document = {"name": name, "description": ENGINES[name].description}
    return Exhibit(document, lambda: click.echo(document["description"]))


def _title(name: str) -> str:
    """``two_qubit_ns`` as ``two qubit (ns)``."""
    stem, _, unit = name.rpartition("_")
    units = {"us": "µs", "ns": "ns"}
    return f"{stem.replace('_', ' ')} ({units[unit]})" if unit in units else name.replace("_", " ")


EXHIBITS: dict[str, Exhibitor] = {
    "experiments": _experiment,
    "reproductions": _reproduction,
    "devices": _device,
    "noise": _noise,
    "ansatzes": _ansatz,
    "entanglers": _entangler,
    "feature-maps": _feature_map,
    "convolutions": _convolution,
    "poolings": _pooling,
    "datasets": _dataset,
    "environments": environment_exhibit,
    "agents": agent_exhibit,
    "models": _model,
    "engines": _engine,
}
