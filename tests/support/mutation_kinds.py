"""Small changes of the product's code, for ``tests.torture.mutation``: each a mutant that some test should notice."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    one: other
    for pair in (
        (ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot),
        (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div),
    )
    for one, other in (pair, pair[::-1])
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change; ``apply`` makes it in the module's tree. ``lines`` are those of the statement that it is in."""

    module: str
    tree: ast.Module
    lines: range
    words: str
    apply: Callable[[], None]


def path_of(module: str) -> Path:
    return ROOT / f"{module.replace('.', '/')}.py"


def enums() -> dict[str, list[str]]:
    """The members of each enum that the engine uses."""
    found = {}
    for path in (path for folder in ("models", "delivery") for path in (ROOT / "importer" / folder).glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            match node:
                case ast.ClassDef(name, [ast.Name("StrEnum")], body=body):
                    lines = [line.targets[0] for line in body if isinstance(line, ast.Assign)]
                    found[name] = [target.id for target in lines if isinstance(target, ast.Name)]
    return found


def mutants_of(module: str, members: dict[str, list[str]]) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(path_of(module).read_text("utf-8"))
    _mark_conditions(tree)

    def visit(node: ast.AST, lines: range) -> Iterator[Mutant]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params") or isinstance(node, ast.JoinedStr):
                continue
            places: list[Any] = value if isinstance(value, list) else [value]
            for place, child in enumerate(places):
                if not isinstance(child, ast.AST) or _is_docstring(child):
                    continue
                here = _lines(child) if isinstance(child, ast.stmt) else lines
                for other in _others(child, members):

                    def put(other: ast.AST = other, value: Any = value, place: int = place, name: str = name) -> None:
                        if isinstance(value, list):
                            value[place] = other
                        else:
                            setattr(node, name, other)
                        ast.fix_missing_locations(tree)

                    yield Mutant(module, tree, here, f"{_words(child, node)} → {_words(other, node)}", put)
                yield from visit(child, here)

    yield from visit(tree, range(0))


def _others(node: ast.AST, members: dict[str, list[str]]) -> Iterator[ast.AST]:  # noqa: C901 - one table
    """What stands in a node's place in its mutants."""
    match node:
        case ast.Compare(left, [operator], rest):
            yield _at(node, ast.Compare(left, [_swapped(operator)], rest))
        case ast.BoolOp(operator, values):
            yield _at(node, ast.BoolOp(_swapped(operator), values))
            yield from values
        case ast.BinOp(left, operator, right) if type(operator) in _SWAPS and not _is_text(left) | _is_text(right):
            yield _at(node, ast.BinOp(left, _swapped(operator), right))
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Name() | ast.Call() | ast.Attribute() if _is_condition(node):
            yield _at(node, ast.UnaryOp(ast.Not(), node))
        case ast.Constant(bool() as value):
            yield _at(node, ast.Constant(not value))
        case ast.Constant(int() | float() as number):
            yield _at(node, ast.Constant(number + 1))
            yield _at(node, ast.Constant(number - 1))
        case ast.Attribute(ast.Name(name), member) if member in members.get(name, ()):
            others = members[name]
            other = others[(others.index(member) + 1) % len(others)]
            yield _at(node, ast.Attribute(ast.Name(name, ast.Load()), other, ast.Load()))
        case ast.Return(value) if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            yield _at(node, ast.Return(ast.Constant(None)))
        case ast.Expr(ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield _at(node, ast.Pass())
        case ast.Assign([ast.Attribute()]):
            yield _at(node, ast.Pass())


def _swapped(operator: ast.AST) -> Any:
    return _SWAPS[type(operator)]()


def _at(node: ast.AST, other: ast.AST) -> ast.AST:
    return ast.copy_location(other, node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _words(node: ast.AST, holder: ast.AST) -> str:
    text = "delete" if isinstance(node, ast.Pass) else ast.unparse(node)
    return f"{text} in {ast.unparse(holder)}"[:110].replace("\n", " ") if isinstance(node, ast.Constant) else text[:110]


def _is_condition(node: ast.AST) -> bool:
    return getattr(node, "is_condition", False)


def _mark_conditions(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                test.is_condition = True  # type: ignore[attr-defined]
            case ast.comprehension(ifs=tests) | ast.BoolOp(values=tests):
                for test in tests:
                    test.is_condition = True  # type: ignore[attr-defined]


def _lines(statement: ast.stmt) -> range:
    """A statement's lines; of one with a body, those before it."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)
