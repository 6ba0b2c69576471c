"""What has to be derived anew for a protocol's other definitions: each model's SQL under the choices that change it, as dbt compiles it.

No rule is known here. The models are compiled under the protocol and under each alternative; where a model's SQL differs, the decision
bears on it, and on every model after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import transform
from pipeline.errors import PipelineError, UsageError
from pipeline.paths import Warehouse
from pipeline.protocol import of_settings
from pipeline.sensitivity import Choice, Decisions

# the schemas whose models are derived anew; what lies before them is how a source is read
DERIVED_SCHEMAS = ("clinical", "cohort", "published")
READS_VARIABLES = "var("


@dataclass(frozen=True)
class Relation:
    """A table that the models read or make: ``work.<schema>.<name>``."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Model:
    """A model to derive anew: ``by`` are the places of the decisions that change its SQL, ``sql`` has it for each combination of them."""

    relation: Relation
    inputs: tuple[Relation, ...]
    by: tuple[int, ...]
    sql: Mapping[Choice, str]


@dataclass(frozen=True)
class Plan:
    """The models to derive anew, each after its inputs."""

    decisions: Decisions
    models: tuple[Model, ...]

    @property
    def deciding(self) -> tuple[int, ...]:
        """The places of the decisions that change any model."""
        return tuple(sorted({place for model in self.models for place in model.by}))

    @property
    def kept(self) -> tuple[Relation, ...]:
        """What is read as the work database has it."""
        made = {model.relation for model in self.models}
        return tuple(dict.fromkeys(relation for model in self.models for relation in model.inputs if relation not in made))


def make_plan(warehouse: Warehouse, decisions: Decisions, source: str, targets: Sequence[str]) -> Plan:
    """The plan for the models ``targets``, by name.

    Raises UsageError for an alternative that changes how the source is read, PipelineError where dbt can't compile a model.
    """
    compiler = _Compiler(warehouse, decisions, source)
    nodes = compiler.manifest.nodes
    path = _ancestors(compiler.manifest, targets)
    readers = [name for name in path if _reads_variables(compiler.manifest, name)]
    by = _bearing(compiler, readers)
    if unread := sorted({(place, nodes[name].name) for name in readers if nodes[name].schema not in DERIVED_SCHEMAS for place in by[name]}):
        place, model = unread[0]
        raise UsageError(
            f"decision `{decisions.decisions[place].id}` changes how the source is read (model {model}), which has no alternatives",
            where="protocol.yml",
            todo="change the protocol itself and compare two releases with `make diff`",
        )
    touched: list[str] = []
    for name in path:
        if by.get(name) or any(parent in touched for parent in nodes[name].depends_on.nodes):
            touched.append(name)
    # the targets themselves are always among them, so that a grid without a bearing decision has a cohort too
    touched = [name for name in path if name in touched or nodes[name].name in targets]
    choices = {name: list(decisions.combinations(sorted(by.get(name, ())))) for name in touched}
    for choice in dict.fromkeys(choice for found in choices.values() for choice in found):
        compiler.compile(choice, [name for name in touched if choice in choices[name]])
    _refuse_hidden(compiler, touched, by)
    models = [
        Model(
            relation=Relation(nodes[name].schema, nodes[name].alias),
            inputs=tuple(_relation(compiler.manifest, parent) for parent in nodes[name].depends_on.nodes),
            by=tuple(sorted(by.get(name, ()))),
            sql={choice: compiler.sql[name, choice] for choice in choices[name]},
        )
        for name in touched
    ]
    return Plan(decisions, tuple(models))


