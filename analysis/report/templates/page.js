"use strict";
// What the page adds where scripts run: reading curves, choosing which are shown, and one patient's record. Without it all is there to read.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const byId = (id) => document.getElementById(id);
  const data = (id) => { const holder = byId(id); return holder ? JSON.parse(holder.textContent) : null; };
  const made = (name, attributes = {}, text = "") => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const drawn = (name, attributes, text = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const percent = (share) => (100 * share).toFixed(1);
  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  // Curves. A step is [months, survival, lower, upper, at risk, events, censored].
  const lastUpTo = (steps, months) => steps.reduce((found, step) => (step[0] <= months ? step : found), steps[0]);
  const atRisk = (steps, months) => { const next = steps.find((step) => step[0] >= months); return next ? next[4] : 0; };
  const told = (arm, months) => {
    if (!arm.steps.length) return `${arm.label}: no patients`;
    if (months > arm.steps[arm.steps.length - 1][0]) return `${arm.label}: follow-up has ended`;
    const step = lastUpTo(arm.steps, months);
    const interval = step[2] === null || step[3] === null ? "interval not estimable" : `${percent(step[2])} to ${percent(step[3])}`;
    const here = step[0] === months && step[5] ? `, ${counted(step[5], "event")} now` : "";
    return `${arm.label}: ${percent(step[1])} % (${interval}), ${atRisk(arm.steps, months)} at risk${here}`;
  };

  const readable = (figure, curve) => {
    const picture = figure.querySelector("svg");
    const plot = picture.querySelector("[id$='-plot']");
    const times = [...new Set(curve.arms.flatMap((arm) => arm.steps.map((step) => step[0])))].sort((a, b) => a - b);
    if (!plot || !times.length) return;
    const box = plot.getBBox();
    const across = (months) => box.x + (box.width * months) / curve.last;
    const down = (survival) => box.y + box.height * (1 - survival / curve.top);
    const colours = ["var(--first)", "var(--second)"];
    const line = drawn("line", { y1: box.y, y2: box.y + box.height, class: "cursor" });
    const dots = curve.arms.map((_, place) => drawn("circle", { r: 3, fill: colours[place % 2], class: "cursor" }));
    picture.append(line, ...dots);

    const slider = made("input", { type: "range", min: 0, max: times.length - 1, step: 1, value: 0 });
    const label = made("label", {}, "Read the curves ");
    label.append(slider);
    const output = made("output", { "aria-live": "polite" });
    const panel = made("div", { class: "readout" });
    panel.append(label, output);
    figure.querySelector("figcaption").before(panel);

    const show = (place, isSpoken) => {
      const months = times[place];
      slider.value = place;
      const month = `Month ${months.toFixed(2)}`;
      slider.setAttribute("aria-valuetext", month);
      output.setAttribute("aria-live", isSpoken ? "polite" : "off");
      output.replaceChildren(made("b", {}, month), ...curve.arms.map((arm, number) => made("span", { class: ["first", "second"][number % 2] }, told(arm, months))));
      line.setAttribute("x1", across(months));
      line.setAttribute("x2", across(months));
      curve.arms.forEach((arm, number) => {
        const ended = !arm.steps.length || months > arm.steps[arm.steps.length - 1][0];
        dots[number].setAttribute("visibility", ended ? "hidden" : "visible");
        if (ended) return;
        dots[number].setAttribute("cx", across(months));
        dots[number].setAttribute("cy", down(lastUpTo(arm.steps, months)[1]));
      });
      picture.classList.add("read");
    };
    slider.addEventListener("input", () => show(Number(slider.value), true));
    slider.addEventListener("focus", () => show(Number(slider.value), true));
    const pointed = (event) => {
      const scale = picture.getBoundingClientRect();
      const at = picture.viewBox.baseVal.x + ((event.clientX - scale.left) * picture.viewBox.baseVal.width) / scale.width;
      const months = ((at - box.x) / box.width) * curve.last;
      if (months < -0.5 || months > curve.last + 0.5) return;
      const nearest = times.reduce((best, time, place) => (Math.abs(time - months) < Math.abs(times[best] - months) ? place : best), 0);
      show(nearest, false);
    };
    picture.addEventListener("pointermove", pointed);
    picture.addEventListener("pointerdown", pointed);
  };

  const curves = data("curve-steps") || {};
  for (const [name, curve] of Object.entries(curves)) {
    const figure = byId(`figure-${name}`);
    if (figure) readable(figure, curve);
  }

  // Which curves are shown. What is not chosen is hidden on the screen only: a print has everything.
  const chooser = byId("choose-curves");
  if (chooser) {
    const stratum = byId("choose-stratum"), endpoint = byId("choose-endpoint");
    const choose = () => {
      for (const block of document.querySelectorAll("[data-stratum]")) block.classList.toggle("unchosen", stratum.value !== "" && block.dataset.stratum !== stratum.value);
      for (const block of document.querySelectorAll("[data-endpoint]")) block.classList.toggle("unchosen", endpoint.value !== "" && block.dataset.endpoint !== endpoint.value);
    };
    const follow = () => {
      const target = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
      const block = target ? target.closest("[data-stratum]") : null;
      if (block && stratum.value !== block.dataset.stratum) { stratum.value = block.dataset.stratum; choose(); target.scrollIntoView(); }
    };
    stratum.addEventListener("change", choose);
    endpoint.addEventListener("change", choose);
    addEventListener("hashchange", follow);
    stratum.value = stratum.options.length > 1 ? stratum.options[1].value : "";
    endpoint.value = "";
    chooser.hidden = false;
    choose();
    follow();
  }

  // One patient's record: lanes of treatment above, the events as a table below. An event is [day, kind, detail].
  const records = data("patient-records");
  const select = byId("patient");
  if (records && select) {
    const SHORT = { "Complete response": "CR", "Partial response": "PR", "Stable disease": "SD", "Progressive disease": "PD", "Not evaluable": "NE" };
    const lanes = (patient) => {
      const found = new Map();
      const lane = (name) => { if (!found.has(name)) found.set(name, { bars: [], marks: [] }); return found.get(name); };
      for (const [day, kind, detail] of patient.events) {
        const id = records.kinds[kind].id;
        if (id === "drug_start") lane(detail).bars.push([day, null]);
        else if (id === "drug_end") { const open = [...lane(detail).bars].reverse().find((bar) => bar[1] === null); if (open) open[1] = day; }
        else if (id === "assessment") lane("Assessments").marks.push([day, SHORT[detail] || detail]);
        else if (id === "death" || id === "resistance") lane("Course").marks.push([day, id === "death" ? "\u2020" : "R"]);
      }
      return found;
    };
    const picture = (patient) => {
      const found = [...lanes(patient)], days = patient.events.map((event) => event[0]);
      const first = Math.min(0, ...days), last = Math.max(30, ...days), left = 150, wide = 860, row = 22;
      const across = (day) => left + ((day - first) / (last - first)) * (wide - left - 24);
      const high = row * found.length + 34;
      const image = drawn("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide });
      image.append(drawn("line", { x1: across(0), x2: across(0), y1: 0, y2: high - 24, class: "index" }), drawn("text", { x: across(0), y: high - 6, "text-anchor": "middle" }, "index date"));
      for (const [place, [name, lane]] of found.entries()) {
        const y = row * place + 4;
        image.append(drawn("text", { x: left - 10, y: y + 12, "text-anchor": "end" }, name));
        for (const [start, end] of lane.bars) image.append(drawn("rect", { x: across(start), y: y + 2, width: Math.max(3, across(end === null ? start : end) - across(start)), height: row - 10, rx: 2 }));
        for (const [day, text] of lane.marks) image.append(drawn("text", { x: across(day), y: y + 12, "text-anchor": "middle", class: "mark" }, text));
      }
      return image;
    };
    for (const patient of records.patients) select.append(made("option", { value: patient.number }, `Patient ${patient.number}`));
    const choosePatient = () => {
      const patient = records.patients.find((one) => String(one.number) === select.value);
      byId("patient-chosen").hidden = !patient;
      byId("patient-said").textContent = patient ? `Patient ${patient.number}, ${patient.arm}: ${counted(patient.events.length, "event")}.` : "Nobody is chosen.";
      byId("patient-drawn").replaceChildren(...(patient ? [picture(patient)] : []));
      byId("patient-events").replaceChildren(...(patient ? patient.events : []).map(([day, kind, detail]) => {
        const line = made("tr", day === 0 ? { class: "index" } : {});
        line.append(made("td", { class: "count" }, String(day).replace("-", "\u2212")), made("td", { class: "count" }, (day / records.daysPerMonth).toFixed(1).replace("-", "\u2212")), made("td", {}, records.kinds[kind].label), made("td", {}, detail));
        return line;
      }));
    };
    select.value = "";
    select.addEventListener("change", choosePatient);
    byId("patient-off").hidden = true;
    byId("choose-patient").hidden = false;
  }
})();
