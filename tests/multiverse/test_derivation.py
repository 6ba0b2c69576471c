"""Definitions derived together are what a derivation of the whole gives for each of them: row by row, every column."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from pipeline import transform
from pipeline.errors import PipelineError, UsageError
from pipeline.multiverse import multiverse, run, write
from pipeline.multiverse.derivation import derive, opened
from pipeline.multiverse.grid import Grid
from pipeline.multiverse.plan import Plan, Relation, make_plan
from pipeline.paths import Warehouse
from pipeline.progress import Step, step
from pipeline.protocol import load, of_settings, problems
from pipeline.sensitivity import Choice, Decisions, decisions_of
from tests.derive import derive as derive_whole
from tests.generative.random_exports import write_exports

PATIENTS = 260
TARGETS = (run.COHORT, run.ENDPOINTS)
# what no decision of the protocol changes yet, one model twice on the way, and what only the analysis reads
OTHERS = [
    {
        "id": "carried",
        "label": "Carry-over",
        "choices": [{"id": "long", "label": "90 days", "change": {"parameters": {"carry_over_days": 90, "regimen_window_days": 40}}}],
    },
    {
        "id": "days",
        "label": "Grace and blanking together",
        "choices": [
            {
                "id": "more",
                "label": "90 and 28 days",
                "change": {"parameters": {"resistance_grace_days": 90, "progression_blanking_days": 28, "best_response_from_day": 28}},
            },
            {"id": "less", "label": "none", "change": {"parameters": {"resistance_grace_days": 0, "progression_blanking_days": 0}}},
        ],
    },
    {
        "id": "strict",
        "label": "Patients with an ECOG of 2 or more",
        "choices": [
            {
                "id": "left_out",
                "label": "left out",
                "change": {
                    "criteria": [{"id": "first_lines", "label": "Few events", "rule": "resistance_events < 3", "applies_to": "everybody"}]
                },
            }
        ],
    },
    {
        "id": "name",
        "label": "What the study is called",
        "choices": [{"id": "other", "label": "otherwise", "change": {"arms": {"immunotherapy": "ICI"}}}],
    },
]


@dataclass(frozen=True)
class Derived:
    """A warehouse that was derived under the protocol, and an area for other derivations."""

    warehouse: Warehouse
    area: Path

    def whole(self, settings: dict[str, Any]) -> Path:
        """The work database with everything that follows from the facts derived under another protocol."""
        folder = Warehouse(self.area / "other")
        shutil.rmtree(folder.root, ignore_errors=True)
        folder.work.mkdir(parents=True)
        shutil.copyfile(self.warehouse.database, folder.database)
        models = ["path:models/clinical", "path:models/cohort", "path:models/published"]
        selection = ["--select", *models, "--exclude", "resource_type:test"]
        transform.build(folder, of_settings(settings), "hospital", 2, selection=selection)
        return folder.database


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Derived:
    folder = tmp_path_factory.mktemp("multiverse")
    write_exports(folder / "exports", 20, PATIENTS, 3)
    return Derived(Warehouse(derive_whole(folder / "exports", folder / "warehouse").parent.parent), folder)


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    return decisions_of(load().settings)


@pytest.fixture(scope="module")
def plan(derived: Derived, decisions: Decisions) -> Plan:
    return make_plan(derived.warehouse, decisions, "hospital", TARGETS)


def of_others() -> Decisions:
    settings = copy.deepcopy(load().settings)
    settings["sensitivity"]["decisions"] = copy.deepcopy(OTHERS)
    assert problems(settings) == []
    return decisions_of(settings)


def quiet() -> Step:
    with step("test", stream=StringIO()) as running:
        return running


def check(derived: Derived, plan: Plan, choices: Sequence[Choice]) -> list[int]:
    """Compares whole derivations with what was derived together; gives the sizes of the cohorts."""
    grid, sizes = Grid.whole(plan.deciding, plan.decisions.sizes), []
    with opened(derived.warehouse, plan, 2) as connection:
        derive(connection, plan, grid)
        for choice in choices:
            connection.execute(f"attach '{derived.whole(plan.decisions.protocol(choice))}' as whole_one (read_only)")
            for model in TARGETS:
                own, whole = run.cohort_of(plan, grid, choice, model), f"whole_one.published.{model}"
                for one, other in ((own, whole), (whole, own)):
                    assert connection.execute(f"from {one} except all from {other}").fetchall() == [], plan.decisions.names(choice)
                assert connection.execute(f"describe from {own}").fetchall() == connection.execute(f"describe {whole}").fetchall()
            sizes += [count for (count,) in connection.execute("select count(*) from whole_one.published.cohort").fetchall()]
            connection.execute("detach whole_one")
    return sizes


def test_every_alternative_gives_the_cohort_of_a_whole_derivation(derived: Derived, decisions: Decisions, plan: Plan) -> None:
    """Each alternative stands in one of these definitions at least."""
    first = tuple(min(1, size - 1) for size in decisions.sizes)
    last = tuple(size - 1 for size in decisions.sizes)
    draw = Random(11)
    mixed = tuple(draw.randrange(size) for size in decisions.sizes)
    sizes = check(derived, plan, [first, last, mixed])
    assert min(sizes) > PATIENTS / 20
    assert len(set(sizes)) > 1


def test_a_new_decision_needs_no_code(derived: Derived) -> None:
    """A parameter that no decision changed before, two models on one way, a new criterion."""
    others = of_others()
    plan = make_plan(derived.warehouse, others, "hospital", TARGETS)
    sizes = check(derived, plan, [(1, 1, 0, 0), (0, 2, 1, 0)])
    assert min(sizes) > PATIENTS / 20
    made = multiverse(derived.warehouse, of_settings(dict(others.settings)), "hospital", 2, quiet())
    assert made is not None
    assert made.definitions == 2 * 3 * 2 * 2
    rows = table_of(made, "select name, definition, n, events, hazard_ratio from multiverse where stratum = 'overall' order by definition")
    # the last decision is read by nobody: the same numbers under either of its choices
    assert [row[2:] for row in rows if row[0] == "default"] == [row[2:] for row in rows if row[0] == "other"]
    assert len({row[2:] for row in rows}) > 5


def test_only_the_models_that_a_decision_bears_on_are_run_for_it(decisions: Decisions, plan: Plan) -> None:
    places = {decision.id: place for place, decision in enumerate(decisions.decisions)}
    by = {model.relation.name: set(model.by) for model in plan.models}
    assert by["pd_l1_tests"] == {places["pd_l1_cut_off"]}
    assert by["criteria"] == {places["tki_continued"], places["study_window"]}
    assert by["cohort_members"] == set()
    assert places["exposure"] not in plan.deciding
    assert Relation("clinical", "drug_eras") in plan.kept
    assert {relation.schema for relation in plan.kept} <= {"staging", "clinical", "cohort"}


def table_of(made: run.Multiverse, query: str) -> list[tuple[Any, ...]]:
    """A query of the table `published.multiverse`."""
    with duckdb.connect() as connection:
        connection.execute("create schema published")
        write(connection, made)
        return connection.execute(query.replace("from multiverse", "from published.multiverse")).fetchall()


def small(settings: dict[str, Any]) -> dict[str, Any]:
    """The protocol with three of its decisions, for what needs no more."""
    kept = ("next_line", "exposure", "study_window")
    sensitivity = settings["sensitivity"]
    return {**settings, "sensitivity": {**sensitivity, "decisions": [one for one in sensitivity["decisions"] if one["id"] in kept]}}


def test_neither_parts_nor_threads_change_a_number(derived: Derived, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = of_settings(small(load().settings))
    everything = "select * from multiverse order by definition, measure, stratum"
    whole = multiverse(derived.warehouse, protocol, "hospital", 2, quiet())
    assert whole is not None
    expected = table_of(whole, everything)
    assert len(expected) == 3 * 2 * 2 * 5
    monkeypatch.setattr(run, "MOST_ROWS", 1)
    parts = multiverse(derived.warehouse, protocol, "hospital", 1, quiet())
    assert parts is not None
    assert table_of(parts, everything) == expected


def test_the_estimates_are_those_of_the_cohort(derived: Derived) -> None:
    """One definition of the table against the functions for one sample on the cohort of a whole derivation."""
    from analysis.statistics.cox import compare_two
    from analysis.statistics.log_rank import log_rank

    protocol = of_settings(small(load().settings))
    chosen = decisions_of(protocol.settings)
    made = multiverse(derived.warehouse, protocol, "hospital", 2, quiet())
    assert made is not None
    choice = (2, 0, 1)
    with duckdb.connect(str(derived.whole(chosen.protocol(choice))), read_only=True) as connection:
        cohort = connection.sql("select arm = 'immunotherapy' as first, pfs_days, pfs_event, pd_l1_status from published.cohort").df()
    names = dict(zip((one.id for one in chosen.decisions), chosen.names(choice), strict=True))
    where = " and ".join(f"{name} = '{value}'" for name, value in names.items())
    query = f"select stratum, patients, n, events, hazard_ratio, ci_lower, ci_upper, p_value from multiverse where {where} and stratum = '"
    for stratum, members in (("overall", cohort), ("pd_l1_positive", cohort[cohort["pd_l1_status"] == "positive"])):
        ((_, patients, n, events, *numbers),) = table_of(made, f"{query}{stratum}'")
        ratio = compare_two(members["pfs_days"], members["pfs_event"], members["first"]).hazard_ratio()
        p = log_rank(members["pfs_days"], members["pfs_event"], members["first"]).p
        assert (patients, n, events) == (len(cohort), len(members), members["pfs_event"].sum())
        assert numbers == pytest.approx([ratio.value, ratio.lower, ratio.upper, p], rel=1e-9)


def test_definitions_without_patients_are_said_and_not_dropped(derived: Derived) -> None:
    settings = small(load().settings)
    settings = copy.deepcopy(settings)
    settings["sensitivity"]["decisions"].append(
        {
            "id": "nobody",
            "label": "Age",
                "choices": [{"id": "methuselah", "label": "900", "change": {"parameters": {"minimum_age": 900}}}],
        }
    )
    made = multiverse(derived.warehouse, of_settings(settings), "hospital", 2, quiet())
    assert made is not None
    rows = table_of(made, "select distinct nobody, patients, hazard_ratio, p_value, test, not_estimable from multiverse where patients = 0")
    assert rows == [("methuselah", 0, None, None, None, "no patients")]
    ((count,),) = table_of(made, "select count(*) from multiverse where nobody = 'methuselah'")
    assert count == 3 * 2 * 2 * 5


def test_how_a_source_is_read_has_no_alternatives(derived: Derived) -> None:
    settings = copy.deepcopy(load().settings)
    change = {"parameters": {"alk_fish_percent": 20}}
    settings["sensitivity"]["decisions"] = [
        {"id": "fish", "label": "FISH", "choices": [{"id": "more", "label": "20 %", "change": change}]}
    ]
    with pytest.raises(UsageError, match="decision `fish` changes how the source is read"):
        multiverse(derived.warehouse, of_settings(settings), "hospital", 2, quiet())


def test_a_model_that_joins_rows_of_two_patients_stops_the_run(derived: Derived, monkeypatch: pytest.MonkeyPatch) -> None:
    """The re-biopsies of a test by its specimen alone: right in the work database, not where patients stand once for each definition."""
    condition = "on tests.patient_id = re_biopsies.patient_id\n        and tests.specimen_id"

    def careless(*arguments: Any) -> Plan:
        made = make_plan(*arguments)
        models = []
        for model in made.models:
            sql = model.sql
            if model.relation.name == "pd_l1_at_index":
                assert all(condition in text for text in sql.values())
                sql = {choice: text.replace(condition, "on tests.specimen_id") for choice, text in sql.items()}
            models.append(replace(model, sql=sql))
        return replace(made, models=tuple(models))

    monkeypatch.setattr(run, "make_plan", careless)
    settings = copy.deepcopy(load().settings)
    kept = ("resistance_grace", "resistance_to_index")
    settings["sensitivity"]["decisions"] = [one for one in settings["sensitivity"]["decisions"] if one["id"] in kept]
    with pytest.raises(PipelineError, match="isn't the published cohort"):
        multiverse(derived.warehouse, of_settings(settings), "hospital", 2, quiet())
