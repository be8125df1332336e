/* Marks, names and lines of a trade-off chart. */

function withValues(shown, metrics) {
  return shown.filter((design) => metrics.every((metric) => valueOf(design, metric) !== null));
}

const MOST_BESIDE = 5, MOST_NAMES = 8;

/** For each design of a group, which others have its very place and so lie under its mark. */
function alsoThere(group, { x, y }) {
  const places = new Map();
  const key = (design) => `${valueOf(design, x)} ${valueOf(design, y)}`;
  for (const design of group) places.set(key(design), [...(places.get(key(design)) ?? []), design]);
  return group.map((design) => {
    const others = places.get(key(design)).filter((other) => other !== design);
    if (!others.length) return "";
    const more = others.length > MOST_BESIDE ? ` and ${others.length - MOST_BESIDE} more` : "";
    return `<br><i>also here: ${escaped(others.slice(0, MOST_BESIDE).map(nameOf).join(", "))}${more}</i>`;
  });
}

function markers(name, group, { x, y, colour }, marker, more = {}) {
  const values = (metric) => group.map((design) => valueOf(design, metric));
  const bars = (metric) => {
    const array = group.map((design) => halfWidth(design, metric) || 0);
    return { type: "data", array, visible: array.some(Boolean), thickness: 1, width: 2, color: Array.isArray(marker.color) ? MUTED : marker.color };
  };
  const metrics = colour === null ? [x, y] : [x, y, colour];
  const others = alsoThere(group, { x, y });
  return {
    type: "scatter", mode: "markers", name, x: values(x), y: values(y), error_x: bars(x), error_y: bars(y), marker,
    customdata: group, hovertext: group.map((design, i) => hoverOf(design, [...metrics, ...study.objectives]) + others[i]),
    hoverinfo: "text", ...more,
  };
}

/** Colour by the third metric, on one scale for all the groups. */
function coloured(group, metric, all, marker, showscale) {
  if (metric === null) return marker;
  const values = all.map((design) => valueOf(design, metric));
  const title = { text: escaped(study.metrics[metric].label), font: { size: 12 }, side: isNarrow() ? "top" : "right" };
  const bar = isNarrow()
    ? { title, orientation: "h", y: -0.28, yanchor: "top", thickness: 12, tickfont: { size: 12 } }
    : { title, thickness: 14, tickfont: { size: 12 } };
  return {
    line: { color: colourOf("soft"), width: 0.75 }, ...marker, color: group.map((design) => valueOf(design, metric)), colorscale: CIVIDIS,
    cmin: Math.min(...values), cmax: Math.max(...values), showscale, colorbar: bar,
  };
}

/** The names of a few designs, to the left and right of their marks in turn. */
function names(entries, { x, y, logX, logY }) {
  const at = (value, isLog) => (isLog ? Math.log10(value) : value);
  return entries.slice(0, MOST_NAMES).map(([design, text], i) => ({
    x: at(valueOf(design, x), logX), y: at(valueOf(design, y), logY), text: escaped(text), showarrow: true, arrowhead: 0, arrowwidth: 1,
    arrowcolor: colourOf("soft"), ax: i % 2 ? 40 : -40, ay: -28 - 16 * (i % 3), font: { size: 12 },
    bgcolor: colourOf("paper"), borderpad: 2,
  }));
}

const ALIKE = 1e-3; // share of a value below which differences are rounding, not news

/** Whether the values of a metric differ by so little that a scale of their own would blow it up. */
function areAlike(group, metric) {
  const values = group.map((design) => valueOf(design, metric));
  const low = Math.min(...values), high = Math.max(...values);
  return group.length > 0 && high - low < ALIKE * Math.max(Math.abs(low), Math.abs(high));
}

