"""No pattern of ours takes the square of what it is given, or what it is given has a bound."""

import ast
import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from time import process_time
from types import FunctionType
from typing import Any, TypeGuard

import pytest

import importer
from importer.readers import footer, sections
from importer.readers.workbooks import number_formats
from importer.stages import emails
from importer.stages.map.vocabulary import MOST_SIGNS
from importer.stages.names.casing import LONGEST as LONGEST_NAME
from importer.stages.phones.ways import LONGEST as LONGEST_NUMBER

_SIZES = (250, 1_000, 4_000)
"""Signs of a hostile text; more of them are tried where the time for these leaves a doubt."""
_LINEAR_S = 5e-8
"""A sign that is looked at once takes less."""
_SHORT = (12, 21, 30)
"""Signs that show what grows by a power, before it would take for ever."""
_UNITS = 60
_FLOOR_S = 0.005
_MOST_GROWTH = 8
"""Four times the signs take four times as long where that grows with them, and sixteen times with their square."""
_MOST_BOUNDED_S = 0.05
BOUNDED = {
    "readers.footer._FOOTER": footer._LONGEST,
    "readers.sections._meanings": sections._LONGEST,
    "stages.emails._SCHEME": emails._LONGEST,
    "stages.map.headers._PATH": MOST_SIGNS,
    "stages.names.remarks._CUT": LONGEST_NAME,
    "stages.phones.meant.others._ADDRESSES": LONGEST_NUMBER,
    "stages.phones.meant.runs._HIDDEN_BEFORE": LONGEST_NUMBER,
    "stages.phones.meant.runs._BEFORE_EXTENSION": LONGEST_NUMBER,
    "stages.phones.repairs._LINE_ENDS": LONGEST_NUMBER,
    "stages.phones.found_numbers._BARE": LONGEST_NUMBER,
    "readers.workbooks.number_formats._OTHER_BRACKET": number_formats._LONGEST,
    "readers.workbooks.number_formats._WORDLESS": number_formats._LONGEST,
}
"""Patterns that take the square of their input, and the most signs that they are given."""
_METHODS = ("match", "fullmatch", "search", "split", "sub", "finditer", "findall")
_SAMPLES = {
    kinds.CATEGORY_DIGIT: "1",
    kinds.CATEGORY_NOT_DIGIT: "x",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_NOT_SPACE: "x",
    kinds.CATEGORY_WORD: "a",
    kinds.CATEGORY_NOT_WORD: "-",
}


@dataclass(frozen=True)
class Use:
    """A pattern and a method that it is used with; ``name`` is where it stands."""

    name: str
    pattern: re.Pattern[Any]
    method: str


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Each module's name and its syntax."""
    root = Path(importer.__file__).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        text = path.read_text("utf-8")
        if "re." in text and path.name != "__main__.py":
            yield ".".join(parts).removesuffix(".__init__"), ast.parse(text)


def makes_patterns(value: object) -> TypeGuard[Callable[[], object]]:
    """Whether it is a function that makes patterns when they are first needed, and keeps them."""
    made = getattr(value, "__wrapped__", None) if hasattr(value, "cache_info") else None
    if not isinstance(made, FunctionType) or made.__code__.co_argcount:
        return False
    return "re.Pattern" in str(made.__annotations__.get("return"))


def held(value: object) -> Iterator[re.Pattern[Any]]:
    """The patterns in a value, and in what it holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(bound := getattr(value, "__self__", None), re.Pattern):
        yield bound
    elif isinstance(value, dict):
        yield from held([*value.keys(), *value.values()])
    elif makes_patterns(value):
        yield from held(value())
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from held(one)


def called(tree: ast.Module) -> dict[str, set[str]]:
    """For each name in a module the methods of patterns that are called on it, and all of them for ``""``."""
    methods: dict[str, set[str]] = {"": set()}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name(of) | ast.Call(ast.Name(of)), method) if method in _METHODS:
                methods.setdefault(of, set()).add(method)
                methods[""].add(method)
    for node in ast.walk(tree):
        match node:
            case ast.For(ast.Name(each), ast.Name(of)) | ast.comprehension(ast.Name(each), ast.Name(of)):
                methods.setdefault(of, set()).update(methods.get(each, ()))
    return {name: called for name, called in methods.items() if called or not name}


@cache
def uses() -> list[Use]:
    """Every pattern that a module holds or names in a call, with the methods that it is used with."""
    found: dict[tuple[object, str], Use] = {}
    modules = {name: called(tree) for name, tree in sources()}
    for name, methods in modules.items():
        module = importlib.import_module(name)
        for attribute, value in vars(module).items():
            inside = vars(value).items() if isinstance(value, type) and value.__module__ == name else ()
            for pattern in chain(held(value), *(held(one) for _, one in inside)):
                for method in methods.get(attribute, methods[""]):
                    found.setdefault((pattern.pattern, method), Use(f"{name}.{attribute}", pattern, method))
    for name, tree in sources():
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re"), method), [ast.Constant(text), *_]) if method in _METHODS:
                    found.setdefault((text, method), Use(f"{name}: {text!r}", re.compile(text), method))
    return [*found.values()]


def sign(of: Iterable[tuple[Any, Any]]) -> str:
    """One that a class takes."""
    parts = list(of)
    is_negated = bool(parts) and parts[0][0] is kinds.NEGATE
    taken = "".join(signs([(kinds.IN, parts[is_negated:])]))
    return next((one for one in "xa1 -.\n" if one not in taken), "") if is_negated else taken[:1]


def signs(nodes: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Those that a pattern names, and one of each class of it."""
    for kind, told in nodes:
        if kind is kinds.LITERAL:
            yield chr(told)
        elif kind is kinds.RANGE:
            yield chr(told[0])
        elif kind is kinds.CATEGORY:
            yield _SAMPLES[told]
        elif kind in {kinds.ANY, kinds.NOT_LITERAL}:
            yield "x"
        elif kind is kinds.IN:
            yield sign(told) if told[0][0] is kinds.NEGATE else ""
            yield from signs(told[told[0][0] is kinds.NEGATE :])
        else:
            for part in within(kind, told):
                yield from signs(part)


