/* Filters: levels of the axes, status, and least and most of each objective. */

const MOST_CHIPS = 12;

function chip(text, isOn, onchange) {
  const box = element("input", { type: "checkbox", checked: isOn, onchange: () => onchange(box.checked) });
  return element("label", { class: "chip" }, box, element("span", {}, text));
}

function keep(set, value, isOn) {
  if (isOn) set.add(value);
  else set.delete(value);
  redraw();
}

function group(title, full, ...contents) {
  return element("fieldset", { class: "group" }, element("legend", { title: full }, title), ...contents);
}

function levelFilter(axis) {
  const kept = chosen.levels[axis.index];
  if (axis.levels.length <= MOST_CHIPS) {
    const chips = axis.levels.map((text, level) => chip(text, kept.has(level), (isOn) => keep(kept, level, isOn)));
    return group(axis.short, axis.name, element("div", { class: "chips" }, ...chips));
  }
  const options = axis.levels.map((text, level) => element("option", { value: level, selected: kept.has(level) }, text));
  const change = () => {
    kept.clear();
    for (const option of list.selectedOptions) kept.add(Number(option.value));
    redraw();
  };
  const list = element(
    "select", { multiple: true, size: 6, "aria-label": axis.short, onchange: change }, ...options,
  );
  return group(axis.short, axis.name, list);
}

function statusFilter() {
  const present = [...new Set(designs.status)];
  if (present.length < 2) return null;
  const chips = present.map((name) =>
    chip(name, chosen.status.has(name), (isOn) => keep(chosen.status, name, isOn)));
  return group("status", "status", element("div", { class: "chips" }, ...chips));
}

function rangeFilter(metric) {
  const { label, values } = study.metrics[metric];
  const known = values.filter((value) => value !== null);
  const range = [null, null];
  const box = (side, word, end) => {
    const input = element("input", {
      type: "number", step: "any", placeholder: shownNumber(end).replaceAll(",", ""), "aria-label": `${word} ${label}`,
      oninput: () => {
        range[side] = Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null;
        if (range[0] === null && range[1] === null) chosen.ranges.delete(metric);
        else chosen.ranges.set(metric, range);
        redraw();
      },
    });
    return input;
  };
  const least = box(0, "least", Math.min(...known)), most = box(1, "most", Math.max(...known));
  return group(label, study.metrics[metric].name, element("div", { class: "range" }, least, "to", most));
}

function buildFilters() {
  const panel = byId("filters");
  const body = byId("filter-groups");
  const rangeable = study.objectives.filter((metric) => study.metrics[metric].values.some((value) => value !== null));
  const fill = () =>
    body.replaceChildren(
      ...axesThatVary.map(levelFilter), ...[statusFilter()].filter(Boolean), ...rangeable.map(rangeFilter),
    );
  const reset = () => {
    for (const kept of chosen.levels) kept.clear();
    chosen.status.clear();
    chosen.ranges.clear();
    chosen.picked.clear();
    fill();
    redraw();
  };
  byId("reset").addEventListener("click", reset);
  fill();
  panel.open = !isNarrow();
  drawers.push(() => {
    byId("count").textContent = `${chosen.shown.length} of ${everyDesign.length} designs`;
  });
}
