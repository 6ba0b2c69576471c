"""`make export`: what it writes, what it refuses, and that it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.words import SYNTHETIC
from pipeline import export
from pipeline.__main__ import main
from pipeline.errors import UsageError, WarehouseError
from pipeline.integrity import checksum_of_file
from pipeline.paths import Warehouse
from pipeline.protocol import problems
from pipeline.settings import Settings
from tests.analysis import made_up
from tests.export.conftest import CANARY, FORMULA, Exported, export_of, release
from tests.export.reader import table

RATIO, RMST = ("hazard_ratio", "hr_ci_lower", "hr_ci_upper"), ("rmst_months", "rmst_ci_lower", "rmst_ci_upper")
MEDIAN = ("median_months", "median_ci_lower", "median_ci_upper")
CURVE = ("endpoint", "stratum", "arm", "months", "survival", "point")
# Whatever leaves is named here, and looked at by somebody before it is.
TABLES = {
    "adjusted": ("endpoint", "method", *RATIO, "test", "p_value"),
    "attrition": ("step", "criterion", "label", "patients_left", "patients_excluded"),
    "comparisons": (
        *("endpoint", "stratum", "n", "events", *RATIO, "log_rank_p", "ph_test_p"),
        *("rmst_difference_months", "rmst_difference_ci_lower", "rmst_difference_ci_upper", "note"),
    ),
    "data_dictionary": ("view_name", "column_name", "type", "unit", "description", "source_rule"),
    "follow_up": ("group", "estimate", "ci_lower", "ci_upper", "n", "censored", "note"),
    "gate": ("checks", "count"),
    "not_assessable": ("kind", "id", "requires"),
    "os_curve": CURVE,
    "paper_comparison": ("figure", "label", "unit", "paper_printed", "ours_printed", "agrees"),
    "pfs_curve": CURVE,
    "reconciliation": ("table_name", "raw_rows", "current_rows", "superseded_rows", "duplicate_rows", "retracted_rows", "quarantined_rows"),
    "regimen_classes": ("endpoint", "regimen_class", "n", "events", *MEDIAN, *RATIO, "reference", "note"),
    "response": ("arm", "response", "count", "n", "estimate", "ci_lower", "ci_upper", "test", "p_value"),
    "survival": (
        *("endpoint", "stratum", "arm", "n", "events", *MEDIAN, *RMST),
        *("survival_6_months", "survival_12_months", "note"),
    ),
    "table_1": (
        *("characteristic", "level", "group", "n", "share", "median", "q1", "q3"),
        *("test", "p_value", "standardised_difference"),
    ),
}
BESIDE = {"README.txt", "export.json", "manifest.json"}


def files_of(folder: Path) -> set[str]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_nothing_leaves_that_is_not_declared(exported: Exported) -> None:
    files = files_of(exported.folder)
    figures = {name for name in files if name.startswith("figures/")}
    assert files - figures == {f"{name}.csv" for name in TABLES} | BESIDE
    assert figures <= {f"figures/{entry['id']}.svg" for entry in exported.results["analyses"]}
    for name, columns in TABLES.items():
        head = (exported.folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert head.split(",") == [*columns, "data"]
    content = json.loads((exported.folder / "export.json").read_text(encoding="utf-8"))
    assert set(content["tables"]) == set(TABLES)
    assert all(set(row) == set(TABLES[name]) for name, rows in content["tables"].items() for row in rows)


def test_no_patient_and_no_free_text_is_in_a_byte_of_it(exported: Exported) -> None:
    from analysis.study.reading import read

    views = read(Warehouse(exported.settings.warehouse).current / "cohort.duckdb", exported.results["protocol"])
    keys = list(views.cohort["patient_key"])
    for name in files_of(exported.folder):
        text = (exported.folder / name).read_text(encoding="utf-8")
        assert CANARY not in text
        assert not [key for key in keys if key in text]


def test_the_json_and_the_csv_files_say_the_same(exported: Exported) -> None:
    tables = json.loads((exported.folder / "export.json").read_text(encoding="utf-8"))["tables"]
    for name, rows in tables.items():
        printed = table(exported.folder, name)
        for row, line in zip(rows, printed, strict=True):
            assert {key for key, value in row.items() if value == "suppressed"} == {
                key for key, cell in line.items() if cell == "suppressed"
            }


def test_the_manifest_lists_files_and_what_was_left_out(exported: Exported) -> None:
    manifest = exported.manifest
    assert {file["file"] for file in manifest["files"]} == files_of(exported.folder) - {"manifest.json"}
    for file in manifest["files"]:
        assert checksum_of_file(exported.folder / file["file"]) == file["sha256"]
        if "rows" in file:
            assert file["rows"] == len(table(exported.folder, Path(file["file"]).stem))
    cells = manifest["suppressed"]["cells"]
    words = sum(cell == "suppressed" for name in TABLES for row in table(exported.folder, name) for cell in row.values())
    assert len(cells) == words == sum(manifest["suppressed"]["by_reason"].values())
    # which count is small and which protects another would narrow the small one
    assert all(set(cell) == {"file", "row", "column", "reason"} and cell["reason"] in ("count", "derived") for cell in cells)
    assert manifest["release_id"] == "20260101T000000Z-00000000"
    assert manifest["suppressed_up_to"] == 7
    assert "hand on one export" in manifest["between_exports"]


def test_no_cell_is_a_formula_and_negative_numbers_stay_numbers(exported: Exported) -> None:
    assert table(exported.folder, "attrition")[1]["label"] == f"'{FORMULA}"
    cells = [cell for name in TABLES for row in table(exported.folder, name) for cell in row.values() if cell[:1] in tuple("=+-@\t\r\0")]
    assert [cell for cell in cells if not cell[1:].replace(".", "").isdigit()] == []


def test_every_text_says_that_patients_are_synthetic(exported: Exported) -> None:
    for name in ("README.txt", "manifest.json", "export.json"):
        assert SYNTHETIC in (exported.folder / name).read_text(encoding="utf-8")
    assert all(row["data"] == "synthetic" for name in TABLES for row in table(exported.folder, name))
    pictures = list((exported.folder / "figures").glob("*.svg"))
    assert pictures
    assert all("Synthetic" in picture.read_text(encoding="utf-8") for picture in pictures)


def test_real_data_are_not_called_synthetic(tmp_path: Path) -> None:
    real = export_of(tmp_path, made_up.cohort(40, seed=1), "real")
    assert all(row["data"] == "real" for row in table(real.folder, "attrition"))
    assert not [name for name in files_of(real.folder) if SYNTHETIC in (real.folder / name).read_text(encoding="utf-8")]


def test_an_earlier_export_is_replaced_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = release(tmp_path / "warehouse", made_up.cohort(60, seed=2))
    export.run(settings, {"OUT": str(tmp_path / "out")})
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["replaces"] is None
    release(tmp_path / "warehouse", made_up.cohort(62, seed=2), name="20260102T000000Z-11111111")
    capsys.readouterr()
    export.run(settings, {"OUT": str(tmp_path / "out")})
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["replaces"]["release_id"] == "20260101T000000Z-00000000"
    assert manifest["replaces"]["counts_that_differ_by_a_small_one"] > 0
    assert "was replaced" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "warehouse"]


def test_a_folder_with_anything_else_is_not_touched(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="something else"):
        export.run(exported.settings, {"OUT": str(tmp_path)})
    assert files_of(tmp_path) == {"letter.txt"}


def test_an_export_with_a_stranger_in_it_is_not_replaced(tmp_path: Path) -> None:
    mine = export_of(tmp_path, made_up.cohort(40, seed=1))
    (mine.folder / "notes.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="something else"):
        export.run(mine.settings, {"OUT": str(mine.folder)})
    assert (mine.folder / "notes.docx").exists()


@pytest.mark.parametrize("place", ["warehouse/releases/x", "warehouse", "."])
def test_nothing_is_exported_into_the_warehouse_or_around_it(exported: Exported, place: str) -> None:
    with pytest.raises(UsageError, match="warehouse"):
        export.run(exported.settings, {"OUT": str(exported.settings.warehouse.parent / place)})


def test_without_a_release_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no release"):
        export.run(Settings(warehouse=tmp_path / "warehouse"), {"OUT": str(tmp_path / "out")})


def test_a_failure_leaves_the_earlier_export_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = export_of(tmp_path, made_up.cohort(40, seed=1))
    before = (mine.folder / "manifest.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write_json", full)
    with pytest.raises(UsageError, match="No space left"):
        export.run(mine.settings, {"OUT": str(mine.folder)})
    assert (mine.folder / "manifest.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "warehouse"]


def test_results_of_another_version_are_refused_in_words(tmp_path: Path) -> None:
    settings = release(tmp_path / "warehouse", made_up.cohort(40, seed=1))
    (Warehouse(settings.warehouse).current / "results" / "results.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WarehouseError, match="can't be read as this version"):
        export.run(settings, {"OUT": str(tmp_path / "out")})
    assert not (tmp_path / "out").exists()


def test_the_command_line_runs_it(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAREHOUSE", str(exported.settings.warehouse))
    monkeypatch.delenv("OUT", raising=False)
    assert main(["export"]) == 0
    assert (tmp_path / "export" / "manifest.json").is_file()
    assert "Left out:" in capsys.readouterr().out


@pytest.mark.parametrize("most", [None, 0, -1, True, "7", 7.5])
def test_a_protocol_without_a_sound_greatest_suppressed_count_is_refused(most: object) -> None:
    sound = made_up.protocol()
    assert problems(sound) == []
    (found,) = problems(sound | {"release": sound["release"] | {"suppressed_up_to": most}})
    assert "suppressed_up_to" in found


def test_another_greatest_count_suppresses_otherwise(exported: Exported) -> None:
    from analysis.disclosure.judge import judge
    from analysis.study.reading import read

    views = read(Warehouse(exported.settings.warehouse).current / "cohort.duckdb", exported.results["protocol"])
    lenient, strict = (len(judge(exported.results, views, most).suppressed.reasons) for most in (3, 10))
    assert lenient < strict
