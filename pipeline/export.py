"""What may leave the building: the current release's tables and curves, small counts suppressed, as one folder with a manifest."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.csv_tables import write_csv
from analysis.words import SYNTHETIC
from pipeline import audit, release
from pipeline import protocol as study
from pipeline.database import connect
from pipeline.errors import UsageError, WarehouseError
from pipeline.integrity import checksum_of_file
from pipeline.paths import Warehouse
from pipeline.progress import step
from pipeline.settings import Settings
from pipeline.summary import new_table, terminal
from pipeline.work_area import safe_cell

if TYPE_CHECKING:
    from analysis.disclosure.tables import Judged, Sheet

KIND = "alk_tki_resistance export"
MANIFEST, TABLES, READ_ME = "manifest.json", "export.json", "README.txt"
DEFAULT = "export"
NOT_EXPORTED = {
    "cohort, eligibility, lines_of_therapy, timeline, endpoints": "a row a patient",
    "report.html and its figures": "patients one by one, exact small counts",
    "report_tables.docx, data_docs, numbers at risk, events and intervals along a curve": "exact small counts",
    "statistics": "the figures of it that may leave stand in the tables",
    "subgroups, further statistics, competing risks, early events, assessments": "groups too small to be told apart safely",
    "multiverse": "its cohorts differ by single patients",
    "least and greatest values, last follow-up": "each is a patient's",
}
BETWEEN_EXPORTS = "Counts of two exports can be subtracted from each other: hand on one export of a study, or look at what differs first."


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Write what may leave of the current release into $OUT (default ./export), whole or not at all.

    Raises UsageError for an OUT that holds anything but an earlier export, WarehouseError for a damaged release, AnalysisError where
    its counts don't add up.
    """
    folder = out_folder(settings, environment)
    published = release.current(Warehouse(settings.warehouse, settings.warehouse_key))
    if published is None:
        raise UsageError("there is no release yet", where=str(settings.warehouse), todo="run `make` or `make refresh EXPORTS=dir` first")
    earlier = earlier_export(folder)
    building = folder.with_name(f".{folder.name}.building")
    with step("Export") as running:
        judged = judged_release(published, settings)
        try:
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(parents=True)
            manifest, left_out = write(building, judged, published, settings, earlier)
            put_in_place(building, folder)
        except OSError as error:
            todo = "give a folder that you can write to"
            raise UsageError(f"OUT can't be written to ({error.strerror})", where=str(folder), todo=todo) from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
        running.conclude(f"{len(manifest['files'])} files of release {published.id}")
    what = f"{len(manifest['files'])} files, counts up to {manifest['suppressed_up_to']} suppressed"
    checksum = checksum_of_file(folder / MANIFEST)
    audit.record(settings, "export", "done", what=what, release=published.id, inputs=audit.of_release(published), checksum=checksum)
    show(manifest, left_out, folder)


def out_folder(settings: Settings, environment: Mapping[str, str]) -> Path:
    """The folder to write. Raises UsageError for one inside the warehouse, around it, or a file."""
    folder = Path(environment.get("OUT", "").strip() or DEFAULT).expanduser().resolve()
    warehouse = settings.warehouse.resolve()
    if folder.is_relative_to(warehouse) or warehouse.is_relative_to(folder):
        raise UsageError("OUT lies in the warehouse, or around it", where=str(folder), todo="give a folder of its own: make export OUT=dir")
    if folder.exists() and not folder.is_dir():
        raise UsageError("OUT is not a folder", where=str(folder), todo="give a folder, it is made if it isn't there")
    return folder


