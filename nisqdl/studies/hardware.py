"""The work on one QNN on a device: what is asked of it, and the record of what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.build import encode
from nisqdl.engines.runtime.estimate import estimate
from nisqdl.engines.runtime.learned import told
from nisqdl.engines.runtime.local import learn_locally, local_seconds, measure_locally
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import (
    Measured,
    Request,
    bound_rows,
    learned_from_bytes,
    learned_to_bytes,
    measured_to_bytes,
)
from nisqdl.noise.applied import channels_for
from nisqdl.seeds import derive
from nisqdl.store.record import Json, content_hash
from nisqdl.studies import device_training, preparation, qnn_training
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.settings import nested, pick
from nisqdl.targets.fractional import has_fractional_gates
from nisqdl.targets.snapshots import LIVE_PREFIX
from nisqdl.targets.summary import snapshot_hash
from nisqdl.training.checkpoint import trained_from_bytes

if TYPE_CHECKING:
    from nisqdl.targets.isa import IsaModel

LEARN = "learn noise"
"""Kind of the steps that learn the noise of a circuit's layers, for PEC and PEA."""

_NOT_OF_LEARNING = ("execution.shots", "execution.precision", "execution.pec", "execution.zne")
"""Beginnings of the options that say how learned noise is used: PEC and PEA share what is learned.
"""

ENGINE = "runtime"
"""The engine's name in experiment files."""


def is_live(target: str) -> bool:
    """Whether a target names a device of the service, rather than a snapshot of one."""
    return target.startswith(LIVE_PREFIX)


NO_WAITING = (
    "a device runs gates that wait for an outcome by `execution: {primitive: sampler}` alone, "
    "without twirling and dynamical decoupling"
)
"""Said of circuits with measurements in them (qiskit-ibm-runtime 0.51: samplomatic, through which
the Estimator and twirling go, refuses ``if_else``; dynamical decoupling refuses it, too)."""


def takes_waiting(execution: Execution | None) -> bool:
    """Whether circuits with measurements in them can be run so."""
    return (
        execution is not None
        and execution.primitive == "sampler"
        and execution.dynamical_decoupling is None
        and not (execution.twirls_gates or execution.twirls_measurements)
    )


def backend_of(target: str) -> str:
    """The service's name in ``"ibm_torino@2026-11-01"``."""
    return target.partition("@")[0]


def require_runnable(
    engine: str, execution: Execution | None, target: str, scale: float, shots: int | None
) -> None:
    """That options of one point fit a device, or that nothing in them is for one.

    Raises:
        ValueError: They do not; one sentence with the field.
    """
    if engine != ENGINE:
        if execution is not None:
            raise ValueError("`execution` is only for `engine: runtime`; leave it out")
        return
    if is_live(target) and scale != 1:
        raise ValueError(
            f"a device has its own noise: `noise.scale` must be 1 with `engine: runtime` on "
            f"{target}, but is {scale:g}; leave it out, or simulate the device by naming its "
            f"snapshot, {target.removeprefix(LIVE_PREFIX)}"
        )
    assert execution is not None
    if execution.fractional_gates and not has_fractional_gates(device_named(target)):
        raise ValueError(
            f"`execution.fractional_gates` needs a device with calibrated rx and rzz gates, but "
            f"{target} has none; leave it out, or name another device, e.g. ibm_kingston"
        )
    if shots is not None and (execution.shots, execution.precision) != (None, None):
        raise ValueError("give `shots`, `execution.shots` or `execution.precision`, not two")


def provenance_of(found: Measured) -> dict[str, Json]:
    """What a record keeps of where its measurement was made, and how."""
    return {
        "backend": found.backend,
        "jobs": [
            {"id": j.id, "submitted": j.submitted, "started": j.started, "finished": j.finished}
            for j in found.jobs
        ],
        "options": dict(found.jobs[0].options),
        "calibrated": None if found.snapshot is None else found.snapshot.date,
        "run_snapshot": None if found.snapshot is None else snapshot_hash(found.snapshot),
    }


def learning_told(learned: bytes | None) -> dict[str, Json]:
    """What a record keeps of the noise that was learned for its measurement."""
    if learned is None:
        return {}
    found = learned_from_bytes(learned)
    jobs: Json = [{"id": j.id, "started": j.started, "finished": j.finished} for j in found.jobs]
    return {"noise_learning": {**told(found.model), "jobs": jobs, "qpu_seconds": found.qpu_seconds}}


def uses_fractional_gates(settings: Mapping[str, Json]) -> dict[str, Json]:
    """What a step that transpiles has besides its settings, for circuits of fractional gates."""
    return {"fractional": True} if settings.get("execution.fractional_gates") else {}


