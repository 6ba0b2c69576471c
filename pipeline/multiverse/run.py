"""From the work database to the rows of ``published.multiverse``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.errors import PipelineError
from pipeline.multiverse.derivation import BASE, PATIENTS, derive, opened, rows_of
from pipeline.multiverse.grid import Grid
from pipeline.multiverse.plan import Plan, make_plan
from pipeline.paths import Warehouse
from pipeline.progress import Step
from pipeline.protocol import Protocol
from pipeline.sensitivity import COLUMNS, Choice, Decisions, decisions_of

if TYPE_CHECKING:
    import numpy as np

TABLE = "multiverse"
COHORT, ENDPOINTS = "cohort", "endpoints"
# sections of the protocol that the analysis of a cohort reads
ANALYSED_BY = ("analysis", "strata", "arms")
# patients in all worlds that are derived together: bounds the memory, some 2 GB at the most
MOST_ROWS = 4_000_000


@dataclass(frozen=True)
class Multiverse:
    """The columns of the table by name, and how many definitions they are of."""

    decisions: Decisions
    columns: Mapping[str, np.ndarray]

    @property
    def definitions(self) -> int:
        """How many definitions were derived and analysed."""
        return self.decisions.definitions


def multiverse(warehouse: Warehouse, protocol: Protocol, source: str, threads: int, running: Step) -> Multiverse | None:
    """Derive and analyse every definition; None for a protocol without alternatives.

    Raises UsageError for an alternative that can't be derived, PipelineError where the protocol's own definition isn't the released cohort.
    """
    from analysis.study.definitions import ordered

    lacking = _lacking(warehouse)
    decisions = decisions_of(protocol.settings, lacking)
    if len(decisions.decisions) == 0:
        return None
    endpoint = protocol["sensitivity"]["endpoint"]
    plan = make_plan(warehouse, decisions, source, (COHORT, ENDPOINTS))
    grid = Grid.whole(plan.deciding, decisions.sizes)
    found: list[dict[str, np.ndarray]] = []
    with opened(warehouse, plan, threads) as connection:
        patients = _count(connection, PATIENTS)
        for part in grid.parts(max(1, MOST_ROWS // max(patients, 1))):
            derive(connection, plan, part)
            if part.has(decisions.default, part.places):
                _refuse_another_cohort(connection, plan, part, decisions.default)
            found += _analysed(connection, plan, part, endpoint, lacking)
            running.advance(part.derived)
    return Multiverse(decisions, ordered(found))


def write(connection: duckdb.DuckDBPyConnection, made: Multiverse) -> None:
    """Create ``published.multiverse`` in a release's database; NaN and an empty text become null."""
    import numpy as np
    import pyarrow as pa

    kinds = {"bigint": pa.int64(), "double": pa.float64(), "varchar": pa.string(), "boolean": pa.bool_()}
    columns = {}
    for name, values in made.columns.items():
        kind = COLUMNS.get(name, "varchar")
        missing = np.isnan(values) if kind == "double" else values == "" if kind == "varchar" else None
        columns[name] = pa.array(values, type=kinds[kind], mask=missing)
    table = pa.table(columns)
    connection.register("analysed", table)
    names = [name for name in COLUMNS if name != "definition"]
    ordered = ["definition", *(name for name in made.columns if name not in COLUMNS), *names]
    listed = ", ".join(f'"{name}"' for name in ordered)
    connection.execute(f"create table published.{TABLE} as select {listed} from analysed")
    connection.unregister("analysed")


def cohort_of(plan: Plan, grid: Grid, choice: Choice, model: str = COHORT) -> str:
    """The published cohort of one derived definition as a relation for SQL, its patients under their own keys."""
    code = grid.code(choice)
    return f"""(
        select derived.* replace (keys.patient_key as patient_key)
        from {rows_of(plan, model)} as derived
        inner join {PATIENTS} as patients on patients.number = derived.patient_key // {grid.worlds}
        inner join {BASE}.cohort.patient_keys as keys on keys.patient_id = patients.patient_id
        where derived.patient_key % {grid.worlds} = {code}
    )"""


def _refuse_another_cohort(connection: duckdb.DuckDBPyConnection, plan: Plan, grid: Grid, default: Choice) -> None:
    """The protocol's own definition is the release's cohort, row by row: what says so of the others is that the models are the same."""
    for model in (COHORT, ENDPOINTS):
        own, released = cohort_of(plan, grid, default, model), f"{BASE}.published.{model}"
        different = _count(connection, f"(from {own} except all from {released})") + _count(
            connection, f"(from {released} except all from {own})"
        )
        if different:
            raise PipelineError(
                f"of the definitions derived together the protocol's own isn't the published {model}: {different} rows differ",
                todo="a model on the way may join rows of two patients; nothing was published. MULTIVERSE=0 leaves the definitions out",
            )


