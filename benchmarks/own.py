"""What only concerns nisqdl: lowering device circuits, memory, and the first compilation.

    python -m benchmarks.own lowering | lowering-from-aer | memory WORKLOAD QUBITS | compile

Each prints one line of JSON; memory and compile need processes of their own.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

GATES, QUBITS, CIRCUITS = 300, 6, 100
DEVICE, RECIPE = "torino", "calibrated"


def lowering() -> dict[str, float]:
    """Milliseconds from an ISA circuit to values, for 100 different circuits of 300 gates.

    ``channels``: the recipe's noise of the circuit's qubits. ``prepare``: the engine's lowering.
    ``first``: a training step of one sample, which builds what is built late; ``again`` is the
    same step once more, so that the lowering is channels + prepare + first − again.
    """
    from nisqdl.engines.exact import ExactEngine
    from nisqdl.noise.applied import channels_for
    from nisqdl.noise.recipe import find_recipe
    from nisqdl.targets.snapshots import find_device

    device, recipe = find_device(DEVICE), find_recipe(RECIPE)
    rng = np.random.default_rng(3)
    models = [_isa_model(device, rng) for _ in range(CIRCUITS + 1)]
    parts: dict[str, list[float]] = {"channels": [], "prepare": [], "first": [], "again": []}
    for number, model in enumerate(models):
        clock = [time.process_time()]
        noise = channels_for(recipe, device, model.physical_qubits)
        clock.append(time.process_time())
        evaluator = ExactEngine().prepare(model, noise)
        clock.append(time.process_time())
        for _ in range(2):
            features = np.ones((1, len(model.features)))
            evaluator.values_and_gradient(features, np.ones(len(model.weights)), np.ones_like)
            clock.append(time.process_time())
        if number:  # the first one imports and loads the kernels
            for name, seconds in zip(parts, np.diff(clock), strict=True):
                parts[name].append(1e3 * float(seconds))
    total = [c + p + f - a for c, p, f, a in zip(*parts.values(), strict=True)]
    found = {f"{name}_median_ms": statistics.median(each) for name, each in parts.items()}
    return found | {"median_ms": statistics.median(total), "largest_ms": max(total)}


def lowering_from_aer() -> dict[str, float]:
    """The same circuits on the whole device's width, with Aer's own noise model of it.

    ``read``: what an estimator takes from the noise model, once. The lowering of a circuit is its
    first run less its second, whose program is there.
    """
    from qiskit.circuit import QuantumCircuit
    from qiskit_aer.noise import NoiseModel
    from qiskit_ibm_runtime.fake_provider import FakeTorino

    from nisqdl import ExactEstimator
    from nisqdl.targets.snapshots import find_device

    noise_model = NoiseModel.from_backend(FakeTorino())  # some ten seconds of Aer's own
    device = find_device(DEVICE)
    rng = np.random.default_rng(3)
    began = time.process_time()
    estimator = ExactEstimator(noise_model)
    read = 1e3 * (time.process_time() - began)
    found: list[float] = []
    for number in range(CIRCUITS + 1):
        model = _isa_model(device, rng)
        wide = QuantumCircuit(device.num_qubits)
        wide.compose(model.circuit, model.physical_qubits, inplace=True)
        (observable,) = model.observables
        pub = (
            wide,
            observable.apply_layout(list(model.physical_qubits), device.num_qubits),
            np.ones(wide.num_parameters),
        )
        clock = [time.process_time()]
        for _ in range(2):
            estimator.run([pub]).result()
            clock.append(time.process_time())
        if number:  # the first one imports and loads the kernels
            found.append(1e3 * (2 * clock[1] - clock[0] - clock[2]))
    return {"read_ms": read, "median_ms": statistics.median(found), "largest_ms": max(found)}


def _isa_model(device: Any, rng: np.random.Generator) -> Any:
    """RZ with features, weights and numbers, SX, X and CZ at random on connected qubits."""
    from qiskit.circuit import ParameterVector, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from nisqdl.targets.isa import IsaModel
    from nisqdl.targets.layout import varied_regions

    regions = varied_regions(device, QUBITS, 10)
    region = regions[int(rng.integers(len(regions)))]
    place = {physical: i for i, physical in enumerate(region)}
    pairs = [
        (place[gate.qubits[0]], place[gate.qubits[1]])
        for gate in device.gates
        if gate.name == "cz" and all(q in place for q in gate.qubits)
    ]
    x, w = ParameterVector("x", QUBITS), ParameterVector("w", 40)
    circuit = QuantumCircuit(QUBITS)
    for qubit in range(QUBITS):
        circuit.sx(qubit)
        circuit.rz(x[qubit], qubit)
    for number in range(GATES - 2 * QUBITS):
        name = ("rz", "sx", "rz", "sx", "x", "cz")[int(rng.integers(6))]
        qubit = int(rng.integers(QUBITS))
        if name == "rz":
            circuit.rz(w[number % 40] + float(rng.uniform(-3, 3)), qubit)
        elif name == "cz":
            circuit.cz(*pairs[int(rng.integers(len(pairs)))])
        else:
            getattr(circuit, name)(qubit)
    observable = SparsePauliOp.from_sparse_list([("Z", [0], 1.0)], QUBITS)
    return IsaModel(circuit, tuple(x), tuple(w), (observable,), tuple(region), DEVICE)


def memory(workload: str, qubits: int) -> dict[str, float]:
    """Peak resident memory of a process that takes one training step, and its increase."""
    from benchmarks.peers.nisqdl_engines import prepare
    from benchmarks.workloads.w2_noisy import problem as noisy
    from benchmarks.workloads.w2_reuploading import problem as reuploading

    make = {"W2": lambda n: noisy(n, n - 1, "last"), "W2R": reuploading}[workload]
    small = make(3)
    prepare(replace(small, features=small.features[:2]), 1)(2)  # imports and loads the kernels
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    step = prepare(make(qubits), 1)
    began = time.process_time()
    step(32)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"qubits": qubits, "peak_mb": peak, "increase_mb": peak - before, "cpu_s": seconds}


def compile_all() -> dict[str, float]:
    """CPU seconds to the first answers with and without noise; NUMBA_CACHE_DIR is empty."""
    from benchmarks.peers.nisqdl_engines import prepare
    from benchmarks.workloads.w1_noiseless import problem as noiseless
    from benchmarks.workloads.w2_noisy import problem as noisy
    from benchmarks.workloads.w2_reuploading import problem as reuploading

    began = time.process_time()
    for problem in (noisy(4, 3, "last"), reuploading(4), noisy(7, 6, "last"), reuploading(7)):
        prepare(problem, 1)(2)
    exact = time.process_time() - began
    prepare(noiseless(4, 4), 1)(2)
    return {"exact_s": exact, "statevector_s": time.process_time() - began - exact}


def main() -> None:
    """Print what was asked for."""
    what = sys.argv[1]
    if what == "lowering":
        found: dict[str, float] = lowering()
    elif what == "lowering-from-aer":
        found = lowering_from_aer()
    elif what == "memory":
        found = memory(sys.argv[2], int(sys.argv[3]))
    else:
        found = compile_all()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