/** Ends for a scale that is not to follow intervals beyond 0 and 1, or mere rounding; undefined leaves it to the chart. */
function rangeOf(group, metric, isLog) {
  if (!group.length || isLog) return undefined;
  const values = group.map((design) => valueOf(design, metric)), halves = group.map((design) => halfWidth(design, metric) || 0);
  const ends = (sign) => values.map((value, i) => value + sign * halves[i]);
  const low = Math.min(...ends(-1)), high = Math.max(...ends(1));
  if (areAlike(group, metric) && !halves.some(Boolean)) return [low - 0.05 * Math.abs(low), high + 0.05 * Math.abs(high)];
  return study.metrics[metric].share && (low < 0 || high > 1) ? inShares(low, high) : undefined;
}

/** The part of a range in which shares can lie, with a little room. */
function inShares(low, high) {
  const pad = 0.06 * (high - low);
  return [Math.max(low - pad, -0.02), Math.min(high + pad, 1.02)];
}

/** Lines at the constraints on the metrics shown; those too far from the marks are told in words. */
function limits({ x, y, logX, logY }, rated) {
  const goals = [x, y], logs = [logX, logY];
  const shapes = [], annotations = [], beyond = [];
  for (const { metric, bound, text } of study.constraints) {
    const at = goals.indexOf(metric);
    if (at < 0) continue;
    const values = rated.map((design) => valueOf(design, metric));
    const low = Math.min(...values), high = Math.max(...values);
    if (bound < 2 * low - high || bound > 2 * high - low || (logs[at] && bound <= 0)) {
      beyond.push(text);
      continue;
    }
    const along = at === 0 ? { x0: bound, x1: bound, y0: 0, y1: 1, yref: "paper" }
      : { y0: bound, y1: bound, x0: 0, x1: 1, xref: "paper" };
    const where = logs[at] ? Math.log10(bound) : bound;
    const place = at === 0 ? { x: where, y: 1, yref: "paper", yanchor: "top" } : { y: where, x: 1, xref: "paper", yanchor: "bottom" };
    shapes.push({ type: "line", ...along, line: { color: RED, width: 1.5, dash: "dash" } });
    annotations.push({ ...place, xanchor: "right", text: escaped(text), showarrow: false, font: { size: 12 } });
  }
  return { shapes, annotations, beyond };
}

/** All the marks, those that matter most on top. */
function traces({ rated, beaten, infeasible, best, knee }, settings) {
  const { x, colour, directions } = settings;
  const found = [];
  if (settings.infeasible && infeasible.length) {
    const cross = { size: 7, color: RED, symbol: "x-thin", line: { width: 1, color: RED } };
    found.push(markers("infeasible", infeasible, settings, cross, { opacity: 0.7 }));
  }
  if (settings.dominated) {
    const dot = coloured(beaten, colour, rated, { size: 7, color: MUTED, symbol: "circle" }, false);
    found.push(markers("dominated", beaten, settings, dot, { opacity: 0.8 }));
  }
  const along = [...best].sort((a, b) => valueOf(a, x) - valueOf(b, x));
  const strong = { size: 10, color: BLUE, symbol: "diamond", line: { color: colourOf("ink"), width: 1 } };
  const step = { color: BLUE, width: 2, shape: directions.x === "min" ? "hv" : "vh" };
  const line = colour === null ? { mode: "lines+markers", line: step } : {};
  found.push(markers("front", along, settings, coloured(along, colour, rated, strong, true), line));
  const bare = { error_x: { visible: false }, error_y: { visible: false } };
  const ring = (name, group, symbol, size, color) => {
    if (group.length) found.push(markers(name, group, settings, { size, color, symbol, line: { color, width: 2.5 } }, bare));
  };
  ring("knee", knee === null ? [] : [knee], "star-open", 18, RED);
  ring("labelled", rated.filter((design) => designs.labels[design]), "square-open", 15, GREEN);
  ring("picked", rated.filter((design) => chosen.picked.has(design)), "circle-open", 18, colourOf("ink"));
  return found;
}