def _analysed(
    connection: duckdb.DuckDBPyConnection, plan: Plan, grid: Grid, endpoint: str, lacking: Sequence[str]
) -> list[dict[str, np.ndarray]]:
    """The table's columns for every definition of a part of the grid."""
    from analysis.study.definitions import Asked, estimates

    decisions = plan.decisions
    at_analysis = [place for place in range(len(decisions.decisions)) if _is_analysed_by(decisions, place)]
    # a choice that nothing reads gives the same numbers again, and is a definition all the same
    idle = [place for place in range(len(decisions.decisions)) if place not in at_analysis and place not in plan.deciding]
    both = [place for place in at_analysis if place in plan.deciding]
    free = [place for place in grid.places if place not in both]
    found = []
    for variant in decisions.combinations(at_analysis):
        if not grid.has(variant, both):
            continue
        codes = sorted(grid.code(_only(variant, both)) + offset for offset in grid.offsets(free))
        settings = decisions.protocol(variant)
        cohorts = _cohorts(connection, plan, grid, codes, settings, endpoint, lacking)
        for columns in estimates(cohorts, Asked.of(settings)):
            for extra in decisions.combinations(idle):
                chosen = _merge(variant, at_analysis, extra)
                found.append({**_definition(decisions, grid, codes, chosen), **columns})
    return found


def _only(choice: Choice, places: Sequence[int]) -> Choice:
    return tuple(number if place in places else 0 for place, number in enumerate(choice))


def _merge(variant: Choice, places: Sequence[int], extra: Choice) -> Choice:
    return tuple(variant[place] if place in places else extra[place] for place in range(len(variant)))


def _is_analysed_by(decisions: Decisions, place: int) -> bool:
    """Whether an alternative of the decision changes what the analysis of a cohort reads of the protocol."""
    default = decisions.protocol(decisions.default)
    for number in range(1, decisions.sizes[place]):
        changed = decisions.protocol(tuple(number if at == place else 0 for at in range(len(decisions.sizes))))
        if any(changed[section] != default[section] for section in ANALYSED_BY):
            return True
    return False


def _definition(decisions: Decisions, grid: Grid, codes: Sequence[int], chosen: Choice) -> dict[str, np.ndarray]:
    """Which choices each world's definition makes: of the grid's decisions the world's, of the others the chosen."""
    import numpy as np

    code = np.asarray(codes, dtype=np.int64)
    number, changed = np.zeros_like(code), np.zeros_like(code)
    named = {}
    for place, decision in enumerate(decisions.decisions):
        own = (code // grid.stride(place)) % grid.size(place) if place in grid.places else np.full_like(code, chosen[place])
        number, changed = number * len(decision.choices) + own, changed + (own > 0)
        named[decision.id] = np.array([choice.id for choice in decision.choices], dtype=object)[own]
    return {"definition": number, **named, "is_default": number == 0, "changed": changed}


def _cohorts(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    grid: Grid,
    codes: Sequence[int],
    settings: Mapping[str, Any],
    endpoint: str,
    lacking: Sequence[str],
) -> Any:
    """The patients of some worlds as the analysis wants them; the strata are conditions on a row of ``cohort``."""
    import numpy as np

    from analysis.study.definitions import Cohorts

    wanted = {*settings["sensitivity"]["strata"], *settings["analysis"].get("interaction", ())}
    strata = [entry for entry in settings["strata"] if entry["id"] in wanted]
    known = [entry for entry in strata if entry.get("requires") not in lacking]
    conditions = "".join(f", coalesce(({entry['where']}), false) as stratum_{entry['id']}" for entry in known)
    found = connection.execute(
        f"""with members as (select *{conditions} from {rows_of(plan, COHORT)})
        select members.patient_key % {grid.worlds} as code, members.arm = $first as is_first, cast(times.days as double) as days,
            times.is_event, coalesce(cast(members.first_ici_day as double), 'nan'::double) as first_ici, columns('stratum_.*')
        from members
        inner join {rows_of(plan, ENDPOINTS)} as times on members.patient_key = times.patient_key and times.endpoint = $endpoint
        where members.arm in (select unnest($arms)) and members.patient_key % {grid.worlds} in (select unnest($codes))
        order by members.patient_key""",
        {"first": next(iter(settings["arms"])), "arms": list(settings["arms"])[:2], "endpoint": endpoint, "codes": list(codes)},
    ).fetchnumpy()
    return Cohorts(
        worlds=len(codes),
        world=np.searchsorted(np.asarray(codes, dtype=np.int64), found["code"]),
        first=found["is_first"].astype(bool),
        days=np.asarray(found["days"], dtype=float),
        events=found["is_event"].astype(bool),
        first_ici=np.asarray(found["first_ici"], dtype=float),
        strata={entry["id"]: found[f"stratum_{entry['id']}"].astype(bool) if entry in known else None for entry in strata},
    )


def _lacking(warehouse: Warehouse) -> list[str]:
    """What the source can't say."""
    from pipeline.database import connect

    with connect(warehouse.database, warehouse.key, read_only=True) as connection:
        found = connection.execute("select capability from staging.conformed_capabilities group by all having not bool_or(is_available)")
        return [capability for (capability,) in found.fetchall()]


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    ((number,),) = connection.execute(f"select count(*) from {relation}").fetchall()
    return int(number)
