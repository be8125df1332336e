/* Which designs no other beats, and where a front bends. */

const SIGNS = { min: 1, max: -1 };

function rate(design, goals) {
  return goals.map(({ metric, direction }) => SIGNS[direction] * valueOf(design, metric));
}

function dominates(better, worse) {
  return better.every((value, i) => value <= worse[i]) && better.some((value, i) => value < worse[i]);
}

function compareRates(a, b) {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

/** Designs that no other dominates, in the order of the first goal. All must have every goal. */
function frontOf(rated, goals) {
  const sorted = rated.map((design) => [rate(design, goals), design]).sort((a, b) => compareRates(a[0], b[0]));
  const kept = [];
  // A design comes after all that dominate it, and domination is transitive: the front so far decides.
  for (const entry of sorted) if (!kept.some(([other]) => dominates(other, entry[0]))) kept.push(entry);
  return kept.map(([, design]) => design);
}
