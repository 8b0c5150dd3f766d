"""Numbers of plateaus as texts: variances, shots, times, ratios."""

from __future__ import annotations

import math

from nisqdl.analysis.plateau_causes import Ratio
from nisqdl.analysis.plateau_cells import Cell

MOST_NAMED = 4
"""So many curves are named in a sentence; the table has them all."""


def factor_text(value: float) -> str:
    """A factor to two places while it is small: ``1.98``, ``31.7``, ``410``, ``1.6·10⁴¹``."""
    if value >= 1e4:
        return count_text(value)
    return f"{value:.2f}" if value < 10 else f"{value:.3g}"


def count_text(value: float) -> str:
    """A large number in a few characters: ``830``, ``1.4·10⁶``."""
    if not math.isfinite(value):
        return "more than can be told"
    if value < 9_999.5:
        return f"{max(1, round(value)):,}".replace(",", " ")
    power = math.floor(math.log10(value))
    mantissa = f"{value / 10**power:.1f}".removesuffix(".0")
    if mantissa == "10":
        mantissa, power = "1", power + 1
    return f"{mantissa}·10{str(power).translate(_SUPERSCRIPTS)}"


def seconds_text(value: float) -> str:
    """A time in its usual unit."""
    for limit, size, unit in _UNITS:
        if value < limit:
            count = value / size
            return f"{count:.0f} {unit}" if count >= 10 else f"{count:.2g} {unit}"
    return f"{count_text(value / 31_557_600)} years"


def small_text(value: float) -> str:
    """A variance: ``0.0049``, ``3.3·10⁻⁸``."""
    if value == 0 or value >= 1e-3:
        return f"{value:.3g}"
    mantissa, power = f"{value:.1e}".split("e")  # 9.97e-5 is rounded to 1.0e-4
    return f"{mantissa.removesuffix('.0')}·10{str(int(power)).translate(_SUPERSCRIPTS)}"


def ratio_value_text(ratio: Ratio) -> str:
    """``× 0.048 (0.047 to 0.049)``."""
    return f"× {small_text(ratio.value)} ({small_text(ratio.low)} to {small_text(ratio.high)})"


def setting_text(cell: Cell, name: str) -> str:
    """One setting's value in a sentence."""
    value = cell.settings.get(name)
    if name == "noise.scale":
        return f"λ = {value:g}"
    if isinstance(value, list | tuple):
        return " and ".join(map(str, value))
    return "no entangler" if value == "none" else str(value)


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_UNITS = (
    (1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms"), (120.0, 1.0, "s"), (7200.0, 60.0, "min"),
    (172_800.0, 3600.0, "h"), (31_557_600.0, 86_400.0, "days"),
)  # fmt: skip