def within(kind: Any, told: Any) -> list[Any]:
    """The patterns that one consists of."""
    if kind is kinds.BRANCH:
        return list(told[1])
    if kind in {kinds.ASSERT, kinds.ASSERT_NOT}:
        return [told[1]]
    if kind is kinds.ATOMIC_GROUP:
        return [told]
    return [told[-1]] if kind is kinds.SUBPATTERN or kind in _REPEATS else []


_REPEATS = {kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT}


def example(nodes: Iterable[tuple[Any, Any]]) -> str:
    """A short text of a pattern, as far as this simple look sees."""
    text = ""
    for kind, told in nodes:
        if kind in _REPEATS:
            text += example(told[-1]) * told[0]
        elif kind is kinds.BRANCH:
            text += example(told[1][0])
        elif kind is kinds.IN:
            text += sign(told)
        elif kind in {kinds.SUBPATTERN, kinds.ATOMIC_GROUP}:
            text += example(told[-1] if kind is kinds.SUBPATTERN else told)
        elif kind not in {kinds.ASSERT, kinds.ASSERT_NOT}:
            text += "".join(islice(signs([(kind, told)]), 1))
    return text


def repeated(nodes: Iterable[tuple[Any, Any]], before: str = "") -> Iterator[tuple[str, str]]:
    """What a pattern wants again and again, and what it wants before it."""
    for kind, told in nodes:
        if kind in _REPEATS and told[1] > _UNITS:
            yield before, example(told[-1])
            for one in dict.fromkeys(signs(told[-1])):
                yield before, one
        for part in within(kind, told):
            yield from repeated(part, before)
        before += example([(kind, told)])


def hostile(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """What to repeat, and what to put before it, so that a pattern has work with it."""
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    nodes = list(parser.parse(pattern.pattern, flags))
    own = [one for one in dict.fromkeys(signs(nodes)) if one]
    pairs = [one + other for one in own for other in own if one != other]
    units = [("", unit) for unit in (*own, *pairs)]
    return list(dict.fromkeys([*((head, unit) for head, unit in repeated(nodes) if unit), *units]))[:_UNITS]


def spent_s(use: Use, head: str, unit: str, size: int) -> float:
    """Processor time of the pattern's method on a text that it does not fit at the end."""
    text: Any = head + (unit * size)[:size] + "\0"
    if isinstance(use.pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    start = process_time()
    if use.method == "sub":
        use.pattern.sub(text[:0], text)
    elif use.method == "finditer":
        list(use.pattern.finditer(text))
    else:
        getattr(use.pattern, use.method)(text)
    return process_time() - start


def best_s(use: Use, head: str, unit: str, size: int, most_s: float) -> float:
    """Processor time; where it is over ``most_s``, the least of three."""
    least_s = spent_s(use, head, unit, size)
    for _ in range(2):
        if least_s > most_s:
            least_s = min(least_s, spent_s(use, head, unit, size))
    return least_s


def grows(use: Use, head: str, unit: str) -> bool:
    """Whether a text of this takes more than a time that grows with its length."""
    if any(best_s(use, head, unit, size, _FLOOR_S) > _FLOOR_S for size in _SHORT):
        return True
    before_s = best_s(use, head, unit, _SIZES[0], _LINEAR_S * _SIZES[0])
    for size in _SIZES[1:]:
        if before_s < _LINEAR_S * size / 4:
            return False
        now_s = best_s(use, head, unit, size, before_s * _MOST_GROWTH)
        if now_s > _FLOOR_S and now_s > before_s * _MOST_GROWTH:
            return True
        before_s = now_s
    return False


def surely_grows(use: Use, head: str, unit: str) -> bool:
    """Whether it does each time that it is looked at: a busy machine makes one look, or two, seem so."""
    return all(grows(use, head, unit) for _ in range(4))


def test_no_pattern_takes_the_square_of_what_it_is_given() -> None:
    """But for those whose input is short wherever they are used, and these are no longer than the table says."""
    unbounded = [use for use in uses() if use.name.removeprefix("importer.") not in BOUNDED]
    assert {use.name for use in unbounded if any(surely_grows(use, *text) for text in hostile(use.pattern))} == set()


@pytest.mark.parametrize("name", BOUNDED)
def test_a_pattern_with_a_bound_takes_no_time_at_it(name: str) -> None:
    """The longest text that it is given."""
    its = [use for use in uses() if use.name == f"importer.{name}"]
    assert its
    for use in its:
        for text in hostile(use.pattern):
            assert best_s(use, *text, BOUNDED[name], _MOST_BOUNDED_S) < _MOST_BOUNDED_S


@pytest.mark.parametrize("pattern", ["a+b", "(a+)+b", r"[ab]+(?:b[ab]+)*\Z"])
def test_a_pattern_that_takes_the_square_or_worse_is_noticed(pattern: str) -> None:
    """At few signs where it would never end at many; a busy machine hides it in one look, not in five."""
    use = Use("", re.compile(pattern), "search")
    assert any(grows(use, *text) for _ in range(5) for text in hostile(use.pattern))
