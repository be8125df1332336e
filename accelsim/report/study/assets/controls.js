/* What the reader may choose of a trade-off chart: metrics, directions, scales, and which designs. */

function directionSelect(settings, side) {
  const options = ["min", "max"].map((value) => ({ value, text: value === "min" ? "↓ min" : "↑ max" }));
  return choice("better", options, settings.directions[side], (value) => {
    settings.directions[side] = value;
    redraw();
  }, `${side}-direction`);
}

function metricSelect(label, settings, side) {
  const none = side === "colour" ? [{ value: "", text: "none" }] : [];
  return choice(label, [...none, ...metricOptions()], settings[side] ?? "", (value) => {
    settings[side] = value === "" ? null : Number(value);
    if (value !== "") settings.directions[side] = study.metrics[settings[side]].better;
    refocused(() => fillControls(settings));
    redraw();
  }, `${side}-metric`);
}

function flag(label, settings, name) {
  return toggle(label, settings[name], (isOn) => {
    settings[name] = isOn;
    redraw();
  });
}

function fillControls(settings) {
  const side = (name, label, log) => element(
    "div", { class: "side" }, metricSelect(label, settings, name),
    settings[name] === null ? null : directionSelect(settings, name), log && flag("log", settings, log),
  );
  settings.controls.replaceChildren(
    side("x", "across", "logX"), side("y", "up", "logY"), side("colour", "colour", null),
    element("div", { class: "side" }, flag("infeasible designs", settings, "infeasible"),
      flag("dominated designs", settings, "dominated")),
  );
}