def earlier_export(folder: Path) -> dict[str, Any] | None:
    """The manifest and the tables of the export that stands in the folder, None where it is empty or not there.

    Raises UsageError where anything else stands there: an export replaces nothing but an export.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = json.loads((folder / TABLES).read_text(encoding="utf-8"))["tables"]
        is_ours = manifest["kind"] == KIND and found == {MANIFEST, *(file["file"] for file in manifest["files"])}
        earlier = {"release_id": manifest["release_id"], "exported_at": manifest["exported_at"], "tables": tables}
    except (OSError, ValueError, KeyError, TypeError):
        is_ours, earlier = False, {}
    if not is_ours:
        todo = "give another folder (make export OUT=dir), or move away what lies there"
        raise UsageError("OUT holds something else than an earlier export", where=str(folder), todo=todo)
    return earlier


def judged_release(published: release.Release, settings: Settings) -> Judged:
    """The results of a release with what of them is left out. Raises WarehouseError where they can't be read."""
    from analysis.disclosure.judge import judge
    from analysis.study.reading import read

    try:
        results = published.read_results()
        views = read(published.database, results["protocol"], settings.warehouse_key)
        return judge(results, views, study.load().suppressed_up_to)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WarehouseError(
            "the results of the current release can't be read as this version writes them",
            where=str(published.results),
            todo="publish it anew: FULL=1 make refresh EXPORTS=dir",
        ) from error


def sheets_of(judged: Judged, published: release.Release, settings: Settings) -> dict[str, Sheet]:
    """Every table that leaves, by its name."""
    from analysis.disclosure.judge import all_sheets
    from analysis.disclosure.tables import Sheet

    names = ("view_name", "column_name", "type", "unit", "description", "source_rule")
    with connect(published.database, settings.warehouse_key, read_only=True) as connection:
        entries = connection.execute(
            "select view_name, column_name, type, unit, description, source_rule from published.data_dictionary order by all nulls last"
        ).fetchall()
    gate = [{"checks": name, "count": count} for name, count in published.facts["gate"].items()]
    return all_sheets(judged) | {
        "not_assessable": Sheet(("kind", "id", "requires"), 2, tuple(judged.results["not_assessable"])),
        "gate": Sheet(("checks", "count"), 1, tuple(gate)),
        "data_dictionary": Sheet(names, 2, tuple(dict(zip(names, entry, strict=True)) for entry in entries)),
    }


def write(
    folder: Path, judged: Judged, published: release.Release, settings: Settings, earlier: Mapping[str, Any] | None
) -> tuple[dict[str, Any], Counter[str]]:
    """Write an export into an empty folder; gives its manifest, and how many numbers were left out for which reason."""
    from analysis.disclosure.figures import draw

    sheets = sheets_of(judged, published, settings)
    kind = judged.results["data"]
    tables = {name: sheet.printed() for name, sheet in sheets.items()}
    for name, rows in tables.items():
        safe = ({column: safe_cell(value) for column, value in row.items()} | {"data": kind} for row in rows)
        write_csv(folder / f"{name}.csv", safe, (*sheets[name].columns, "data"))
    head = heading(judged, published)
    write_json(folder / TABLES, head | {"tables": tables})
    draw(folder / "figures", judged)
    (folder / READ_ME).write_text(read_me(head), encoding="utf-8")
    hidden = [(f"{name}.csv", *place) for name, sheet in sheets.items() for place in sheet.hidden()]
    manifest = head | {
        "files": [
            {"file": path.relative_to(folder).as_posix(), "sha256": checksum_of_file(path), "rows": len(tables.get(path.stem, []))}
            if path.suffix == ".csv"
            else {"file": path.relative_to(folder).as_posix(), "sha256": checksum_of_file(path)}
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ],
        # which counts are small and which protect others isn't said: that would narrow the small ones
        "suppressed": {
            "by_reason": dict(sorted(Counter(outward(reason) for *_, reason in hidden).items())),
            "cells": [{"file": file, "row": row, "column": column, "reason": outward(reason)} for file, row, column, reason in hidden],
        },
        "not_exported": NOT_EXPORTED,
        "between_exports": BETWEEN_EXPORTS,
        "replaces": compared(earlier, tables, judged.most),
    }
    write_json(folder / MANIFEST, manifest)
    return manifest, Counter(str(reason) for *_, reason in hidden)


def outward(reason: str) -> str:
    """A reason as it leaves: a count, or a figure derived from patients."""
    return "derived" if reason == "derived" else "count"


