/* Colours and the look that all charts share, from the page's own colours: light and dark need one text. */

const BLUE = "#0072b2", ORANGE = "#e69f00", GREEN = "#009e73", PINK = "#cc79a7", SKY = "#56b4e9", RED = "#d55e00";
const YELLOW = "#f0e442";
/** Okabe and Ito's colours, told apart with any colour vision; a marker goes with each. */
const COLOURS = [BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW];
const MUTED = "#8a8a8a";
/** Cividis, which rises evenly in lightness for any colour vision (Nuñez, Anderton, Renslow, PLoS ONE 13, 2018). */
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"]
  .map((colour, i, all) => [i / (all.length - 1), colour]);

/** Its colour at a share of the scale, and black or white, whichever stands out more from it. */
function cividis(share) {
  const at = share * (CIVIDIS.length - 1), below = Math.min(Math.floor(at), CIVIDIS.length - 2);
  const parts = (i) => [1, 3, 5].map((from) => parseInt(CIVIDIS[i][1].slice(from, from + 2), 16));
  const low = parts(below), high = parts(below + 1);
  const rgb = low.map((value, i) => Math.round(value + (high[i] - value) * (at - below)));
  const linear = rgb.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return { colour: `rgb(${rgb.join(", ")})`, ink: light > 0.18 ? "#000000" : "#ffffff" };
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const small = matchMedia("(max-width: 640px)");

function colourOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function isNarrow() {
  return small.matches;
}

function axisLook(more) {
  const line = colourOf("line");
  return {
    gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { size: 12 }, title: { standoff: 8 },
    automargin: true, ...more,
  };
}

function titled(text, more = {}) {
  return axisLook({ title: { text: escaped(text), font: { size: 13 }, standoff: 8 }, ...more });
}

/** A legend in rows above the share `y` of a chart's height. */
function legendAt(y) {
  return { orientation: "h", x: 0, y, yanchor: "bottom", font: { size: 12 }, traceorder: "normal" };
}

function look(more) {
  const ink = colourOf("ink");
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    margin: { l: 60, r: 16, t: 32, b: 48 },
    hoverlabel: {
      bgcolor: colourOf("paper"), bordercolor: colourOf("soft"), align: "left", font: { color: ink, size: 12 },
    },
    legend: legendAt(1.02),
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colourOf("soft"), activecolor: colourOf("accent") },
    hovermode: "closest",
    dragmode: false,
    ...more,
  };
}

/** Draw into an element; drawing again changes what is there. */
function plot(host, traces, layout, buttons = []) {
  const settings = {
    responsive: true,
    displaylogo: false,
    displayModeBar: isNarrow() ? false : undefined,
    modeBarButtons: [[...buttons, "toImage"]],
    toImageButtonOptions: { format: "svg", filename: host.id },
  };
  return Plotly.react(host, traces, look(layout), settings);
}

function chart(id, title) {
  return element("div", { id, class: "chart", role: "figure", "aria-label": title });
}
