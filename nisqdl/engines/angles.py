"""Angles of a circuit: Qiskit's parameter expressions, evaluated for a whole batch at once.

Every angle is a function of the features x and the weights w. Affine ones (nearly all) are two
matrix products. The others (``2(π − x₀)(π − x₁)``, trained input scaling ``w·x``, ``w**2``) become
tapes of NumPy operations; angles whose tapes differ only in their parameters and constants share
one tape, so the cost grows with the number of *different* formulas. Derivatives are taken in
reverse mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.formulas import BINARY, UNARY, Leaf, Tape, affine_form, read_tape

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, ParameterExpression

Floats: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Angles:
    """All K angles of a circuit as functions of features (B, F) and weights (W,); in radians.

    Attributes:
        shared_rows: Which angles depend on no feature, ascending; shape (K − S,).
        sampled_rows: Which angles depend on features, ascending; shape (S,).
    """

    num_features: int
    num_weights: int
    shared_rows: Indices
    sampled_rows: Indices
    _shared: _Block
    _sampled: _Block

    @property
    def num_angles(self) -> int:
        return len(self.shared_rows) + len(self.sampled_rows)

    @property
    def depend_on_weights(self) -> npt.NDArray[np.bool_]:
        """Which angles depend on weights, shape (K,)."""
        found = np.zeros(self.num_angles, dtype=bool)
        found[self.shared_rows] = self._shared.depend_on_weights
        found[self.sampled_rows] = self._sampled.depend_on_weights
        return found

    def evaluate(self, features: Floats, weights: Floats) -> Floats:
        """All angles, shape (K, B)."""
        if self._affine is not None:
            return self._affine.evaluate(features.T, weights)
        angles = np.empty((self.num_angles, len(features)))
        angles[self.shared_rows] = self.evaluate_shared(weights)[:, np.newaxis]
        angles[self.sampled_rows] = self.evaluate_sampled(features, weights)
        return angles

    @cached_property
    def _affine(self) -> _Block | None:
        """All angles in one block, where all are affine: the fewest operations for few samples."""
        if self._shared.groups or self._sampled.groups:
            return None
        order = np.argsort(np.concatenate([self.shared_rows, self.sampled_rows]))
        a, b = self._shared, self._sampled
        return _Block(
            np.concatenate([a.constant, b.constant])[order],
            np.concatenate([a.by_features, b.by_features])[order],
            np.concatenate([a.by_weights, b.by_weights])[order],
            groups=(),
        )

    def evaluate_shared(self, weights: Floats) -> Floats:
        """The feature-free angles, shape (K − S,), in the order of ``shared_rows``."""
        return self._shared.evaluate(np.zeros((self.num_features, 1)), weights)[:, 0]

    def evaluate_sampled(self, features: Floats, weights: Floats) -> Floats:
        """The feature-dependent angles, shape (S, B), in the order of ``sampled_rows``."""
        return self._sampled.evaluate(features.T, weights)

    def pullback(
        self, features: Floats, weights: Floats, cotangents: Floats
    ) -> tuple[Floats, Floats]:
        """Derivatives by weights (B, W) and features (B, F), from those by the angles.

        Args:
            features: Shape (B, F).
            weights: Shape (W,).
            cotangents: ∂loss/∂angle, shape (K, B); sample b's loss depends on its own angles only.
                Sum the weights' derivatives over the samples for a loss of the whole batch.
        """
        d_weights, d_features = self._sampled.pullback(
            features.T, weights, cotangents[self.sampled_rows]
        )
        shared, _ = self._shared.pullback(
            np.zeros((self.num_features, len(features))), weights, cotangents[self.shared_rows]
        )
        return (d_weights + shared).T, d_features.T

    def pullback_shared(self, weights: Floats, cotangents: Floats) -> Floats:
        """Derivatives by weights (W,) from those by the feature-free angles (K − S,)."""
        if not self._shared.groups:
            affine: Floats = cotangents @ self._shared.by_weights
            return affine
        no_features = np.zeros((self.num_features, 1))
        return self._shared.pullback(no_features, weights, cotangents[:, np.newaxis])[0][:, 0]

    def pullback_sampled(
        self, features: Floats, weights: Floats, cotangents: Floats
    ) -> tuple[Floats, Floats]:
        """Derivatives (B, W), (B, F) from those by the feature-dependent angles (S, B)."""
        d_weights, d_features = self._sampled.pullback(features.T, weights, cotangents)
        return d_weights.T, d_features.T


def compile_angles(
    expressions: Sequence[ParameterExpression | float],
    features: Sequence[Parameter],
    weights: Sequence[Parameter],
) -> Angles:
    """Compile angles to arrays and tapes.

    Args:
        expressions: The circuit's angles, length K; numbers or expressions of the parameters.
        features: Parameters of the features' columns, length F.
        weights: Parameters of the weights, length W.

    Raises:
        InputError: An expression has a parameter that is neither, a complex constant, or an
            operation that has no value for real numbers.
    """
    leaves: dict[Any, Leaf] = {}
    leaves.update({parameter: Leaf("feature", i) for i, parameter in enumerate(features)})
    leaves.update({parameter: Leaf("weight", i) for i, parameter in enumerate(weights)})
    tapes = [read_tape(expression, leaves) for expression in expressions]
    sampled = [any(leaf.kind == "feature" for leaf in tape.leaves) for tape in tapes]
    sizes = (len(features), len(weights))
    return Angles(
        num_features=len(features),
        num_weights=len(weights),
        shared_rows=np.array([k for k, s in enumerate(sampled) if not s], dtype=np.int64),
        sampled_rows=np.array([k for k, s in enumerate(sampled) if s], dtype=np.int64),
        _shared=_block([t for t, s in zip(tapes, sampled, strict=True) if not s], *sizes),
        _sampled=_block([t for t, s in zip(tapes, sampled, strict=True) if s], *sizes),
    )


@dataclass(frozen=True)
class _Block:
    """R angles: ``constant + by_features @ x + by_weights @ w``, plus what the groups add."""

    constant: Floats
    by_features: Floats
    by_weights: Floats
    groups: tuple[_Group, ...]

    @property
    def depend_on_weights(self) -> npt.NDArray[np.bool_]:
        found = np.array(self.by_weights.any(axis=1))
        for group in self.groups:
            found[group.rows] = any(kind == "weight" for kind, _ in group.slots)
        return found

    def evaluate(self, features: Floats, weights: Floats) -> Floats:
        """Shape (R, B); ``features`` is (F, B)."""
        angles: Floats = self.by_features @ features
        angles += (self.constant + self.by_weights @ weights)[:, np.newaxis]
        for group in self.groups:
            angles[group.rows] = group.evaluate(features, weights)[-1]
        return angles

    def pullback(
        self, features: Floats, weights: Floats, cotangents: Floats
    ) -> tuple[Floats, Floats]:
        """Shapes (W, B) and (F, B)."""
        d_weights: Floats = self.by_weights.T @ cotangents
        d_features: Floats = self.by_features.T @ cotangents
        for group in self.groups:
            group.pull(features, weights, cotangents[group.rows], d_weights, d_features)
        return d_weights, d_features


@dataclass(frozen=True)
class _Group:
    """G angles with one tape: ``slots[s]`` holds the kind and the G indices (or constants)."""

    rows: Indices
    slots: tuple[tuple[str, Any], ...]
    operations: tuple[tuple[str, int, int], ...]

    def evaluate(self, features: Floats, weights: Floats) -> list[Floats]:
        """Every operand's values, each (G, B) or (G, 1); the last is the angles'."""
        values: list[Floats] = []
        for kind, content in self.slots:
            if kind == "feature":
                values.append(features[content])
            else:
                values.append((weights[content] if kind == "weight" else content)[:, np.newaxis])
        for name, left, right in self.operations:
            if name in UNARY:
                values.append(UNARY[name][0](values[left]))
            else:
                values.append(BINARY[name][0](values[left], values[right]))
        return values

    def pull(
        self,
        features: Floats,
        weights: Floats,
        cotangents: Floats,
        d_weights: Floats,
        d_features: Floats,
    ) -> None:
        """Add the derivatives to ``d_weights`` (W, B) and ``d_features`` (F, B)."""
        values = self.evaluate(features, weights)
        adjoints = [np.zeros_like(cotangents) for _ in values]
        adjoints[-1] = cotangents
        constant = [kind == "constant" for kind, _ in self.slots] + [False] * len(self.operations)
        first = len(self.slots)
        for k in reversed(range(len(self.operations))):
            name, left, right = self.operations[k]
            result, adjoint = values[first + k], adjoints[first + k]
            if name in UNARY:
                adjoints[left] += adjoint * UNARY[name][1](values[left], result)
                continue
            # A constant operand's derivative is not needed, and may not exist ((-2)**y).
            for place, partial in zip((left, right), BINARY[name][1:], strict=True):
                if not constant[place]:
                    adjoints[place] += adjoint * partial(values[left], values[right], result)
        for (kind, content), adjoint in zip(self.slots, adjoints, strict=False):
            if kind != "constant":
                np.add.at(d_features if kind == "feature" else d_weights, content, adjoint)


def _block(tapes: Sequence[Tape], num_features: int, num_weights: int) -> _Block:
    constant = np.zeros(len(tapes))
    matrices = {
        "feature": np.zeros((len(tapes), num_features)),
        "weight": np.zeros((len(tapes), num_weights)),
    }
    members: dict[object, list[int]] = {}
    for row, tape in enumerate(tapes):
        form = affine_form(tape)
        if form is None:
            members.setdefault(tape.shape, []).append(row)
            continue
        constant[row] = form.pop("constant", 0.0)
        for (kind, index), coefficient in form.items():
            matrices[kind][row, index] = coefficient
    groups = tuple(_group([tapes[row] for row in rows], rows) for rows in members.values())
    return _Block(constant, matrices["feature"], matrices["weight"], groups)


def _group(tapes: Sequence[Tape], rows: Sequence[int]) -> _Group:
    slots: list[tuple[str, Any]] = []
    for leaves in zip(*(tape.leaves for tape in tapes), strict=True):
        kind = leaves[0].kind
        if kind == "constant":
            slots.append((kind, np.array([leaf.value for leaf in leaves])))
        else:
            slots.append((kind, np.array([leaf.index for leaf in leaves], dtype=np.int64)))
    return _Group(np.array(rows, dtype=np.int64), tuple(slots), tapes[0].operations)
