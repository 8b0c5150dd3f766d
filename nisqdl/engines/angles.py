"""Angles of a circuit: Qiskit's parameter expressions, evaluated for a whole batch at once.

Every angle is a function of the features x and the weights w. Affine ones (nearly all) are two
matrix products. The others (``2(π − x₀)(π − x₁)``, trained input scaling ``w·x``, ``w**2``) become
tapes of NumPy operations; angles whose tapes differ only in their parameters and constants share
one tape, so the cost grows with the number of *different* formulas. Derivatives are taken in
reverse mode.

Only Qiskit's own record of how an expression was built is read; SymPy is never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.errors import InputError

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
        angles = np.empty((self.num_angles, len(features)))
        angles[self.shared_rows] = self.evaluate_shared(weights)[:, np.newaxis]
        angles[self.sampled_rows] = self.evaluate_sampled(features, weights)
        return angles

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
    leaves: dict[Any, _Leaf] = {}
    leaves.update({parameter: _Leaf("feature", i) for i, parameter in enumerate(features)})
    leaves.update({parameter: _Leaf("weight", i) for i, parameter in enumerate(weights)})
    tapes = [_read(expression, leaves) for expression in expressions]
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
class _Leaf:
    """A feature or weight by its index, or the constant ``value``."""

    kind: str
    index: int = 0
    value: float = 0.0


@dataclass(frozen=True)
class _Tape:
    """One expression: operations on operands, which count the leaves first, then the results."""

    leaves: tuple[_Leaf, ...]
    operations: tuple[tuple[str, int, int], ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What tapes must have in common to be evaluated together."""
        return tuple(leaf.kind for leaf in self.leaves), self.operations


def _read(expression: Any, leaves: Mapping[Any, _Leaf]) -> _Tape:
    """The tape of an expression, from Qiskit's record of the steps that built it."""
    if not hasattr(expression, "parameters"):
        return _Tape((_constant(expression),), ())
    if expression.is_symbol():
        return _Tape((_known(next(iter(expression.parameters)), leaves),), ())
    return _tape(_steps(expression), leaves)


def _steps(expression: ParameterExpression) -> list[tuple[str, list[Any]]]:
    """(operation, operands) in order of evaluation; ``None`` operands come from the stack."""
    steps = []
    for step in expression._qpy_replay:
        name = str(step.op).rpartition(".")[2]
        if name in _UNARY:
            steps.append((name, [step.lhs]))
        elif name in _BINARY:
            steps.append((name, [step.lhs, step.rhs]))
        else:
            raise InputError(
                f"The angle {expression} has the operation {name}, which angles must not have; "
                "write it with + - * / ** and sin, cos, tan, arcsin, arccos, arctan, exp, log, abs."
            )
    return steps


def _tape(steps: list[tuple[str, list[Any]]], known: Mapping[Any, _Leaf]) -> _Tape:
    slots: list[_Leaf] = []
    operations: list[tuple[str, int, int]] = []
    stack: list[int] = []
    # Results are counted after all leaves, whose number is known only at the end.
    for name, operands in steps:
        places = []
        for operand in reversed(operands):
            if operand is None:
                places.append(stack.pop())
            else:
                symbol = hasattr(operand, "parameters")
                slots.append(_known(operand, known) if symbol else _constant(operand))
                places.append(-len(slots))
        left, right = places[-1], places[0]
        stack.append(len(operations))
        operations.append((name, left, right))
    count = len(slots)

    def place(i: int) -> int:
        return -1 - i if i < 0 else count + i

    return _Tape(tuple(slots), tuple((name, place(a), place(b)) for name, a, b in operations))


def _known(parameter: Any, leaves: Mapping[Any, _Leaf]) -> _Leaf:
    if parameter not in leaves:
        raise InputError(
            f"The circuit's parameter {parameter.name!r} must be one of the model's features or "
            "weights, but is neither; add it to one of them or bind it to a number."
        )
    return leaves[parameter]


def _constant(value: Any) -> _Leaf:
    number = complex(value)
    if number.imag != 0:
        raise InputError(f"An angle must be real, but has the constant {number}.")
    return _Leaf("constant", value=number.real)


@dataclass(frozen=True)
class _Block:
    """R angles: ``constant + by_features @ x + by_weights @ w``, plus what the groups add."""

    constant: Floats
    by_features: Floats
    by_weights: Floats
    groups: tuple[_Group, ...]

    @property
    def depend_on_weights(self) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = self.by_weights.any(axis=1)
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
            if name in _UNARY:
                values.append(_UNARY[name][0](values[left]))
            else:
                values.append(_BINARY[name][0](values[left], values[right]))
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
            if name in _UNARY:
                adjoints[left] += adjoint * _UNARY[name][1](values[left], result)
                continue
            # A constant operand's derivative is not needed, and may not exist ((-2)**y).
            for place, partial in zip((left, right), _BINARY[name][1:], strict=True):
                if not constant[place]:
                    adjoints[place] += adjoint * partial(values[left], values[right], result)
        for (kind, content), adjoint in zip(self.slots, adjoints, strict=False):
            if kind != "constant":
                np.add.at(d_features if kind == "feature" else d_weights, content, adjoint)


