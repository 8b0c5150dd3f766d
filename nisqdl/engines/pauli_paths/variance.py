"""Second moments of an expectation value and of its gradient, over random parameters."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.chain import MOST_QUBITS, find_chain
from nisqdl.engines.pauli_paths.coherence import check_strings_are_uncorrelated, mean_is_constant
from nisqdl.engines.pauli_paths.initialisation import Initialisation, Uniform
from nisqdl.engines.pauli_paths.lowering import lower, neglected_by_twirling, prepared
from nisqdl.engines.pauli_paths.mean import mean_of_all_strings, mean_string_by_string
from nisqdl.engines.pauli_paths.observable import (
    ObservableLike,
    as_read,
    constant,
    read_observable,
    support,
)
from nisqdl.engines.pauli_paths.sampling import Moments, walk_moments
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.engines.primitives.noise import AerSource, NoiseLike, noise_source
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

SMALL_SHIFT = 0.05
"""Twirling is left to the engine where no noise channel has a larger entry off its diagonal."""


@dataclass(frozen=True, eq=False)
class GradientVariance:
    """E[C²] and E[(∂ₖC)²] over independent random parameters.

    Attributes:
        second_moment: E[C²].
        mean: E[C], exact; NaN where the walks leave it open (a product observable that rotations
            by uniform angles do not average out). Var C is ``second_moment − mean²``.
        gradient: E[(∂ₖC)²], the variance of the derivative where its mean is 0 (always so for
            uniform angles); in the order of ``parameters``.
        second_moment_stderr, gradient_stderr: Standard errors, 0 where exact; 1.96 of them to both
            sides are meant to hold 95 %, also where few walks carry much (then they are large);
            where ``unresolved``, an upper bound on the value (95 %).
        squared_norm, squared_norm_stderr: E[|∇C|²], the sum of ``gradient`` over all parameters of
            the circuit. Errors of single gradients, which share walks, do not add up to its own.
        method: ``"exact chain"`` or ``"guided walks"``, with ``", noise twirled"`` where noise
            was replaced by Pauli channels that differ from it.
        parameters: Names, in order.
        unresolved: Gradients to which no walk contributed though some walk might; they are given
            as 0 with a bound as standard error.
        second_moment_unresolved: No walk contributed to ``second_moment`` (it is 0, with a bound),
            or populations of walks disagree so much (its standard error, in ``disagreement``, is
            more than half of it) that it may lie far above. Gradients are no surer than it.
        disagreement: The relative standard error of what was sampled of ``second_moment``.
        neglected: The largest entry of a noise channel's transfer matrix that twirling dropped.
    """

    second_moment: float
    mean: float
    gradient: Floats
    second_moment_stderr: float
    gradient_stderr: Floats
    squared_norm: float
    squared_norm_stderr: float
    method: str
    parameters: tuple[str, ...]
    unresolved: npt.NDArray[np.bool_]
    second_moment_unresolved: bool = False
    neglected: float = 0.0
    disagreement: float = 0.0


def gradient_variance(
    circuit: QuantumCircuit,
    observable: ObservableLike,
    *,
    noise_model: NoiseLike = None,
    parameters: Sequence[Parameter | str] | None = None,
    walks: int | None = None,
    seed: int = 0,
    initialisation: Initialisation | None = None,
    twirl: bool | None = None,
    threads: int | None = None,
    require_isa: bool = True,
) -> GradientVariance:
    """Second moments of C(θ) = ⟨0|U(θ)† O U(θ)|0⟩ and its gradient over random parameters.

    The circuit may have any Clifford gates, rotations about Pauli strings on one or two qubits by
    independent parameters (affine angles a·θ + b), controlled rotations, and fixed gates of other
    kinds. Averages over random angles of products of two copies follow a classical chain on Pauli
    strings. Up to 8 qubits in the observable's causal cone the chain is followed exactly, whatever
    the gates, noise and distributions (within memory). Past that, walks on the chain are sampled
    bit by bit in machine words, guided to where they matter and reweighted, so that small values
    come with a small *relative* error; there, different strings must be uncorrelated, which is
    checked.

    Args:
        circuit: Logical or ISA, in any layout, without measurements. All its parameters are random.
        observable: A Pauli string (qubit 0 rightmost), ``Pauli``, ``SparsePauliOp`` or
            ``SparseObservable`` (whose projectors make |0…0⟩⟨0…0| one term), on the circuit's
            qubits. Readout errors of the noise act on it, symmetric part and shift alike.
        noise_model: As for :class:`nisqdl.ExactEstimator`.
        parameters: Whose gradients are returned; all, in the order of ``circuit.parameters``.
        walks: How many are sampled where the chain is not exact; ``None`` takes what some seconds
            on two cores allow, at least 2^16 and at most 2^22 (a fixed number for each circuit).
        seed: Of the walks.
        initialisation: :class:`Uniform` on [0, 2π), :class:`Gaussian` or :class:`SmallAngle` for
            all parameters, or a mapping from parameters to these; ``None`` is uniform.
        twirl: Whether noise is replaced by its Pauli twirl, the diagonal of its transfer matrix
            (what is neglected: relaxation's pull towards |0⟩, and coherent errors). ``None``: not
            where the exact chain applies, else yes as long as no entry above 0.05 is dropped.
        threads: For walks; ``None`` takes all cores. Results do not depend on it.
        require_isa: Whether circuits whose noise would be inert are refused.

    Raises:
        InputError: An argument is not one of these; a parameter is in several rotations; an angle
            is not affine; strings stay correlated on more than 8 qubits; or noise is too far from
            a Pauli channel there.

    References:
        McClean et al. 2018 (arXiv:1803.11173) for the question; Napp 2022 (arXiv:2203.06174) for
        variances as a random walk on Pauli strings; Del Moral et al. 2006 for populations of
        weighted walks.
    """
    rows = _rows(circuit, parameters)
    if walks is not None and walks < 1:
        raise InputError(f"`walks` must be at least 1, but is {walks}.")
    products = read_observable(observable, circuit.num_qubits)
    source = noise_source(noise_model, require_isa)
    noise = source.of_circuit(circuit, tuple(sorted(support(products))), ())
    lowered = lower(
        circuit,
        as_read(products, noise.readout),
        noise,
        initialisation if initialisation is not None else Uniform(),
        repeats=not (isinstance(source, AerSource) and source.noise.passes),
    )
    moments, mean, method, neglected = _moments(lowered, twirl, walks, seed, threads)
    names = [parameter.name for parameter in circuit.parameters]
    result = GradientVariance(
        second_moment=moments.second,
        mean=mean,
        gradient=moments.gradient[rows],
        second_moment_stderr=moments.second_stderr,
        gradient_stderr=moments.gradient_stderr[rows],
        squared_norm=moments.squared_norm,
        squared_norm_stderr=moments.squared_norm_stderr,
        method=method,
        parameters=tuple(names[row] for row in rows),
        unresolved=moments.unresolved[rows],
        second_moment_unresolved=bool(moments.unresolved[-1]),
        neglected=neglected,
        disagreement=moments.disagreement,
    )
    _warn(result)
    return result


def _rows(circuit: QuantumCircuit, parameters: Sequence[Parameter | str] | None) -> list[int]:
    """The chosen parameters among the circuit's."""
    names = [parameter.name for parameter in circuit.parameters]
    if parameters is None:
        return list(range(len(names)))
    place = {name: row for row, name in enumerate(names)}
    rows = []
    for parameter in parameters:
        name = parameter if isinstance(parameter, str) else parameter.name
        if name not in place:
            raise InputError(
                f"`parameters` must be parameters of the circuit, but {name!r} is not one of its "
                f"{len(names)}."
            )
        rows.append(place[name])
    return rows


def _moments(
    lowered: Lowered, twirl: bool | None, walks: int | None, seed: int, threads: int | None
) -> tuple[Moments, float, str, float]:
    """The moments, the mean, how they were found, and what twirling neglected."""
    shift = neglected_by_twirling(lowered)
    if twirl is not None or not shift:
        ways = [bool(twirl)]
    else:
        ways = [False, True] if lowered.num_qubits <= MOST_QUBITS else [True]
    for twirled in ways:
        if twirled and twirl is None:
            _check_small(shift, lowered.num_qubits)
        ready = prepared(lowered, twirled)
        ending, neglected = (", noise twirled", shift) if twirled and shift else ("", 0.0)
        chain = find_chain(ready)
        if chain is not None:
            second, gradient = chain.second_moments()
            mean = mean_of_all_strings(ready)
            return _exact(second, gradient), mean, f"exact chain{ending}", neglected
        if shift and not twirled and twirl is None:
            continue
        moments, mean = _walked(ready, walks, seed, threads)
        return moments, mean, f"guided walks{ending}", neglected
    raise AssertionError("one of the ways was taken")


def _walked(
    lowered: Lowered, walks: int | None, seed: int, threads: int | None
) -> tuple[Moments, float]:
    """Sampled moments, and the mean."""
    alone = mean = constant(lowered.products)
    if not mean_is_constant(lowered):
        check_strings_are_uncorrelated(lowered)
        mean = mean_string_by_string(lowered)
    moments = walk_moments(lowered, walks, seed, threads if threads is not None else _cores())
    if not alone:
        return moments, mean
    # C = c + C': the square of the sum has 2 c E[C'] too.
    return replace(moments, second=moments.second + 2.0 * alone * (mean - alone)), mean


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _exact(second: float, gradient: Floats) -> Moments:
    zeros = np.zeros(len(gradient))
    resolved = np.zeros(len(gradient) + 1, dtype=np.bool_)
    return Moments(second, 0.0, gradient, zeros, resolved, float(gradient.sum()), 0.0)


def _check_small(shift: float, num_qubits: int) -> None:
    if shift > SMALL_SHIFT:
        raise InputError(
            f"The noise is not a Pauli channel: an entry of {shift:.3g} of a transfer matrix would "
            f"be dropped by twirling, which is more than {SMALL_SHIFT} (resets and long relaxation "
            f"do this), and the exact chain takes at most {MOST_QUBITS} qubits but the observable "
            f"depends on {num_qubits}. Pass twirl=True to drop it, or use fewer qubits."
        )


def _warn(result: GradientVariance) -> None:
    """Say what the numbers do not show by themselves."""
    count = int(result.unresolved.sum())
    if count:
        bound = result.gradient_stderr[result.unresolved].max()
        warnings.warn(
            f"No walk contributed to the gradient of {count} of {len(result.gradient)} parameters; "
            f"they are given as 0 with upper bounds in `gradient_stderr`, of {bound:.2g} at most. "
            "Take more walks to resolve them.",
            stacklevel=3,
        )
    if result.second_moment_unresolved:
        found = f"{result.second_moment:.2g} ± {100 * result.disagreement:.0f} %"
        warnings.warn(
            f"The second moment is not resolved with so few walks ({found}): it and the gradients "
            "may lie far above what is given; take more walks.",
            stacklevel=3,
        )
