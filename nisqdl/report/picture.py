"""A drawing as the pictures that pages and files show."""

from __future__ import annotations

from collections.abc import Iterable

from nisqdl.report.document import Picture
from nisqdl.report.figures.kind import F, FigureKind
from nisqdl.report.style import Drawing, look
from nisqdl.report.svg import png_bytes, svg_text


def picture(name: str, title: str, wide: Drawing, narrow: Drawing | None) -> Picture:
    """A drawing with its files' name and title.

    Args:
        name: The files' name; letters, digits, ``-`` and ``_``.
        title: The heading.
        wide: For wide pages and files.
        narrow: For phones; ``None`` where the wide one scrolls there.
    """
    svg = svg_text(wide.figure, name, title, wide.alt)
    wide.figure.set_layout_engine("none")  # it is laid out: the PNG looks the same, and sooner
    return Picture(
        name=name,
        title=title,
        caption=wide.caption,
        alt=wide.alt,
        svg=svg,
        narrow_svg=svg_text(narrow.figure, f"{name}-narrow", title, narrow.alt) if narrow else None,
        png=png_bytes(wide.figure),
    )


def pictures(kinds: Iterable[FigureKind[F]], found: F, suffix: str = "") -> tuple[Picture, ...]:
    """The figures of what was found, without those for which the run has no axis.

    Args:
        kinds: The figures.
        found: What the study's analysis found.
        suffix: Of the files' names, where a report has several of a kind.
    """
    drawn = []
    for kind in kinds:
        with look():
            wide, narrow = kind.draw(found, 2), kind.draw(found, 1)
        if wide is not None:
            drawn.append(picture(f"{kind.name}{suffix}", kind.title, wide, narrow))
    return tuple(drawn)
