/* Where a front bends: the same design as the files name (see Das 1999, in accelsim.report.study.knee). */

const ROUNDING = 1e-9;

function determinant(rows) {
  if (rows.length === 1) return rows[0][0];
  const minor = (column) => determinant(rows.slice(1).map((row) => row.filter((_, i) => i !== column)));
  return rows[0].reduce((sum, value, column) => sum + (column % 2 ? -1 : 1) * value * minor(column), 0);
}

/** The normal whose product with each end is 1; that of the unit points where the ends span no such plane. */
function normalOf(ends) {
  const whole = determinant(ends), unit = ends.map(() => 1);
  if (Math.abs(whole) <= ROUNDING) return unit;
  const found = ends.map((_, i) => determinant(ends.map((row) => row.map((value, j) => (i === j ? 1 : value)))) / whole);
  return found.every((value) => value > 0) ? found : unit;
}

/** The design of a front that is farthest, on the better side, from the plane through its ends; null if none is. */
function kneeOf(best, goals) {
  if (best.length < 3) return null;
  const rates = best.map((design) => rate(design, goals));
  const low = goals.map((_, i) => Math.min(...rates.map((each) => each[i])));
  const span = goals.map((_, i) => Math.max(...rates.map((each) => each[i])) - low[i]);
  const free = goals.map((_, i) => i).filter((i) => span[i] > 0);
  if (free.length < 2) return null;
  const scaled = rates.map((each) => free.map((i) => (each[i] - low[i]) / span[i]));
  const sum = (row) => row.reduce((total, value) => total + value, 0);
  const ends = free.map((_, i) => scaled.reduce((first, row) => (
    row[i] < first[i] || (row[i] === first[i] && sum(row) < sum(first)) ? row : first)));
  const normal = normalOf(ends);
  const distances = scaled.map((row) => 1 - row.reduce((total, value, i) => total + value * normal[i], 0));
  const farthest = distances.indexOf(Math.max(...distances));
  return distances[farthest] > ROUNDING * Math.hypot(...normal) ? best[farthest] : null;
}
