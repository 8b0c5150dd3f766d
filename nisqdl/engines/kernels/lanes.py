"""Eight numbers as one value in compiled code: what lets Numba keep them in vector registers.

Numba's own loops over eight entries reach a quarter of this speed, because it cannot promise
LLVM that two places of an array do not overlap. ``Lanes`` is a Numba type that is an LLVM vector of
``WIDTH`` doubles; the functions here are its operations. They check no bounds.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic, models, register_model

WIDTH = 8

_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_CONTRACT = ("contract",)
_ALIGN = 8  # bytes; NumPy promises no more


class LanesType(types.Type):
    """Numba's type of one vector."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


@intrinsic  # type: ignore[untyped-decorator]
def load(typing: Any, array: Any, start: Any) -> Any:
    """Entries ``start`` to ``start + WIDTH`` of a contiguous array of one dimension."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_pointer(context, builder, signature, arguments), align=_ALIGN)

    return LANES(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, array: Any, start: Any, value: Any) -> Any:
    """Write a vector to entries ``start`` to ``start + WIDTH``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _pointer(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=_ALIGN)
        return context.get_dummy_value()

    return types.none(array, types.intp, LANES), generate


@intrinsic  # type: ignore[untyped-decorator]
def load_four(typing: Any, array: Any, start: Any, step: Any) -> Any:
    """Entries ``start``, ``start + step``, … in the first four lanes; the others are 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = ir.Constant(_VECTOR, [0.0] * WIDTH)
        for lane, place in enumerate(_four(context, builder, signature, arguments)):
            value = builder.insert_element(value, builder.load(place), ir.IntType(32)(lane))
        return value

    return LANES(array, types.intp, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def store_four(typing: Any, array: Any, start: Any, step: Any, value: Any) -> Any:
    """Write the first four lanes to entries ``start``, ``start + step``, …"""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        for lane, place in enumerate(_four(context, builder, signature, arguments)):
            builder.store(builder.extract_element(arguments[3], ir.IntType(32)(lane)), place)
        return context.get_dummy_value()

    return types.none(array, types.intp, types.intp, LANES), generate


@intrinsic  # type: ignore[untyped-decorator]
def splat(typing: Any, number: Any) -> Any:
    """A vector of one number repeated."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = ir.IntType(32)
        empty = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(empty, arguments[0], index(0))
        mask = ir.Constant(ir.VectorType(index, WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, empty, mask)

    return LANES(types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def times(typing: Any, a: Any, b: Any) -> Any:
    """a · b."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(arguments[0], arguments[1], flags=_CONTRACT)

    return LANES(LANES, LANES), generate


@intrinsic  # type: ignore[untyped-decorator]
def fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a · b + c, in one instruction where the processor has it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = builder.fmul(arguments[0], arguments[1], flags=_CONTRACT)
        return builder.fadd(product, arguments[2], flags=_CONTRACT)

    return LANES(LANES, LANES, LANES), generate


@intrinsic  # type: ignore[untyped-decorator]
def reduced(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """c − a · b, in one instruction where the processor has it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = builder.fmul(arguments[0], arguments[1], flags=_CONTRACT)
        return builder.fsub(arguments[2], product, flags=_CONTRACT)

    return LANES(LANES, LANES, LANES), generate


def _four(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    index, places = arguments[1], []
    for _ in range(4):
        places.append(builder.gep(array.data, [index]))
        index = builder.add(index, arguments[2])
    return places


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    place = builder.gep(array.data, [arguments[1]])
    return builder.bitcast(place, _VECTOR.as_pointer())
