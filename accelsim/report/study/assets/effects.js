/* What each axis does to an objective: its levels, how two axes act together, and the swing around a base design. */

const PANEL_PX = 230, PANEL_CHARACTERS = 28;

/** Panels beside and below each other: the domain of each in shares of the chart. */
function panels(count, width) {
  const across = Math.max(1, Math.min(count, Math.floor(width / PANEL_PX))), down = Math.ceil(count / across);
  const place = (i, of, gap) => [(i + (i ? gap / 2 : 0)) / of, (i + 1 - (i + 1 < of ? gap / 2 : 0)) / of];
  return {
    down,
    domains: Array.from({ length: count }, (_, i) => {
      const row = Math.floor(i / across);
      const [top, bottom] = place(row, down, 0.42).map((share) => 1 - share);
      return { x: place(i % across, across, 0.12), y: [bottom, top], first: i % across === 0 };
    }),
  };
}

function meanOf(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function drawMain(at, { metric, main }) {
  const { label, words, unit } = study.metrics[metric];
  const { down, domains } = panels(main.length, at.clientWidth || 360);
  const layout = { height: 90 + 220 * down, annotations: [], margin: { l: 60, r: 16, t: 56, b: 40 } };
  const traces = [];
  const ends = main.flatMap(({ levels }) => levels.flatMap(({ mean, half }) => [mean - (half ?? 0), mean + (half ?? 0)]));
  const filteredMeans = new Map();
  if (isFiltered()) {
    for (const { axis, levels } of main) {
      const index = study.axes.findIndex(({ name }) => name === axis);
      const means = levels.map((level) =>
        meanOf(chosen.shown.filter((design) => levelOf(design, index) === level.label).map((design) => valueOf(design, metric))));
      filteredMeans.set(axis, means);
      ends.push(...means.filter((mean) => mean !== null));
    }
  }
  const low = Math.min(...ends), high = Math.max(...ends), pad = 0.06 * (high - low || Math.abs(high) || 1);
  const range = study.metrics[metric].share ? inShares(low, high) : [low - pad, high + pad];
  main.forEach(({ axis, levels }, i) => {
    const end = i ? i + 1 : "", { short } = study.axes.find(({ name }) => name === axis);
    const labels = levels.map((level) => escaped(level.label));
    const isTight = levels.length * Math.max(...levels.map((level) => level.label.length)) >= PANEL_CHARACTERS;
    const array = levels.map((level) => level.half ?? 0);
    layout[`xaxis${end}`] = axisLook({ domain: domains[i].x, anchor: `y${end}`, type: "category", fixedrange: true, tickangle: isTight ? -40 : 0 });
    layout[`yaxis${end}`] = axisLook({
      domain: domains[i].y, anchor: `x${end}`, range, fixedrange: true, zeroline: false,
      showticklabels: domains[i].first, title: domains[i].first ? { text: escaped(label), font: { size: 12 }, standoff: 6 } : undefined,
    });
    layout.annotations.push({
      text: `<b>${escaped(short)}</b>`, x: domains[i].x[0], y: domains[i].y[1], xref: "paper", yref: "paper",
      xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 12 },
    });
    const on = { x: labels, xaxis: `x${end}`, yaxis: `y${end}`, type: "scatter", hoverinfo: "text" };
    const tell = (mean, half, count, which) =>
      `<b>${escaped(short)} = %</b><br>mean ${escaped(words)}: ${shownNumber(mean)}${half ? ` ± ${shownNumber(half)}` : ""} ${escaped(unit === "1" ? "" : unit)}<br>${count} ${which}`;
    traces.push({
      ...on, name: "all designs", mode: "lines+markers", y: levels.map((level) => level.mean), showlegend: i === 0,
      legendgroup: "all", error_y: { type: "data", array, visible: array.some(Boolean), thickness: 1.5, width: 5, color: BLUE },
      line: { color: BLUE, width: 2 }, marker: { size: 8, color: BLUE, symbol: "circle" },
      hovertext: levels.map((level) => tell(level.mean, level.half, level.designs, "designs").replace("%", () => escaped(level.label))),
    });
    if (!filteredMeans.has(axis)) return;
    traces.push({
      ...on, name: "designs shown", mode: "lines+markers", y: filteredMeans.get(axis), showlegend: i === 0, legendgroup: "shown",
      line: { color: ORANGE, width: 2, dash: "dot" }, marker: { size: 9, color: ORANGE, symbol: "diamond-open", line: { width: 2 } },
      hovertext: levels.map((level, at) => tell(filteredMeans.get(axis)[at], null, "", "of the designs that the filters leave").replace("%", () => escaped(level.label))),
    });
  });
  plot(at, traces, { ...layout, showlegend: isFiltered(), legend: legendAt(1 + 34 / layout.height) });
}

