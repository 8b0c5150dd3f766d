"""Operations on the bits of integers, for compiled code."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def parity(typing: Any, word: Any) -> Any:
    """The number of ones of an integer, modulo 2."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = builder.ctpop(arguments[0])
        return builder.and_(count, ir.Constant(count.type, 1))

    return types.int64(types.int64), generate
