/* The study: designs by number, and what is said of them. A design is a configuration, its values are means over seeds. */

const study = JSON.parse(byId("study-data").textContent);
const designs = study.designs;
const everyDesign = designs.ids.map((_, design) => design);
const metricNamed = new Map(study.metrics.map((metric, index) => [metric.name, index]));
const axesThatVary = study.axes.map((axis, index) => ({ ...axis, index })).filter((axis) => axis.levels.length > 1);

const GROUPS = { objective: "objectives", metric: "metrics" };

/** Metrics to choose from; bounds of an estimate stand beside it wherever it is told. */
function metricOptions() {
  const order = Object.keys(GROUPS);
  return study.metrics
    .map((metric, value) => ({ value, text: metric.label, group: GROUPS[metric.group], at: order.indexOf(metric.group) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
}

function valueOf(design, metric) {
  return study.metrics[metric].values[design];
}

function halfWidth(design, metric) {
  const half = study.metrics[metric].half;
  return half ? half[design] : null;
}

function levelOf(design, axis) {
  return study.axes[axis].levels[designs.levels[axis][design]];
}

function isFeasible(design) {
  return designs.status[design] === "ok";
}

/** `#12` or `#12 as built`; of several seeds the first point. */
function nameOf(design) {
  const label = designs.labels[design];
  return `#${designs.ids[design][0]}${label ? ` ${label}` : ""}`;
}

function configurationOf(design) {
  return axesThatVary.map((axis) => `${axis.short} = ${levelOf(design, axis.index)}`);
}

/** A value with its interval over seeds and its band of the estimate. */
function figure(design, metric, unit = "") {
  const { name } = study.metrics[metric];
  const value = valueOf(design, metric);
  if (value === null) return "-";
  const half = halfWidth(design, metric);
  const bounds = ["_low", "_high"].map((end) => metricNamed.get(name + end));
  const band = bounds.includes(undefined) ? [] : bounds.map((bound) => valueOf(design, bound));
  const isBand = band.length && !band.includes(null) && band[0] !== band[1];
  const range = isBand ? ` (${band.map((end) => shownNumber(Number(end.toPrecision(3)))).join(" – ")})` : "";
  return `${shownNumber(value)}${half ? ` ± ${shownNumber(Number(half.toPrecision(2)))}` : ""}${unit}${range}`;
}

/** The same with its unit. */
function told(design, metric) {
  const { unit } = study.metrics[metric];
  return figure(design, metric, unit === "1" ? "" : ` ${unit}`);
}

/** What the pointer tells of a design: its whole configuration, then the metrics in question. */
function hoverOf(design, metrics) {
  const state = isFeasible(design) ? [] : [`${designs.status[design]}: ${designs.message[design]}`];
  const rows = [...new Set(metrics)].map((metric) => `${study.metrics[metric].words}: ${told(design, metric)}`);
  const lines = [...configurationOf(design), ...rows, ...state].map(escaped);
  return [`<b>${escaped(nameOf(design))}</b>`, ...lines].join("<br>");
}

function counted(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** A caption: what is seen, then what values and bars are, and the file that the numbers are from. */
function caption(text, { file = "points.csv", bars = false } = {}) {
  const values = study.seeds === 1 ? "One seed" : `Means over ${study.seeds} seeds`;
  const intervals = bars && study.seeds > 1 ? ", bars: 95 % confidence intervals" : "";
  const link = element("a", { href: file }, file);
  return [`${text} ${values}${intervals}; engine ${study.engine}; source: `, link, "."];
}