/** The number in each cell of a heat map. */
function numbersIn(cells) {
  const known = cells.flat().filter((value) => value !== null);
  const low = Math.min(...known), range = Math.max(...known) - low || 1;
  return cells.flatMap((row, i) => row.flatMap((value, j) => {
    if (value === null) return [];
    const { colour, ink } = cividis((value - low) / range);
    const text = shownNumber(Number(value.toPrecision(3)));
    return [{ x: j, y: i, text, showarrow: false, bgcolor: colour, font: { size: 12, color: ink } }];
  }));
}

function drawInteraction(at, metric, { first, second, rows, columns, cells }) {
  const { label, words, unit } = study.metrics[metric];
  const short = (name) => study.axes.find((axis) => axis.name === name).short;
  const hovertext = cells.map((row, i) => row.map((value, j) =>
    `<b>${escaped(short(first))} = ${escaped(rows[i])}<br>${escaped(short(second))} = ${escaped(columns[j])}</b><br>`
    + `mean ${escaped(words)}: ${shownNumber(value)} ${escaped(unit === "1" ? "" : unit)}`));
  const isLegible = columns.length <= (isNarrow() ? 5 : 8) && rows.length <= 12;
  plot(at, [{
    type: "heatmap", z: cells, x: columns.map(escaped), y: rows.map(escaped), colorscale: CIVIDIS, hovertext, hoverinfo: "text",
    xgap: 2, ygap: 2,
    colorbar: { title: { text: escaped(label), side: "right", font: { size: 12 } }, thickness: 14, tickfont: { size: 12 } },
  }], {
    height: Math.max(320, 120 + 44 * rows.length), annotations: isLegible ? numbersIn(cells) : [],
    xaxis: titled(short(second), { type: "category", fixedrange: true }),
    yaxis: titled(short(first), { type: "category", fixedrange: true }),
  });
}

function drawTornado(at, { metric, swings }) {
  const { label, words, unit } = study.metrics[metric];
  const sorted = [...swings].reverse();
  const y = sorted.map(({ axis }) => escaped(study.axes.find(({ name }) => name === axis).short));
  const bar = (name, end, color, shape) => ({
    type: "bar", orientation: "h", name, y, base: sorted.map((swing) => swing.base), x: sorted.map((swing) => swing[end] - swing.base),
    marker: { color, pattern: { shape, fillmode: "overlay", size: 6, fgcolor: colourOf("paper"), solidity: 0.25 } }, hoverinfo: "text", textposition: "none",
    hovertext: sorted.map((swing) => `<b>${escaped(swing.axis)} = ${escaped(swing[`${end}_label`])}</b><br>`
      + `${escaped(words)}: ${shownNumber(swing[end])} ${escaped(unit === "1" ? "" : unit)} (base ${shownNumber(swing.base)})`),
  });
  const annotations = sorted.flatMap((swing, i) => ["low", "high"].filter((end) => swing[end] !== swing.base).map((end) => ({
    x: swing[end], y: i, text: escaped(swing[`${end}_label`]), showarrow: false, xanchor: end === "low" ? "right" : "left",
    xshift: end === "low" ? -4 : 4, font: { size: 12 },
  })));
  const ends = sorted.flatMap(({ base, low, high }) => [base, low, high]);
  const low = Math.min(...ends), high = Math.max(...ends), pad = (isNarrow() ? 0.35 : 0.18) * (high - low || 1);
  plot(at, [bar("least", "low", BLUE, ""), bar("most", "high", ORANGE, "/")], {
    height: 130 + 36 * sorted.length, barmode: "overlay", bargap: 0.35, annotations,
    margin: { l: 60, r: 16, t: 40, b: 48 },
    xaxis: titled(label, { fixedrange: true, range: [low - pad, high + pad], zeroline: false }),
    yaxis: axisLook({ type: "category", fixedrange: true, categoryorder: "array", categoryarray: y }),
    shapes: sorted.length ? [{ type: "line", x0: sorted[0].base, x1: sorted[0].base, y0: 0, y1: 1, yref: "paper", line: { color: colourOf("ink"), width: 1.5 } }] : [],
  });
}

