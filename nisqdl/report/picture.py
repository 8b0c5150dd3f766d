"""A drawing as the pictures that pages and files show."""

from __future__ import annotations

from nisqdl.report.document import Picture
from nisqdl.report.style import Drawing
from nisqdl.report.svg import png_bytes, svg_text


def picture(name: str, title: str, wide: Drawing, narrow: Drawing | None) -> Picture:
    """A drawing with its files' name and title.

    Args:
        name: The files' name; letters, digits, ``-`` and ``_``.
        title: The heading.
        wide: For wide pages and files.
        narrow: For phones; ``None`` where the wide one scrolls there.
    """
    return Picture(
        name=name,
        title=title,
        caption=wide.caption,
        alt=wide.alt,
        svg=svg_text(wide.figure, name, title, wide.alt),
        narrow_svg=svg_text(narrow.figure, f"{name}-narrow", title, narrow.alt) if narrow else None,
        png=png_bytes(wide.figure),
    )
