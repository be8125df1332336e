/* Every design as a row: sorted by a heading, a page at a time where they are many, and as CSV. */

const PAGE_ROWS = 100, MOST_ROWS = 300;
const sheet = { metrics: [...study.tabled], by: null, rising: true, page: 0, rows: [] };

function goToTable() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  byId("designs").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}

/** Columns: heading, the value to sort and save by, and the text to show. */
function columnsOfTable() {
  const place = (design) => (design === chosen.knee ? "knee" : chosen.front.has(design) ? "front" : "");
  return [
    { head: "design", value: (design) => designs.ids[design][0], name: "id" },
    ...(designs.labels.some(Boolean) ? [{ head: "label", value: (design) => designs.labels[design] ?? "", name: "label" }] : []),
    { head: "status", name: "status", value: (design) => designs.status[design], title: (design) => designs.message[design], why: true },
    ...axesThatVary.map((axis) => ({
      head: axis.short, name: axis.name, value: (design) => designs.levels[axis.index][design], shown: (design) => levelOf(design, axis.index),
    })),
    ...sheet.metrics.map((metric) => ({
      head: study.metrics[metric].label, name: study.metrics[metric].label, number: true,
      value: (design) => valueOf(design, metric), shown: (design) => figure(design, metric),
    })),
    { head: "front", name: "front", value: place },
  ];
}

function sortedRows(columns) {
  const rows = chosen.shown.filter((design) => !chosen.picked.size || chosen.picked.has(design));
  const column = columns.find((each) => each.head === sheet.by);
  if (!column) return rows;
  const sign = sheet.rising ? 1 : -1;
  return rows.sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || y === null) return (x === null) - (y === null); // what is missing comes last
    return sign * (typeof x === "number" ? x - y : x.localeCompare(y));
  });
}

function heading(column) {
  const isBy = column.head === sheet.by;
  const button = element("button", { type: "button", "data-key": `sort-${column.name}`, onclick: () => {
    sheet.rising = isBy ? !sheet.rising : true;
    sheet.by = column.head;
    redraw();
  } }, column.head, element("span", { class: "arrow", "aria-hidden": "true" }, isBy ? (sheet.rising ? " ▲" : " ▼") : ""));
  const sort = isBy ? (sheet.rising ? "ascending" : "descending") : "none";
  return element("th", { scope: "col", "aria-sort": sort, class: column.number ? "number" : "", title: column.name }, button);
}

function tableRow(design, columns) {
  const isPicked = chosen.picked.has(design);
  const cells = columns.map((column) => {
    if (column.name === "id") {
      const press = element("button", {
        type: "button", "aria-pressed": String(isPicked), "data-key": `row-${design}`, onclick: () => pick([design]),
      }, `#${designs.ids[design].join(", #")}`);
      return element("th", { scope: "row" }, press);
    }
    const text = (column.shown ?? column.value)(design);
    const why = column.why && !isFeasible(design) && designs.message[design];
    return element("td", { class: column.number ? "number" : "", title: column.title?.(design) || null }, text,
      why ? element("div", { class: "why" }, why) : null);
  });
  return element("tr", { class: isPicked ? "picked" : "", "data-design": designs.ids[design][0] }, ...cells);
}

function csv() {
  const columns = columnsOfTable(), rows = sheet.rows;
  const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (texts) => texts.map((text) => cell(String(text ?? ""))).join(",");
  const body = rows.map((design) => line(columns.map((column) => (column.number ? column.value(design) : (column.shown ?? column.value)(design)))));
  return [line(columns.map((column) => column.name)), ...body].join("\n") + "\n";
}

function download() {
  const address = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  element("a", { href: address, download: "designs.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address));
}

function pages(count) {
  const last = Math.max(0, Math.ceil(count / PAGE_ROWS) - 1);
  if (count <= MOST_ROWS) return { from: 0, to: count, parts: [] };
  sheet.page = Math.min(sheet.page, last);
  const go = (text, page, disabled) => element("button", { type: "button", disabled, "data-key": text, onclick: () => {
    sheet.page = page;
    redraw();
  } }, text);
  const from = sheet.page * PAGE_ROWS, to = Math.min(count, from + PAGE_ROWS);
  const parts = [
    go("‹ previous", sheet.page - 1, sheet.page === 0), `rows ${from + 1} – ${to} of ${count}`,
    go("next ›", sheet.page + 1, sheet.page === last),
  ];
  return { from, to, parts };
}

function buildTable() {
  const host = opened("designs");
  const head = element("tr"), body = element("tbody");
  const table = element("table", { id: "design-table" }, element("thead", {}, head), body);
  const said = element("span", { id: "rows", role: "status" }), clear = element("button", { type: "button", onclick: () => pick([...chosen.picked]) }, "Show all again");
  const turn = element("div", { class: "pages" });
  const controls = element("div", { class: "controls" });
  const fill = () => {
    const more = metricOptions().filter(({ value }) => !sheet.metrics.includes(value));
    controls.replaceChildren(
      choice("add a column", [{ value: "", text: "metric …" }, ...more], "", (value) => {
        sheet.metrics.push(Number(value));
        refocused(fill);
        redraw();
      }, "add"),
      element("button", { type: "button", id: "download", onclick: download }, "Download shown rows as CSV"),
      said, clear,
    );
  };
  fill();
  host.append(controls, element("div", { class: "scroll tall", role: "region", tabindex: 0, "aria-label": "Designs" }, table), turn,
    element("p", { class: "caption" }, ...caption("Values in the units of the headings, in brackets the band of an estimate; front and knee are those of the trade-off chart.")));
  drawers.push(() => {
    const columns = columnsOfTable();
    sheet.rows = sortedRows(columns);
    const { from, to, parts } = pages(sheet.rows.length);
    head.replaceChildren(...columns.map(heading));
    body.replaceChildren(...sheet.rows.slice(from, to).map((design) => tableRow(design, columns)));
    turn.replaceChildren(...parts);
    said.textContent = `${counted(sheet.rows.length, "row")}${chosen.picked.size ? ", picked" : ""}`;
    clear.hidden = !chosen.picked.size;
  });
}