/** The design that swings are taken from: its name, and why it is no good if it is not. */
function baseOf({ base }) {
  if (base === null) return "of which there is none";
  const values = configurationOf(base).join(", ");
  return `${nameOf(base)}${values ? ` (${values})` : ""}${isFeasible(base) ? "" : `, which is ${designs.status[base]}`}`;
}

function buildEffects() {
  if (!study.effects.length) return;
  const host = opened("effects");
  const settings = { effect: 0, pair: 0 };
  const controls = element("div", { class: "controls" });
  const block = (id, title, ...more) => {
    const at = chart(id, title), note = element("p", { class: "caption" });
    const whole = element("div", { class: "block" }, element("h3", {}, title), ...more, at, note);
    return { at, note, whole };
  };
  const pairs = element("div", { class: "controls" });
  const main = block("main-effects", "Main effects"), interaction = block("interaction", "Interaction of two axes", pairs);
  const tornado = block("tornado", "Swing around the base design");
  host.append(controls, main.whole, element("div", { class: "two" }, interaction.whole, tornado.whole));
  const options = study.effects.map(({ metric }, value) => ({ value, text: study.metrics[metric].label }));
  controls.append(choice("objective", options, 0, (value) => {
    settings.effect = Number(value);
    settings.pair = 0;
    fillPairs();
    redraw();
  }));
  const fillPairs = () => {
    const { interactions } = study.effects[settings.effect];
    const short = (name) => study.axes.find((axis) => axis.name === name).short;
    const texts = interactions.map(({ first, second, strength }, value) => ({
      value, text: `${short(first)} × ${short(second)} (${shownNumber(Number((100 * strength).toPrecision(2)))} %)`,
    }));
    pairs.replaceChildren(choice("axes", texts, settings.pair, (value) => {
      settings.pair = Number(value);
      redraw();
    }));
  };
  fillPairs();
  drawers.push(() => {
    const effect = study.effects[settings.effect];
    drawMain(main.at, effect);
    main.note.replaceChildren(...caption(
      `Mean over all designs of each level.${isFiltered() ? " Dotted: means over the designs that the filters leave." : ""}`, { bars: true },
    ));
    const pair = effect.interactions[settings.pair];
    interaction.whole.hidden = !pair;
    if (pair) drawInteraction(interaction.at, effect.metric, pair);
    interaction.note.replaceChildren(...caption(
      "Mean over all designs of both levels, whatever the filters; per cent: share of the variance that the pair explains beyond its two axes alone.",
    ));
    tornado.whole.hidden = !effect.swings.length;
    if (effect.swings.length) drawTornado(tornado.at, effect);
    tornado.note.replaceChildren(...caption(
      `One axis at a time around the base design (line), ${baseOf(effect)}: least and most over its levels, whatever the filters.`,
    ));
  });
}
