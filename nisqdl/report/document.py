"""A report's content, free of any format: sections of paragraphs, tables, pictures and code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Paragraph:
    """Plain text; ``quiet`` is for rules and remarks under what they belong to."""

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Answer:
    """What the report says of one question.

    Attributes:
        headline: The sentence that it stands for.
        details: Further sentences.
    """

    headline: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class DataTable:
    """A table of texts.

    Attributes:
        caption: What it shows; also its accessible name.
        columns: Heads.
        rows: Cells, as many a row as there are columns.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        name: Its files' name without extension; letters, digits, ``-`` and ``_``.
        title: What it is.
        caption: What it means.
        alt: What is seen.
        svg: One ``<svg>`` element, for wide pages and files.
        narrow_svg: The same for phones; ``None`` where the wide one is shown and scrolls.
        png: The same as PNG.
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: str
    narrow_svg: str | None
    png: bytes


@dataclass(frozen=True)
class Code:
    """Text to copy, as it is."""

    text: str
    language: str


Block: TypeAlias = Paragraph | DataTable | Picture | Code


@dataclass(frozen=True)
class Section:
    """A heading and what is under it.

    Attributes:
        anchor: Its address on the page; letters, digits and ``-``.
        title: The heading.
        blocks: The content.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: The first heading.
        status: What ran: points, seeds, dates; says so if the run is not complete.
        answers: One for each question.
        sections: The rest, in reading order.
    """

    title: str
    status: str
    answers: tuple[Answer, ...]
    sections: tuple[Section, ...]

    def pictures(self) -> list[Picture]:
        """All figures, in reading order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Picture)]
