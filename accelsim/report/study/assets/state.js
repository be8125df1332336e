/* What the reader has chosen, and who draws it. */

const chosen = {
  levels: study.axes.map(() => new Set()), // by axis: the levels to keep; empty keeps all
  status: new Set(),
  ranges: new Map(), // metric -> [least, most], either may be null
  picked: new Set(), // designs clicked or boxed; they narrow the table, not the charts
  shown: everyDesign, // what the filters leave
  front: new Set(), // of the objectives in the trade-off chart
  knee: null,
};

const drawers = [];
let waiting = false;

/** Draw everything again, once for all the changes of a frame. */
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    chosen.shown = everyDesign.filter(passes);
    refocused(() => drawers.forEach((draw) => draw()));
  });
}

function passes(design) {
  const { levels, status, ranges } = chosen;
  if (status.size && !status.has(designs.status[design])) return false;
  if (levels.some((kept, axis) => kept.size && !kept.has(designs.levels[axis][design]))) return false;
  for (const [metric, [least, most]] of ranges) {
    const value = valueOf(design, metric);
    if (value === null || (least !== null && value < least) || (most !== null && value > most)) return false;
  }
  return true;
}

function isFiltered() {
  return chosen.shown.length < everyDesign.length;
}

/** Pick designs; picking what is picked already lets it go. */
function pick(picked) {
  const same = picked.length === chosen.picked.size && picked.every((design) => chosen.picked.has(design));
  chosen.picked = new Set(same ? [] : picked);
  redraw();
}

/** The designs to set beside each other: those picked, or those labelled, the knee and the front. */
function compared(most) {
  const shown = new Set(chosen.shown);
  const picked = [...chosen.picked].filter((design) => shown.has(design));
  if (picked.length) return picked.slice(0, most);
  const labelled = everyDesign.filter((design) => designs.labels[design]);
  const knee = chosen.knee === null ? [] : [chosen.knee];
  return [...new Set([...labelled, ...knee, ...chosen.front])].filter((design) => shown.has(design)).slice(0, most);
}

function comparedSaid(count) {
  const shown = counted(count, "design");
  return chosen.picked.size ? `${shown} of those picked.` : `${shown}: labelled ones, the knee, then the front of the trade-off chart.`;
}
