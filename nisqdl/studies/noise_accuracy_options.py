"""The options of the study ``noise_accuracy``, and what does not go together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import num_qubits
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.options import DatasetOptions
from nisqdl.engines import ENGINES
from nisqdl.engines.runtime.options import Execution
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json
from nisqdl.studies import hardware, qnn_training
from nisqdl.studies.named import device_named
from nisqdl.training.device import METHODS
from nisqdl.training.options import TrainingOptions


class NoiseAccuracyOptions(BaseModel):
    """One combination of the options of a ``noise_accuracy`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: DatasetOptions
    model: ModelOptions = ModelOptions()
    target: Annotated[str, AfterValidator(checked(device_named))]
    noise: NoiseOptions = NoiseOptions()
    training: TrainingOptions = TrainingOptions()
    shots: int | None = Field(default=None, ge=1, le=100_000_000)
    """Shots for each sample at the evaluation; ``None`` is exact. Training is exact."""
    engine: Annotated[str, AfterValidator(checked(ENGINES.find))] = "exact"
    execution: Execution | None = None
    """How the client runs the circuits; only with ``engine: runtime``, and there never ``None``: on
    the device where the target is a live one, else in local mode, on a snapshot's noise."""
    seeds: int = Field(default=5, ge=1, le=10_000, json_schema_extra={"sweep": False})
    """How many repetitions: each has its own split, initial weights and batches."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="before")
    @classmethod
    def _runtime_executes(cls, document: Any) -> Any:
        if isinstance(document, dict) and document.get("engine") == hardware.ENGINE:
            return {**document, "execution": document.get("execution") or {}}
        return document

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, write: SerializerFunctionWrapHandler) -> dict[str, Json]:
        """Points that run on no device ask the same as before there were options for one."""
        document: dict[str, Json] = write(self)
        if self.execution is None:
            document.pop("execution", None)
        return document

    @model_validator(mode="after")
    def _device_runs_it(self) -> NoiseAccuracyOptions:
        hardware.require_runnable(
            self.engine, self.execution, self.target, self.noise.scale, self.shots
        )
        return self

    @model_validator(mode="after")
    def _engine_measures_in_the_circuit(self) -> NoiseAccuracyOptions:
        if self.engine == hardware.ENGINE:
            if not hardware.takes_waiting(self.execution):
                self.model.ansatz.only_gates(hardware.NO_WAITING)
        elif self.engine != "exact":
            self.model.ansatz.only_gates(
                f"the engine {self.engine!r} takes gates only, unlike the engine 'exact'"
            )
        return self

    @model_validator(mode="after")
    def _device_trains(self) -> NoiseAccuracyOptions:
        if self.training.noise != "device":
            return self
        if self.engine != hardware.ENGINE:
            raise ValueError(
                f"`training.noise: device` needs `engine: runtime`, but `engine` is "
                f"{self.engine!r}; `training.noise: target` trains under the calibrated noise here"
            )
        ansatz = ANSATZES[self.model.ansatz.name]
        shifts = METHODS[self.training.optimizer].shifts_weights
        if ansatz.trains_pairs and shifts:
            raise ValueError(
                f"ansatz {ansatz.name!r} trains controlled rotations, whose derivative two shifts "
                f"do not give; use `training.optimizer: spsa` on a device, or another ansatz"
            )
        return self

    @model_validator(mode="after")
    def _training_fits(self) -> NoiseAccuracyOptions:
        training, ansatz = self.training, self.model.ansatz
        training.require_layers(ansatz.depth, ANSATZES[ansatz.name].is_tree)
        if training.needs_gates is not None:
            self.model.ansatz.only_gates(training.needs_gates)
        if training.normalise == "train" and self.engine == hardware.ENGINE:
            raise ValueError(
                "`training.normalise: train` needs the training rows measured as well, which costs "
                "time on a device; set it to batch, or leave it out"
            )
        if (
            training.noise in qnn_training.NOISY_TRAININGS
            and not ENGINES[self.engine].takes_gate_noise
        ):
            raise ValueError(
                f"`training.noise: {training.noise}` needs an engine with gate noise, but `engine` "
                f"is {self.engine!r}; use exact"
            )
        return self

    @model_validator(mode="after")
    def _engine_takes_the_noise(self) -> NoiseAccuracyOptions:
        if self.noise.scale > 0 and not ENGINES[self.engine].takes_gate_noise:
            noisy = [entry.name for entry in ENGINES.values() if entry.takes_gate_noise]
            raise ValueError(
                f"the engine {self.engine!r} takes no gate noise, but `noise.scale` is "
                f"{self.noise.scale:g}; use {' or '.join(noisy)}, or scale 0"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> NoiseAccuracyOptions:
        features = self.dataset.features
        if features is not None:
            qubits = num_qubits(self.model, features)
            device = device_named(self.target)
            if qubits > device.num_qubits:
                raise ValueError(
                    f"the model needs {qubits} qubits for {features} features, but {self.target} "
                    f"has {device.num_qubits}; use fewer features or a larger device"
                )
        return self