def _block(tapes: Sequence[_Tape], num_features: int, num_weights: int) -> _Block:
    constant = np.zeros(len(tapes))
    matrices = {
        "feature": np.zeros((len(tapes), num_features)),
        "weight": np.zeros((len(tapes), num_weights)),
    }
    members: dict[object, list[int]] = {}
    for row, tape in enumerate(tapes):
        form = _affine(tape)
        if form is None:
            members.setdefault(tape.shape, []).append(row)
            continue
        constant[row] = form.pop("constant", 0.0)
        for (kind, index), coefficient in form.items():
            matrices[kind][row, index] = coefficient
    groups = tuple(_group([tapes[row] for row in rows], rows) for rows in members.values())
    return _Block(constant, matrices["feature"], matrices["weight"], groups)


def _affine(tape: _Tape) -> dict[Any, float] | None:
    """Coefficients by (kind, index), and under ``"constant"``; ``None`` where not affine."""
    forms: list[dict[Any, float]] = [
        {"constant": leaf.value} if leaf.kind == "constant" else {(leaf.kind, leaf.index): 1.0}
        for leaf in tape.leaves
    ]
    for name, left, right in tape.operations:
        form = _affine_step(name, forms[left], forms[right])
        if form is None:
            return None
        forms.append(form)
    return forms[-1]


def _affine_step(name: str, a: dict[Any, float], b: dict[Any, float]) -> dict[Any, float] | None:
    fixed_a, fixed_b = set(a) <= {"constant"}, set(b) <= {"constant"}
    number_a, number_b = a.get("constant", 0.0), b.get("constant", 0.0)
    if name == "CONJ":
        return a
    if name in _UNARY:
        return {"constant": float(_UNARY[name][0](number_a))} if fixed_a else None
    if fixed_a and fixed_b:
        return {"constant": float(_BINARY[name][0](number_a, number_b))}
    if name in ("ADD", "SUB", "RSUB"):
        sign_a, sign_b = {"ADD": (1.0, 1.0), "SUB": (1.0, -1.0), "RSUB": (-1.0, 1.0)}[name]
        return {key: sign_a * a.get(key, 0.0) + sign_b * b.get(key, 0.0) for key in {**a, **b}}
    if name == "MUL" and (fixed_a or fixed_b):
        number, form = (number_a, b) if fixed_a else (number_b, a)
        return {key: number * coefficient for key, coefficient in form.items()}
    if name == "DIV" and fixed_b:
        return {key: coefficient / number_b for key, coefficient in a.items()}
    return None


def _group(tapes: Sequence[_Tape], rows: Sequence[int]) -> _Group:
    slots: list[tuple[str, Any]] = []
    for leaves in zip(*(tape.leaves for tape in tapes), strict=True):
        kind = leaves[0].kind
        if kind == "constant":
            slots.append((kind, np.array([leaf.value for leaf in leaves])))
        else:
            slots.append((kind, np.array([leaf.index for leaf in leaves], dtype=np.int64)))
    return _Group(np.array(rows, dtype=np.int64), tuple(slots), tapes[0].operations)


_UNARY: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    # name: (function of a, derivative as a function of a and the result)
    "SIN": (np.sin, lambda a, v: np.cos(a)),
    "COS": (np.cos, lambda a, v: -np.sin(a)),
    "TAN": (np.tan, lambda a, v: 1 + v * v),
    "ASIN": (np.arcsin, lambda a, v: 1 / np.sqrt(1 - a * a)),
    "ACOS": (np.arccos, lambda a, v: -1 / np.sqrt(1 - a * a)),
    "ATAN": (np.arctan, lambda a, v: 1 / (1 + a * a)),
    "EXP": (np.exp, lambda a, v: v),
    "LOG": (np.log, lambda a, v: 1 / a),
    "ABS": (np.abs, lambda a, v: np.sign(a)),
    "SIGN": (np.sign, lambda a, v: np.zeros_like(a)),
    "CONJ": (lambda a: a, lambda a, v: np.ones_like(a)),
}

_BINARY: Mapping[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    # name: (function of a and b, ∂/∂a and ∂/∂b as functions of a, b and the result)
    "ADD": (lambda a, b: a + b, lambda a, b, v: 1.0, lambda a, b, v: 1.0),
    "SUB": (lambda a, b: a - b, lambda a, b, v: 1.0, lambda a, b, v: -1.0),
    "RSUB": (lambda a, b: b - a, lambda a, b, v: -1.0, lambda a, b, v: 1.0),
    "MUL": (lambda a, b: a * b, lambda a, b, v: b, lambda a, b, v: a),
    "DIV": (lambda a, b: a / b, lambda a, b, v: 1 / b, lambda a, b, v: -v / b),
    "RDIV": (lambda a, b: b / a, lambda a, b, v: -v / a, lambda a, b, v: 1 / a),
    "POW": (lambda a, b: a**b, lambda a, b, v: b * a ** (b - 1), lambda a, b, v: v * np.log(a)),
    "RPOW": (lambda a, b: b**a, lambda a, b, v: v * np.log(b), lambda a, b, v: a * b ** (a - 1)),
}
