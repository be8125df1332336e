/* Parallel coordinates: a column for each axis and objective, a line for each design. */

const MOST_TICKS = 8;

/** Places of the designs on an axis: those of a level side by side, in the order of the first objective. */
function spread(index, levels) {
  const width = Math.min(0.09, 0.4 / (levels - 1));
  const places = Array(everyDesign.length);
  const [objective] = study.objectives;
  const size = (design) => (objective === undefined ? design : valueOf(design, objective) ?? Infinity);
  for (let level = 0; level < levels; level += 1) {
    const group = everyDesign.filter((design) => designs.levels[index][design] === level).sort((a, b) => size(a) - size(b));
    group.forEach((design, at) => {
      places[design] = level / (levels - 1) + (group.length > 1 ? width * (at / (group.length - 1) - 0.5) : 0);
    });
  }
  return places;
}

/** Columns with the place, 0 to 1, of each design, and the texts beside them. */
function columnsOf() {
  const ofAxes = axesThatVary.map(({ index, short, levels }) => {
    const step = Math.max(1, Math.ceil(levels.length / MOST_TICKS));
    return {
      title: escaped(short),
      places: spread(index, levels.length),
      ticks: levels.map((text, level) => [level / (levels.length - 1), text]).filter((_, level) => level % step === 0),
    };
  });
  const ofObjectives = study.objectives.map((metric) => {
    const { words, label, better, values } = study.metrics[metric];
    const known = values.filter((value) => value !== null);
    const low = Math.min(...known), high = Math.max(...known), range = high - low || 1;
    const tick = (share) => [share, shownNumber(Number((low + share * range).toPrecision(3)))];
    return {
      title: `${escaped(words)}<br>${escaped(label.slice(words.length + 1))} ${better === "min" ? "↓" : "↑"}`,
      places: values.map((value) => (value === null ? null : (value - low) / range)),
      ticks: known.length ? [0, 0.5, 1].map(tick) : [],
    };
  });
  return [...ofAxes, ...ofObjectives];
}

/** One trace for many designs: their lines with gaps between. */
function lines(columns, group, name, line, hover, turned) {
  const places = [], at = [], texts = [], numbers = [];
  for (const design of group) {
    const text = hover ? hoverOf(design, study.objectives) : "";
    columns.forEach((column, i) => {
      at.push(i);
      places.push(column.places[design]);
      texts.push(text);
      numbers.push(design);
    });
    at.push(null);
    places.push(null);
    texts.push("");
    numbers.push(null);
  }
  const [x, y] = turned ? [places, at] : [at, places];
  return {
    type: "scatter", mode: "lines", name, x, y, line, customdata: numbers, hovertext: texts,
    hoverinfo: hover ? "text" : "skip", showlegend: Boolean(name),
  };
}

function buildParallel() {
  const columns = columnsOf();
  if (columns.length < 2) return;
  const host = opened("parallel");
  const at = chart("parallel-chart", "Every design over axes and objectives"), note = element("p", { class: "caption" });
  host.append(at, note);
  let isHeard = false;
  drawers.push(() => {
    const turned = isNarrow();
    const shown = new Set(chosen.shown);
    const others = everyDesign.filter((design) => !shown.has(design));
    const best = chosen.shown.filter((design) => chosen.front.has(design));
    const rest = chosen.shown.filter((design) => !chosen.front.has(design));
    const picked = chosen.shown.filter((design) => chosen.picked.has(design));
    const isCrowded = rest.length > 300;
    const traces = [
      lines(columns, others, others.length ? "left out by the filters" : "", { color: colourOf("line"), width: 1 }, false, turned),
      lines(columns, rest, "not on the front", { color: isCrowded ? `${SKY}90` : SKY, width: isCrowded ? 0.4 : 1.2 }, true, turned),
      lines(columns, best, "front", { color: BLUE, width: 2 }, true, turned),
      lines(columns, picked, picked.length ? "picked" : "", { color: RED, width: 3.5 }, true, turned),
    ];
    const position = (i, place) => (turned ? { x: place, y: i } : { x: i, y: place });
    const shapes = columns.map((_, i) => {
      const [from, to] = [position(i, 0), position(i, 1)];
      return { type: "line", x0: from.x, y0: from.y, x1: to.x, y1: to.y, line: { color: colourOf("soft"), width: 1 }, layer: "below" };
    });
    const annotations = columns.flatMap((column, i) => [
      ...column.ticks.map(([place, text], tick) => ({
        ...position(i, place), text: escaped(text), showarrow: false, font: { size: 12 }, bgcolor: colourOf("paper"), opacity: 0.9,
        ...(turned ? { yshift: -12, xanchor: ["left", "center", "right"][column.ticks.length < 2 ? 1 : tick === 0 ? 0 : tick === column.ticks.length - 1 ? 2 : 1] }
          : { xanchor: "left", xshift: 5 }),
      })),
      {
        ...position(i, turned ? 0 : 1), showarrow: false, font: { size: 12 }, bgcolor: colourOf("paper"), opacity: 0.9,
        text: `<b>${turned ? column.title.replace("<br>", " ") : column.title}</b>`,
        ...(turned ? { yshift: 16, xanchor: "left" } : { yshift: 18, yanchor: "bottom" }),
      },
    ]);
    const along = { visible: false, range: [-0.25, columns.length - 0.55] };
    const across = { visible: false, range: [-0.06, 1.06] };
    plot(at, traces, {
      height: turned ? 74 * columns.length + 70 : 470,
      margin: turned ? { l: 16, r: 16, t: 48, b: 8 } : { l: 24, r: 40, t: 88, b: 16 },
      legend: legendAt(turned ? 1.03 : 1.15),
      xaxis: turned ? across : along,
      yaxis: turned ? { ...along, range: [columns.length - 0.55, -0.45] } : across,
      shapes, annotations,
    });
    note.replaceChildren(...caption(
      "A line is a design; arrows beside objectives point to the better end. Dark lines are the front of the trade-off chart.",
    ));
    if (!isHeard) at.on("plotly_click", (event) => setTimeout(() => pick([event.points[0].customdata])));
    isHeard = true;
  });
}
