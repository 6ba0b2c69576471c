"""What dbt itself tests, and the documentation that is made from the models."""

from __future__ import annotations

import json

import pytest

from pipeline import documentation, protocol, transform
from pipeline.paths import PROJECT, Warehouse
from tests.derive import derive
from tests.spec.cases import export, read_cases


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse whose models have been built."""
    folder = tmp_path_factory.mktemp("models")
    derive(export(read_cases()[:5], folder / "exports"), folder / "warehouse")
    return Warehouse(folder / "warehouse")


def test_the_unit_tests_of_the_models_pass(warehouse: Warehouse) -> None:
    result = transform.invoke(warehouse, protocol.load(), "hospital", 2, "test", "--select", "test_type:unit")
    statuses = {entry.node.name: str(entry.status) for entry in result.result.results}
    assert len(statuses) >= 4
    assert {name for name, status in statuses.items() if status != "pass"} == set()


def test_every_model_says_what_it_holds_and_tests_its_key(warehouse: Warehouse) -> None:
    nodes = json.loads((warehouse.dbt / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    models = {node["name"]: node for node in nodes if node["resource_type"] == "model"}
    assert [name for name, node in models.items() if not node["description"]] == []
    tested = {
        parent.rsplit(".", 1)[-1]
        for node in nodes
        if node["resource_type"] == "test" and node.get("test_metadata") and node["test_metadata"]["name"] in ("grain", "unique")
        for parent in node["depends_on"]["nodes"]
    }
    # a single row, and views over rows whose key is tested
    keyless = {"conformed_coverage", "conformed_lineage", "row_lineage"}
    assert {name for name in models if name not in tested and not name.endswith("merge_cycles")} == keyless


def test_the_committed_data_dictionary_is_the_models(warehouse: Warehouse) -> None:
    page = documentation.dictionary_page(warehouse.dbt / "target" / "manifest.json", protocol.load())
    assert documentation.DICTIONARY.read_text(encoding="utf-8") == page


def test_published_models_have_contracts(warehouse: Warehouse) -> None:
    nodes = json.loads((warehouse.dbt / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    published = {
        node["name"]: node["contract"]["enforced"] for node in nodes if node["resource_type"] == "model" and node["schema"] == "published"
    }
    assert {name for name, enforced in published.items() if not enforced} == {"eligibility"}


def test_no_model_says_today() -> None:
    files = [path for folder in ("models", "macros") for path in sorted((PROJECT / folder).rglob("*.sql"))]
    texts = {path.relative_to(PROJECT): path.read_text(encoding="utf-8").lower() for path in files}
    assert {path.parts[0] for path in texts} == {"models", "macros"}
    assert [str(path) for path, text in texts.items() if "current_date" in text or "now()" in text or "today()" in text] == []
