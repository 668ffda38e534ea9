"""Read a value cell in the language of its document: a number with what goes with it, words, or no value."""

from kpigraph.language import LANGUAGES
from kpigraph.language.missing import find_missing
from kpigraph.model import JAPANESE, Conventions, Quantity, ValueForm
from kpigraph.problems import Problem, SourceError, SourceLocation


def parse_quantity(text: str, at: SourceLocation, *, conventions: Conventions = JAPANESE) -> Quantity:
    """Return what a value cell says. A cell with a digit is read as a whole or not at all.

    Raises:
        SourceError: quantity.unreadable, for a cell with a digit that is not wholly covered by the language's grammar,
            for words that ask for a number that is not there (約), and for a cell without a letter or digit.
    """
    if (quantity := find_quantity(text, conventions)) is None:
        expected = LANGUAGES[conventions.language].quantities
        raise SourceError(Problem("quantity.unreadable", at, found=text, expected=expected))
    return quantity


def find_quantity(text: str, conventions: Conventions) -> Quantity | None:
    """Return what `parse_quantity` does, None where it raises: a cell is tried in many stretches."""
    if (missing := find_missing(text, conventions.missing_words)) is not None:
        return Quantity(form=ValueForm.MISSING, missing=missing.reason)
    return LANGUAGES[conventions.language].read_quantity(text)
