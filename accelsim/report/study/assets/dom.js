/* Elements, numbers and texts. Texts of the study only ever become text nodes or escaped labels. */

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text for a label of a chart, which reads a few tags. */
function escaped(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A number with four significant digits; a dash if it is missing. */
function shownNumber(value) {
  if (value === null || value === undefined) return "-";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(3);
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(4, Math.ceil(Math.log10(size + 1))) });
}

/** A list to choose from; `key` tells it apart where it is made anew while it has the focus. */
function choice(label, options, chosen, onchange, key = null) {
  const select = element("select", { "aria-label": label, "data-key": key, onchange: () => onchange(select.value) });
  const groups = new Map();
  for (const { value, text, group } of options) {
    const option = element("option", { value, selected: String(value) === String(chosen) }, text);
    if (!group) {
      select.append(option);
      continue;
    }
    if (!groups.has(group)) groups.set(group, select.appendChild(element("optgroup", { label: group })));
    groups.get(group).append(option);
  }
  return element("label", { class: "control" }, element("span", {}, label), select);
}

function toggle(label, checked, onchange) {
  const box = element("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return element("label", { class: "toggle" }, box, element("span", {}, label));
}

/** Do what makes controls anew, and give the focus back to the one that had it. */
function refocused(work) {
  const key = document.activeElement?.dataset.key;
  work();
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function byId(id) {
  return document.getElementById(id);
}

/** Show a section of the page and return the element that its contents go into. */
function opened(id) {
  const section = byId(id);
  section.hidden = false;
  return section.appendChild(element("div", { class: "contents" }));
}
