"""Spellings to numbers: in columns where the metadata prove the answer, one by one through ``phonenumbers`` elsewhere.

Both ways give what ``phonenumbers`` gives; which of them a spelling takes is a question of speed only.
"""

import polars as pl

from importer.stages.phones import numbering, oracle
from importer.stages.phones.oracle import Fault

SMALL_GROUP = 100
"""Rows of one numbering plan below which compiling its patterns costs more than asking ``phonenumbers``."""

READING: dict[str, pl.DataType] = dict.fromkeys(("e164", "fault", "code", "extension", "digits"), pl.String())

_PUNCTUATION = r" ()./\[\]\-"
_SIMPLE = rf"^[{_PUNCTUATION}]*\+?[0-9{_PUNCTUATION}]+$"
"""Digits and the punctuation that ``phonenumbers`` drops without a second look."""

_LONGEST_SIMPLE = 60
_DROPPED = list("+ ()./[]-")
_E164 = pl.concat_str(pl.lit("+"), "code", "significant")


def read(cells: pl.DataFrame) -> pl.DataFrame:
    """Read each cell as ``phonenumbers`` does.

    Args:
        cells: ``index`` (UInt32, unique), ``text`` (String), ``region`` (String?, one that ``phonenumbers`` knows).

    Returns:
        ``index`` with ``e164`` (String?, null where not valid), ``fault`` (String?, an ``oracle.Fault``), ``code``
        (String?, the calling code), ``extension`` (String?) and ``digits`` (String: all that were written), in any
        order.
    """
    simple = (pl.col("text").str.len_bytes() <= _LONGEST_SIMPLE) & pl.col("text").str.contains(_SIMPLE)
    provable = (
        cells.lazy()
        .filter(simple)
        .with_columns(
            digits=pl.col("text").str.replace_many(_DROPPED, [""] * len(_DROPPED)),
            is_abroad=pl.col("text").str.contains_any(["+"]),
        )
        .filter(pl.col("digits").str.len_bytes() >= 3)
        .drop("text")
        .collect()
    )
    abroad, at_home = provable.filter("is_abroad"), provable.filter(~pl.col("is_abroad"))
    homeless = at_home.filter(pl.col("region").is_null())
    split = pl.concat([_abroad(abroad.with_columns(dialled="digits")), *_at_home(at_home.drop_nulls("region"))])
    done = [homeless.select("index", "digits", fault=pl.lit(Fault.NO_REGION.value)), *_judged(split)]
    settled = pl.concat(done, how="diagonal")
    if settled.height < cells.height:
        left = cells.join(settled.select("index"), on="index", how="anti")
        settled = pl.concat([settled, _one_by_one(left)], how="diagonal")
    return settled.match_to_schema({"index": cells.schema["index"]} | READING, missing_columns="insert")


def _abroad(cells: pl.DataFrame) -> pl.DataFrame:
    """Split international ``dialled`` digits into ``code`` and ``national`` number, under a ``plan``."""
    code = pl.col("dialled").str.extract(numbering.calling_code_pattern())
    national = pl.col("dialled").str.slice(pl.col("code").str.len_bytes())
    return (
        cells.lazy()
        .with_columns(code=code)
        .filter(pl.col("code").is_not_null())
        .select("index", "digits", national=national, plan=pl.col("code").replace_strict(numbering.mains()))
        .filter(pl.col("national").str.len_bytes() >= 2)
        .collect()
    )


def _at_home(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """The same for digits written as their ``region`` dials them; small regions are left out."""
    groups = cells.partition_by("region", as_dict=True)
    return [
        part
        for (region,), group in groups.items()
        if group.height >= SMALL_GROUP
        for part in _dialled(group, numbering.plan(str(region)), str(region))
    ]


def _dialled(cells: pl.DataFrame, plan: numbering.Plan, region: str) -> list[pl.DataFrame]:
    """Tell calls abroad, numbers with the region's own code, and numbers without any, apart."""
    has_idd, after_idd = plan.after_idd(pl.col("digits"))
    cells = cells.with_columns(is_abroad=has_idd)
    abroad = _abroad(cells.filter("is_abroad").with_columns(dialled=after_idd))
    inland = (
        cells.lazy().filter(~pl.col("is_abroad")).with_columns(starts_coded=pl.col("digits").str.starts_with(plan.code))
    )
    rest = pl.col("rest")
    coded = (
        inland.filter("starts_coded")
        .with_columns(rest=plan.without_code(pl.col("digits")))
        .select(
            "index",
            "digits",
            national=pl.coalesce(rest, "digits"),
            plan=pl.when(rest.is_not_null()).then(pl.lit(plan.main)).otherwise(pl.lit(region)),
        )
    )
    plain = inland.filter(~pl.col("starts_coded")).select("index", "digits", national="digits", plan=pl.lit(region))
    return [abroad, *pl.collect_all([coded.filter(pl.col("national").str.len_bytes() >= 2), plain])]


def _judged(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """Decide which of the split numbers are valid, plan by plan; small plans are left out."""
    groups = cells.partition_by("plan", as_dict=True)
    asked = pl.collect_all(
        part.with_columns(tagged=numbering.tag(pl.col("significant")), code=pl.lit(plan.code))
        .with_columns(is_valid=numbering.is_main_valid(plan.code))
        .drop("national")
        for plan, group in ((numbering.plan(str(name)), group) for (name,), group in groups.items())
        if group.height >= SMALL_GROUP
        for part in _significant(group.lazy(), plan)
    )
    if not asked:
        return []
    valid = pl.concat(part.filter("is_valid") for part in asked).select("index", "digits", "code", e164=_E164)
    others = pl.concat(part.filter(~pl.col("is_valid")) for part in asked).partition_by("code", as_dict=True)
    return [
        valid,
        *(_judged_by_all(part, str(code)) for (code,), part in others.items() if part.height >= SMALL_GROUP),
    ]


def _judged_by_all(cells: pl.DataFrame, code: str) -> pl.DataFrame:
    """Ask every region of a calling code, and say why a number is valid in none."""
    significant = pl.col("significant")
    fault = numbering.plan(numbering.main(code)).fault(significant)
    return cells.with_columns(is_valid=numbering.is_valid(code)).select(
        "index",
        "digits",
        e164=pl.when("is_valid").then(_E164),
        fault=pl.when(~pl.col("is_valid")).then(fault),
        code=pl.when(significant.str.len_bytes() <= numbering.MAX_DIGITS).then("code"),
    )


def _significant(cells: pl.LazyFrame, plan: numbering.Plan) -> list[pl.LazyFrame]:
    """Add the ``significant`` digits; apart, because few numbers have a national prefix to look at closely."""
    national = pl.col("national")
    has_trunk = plan.has_trunk(national)
    return [
        cells.filter(~has_trunk).with_columns(significant=national),
        cells.filter(has_trunk).with_columns(significant=plan.significant(national)),
    ]


def _one_by_one(cells: pl.DataFrame) -> pl.DataFrame:
    spellings = cells.select("text", "region").unique()
    readings = [oracle.read(text, region) for text, region in spellings.iter_rows()]
    answers = spellings.with_columns(
        *(
            pl.Series(name, [getattr(reading, name) for reading in readings], dtype=pl.String)
            for name in ("e164", "fault", "code", "extension")
        ),
        digits=pl.col("text").str.replace_all("[^0-9]", ""),
    )
    return cells.join(answers, on=["text", "region"], how="left", nulls_equal=True).select("index", *READING)
