"""Values as texts of tables and sentences."""

from __future__ import annotations

import json

from nisqdl.store.record import Json

DASH = "–"


def minute_text(moment: str) -> str:
    """A date and time to the minute: ``2026-10-02 08:00 UTC``."""
    if len(moment) < 16:
        return moment
    zone = " UTC" if moment.endswith(("+00:00", "Z")) else moment[19:]
    return f"{moment[:10]} {moment[11:16]}{zone}"


def value_text(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
