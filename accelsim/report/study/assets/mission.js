/* Size, weight and power of the designs on their mission, and energy against accuracy. */

const MISSION = ["mass_g", "volume_mm3", "mission_time_h", "power_mission_uw", "battery_mass_needed_g"];
const MARGIN = "margin_"; // what is left of a limit, negative if it is broken
const MOST_MISSIONS = 20;

function hasValues(name) {
  return metricNamed.has(name) && study.metrics[metricNamed.get(name)].values.some((value) => value !== null);
}

function buildLearning() {
  const energy = ["energy_training_uj", "energy_total_pj"].find(hasValues);
  const score = ["accuracy_test", "accuracy_test_last", "accuracy_mean"].find(hasValues);
  if (!energy || !score) return;
  tradeOff(opened("learning"), "learning-chart", "Energy against accuracy", {
    x: metricNamed.get(energy), y: metricNamed.get(score), steers: false,
  });
}

function buildMission() {
  const columns = MISSION.filter(hasValues).map((name) => metricNamed.get(name));
  if (!hasValues("mass_g") || !hasValues("volume_mm3")) return;
  const host = opened("mission");
  const limits = ["limits_failed", "limits_failed_worst"].map((name) => metricNamed.get(name));
  const body = element("tbody"), note = element("p", { class: "caption" });
  const heads = ["design", ...columns.map((metric) => study.metrics[metric].label), "limits", "at the worse end"];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const table = element("table", {}, element("thead", {}, head), body);
  host.append(element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Mission of the designs" }, table), note);
  const sizes = ["mass_g", "volume_mm3"].map((name) => metricNamed.get(name)), sized = withValues(everyDesign, sizes);
  if (!sizes.every((metric) => areAlike(sized, metric))) {
    tradeOff(host, "mission-chart", "Mass against volume", { x: sizes[0], y: sizes[1], steers: false });
  }
  const margins = study.metrics.map(({ name }, metric) => ({ name, metric }))
    .filter(({ name }) => name.startsWith(MARGIN)).map(({ name, metric }) => ({ metric, limit: name.slice(MARGIN.length) }));
  const verdict = (design, metric) => {
    const broken = metric === undefined ? null : valueOf(design, metric);
    if (!broken) return broken === null ? "-" : "kept";
    const which = margins.filter((margin) => valueOf(design, margin.metric) < 0).map(({ limit }) => limit.replaceAll("_", " "));
    return metric === limits[0] && which.length ? `broken: ${which.join(", ")}` : `${broken} broken`;
  };
  drawers.push(() => {
    const rows = compared(MOST_MISSIONS);
    body.replaceChildren(...rows.map((design) => element("tr", {},
      element("th", { scope: "row" }, nameOf(design)),
      ...columns.map((metric) => element("td", { class: "number" }, figure(design, metric))),
      ...limits.map((metric) => element("td", {}, verdict(design, metric))),
    )));
    note.replaceChildren(...caption(`Mission of the device. ${comparedSaid(rows.length)}`));
  });
}