class _Compiler:
    """dbt's compiler in this process, over one manifest; ``sql`` keeps what it gave by model and choice."""

    def __init__(self, warehouse: Warehouse, decisions: Decisions, source: str) -> None:
        self.warehouse, self.decisions, self.source = warehouse, decisions, source
        self.manifest = transform.parse(warehouse, of_settings(dict(decisions.settings)), source, 1)
        self.sql: dict[tuple[str, Choice], str] = {}

    def compile(self, choice: Choice, names: Iterable[str]) -> None:
        """The SQL of the models ``names`` under a combination of choices."""
        wanted = [name for name in names if (name, choice) not in self.sql]
        if not wanted:
            return
        settings = of_settings(self.decisions.protocol(choice))
        models = [name.split(".")[-1] for name in wanted]
        found = transform.compile_models(self.warehouse, settings, self.source, models, self.manifest)
        if lacking := [name for name in wanted if name not in found]:
            raise PipelineError(f"dbt gave no SQL for the models {', '.join(lacking)}", todo="run `make refresh FULL=1` and report it")
        self.sql |= {(name, choice): found[name] for name in wanted}


def _bearing(compiler: _Compiler, readers: Sequence[str]) -> dict[str, set[int]]:
    """Of each model the places of the decisions an alternative of which changes its SQL."""
    decisions = compiler.decisions
    compiler.compile(decisions.default, readers)
    found: dict[str, set[int]] = {name: set() for name in readers}
    # the alternatives of all decisions at once first: what doesn't change then needs no look at each of them
    together = [tuple(min(number, size - 1) for size in decisions.sizes) for number in range(1, max(decisions.sizes))]
    for choice in together:
        compiler.compile(choice, readers)
    changing = [name for name in readers if any(compiler.sql[name, choice] != compiler.sql[name, decisions.default] for choice in together)]
    for place, size in enumerate(decisions.sizes):
        for number in range(1, size):
            choice = tuple(number if at == place else 0 for at in range(len(decisions.sizes)))
            if _models_see_the_same(decisions, choice):
                continue
            compiler.compile(choice, changing)
            for name in changing:
                if compiler.sql[name, choice] != compiler.sql[name, decisions.default]:
                    found[name].add(place)
    return found


def _models_see_the_same(decisions: Decisions, choice: Choice) -> bool:
    """Whether only the section `analysis` but for its measures differs: the analysis reads it, and no model does."""
    default, changed = decisions.protocol(decisions.default), decisions.protocol(choice)
    return {**default, "analysis": default["analysis"]["measures"]} == {**changed, "analysis": changed["analysis"]["measures"]}


def _refuse_hidden(compiler: _Compiler, names: Sequence[str], by: Mapping[str, set[int]]) -> None:
    """With every decision at its last alternative no model's SQL is another than its own decisions make it. Raises PipelineError."""
    everything = tuple(size - 1 for size in compiler.decisions.sizes)
    compiler.compile(everything, names)
    for name in names:
        own = tuple(number if place in by.get(name, ()) else 0 for place, number in enumerate(everything))
        if compiler.sql[name, everything] != compiler.sql[name, own]:
            raise PipelineError(
                f"the model {name.split('.')[-1]} changes with decisions together that don't change it alone",
                todo="let each decision change parameters of its own",
            )


def _ancestors(manifest: Any, targets: Sequence[str]) -> list[str]:
    """The models that lead to the targets, each after its inputs."""
    nodes = manifest.nodes
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in nodes or nodes[name].resource_type != "model":
            return
        for parent in nodes[name].depends_on.nodes:
            visit(parent)
        order.append(name)

    for name, node in sorted(nodes.items()):
        if node.resource_type == "model" and node.name in targets:
            visit(name)
    return order


def _reads_variables(manifest: Any, name: str) -> bool:
    """Whether the model's text, or a macro that it comes to, reads a variable of dbt: no other model can change with the protocol."""
    node, seen = manifest.nodes[name], set()
    if READS_VARIABLES in node.raw_code:
        return True
    open_macros = list(node.depends_on.macros)
    while open_macros:
        macro = open_macros.pop()
        if macro in seen or macro not in manifest.macros:
            continue
        seen.add(macro)
        # dbt's own macros read variables of dbt's, never the project's
        if manifest.macros[macro].package_name == node.package_name and READS_VARIABLES in manifest.macros[macro].macro_sql:
            return True
        open_macros += manifest.macros[macro].depends_on.macros
    return False


def _relation(manifest: Any, name: str) -> Relation:
    node = manifest.nodes.get(name) or manifest.sources[name]
    return Relation(node.schema, node.identifier)
