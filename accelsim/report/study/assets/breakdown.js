/* What the energy, area and busy cycles of a few designs are made of. */

const MOST_PARTS = 7, MOST_BARS = 10, LONGEST_NAME = 24;
const PATTERNS = ["", "/", "\\", "x", "-", "|", "+"];

function barName(design) {
  const name = design === chosen.knee && !designs.labels[design] ? `${nameOf(design)} knee` : nameOf(design);
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

function buildBreakdown() {
  const kinds = study.breakdown;
  if (!kinds.length) return;
  const host = opened("breakdown");
  const settings = { kind: 0 };
  const options = kinds.map(({ title }, value) => ({ value, text: title }));
  const at = chart("breakdown-chart", "What it is made of"), note = element("p", { class: "caption" });
  host.append(element("div", { class: "controls" }, choice("of", options, 0, (value) => {
    settings.kind = Number(value);
    redraw();
  })), at, note);
  drawers.push(() => {
    const { title, label, unit, parts, rows } = kinds[settings.kind];
    const bars = compared(MOST_BARS).filter((design) => rows[design]);
    const sizes = parts.map((_, part) => bars.reduce((sum, design) => sum + (rows[design][part] ?? 0), 0));
    const order = parts.map((_, part) => part).filter((part) => sizes[part] > 0).sort((a, b) => sizes[b] - sizes[a]);
    const own = order.slice(0, MOST_PARTS), others = order.slice(MOST_PARTS);
    const y = bars.map((design) => escaped(barName(design)));
    const trace = (name, valuesOf, color, shape) => ({
      type: "bar", orientation: "h", name: escaped(name), y, x: bars.map(valuesOf), hoverinfo: "text", textposition: "none",
      marker: { color, pattern: { shape, fillmode: "overlay", size: 6, fgcolor: "#1b1b1f", solidity: 0.2 }, line: { color: colourOf("paper"), width: 1 } },
      hovertext: bars.map((design) => {
        const whole = rows[design].reduce((sum, value) => sum + (value ?? 0), 0), value = valuesOf(design);
        return `<b>${escaped(name)}</b>: ${shownNumber(value)} ${escaped(unit)} (${(100 * value / (whole || 1)).toFixed(1)} %)<br>`
          + hoverOf(design, study.objectives);
      }),
    });
    const traces = own.map((part, i) => trace(parts[part], (design) => rows[design][part] ?? 0, COLOURS[i], PATTERNS[i]));
    const sum = (design) => others.reduce((total, part) => total + (rows[design][part] ?? 0), 0);
    if (others.length) traces.push(trace(`${others.length} others`, sum, MUTED, ""));
    // On a narrow screen names stand above their bars, which then have its whole width.
    const above = isNarrow() ? y.map((text, i) => ({
      xref: "paper", x: 0, y: i, text, showarrow: false, xanchor: "left", yanchor: "bottom", yshift: 12, font: { size: 12 },
    })) : [];
    plot(at, traces, {
      height: isNarrow() ? 190 + 50 * Math.max(bars.length, 2) : 140 + 34 * Math.max(bars.length, 2),
      barmode: "stack", bargap: isNarrow() ? 0.55 : 0.3, annotations: above,
      margin: { l: isNarrow() ? 12 : 60, r: 16, t: isNarrow() ? 120 : 64, b: 48 },
      xaxis: titled(label, { fixedrange: true }),
      yaxis: axisLook({ type: "category", autorange: "reversed", fixedrange: true, showticklabels: !isNarrow() }),
    });
    note.replaceChildren(...caption(`${title} by part. ${comparedSaid(bars.length)}`, { file: "breakdown.csv" }));
  });
}
