/* The page: sections in the order in which they depend on each other, then the first drawing. */

function usual() {
  const varied = study.metrics.map((_, metric) => metric).filter((metric) => {
    const { group, values } = study.metrics[metric];
    return group !== "bound" && new Set(values.filter((value) => value !== null)).size > 1;
  });
  return [...new Set([...study.objectives, ...varied])];
}

buildFilters();
const [across, up] = usual();
if (up !== undefined) tradeOff(opened("pareto"), "pareto-chart", "Trade-off of two metrics", { x: across, y: up, steers: true });
buildParallel();
buildEffects();
buildBreakdown();
buildLearning();
buildMission();
buildTable();
dark.addEventListener("change", redraw);
small.addEventListener("change", redraw);
redraw();
