"use strict";
// The table of rows that were not imported: unpack, filter, sort, draw what is in sight. Values become text, never markup.
(async () => {
  const packed = document.getElementById("data");
  if (!packed || !window.DecompressionStream) return;
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { names, own, columns } = await new Response(stream).json();
  const column = Object.fromEntries(names.slice(0, own).map((name, index) => [name, columns[index]]));
  const total = column.row.length;
  const text = (value) => (value === null ? "" : String(value).replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g, "\ufffd"));
  const list = (i) => text(column.source[i]) + (column.sheet[i] === null ? "" : ", " + text(column.sheet[i]));
  const place = (i) => `row ${column.row[i]}, ${list(i)}`;
  const shown = [
    place,
    (i) => text(column.reason[i]),
    (i) => text(column.detail[i]),
    (i) => text(column.phone[i]),
    (i) => (text(column.first_name[i]) + " " + text(column.last_name[i])).trim(),
    (i) => text(column.email[i]),
  ];
  const haystack = Array.from({ length: total }, (_, i) => columns.map((cells) => cells[i] ?? "").join("\n").toLowerCase());

  const byId = (id) => document.getElementById(id);
  const [search, outcome, reason, source, found, viewport, grid, dialog] =
    ["search", "outcome", "reason", "source", "found", "viewport", "grid", "row"].map(byId);
  const more = Number(byId("filters").dataset.more);
  const body = grid.tBodies[0];
  const heads = [...grid.tHead.rows[0].cells];
  let order = [...Array(total).keys()];
  let matches = order;
  let height = 40;
  let opened = -1;

  const element = (name, content, className = "") => {
    const made = document.createElement(name);
    made.textContent = content;
    made.className = className;
    return made;
  };
  const fill = (select, cells) => {
    const counts = new Map();
    for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      const option = element("option", `${text(value)} (${count.toLocaleString("en")})`);
      option.value = value;
      select.append(option);
    }
  };
  const line = (i, position) => {
    const row = document.createElement("tr");
    row.dataset.index = i;
    row.setAttribute("aria-rowindex", position + 2);
    shown.forEach((value, index) => {
      const cell = document.createElement(index ? "td" : "th");
      if (index === 0) {
        cell.scope = "row";
        cell.append(element("button", value(i)));
      } else {
        if (index === 1) cell.append(element("span", "", "mark " + column.outcome[i]));
        cell.append(value(i));
      }
      cell.title = value(i);
      row.append(cell);
    });
    return row;
  };
  const gap = (pixels) => {
    const row = element("tr", "", "pad");
    row.setAttribute("aria-hidden", "true");
    const cell = row.insertCell();
    cell.colSpan = shown.length;
    cell.style.height = pixels + "px";
    return row;
  };
  const draw = (first, last) => {
    const lines = matches.slice(first, last).map((i, offset) => line(i, first + offset));
    body.replaceChildren(gap(first * height), ...lines, gap((matches.length - last) * height));
    const drawn = lines.length ? lines[0].getBoundingClientRect().height : height;
    if (Math.abs(drawn - height) < 0.1) return;
    height = drawn;
    drawInSight();
  };
  const drawInSight = () => {
    const first = Math.max(0, Math.floor(viewport.scrollTop / height) - 12);
    const last = Math.min(matches.length, first + Math.ceil(viewport.clientHeight / height) + 24);
    const focused = document.activeElement?.closest?.("#grid tbody tr")?.dataset.index;
    draw(first, last);
    if (focused !== undefined) body.querySelector(`tr[data-index="${focused}"] button`)?.focus({ preventScroll: true });
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = order.filter((i) =>
      (!outcome.value || column.outcome[i] === outcome.value) &&
      (!reason.value || column.reason[i] === reason.value) &&
      (!source.value || column.source[i] === source.value) &&
      words.every((word) => haystack[i].includes(word)));
    const shown = `${matches.length.toLocaleString("en")} of ${total.toLocaleString("en")} rows`;
    found.value = more ? `${shown} here; ${more.toLocaleString("en")} more are not on this page: importer review` : shown;
    byId("nothing").hidden = matches.length > 0;
    grid.setAttribute("aria-rowcount", matches.length + 1);
    viewport.scrollTop = 0;
    drawInSight();
  };
  const sortBy = (index) => {
    const direction = heads[index].getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[index].setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const keys = Array.from({ length: total }, (_, i) => (index ? shown[index](i) : `${list(i)} ${column.row[i]}`));
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    order = [...Array(total).keys()].sort((a, b) => direction * compare(keys[a], keys[b]) || a - b);
    filter();
  };
  const open = (i) => {
    byId("row-title").textContent = place(i);
    byId("row-why").textContent = `${column.reason[i]}: ${text(column.detail[i])}`;
    const cells = [];
    columns.slice(own).forEach((values, index) => {
      if (values[i] !== null) cells.push(element("dt", text(names[own + index])), element("dd", text(values[i])));
    });
    byId("row-cells").replaceChildren(...cells);
    opened = matches.indexOf(i);
    byId("before").disabled = opened <= 0;
    byId("after").disabled = opened < 0 || opened + 1 >= matches.length;
    if (!dialog.open) dialog.showModal();
  };
  const turn = (by) => {
    const next = matches[opened + by];
    if (next !== undefined) open(next);
  };
  // The address carries the filter, so that a page can be sent with what it is about: #q=reason:phone-invalid smith
  const fromAddress = () => {
    const asked = new URLSearchParams(location.hash.slice(1)).get("q");
    if (asked === null) return;
    const terms = asked.split(/\s+/).filter(Boolean);
    for (const select of [outcome, reason]) {
      const value = terms.find((term) => term.startsWith(select.id + ":"))?.slice(select.id.length + 1) ?? "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
    }
    search.value = terms.filter((term) => !/^(outcome|reason):/.test(term)).join(" ");
    filter();
    byId("people").scrollIntoView();
  };
  const toAddress = () => {
    const terms = [outcome, reason].filter((select) => select.value).map((select) => `${select.id}:${select.value}`);
    const asked = [...terms, search.value.trim()].filter(Boolean).join(" ");
    history.replaceState(null, "", asked ? "#" + new URLSearchParams({ q: asked }) : location.pathname + location.search);
  };

  byId("table").classList.add("live");
  byId("filters").hidden = false;
  fill(outcome, column.outcome);
  fill(reason, column.reason);
  fill(source, column.source);
  source.parentElement.hidden = new Set(column.source).size < 2;
  heads.forEach((head, index) => {
    const button = element("button", head.textContent);
    button.addEventListener("click", () => sortBy(index));
    head.replaceChildren(button);
    // On paper a head stands on each page, but not one with a button in it.
    addEventListener("beforeprint", () => head.replaceChildren(button.textContent));
    addEventListener("afterprint", () => head.replaceChildren(button));
  });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { filter(); toAddress(); }, 120);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const select of [outcome, reason]) select.addEventListener("change", () => { filter(); toAddress(); });
  source.addEventListener("change", filter);
  byId("before").addEventListener("click", () => turn(-1));
  byId("after").addEventListener("click", () => turn(1));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  });
  addEventListener("hashchange", fromAddress);
  viewport.addEventListener("scroll", () => requestAnimationFrame(drawInSight), { passive: true });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-index]");
    if (row) open(Number(row.dataset.index));
  });
  addEventListener("beforeprint", () => body.replaceChildren(...matches.slice(0, 100).map(line)));
  addEventListener("afterprint", drawInSight);
  addEventListener("resize", drawInSight);
  filter();
  fromAddress();
})();
