"""A document as Markdown; its figures are files beside it."""

from __future__ import annotations

import re

from nisqdl.report.document import (
    Answer,
    Block,
    Code,
    DataTable,
    Document,
    Paragraph,
    Picture,
)


def markdown_text(document: Document, figures: str = "figures") -> str:
    """The whole text. Characters that Markdown or HTML would take as marks are escaped.

    Args:
        document: What is written.
        figures: The folder of the figures' SVG files, relative to the Markdown file.
    """
    parts = [f"# {_plain(document.title)}", _plain(document.status)]
    parts += [_answer(answer) for answer in document.answers]
    for section in document.sections:
        parts.append(f"## {_plain(section.title)}")
        parts += [_block(block, figures) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, figures: str) -> str:
    match block:
        case Paragraph(text, quiet):
            return f"<sub>{_plain(text)}</sub>" if quiet else _plain(text)
        case DataTable():
            return _table(block)
        case Picture():
            image = f"![{_plain(block.alt)}]({figures}/{block.name}.svg)"
            return f"### {_plain(block.title)}\n\n{image}\n\n{_plain(block.caption)}"
        case Code(text, language):
            fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
            return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _answer(answer: Answer) -> str:
    headline = f"**{_plain(answer.headline)}**"
    details = "\n".join(f"- {_plain(text)}" for text in answer.details)
    return f"{headline}\n\n{details}" if details else headline


def _table(table: DataTable) -> str:
    lines = [_row(table.columns), _row(["---"] * len(table.columns), escape=False)]
    lines += [_row(row) for row in table.rows]
    return f"{_plain(table.caption)}:\n\n" + "\n".join(lines)


def _row(cells: tuple[str, ...] | list[str], escape: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if escape else cell for cell in cells)} |"


def _plain(text: str) -> str:
    """Text that stays text: on one line, with no mark-up in it."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore within a word is no mark.
    return re.sub(r"[\\`*\[\]|#]|(?<!\w)_|_(?!\w)", r"\\\g<0>", " ".join(text.split()))
