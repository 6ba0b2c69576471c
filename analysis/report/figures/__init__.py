"""Every figure of the results, drawn beside the page: one module a kind, `style` for what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.words import NOT_ASSESSABLE, interval_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.study.patients import Patients

    Drawn = Iterator[tuple[str, Figure]]


def draw_all(folder: Path, results: Mapping[str, Any], patients: Patients | None = None) -> list[str]:
    """Draws every figure that the results hold something for into `folder`, as .svg, .pdf and .png. Returns their names.

    `patients`: one by one, for the swimmer plot; it is not drawn without them.
    """
    from matplotlib import rc_context

    from analysis.report.figures.style import STYLE, save

    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with rc_context(STYLE):
        for name, figure in figures_of(results, patients):
            save(figure, folder, name)
            names.append(name)
    return names


def figures_of(results: Mapping[str, Any], patients: Patients | None = None) -> Drawn:
    """Name and figure of everything that the results hold, one at a time."""
    from analysis.report.figures.flow import cohort_flow
    from analysis.report.figures.survival import survival_figure

    synthetic, arms, interval = results["data"] == "synthetic", results["protocol"]["arms"], interval_name(results)
    yield "cohort_flow", cohort_flow(results["attrition"], results["cohort"], arms, synthetic)
    for entry in results["analyses"]:
        if entry["status"] != NOT_ASSESSABLE:
            rows = [row for row in results["curves"][entry["endpoint"]] if row["stratum"] == entry["stratum"]]
            yield entry["id"], survival_figure(entry, rows, arms, interval, synthetic)
    yield from comparisons(results, arms, interval, synthetic)
    if patients is not None and patients.shown:
        from analysis.report.figures.swimmer import swimmer

        yield "swimmer", swimmer(patients, arms, results["protocol"]["parameters"]["days_per_month"], synthetic)


def comparisons(results: Mapping[str, Any], arms: Mapping[str, str], interval: str, synthetic: bool) -> Drawn:
    """The figures of the further analyses, each where its results are there."""
    from analysis.report.figures.balance import balance
    from analysis.report.figures.competing import competing_figure
    from analysis.report.figures.forest import forest
    from analysis.report.figures.specification import specification_curve

    for subgroup in results.get("subgroups", ()):
        overall = overall_of(results, subgroup["endpoint"])
        if overall is not None and overall["n"]:
            yield f"{subgroup['endpoint']}_forest", forest(subgroup, overall, arms, interval, synthetic)
    for name, entry in specification_names(results).items():
        told = results["multiverse"]
        yield name, specification_curve(entry, told["decisions"], told["endpoint_label"], interval, synthetic)
    if (figure := balance(results.get("weighted", ()), synthetic)) is not None:
        yield "balance", figure
    for name, found in competing_names(results).items():
        yield name, competing_figure(found, arms, interval, synthetic)


def competing_names(results: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures of competing risks by name: `competing_risks` for the first endpoint, `<endpoint>_competing_risks` for others."""
    drawn = [found for found in results.get("competing_risks", ()) if found["curves"]]
    return {f"{found['endpoint']}_competing_risks" if place else "competing_risks": found for place, found in enumerate(drawn)}


def specification_names(results: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The specification curves by name, each with its stratum's entry of `multiverse`."""
    strata = results.get("multiverse", {}).get("strata", ())
    return {f"specification_{entry['stratum']}": entry for entry in strata if entry["curve"] and entry["curve"]["definitions"]}


def overall_of(results: Mapping[str, Any], endpoint: str) -> Mapping[str, Any] | None:
    """The analysis of all patients."""
    wanted = (endpoint, "overall")
    return next((entry for entry in results["analyses"] if (entry["endpoint"], entry["stratum"]) == wanted), None)
