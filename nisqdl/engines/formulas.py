"""Formulas of angles: Qiskit's parameter expressions as tapes of operations on real numbers.

Only Qiskit's own record of how an expression was built is read; SymPy is never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import ParameterExpression


@dataclass(frozen=True)
class Leaf:
    """A feature or weight by its index, or the constant ``value``."""

    kind: str
    index: int = 0
    value: float = 0.0


@dataclass(frozen=True)
class Tape:
    """One expression: operations on operands, which count the leaves first, then the results."""

    leaves: tuple[Leaf, ...]
    operations: tuple[tuple[str, int, int], ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What tapes must have in common to be evaluated together."""
        return tuple(leaf.kind for leaf in self.leaves), self.operations


def read_tape(expression: Any, leaves: Mapping[Any, Leaf]) -> Tape:
    """The tape of an expression, from Qiskit's record of the steps that built it."""
    if not hasattr(expression, "parameters"):
        return Tape((_constant(expression),), ())
    if expression.is_symbol():
        return Tape((_known(next(iter(expression.parameters)), leaves),), ())
    return _tape(_steps(expression), leaves)


def _steps(expression: ParameterExpression) -> list[tuple[str, list[Any]]]:
    """(operation, operands) in order of evaluation; ``None`` operands come from the stack."""
    steps = []
    for step in expression._qpy_replay:
        name = str(step.op).rpartition(".")[2]
        if name in UNARY:
            steps.append((name, [step.lhs]))
        elif name in BINARY:
            steps.append((name, [step.lhs, step.rhs]))
        else:
            raise InputError(
                f"The angle {expression} has the operation {name}, which angles must not have; "
                "write it with + - * / ** and sin, cos, tan, arcsin, arccos, arctan, exp, log, abs."
            )
    return steps


def _tape(steps: list[tuple[str, list[Any]]], known: Mapping[Any, Leaf]) -> Tape:
    slots: list[Leaf] = []
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

    return Tape(tuple(slots), tuple((name, place(a), place(b)) for name, a, b in operations))


def _known(parameter: Any, leaves: Mapping[Any, Leaf]) -> Leaf:
    if parameter not in leaves:
        raise InputError(
            f"The circuit's parameter {parameter.name!r} must be one of the model's features or "
            "weights, but is neither; add it to one of them or bind it to a number."
        )
    return leaves[parameter]


def _constant(value: Any) -> Leaf:
    number = complex(value)
    if number.imag != 0:
        raise InputError(f"An angle must be real, but has the constant {number}.")
    return Leaf("constant", value=number.real)


def affine_form(tape: Tape) -> dict[Any, float] | None:
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
    if name in UNARY:
        return {"constant": float(UNARY[name][0](number_a))} if fixed_a else None
    if fixed_a and fixed_b:
        return {"constant": float(BINARY[name][0](number_a, number_b))}
    if name in ("ADD", "SUB", "RSUB"):
        sign_a, sign_b = {"ADD": (1.0, 1.0), "SUB": (1.0, -1.0), "RSUB": (-1.0, 1.0)}[name]
        return {key: sign_a * a.get(key, 0.0) + sign_b * b.get(key, 0.0) for key in {**a, **b}}
    if name == "MUL" and (fixed_a or fixed_b):
        number, form = (number_a, b) if fixed_a else (number_b, a)
        return {key: number * coefficient for key, coefficient in form.items()}
    if name == "DIV" and fixed_b:
        return {key: coefficient / number_b for key, coefficient in a.items()}
    return None


UNARY: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
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

BINARY: Mapping[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
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
