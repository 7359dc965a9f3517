"""Every `Query` that the code makes, read from its source: a test that runs the code finds only those that it
runs.

Each call of `Query` is evaluated in its place, with the names of its module and its function. A part that is
known only at run time may be a value that the query compares with, but nothing that decides on an index."""

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

from mediaforge.ports.documents import Query

PACKAGE = Path(__file__).parents[2] / "functions" / "mediaforge"
_DECIDES = frozenset({"collection", "where", "order_by"})


class UnreadableError(Exception):
    """Nobody can say which index a query needs."""


@dataclass(frozen=True, slots=True)
class Site:
    """A query in the source, and the field, if any, that is summed over what it finds."""

    place: str
    query: Query
    adds_up: str = ""


# The values that a name (by its file) may have, where only the callers of its function know.
Given = Mapping[tuple[str, str], Sequence[Any]]


def sites(given: Given) -> Iterator[Site]:
    for path in sorted(PACKAGE.rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(PACKAGE.parent)
        if "Query" in text and path.parent.name != "ports":
            module = importlib.import_module(".".join(name.with_suffix("").parts))
            known = {n: values for (file, n), values in given.items() if file == name.as_posix()}
            yield from sites_of(text, name.as_posix(), vars(module), known)


def sites_of(
    text: str, file: str, module: Mapping[str, Any], given: Mapping[str, Sequence[Any]]
) -> Iterator[Site]:
    """The queries in one module's text, with the module's names. Raises UnreadableError."""
    tree = ast.parse(text)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and node.name == "Query" and node.asname:
            raise UnreadableError(f"{file}: Query goes by another name")
        if not isinstance(node, ast.Call):
            continue
        place = f"{file}:{node.lineno}"
        if _called(node) == "replace" and _DECIDES & {each.arg for each in node.keywords}:
            raise UnreadableError(f"{place}: a query may be changed there")
        if _called(node) == "sum" and len(node.args) > 1 and not _is_query(node.args[1]):
            raise UnreadableError(f"{place}: nobody knows what is added up")
        if _is_query(node):
            yield from _evaluated(node, place, above, module, given)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _is_query(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _called(node) == "Query"


def _evaluated(
    call: ast.Call,
    place: str,
    above: Mapping[ast.AST, ast.AST],
    module: Mapping[str, Any],
    given: Mapping[str, Sequence[Any]],
) -> Iterator[Site]:
    """Evaluates the call once for each combination of the values that names around it may have."""
    outer = list(_outer(call, above))
    names = _Names(module, [node for node in outer if isinstance(node, ast.FunctionDef)])
    choices = [[{name: value} for value in values] for name, values in given.items()]
    for node in outer:
        for loop in getattr(node, "generators", ()):
            values = names.value_of(loop.iter)
            if not isinstance(values, _Unknown):
                choices.append([_bound(loop.target, value) for value in values])
    sum_of = above.get(call)
    adds_up = sum_of.args[0] if isinstance(sum_of, ast.Call) and _called(sum_of) == "sum" else None
    for chosen in product(*choices):
        names.chosen = {name: value for each in chosen for name, value in each.items()}
        field = names.value_of(adds_up) if adds_up else ""
        try:
            yield _checked(Site(place, names.value_of(call), field))
        except (NameError, TypeError, ValueError) as error:
            raise UnreadableError(f"{place}: {error}") from error


def _outer(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in above:
        node = above[node]
        yield node


def _bound(target: ast.AST, value: Any) -> dict[str, Any]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    assert isinstance(target, ast.Tuple)
    pairs = zip(target.elts, value, strict=True)
    return {name: v for each, part in pairs for name, v in _bound(each, part).items()}


def _checked(site: Site) -> Site:
    query = site.query
    names = [query.collection, *query.order_by, site.adds_up]
    names += [part for condition in query.where for part in condition[:2]]
    if not all(isinstance(name, str) for name in names):
        raise UnreadableError(f"{site.place}: a field, an operator or a collection is not known")
    return site


class _Names(dict[str, Any]):
    """The values of names inside some functions: the value that is assigned there once, the value that was
    chosen for it, or an unknown one. Other names are the module's."""

    def __init__(self, module: Mapping[str, Any], functions: Sequence[ast.FunctionDef]) -> None:
        super().__init__()
        self._module = dict(module)
        self.chosen: Mapping[str, Any] = {}
        self._assigned: dict[str, ast.expr | None] = {}
        for node in (inner for function in functions for inner in ast.walk(function)):
            if isinstance(node, ast.arg):
                self._assigned.setdefault(node.arg, None)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._note(target, node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._assigned.setdefault(node.id, None)

    def _note(self, target: ast.AST, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for each, part in zip(target.elts, value.elts, strict=True):
                self._note(each, part)
        elif isinstance(target, ast.Name):
            # A name that is assigned twice has an unknown value.
            self._assigned[target.id] = None if target.id in self._assigned else value

    def __missing__(self, name: str) -> Any:
        if name in self.chosen:
            return self.chosen[name]
        if name not in self._assigned:
            raise KeyError(name)
        value = self._assigned[name]
        return _Unknown() if value is None else self.value_of(value)

    def value_of(self, expression: ast.expr) -> Any:
        code = compile(ast.Expression(expression), "<a query>", "eval")
        return eval(code, self._module, self)  # noqa: S307 - our own source


class _Unknown:
    """A value that is known only at run time."""

    def __getattr__(self, name: str) -> Self:
        return self

    def __call__(self, *args: object, **kwargs: object) -> Self:
        return self

    def __getitem__(self, key: object) -> Self:
        return self

    def __add__(self, other: object) -> Self:
        return self

    __radd__ = __sub__ = __rsub__ = __add__

    def __lt__(self, other: object) -> bool:
        return True

    __gt__ = __le__ = __ge__ = __lt__

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        raise UnreadableError("nobody knows what is among it")

    def __str__(self) -> str:
        return "unknown"