def heading(judged: Judged, published: release.Release) -> dict[str, Any]:
    """What an export is, of what, and when."""
    facts = published.facts
    return {
        "kind": KIND,
        "release_id": published.id,
        "released_at": facts["created_at"],
        "exported_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "data": judged.results["data"],
        **({"warning": SYNTHETIC} if judged.results["data"] == "synthetic" else {}),
        "source": facts["source"],
        "code": facts["code"],
        "protocol_sha256": facts["protocol_sha256"],
        "suppressed_up_to": judged.most,
    }


def read_me(head: Mapping[str, Any]) -> str:
    """What the folder is, in plain words."""
    most = head["suppressed_up_to"]
    lines = [
        f"Export of release {head['release_id']} ({head['released_at']}), written {head['exported_at']}.",
        *([head["warning"] + "."] if "warning" in head else []),
        "",
        f'"suppressed" stands for a count of 1 to {most}, for a larger one that would give such a count back by adding or subtracting,',
        "or for a figure that is computed from one of these or from too few patients or events. It doesn't say which.",
        "",
        f"A curve is read at whole months with more than {most} events between two of them and more than {most} patients still followed.",
        "A median counts as a point of its curve, at survival one half. A curve that allows no such step is left out.",
        "",
        "Figures are rounded: months to a tenth, survival to a hundredth. No row is a patient.",
        "manifest.json lists the files with their SHA-256 and every number that was left out. export.json holds all tables.",
        BETWEEN_EXPORTS,
        "",
    ]
    return "\n".join(lines)


def compared(earlier: Mapping[str, Any] | None, tables: Mapping[str, Sequence[Mapping[str, Any]]], most: int) -> dict[str, Any] | None:
    """The export that this one replaces, and how many numbers differ so little that their difference is a small count."""
    if earlier is None:
        return None
    pairs = (
        (before.get(column), now.get(column))
        for name, rows in tables.items()
        for before, now in zip(earlier["tables"].get(name, []), rows, strict=False)
        for column in now
    )
    close = sum(1 for before, now in pairs if type(before) is int and type(now) is int and 1 <= abs(before - now) <= most)
    return {"release_id": earlier["release_id"], "exported_at": earlier["exported_at"], "counts_that_differ_by_a_small_one": close}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A JSON file that people can read."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def put_in_place(building: Path, folder: Path) -> None:
    """Give the finished folder its name; what stood there goes once it has it."""
    replaced = folder.with_name(f".{folder.name}.replaced")
    shutil.rmtree(replaced, ignore_errors=True)
    if folder.exists():
        folder.rename(replaced)
    try:
        building.rename(folder)
    except OSError:
        if replaced.exists():
            replaced.rename(folder)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def show(manifest: Mapping[str, Any], left_out: Mapping[str, int], folder: Path) -> None:
    """Print what was written and what was left out."""
    console = terminal()
    table = new_table("Export", ("file", "left"), ("rows", "right"), ("suppressed", "right"))
    hidden = Counter(cell["file"] for cell in manifest["suppressed"]["cells"])
    for file in manifest["files"]:
        if "rows" in file:
            table.add_row(file["file"], f"{file['rows']:,}", f"{hidden[file['file']]:,}" if hidden[file["file"]] else "")
    console.print()
    console.print(table)
    console.print()
    for line in closing(manifest, left_out, folder):
        console.print(line)


def closing(manifest: Mapping[str, Any], left_out: Mapping[str, int], folder: Path) -> Iterable[str]:
    """The lines under the table."""
    most = manifest["suppressed_up_to"]
    yield f"Left out: {left_out['primary']} counts of 1 to {most} and parts of such groups,"
    yield f"          {left_out['secondary']} counts that would give one back,"
    yield f"          {left_out['derived']} figures derived from them or from too few patients"
    if (replaced := manifest["replaces"]) is not None and replaced["release_id"] != manifest["release_id"]:
        close = replaced["counts_that_differ_by_a_small_one"]
        yield f"The export of release {replaced['release_id']} was replaced; {close} counts differ from it by 1 to {most}."
        yield BETWEEN_EXPORTS
    if "warning" in manifest:
        yield manifest["warning"]
    yield f"Export  {folder}  (release {manifest['release_id']})"
