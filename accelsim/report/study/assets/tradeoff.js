/* Two metrics against each other, and a third as colour: what is dominated, the front, and its knee. */

/** Sort the designs shown by what the chosen goals make of them. */
function sorted({ x, y, colour, directions }) {
  const metrics = colour === null ? { x, y } : { x, y, colour };
  const goals = Object.entries(metrics).map(([name, metric]) => ({ metric, direction: directions[name] }));
  const rated = withValues(chosen.shown, goals.map(({ metric }) => metric));
  const feasible = rated.filter(isFeasible), infeasible = rated.filter((design) => !isFeasible(design));
  const best = frontOf(feasible, goals), front = new Set(best);
  const beaten = feasible.filter((design) => !front.has(design));
  return { goals, rated, infeasible, best, front, beaten, knee: kneeOf(best, goals) };
}

function captionOf({ goals, rated, infeasible, best }, beyond, steers) {
  const goal = ({ metric, direction }) => `${direction} ${study.metrics[metric].words}`;
  const lacking = chosen.shown.length - rated.length;
  const counts = [
    `${best.length} of ${counted(rated.length, "design")} on the front`,
    ...(infeasible.length ? [`${infeasible.length} infeasible`] : []),
    ...(lacking ? [`${lacking} left out for lack of a figure`] : []),
  ];
  return caption([
    `${goals.map(goal).join(", ")}: ${counts.join(", ")}.`,
    ...(beyond.length ? [`Constraints beyond the chart: ${beyond.join(", ")}.`] : []),
    ...(steers ? ["Click a mark to find its row in the table; draw a box to pick several."] : []),
  ].join(" "), { bars: true });
}

/** Pick designs by clicks and boxes. A chart tells of a box let go after a click, too: that is no news. */
function listen(at) {
  const designsOf = (event) => [...new Set((event?.points ?? []).map((point) => point.customdata))];
  let boxed = false;
  at.on("plotly_click", (event) => setTimeout(() => {
    boxed = false;
    pick(designsOf(event));
    if (chosen.picked.size) goToTable();
  }));
  at.on("plotly_selected", (event) => {
    const found = designsOf(event);
    if (!found.length) return;
    boxed = true;
    setTimeout(() => {
      chosen.picked = new Set(found);
      redraw();
    });
  });
  at.on("plotly_deselect", () => {
    if (boxed) setTimeout(() => pick([...chosen.picked]));
    boxed = false;
  });
}

/** A trade-off chart; the one that steers says which designs are the front for the whole page. */
function tradeOff(host, id, title, { x, y, steers }) {
  const better = (metric) => study.metrics[metric].better;
  const settings = {
    x, y, colour: null, directions: { x: better(x), y: better(y), colour: "min" }, logX: false, logY: false,
    infeasible: true, dominated: true, controls: element("div", { class: "controls" }),
  };
  const at = chart(id, title), note = element("p", { class: "caption" });
  if (steers) {
    fillControls(settings);
    host.append(settings.controls);
  }
  host.append(at, note);
  let isHeard = false;
  drawers.push(() => {
    const { x, y, colour, logX, logY } = settings;
    const found = sorted(settings), { rated, front, knee } = found;
    if (steers) Object.assign(chosen, { front, knee });
    const named = rated.filter((design) => designs.labels[design]).map((design) => [design, designs.labels[design]]);
    if (knee !== null && !designs.labels[knee]) named.push([knee, `knee ${nameOf(knee)}`]);
    const lines = limits(settings, rated);
    const scale = (metric, isLog) => titled(study.metrics[metric].label, {
      type: isLog ? "log" : "linear", zeroline: false, range: rangeOf(rated, metric, isLog),
    });
    plot(at, traces(found, settings), {
      height: isNarrow() ? (colour === null ? 420 : 500) : 520,
      dragmode: isNarrow() ? false : "select",
      shapes: lines.shapes,
      annotations: [...names(named, settings), ...lines.annotations],
      xaxis: scale(x, logX),
      yaxis: scale(y, logY),
    }, ["select2d", "zoom2d", "pan2d", "resetScale2d"]);
    note.replaceChildren(...captionOf(found, lines.beyond, steers));
    if (!isHeard) listen(at);
    isHeard = true;
  });
}
