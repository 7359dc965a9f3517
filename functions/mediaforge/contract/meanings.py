"""What the docstring of a model says, and the string below each of its fields. Reads the source, so it is for
descriptions alone: no request waits for it."""

import ast
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache

from pydantic import BaseModel

from mediaforge.contract.answers import DOCUMENT_OF


def paragraphs(documented: object) -> Sequence[str]:
    """The paragraphs of a docstring, each on one line."""
    text = inspect.cleandoc(getattr(documented, "__doc__", None) or "")
    return [" ".join(part.split()) for part in text.split("\n\n") if part]


def meanings(model: type) -> Mapping[str, str]:
    """What the string below each field says, by the field's name in Python."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if is_shaped(base) and base is not BaseModel:
            found |= _strings_below_fields(DOCUMENT_OF.get(base, base))
    return found


def is_shaped(hint: type) -> bool:
    """Whether it is a model or a dataclass."""
    return issubclass(hint, BaseModel) or is_dataclass(hint)


def _strings_below_fields(model: type) -> Mapping[str, str]:
    definition = _classes(model.__module__).get(model.__qualname__)
    if definition is None:  # it was made by `create_model`: its fields describe themselves
        return {}
    found = {}
    for declared, below in zip(definition.body, definition.body[1:], strict=False):
        match declared, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                found[name] = " ".join(text.split())
    return found


@cache
def _classes(module: str) -> Mapping[str, ast.ClassDef]:
    """The classes of a module. `inspect.getsource` of one class reads the whole module, each time."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError):
        return {}
    return {each.name: each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)}