def execution_of(settings: Mapping[str, Json]) -> Execution:
    """How the circuits of these settings run."""
    execution = Execution.model_validate(nested(settings, "execution"))
    shots = settings["shots"]
    return execution if shots is None else execution.model_copy(update={"shots": shots})


def learn_step(
    study: str, settings: Mapping[str, Json], names: Sequence[str], circuit: Step, what: str
) -> Step | None:
    """The step that learns the noise of a circuit's layers; ``None`` where nothing needs it.

    Args:
        study: Whose step it is.
        settings: A point's.
        names: Which of them decide the circuit.
        circuit: The step that makes it.
        what: The circuit in a few words.
    """
    if not execution_of(settings).learns_noise:
        return None
    live = is_live(settings["target"])
    own = [*names, "target", "snapshot", "execution."]
    if not live:
        own += ["noise.", "recipe", "root_seed"]
    asked = {
        name: value
        for name, value in pick(settings, own).items()
        if not name.startswith(_NOT_OF_LEARNING)
    }
    title = f"learn the noise of {what} on {settings['target']}"
    return Step(study, LEARN, asked, (circuit.key,), title=title, remote=live)


def learning_request(settings: Mapping[str, Json], isa: IsaModel) -> Request:
    """What a device is asked for to learn the noise of layers; the same for PEC and PEA."""
    document = {**nested(settings, "execution"), "pec": {}, "zne": None, "zne_mitigation": False}
    return learning_of(isa, Execution.model_validate(document), backend_of(str(settings["target"])))


def learning_of(isa: IsaModel, execution: Execution, backend: str) -> Request:
    """The request that learns the noise of a circuit's layers."""
    bindings = np.zeros((1, len(isa.features) + len(isa.weights)))
    return Request(isa, bindings, execution, backend, learns=True)


def with_learned(asked: Request, learned: bytes | None) -> Request:
    """A request with the noise that was learned for it, if it was.

    Where its circuit has no layers there is nothing to cancel or amplify, and it runs without.
    """
    if learned is None:
        return asked
    model = learned_from_bytes(learned).model
    if model.layers:
        return replace(asked, learned=model)
    plain = {"pec": None, "noise_learning": None, "zne": None, "zne_mitigation": False}
    return replace(asked, execution=asked.execution.model_copy(update=plain))


def request(settings: Mapping[str, Json], isa: bytes, weights: bytes) -> Request:
    """The test rows at the trained weights; training rows cost time on the device for little."""
    rows = encode(preparation.model_options(settings), split_of(settings).test_features)
    return Request(
        isa=preparation.isa_model(isa),
        bindings=bound_rows(rows, trained_from_bytes(weights).weights),
        execution=execution_of(settings),
        backend=backend_of(settings["target"]),
    )


def training_request(settings: Mapping[str, Json], isa: bytes, state: bytes) -> Request:
    """What one round of a training on the device measures."""
    return device_training.request(
        settings,
        preparation.isa_model(isa),
        state,
        Execution.model_validate(nested(settings, "execution")),
        backend_of(settings["target"]),
    )


def run_here(settings: Mapping[str, Json], asked: Request) -> bytes:
    """What the client's local mode measures, on the noise of a snapshot: as from a device."""
    device = device_named(settings["target"])
    switched = settings["noise.channels"]
    noise = channels_for(
        recipe_named(settings["noise.recipe"]),
        device,
        asked.isa.physical_qubits,
        settings.get("noise.scale", qnn_training.TRAINED_AT_SCALE),
        None if switched is None else tuple(switched),
    )
    seed = derive(settings["root_seed"], "local mode", content_hash(dict(settings))) % 2**31
    if asked.learns:
        return learned_to_bytes(learn_locally(asked, device, noise, seed))
    return measured_to_bytes(measure_locally(asked, device, noise, seed))


def cost_here(settings: Mapping[str, Json], isa: bytes) -> Cost:
    """What local mode is expected to take: by the number of circuits that Aer runs."""
    model = preparation.isa_model(isa)
    rows = np.zeros((len(split_of(settings).test_labels), len(model.features)))
    bindings = bound_rows(rows, np.zeros(len(model.weights)))
    asked = Request(model, bindings, execution_of(settings), str(settings["target"]))
    circuits = estimate([asked], device_named(settings["target"])).circuits
    return Cost(
        seconds=local_seconds(circuits, model.num_qubits),
        memory_mib=300 + 4**model.num_qubits / 2**14,
    )
