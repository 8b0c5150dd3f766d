"""Two more operations for compiled code, beside those of :mod:`nisqdl.engines.exact.lanes`."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from nisqdl.engines.exact.lanes import LANES

_CONTRACT = ("contract",)


@intrinsic  # type: ignore[untyped-decorator]
def parity(typing: Any, word: Any) -> Any:
    """The number of ones of an integer, modulo 2."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = builder.ctpop(arguments[0])
        return builder.and_(count, ir.Constant(count.type, 1))

    return types.int64(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def reduced(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """c − a · b, in one instruction where the processor has it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = builder.fmul(arguments[0], arguments[1], flags=_CONTRACT)
        return builder.fsub(arguments[2], product, flags=_CONTRACT)

    return LANES(LANES, LANES, LANES), generate
