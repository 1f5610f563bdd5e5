"use strict";
// Saves waiting and clicks; every screen works without it. The server's HTML is put in place whole, nothing is built here.
(() => {
  const byId = (id) => document.getElementById(id);
  const desk = document.querySelector(".desk");
  const said = byId("said");
  const typing = (target) => target.matches?.("input, select, textarea, [contenteditable]");
  const say = (text) => { said.textContent = text; };

  // Search as one types: the address keeps the query, so a screen can be sent to a colleague.
  let asked = 0;
  const show = async (address, keepsFocus) => {
    const turn = ++asked;
    const url = new URL(address, location.href);
    url.searchParams.set("fragment", "1");
    const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return say("The desk does not answer. Type importer review again.");
    const html = await answer.text();
    if (turn !== asked) return; // a later letter was typed meanwhile
    const field = byId("q");
    const [start, end] = field && keepsFocus ? [field.selectionStart, field.selectionEnd] : [0, 0];
    const typed = field?.value;
    desk.innerHTML = html;
    history.replaceState(null, "", address);
    if (keepsFocus && byId("q")) {
      byId("q").value = typed;
      byId("q").focus();
      byId("q").setSelectionRange(start, end);
    }
    say(desk.querySelector("output")?.textContent ?? "");
    desk.dispatchEvent(new Event("drawn"));
  };
  let timer = 0;
  desk?.addEventListener("input", (event) => {
    if (event.target.id !== "q") return;
    clearTimeout(timer);
    timer = setTimeout(() => show(desk.dataset.path + "?" + new URLSearchParams({ q: event.target.value }), true), 150);
  });

  // One row is current; its panel stands beside the rows.
  const rows = () => [...(desk?.querySelectorAll("tbody tr") ?? [])];
  const current = () => rows().findIndex((row) => row.classList.contains("on"));
  const mark = (row) => {
    rows().forEach((each) => { each.classList.toggle("on", each === row); each.toggleAttribute("aria-selected", false); });
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("th a")?.focus({ preventScroll: true });
    if (!byId("panel")?.hidden) open(row);
  };
  const open = async (row) => {
    const panel = byId("panel");
    if (!panel || !row.dataset.position) return;
    const answer = await fetch((desk.dataset.row ?? "/row/") + row.dataset.position).catch(() => null);
    if (!answer?.ok) return;
    panel.innerHTML = await answer.text();
    panel.hidden = false;
    panel.scrollTop = 0;
    say(panel.innerText.slice(0, 200));
  };
  const step = (by) => {
    const all = rows();
    if (all.length) mark(all[Math.min(Math.max(current() + by, 0), all.length - 1)]);
  };
  desk?.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-position]");
    if (!row || typing(event.target) || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("th a")) event.preventDefault();
    if (String(getSelection())) return;
    mark(row);
    open(row);
  });

  // ``more``: the keys of a screen that decides, and whether it waits for something.
  window.desk = { byId, say, show, rows, current, mark, open, step, more: { keys: {}, waits: false } };
  const help = byId("help");
  byId("keys").hidden = false;
  byId("keys").addEventListener("click", () => help.showModal());
  let afterG = 0;
  const turn = (direction) => desk?.querySelector(`a[rel=${direction}]`)?.click();
  const keys = {
    "/": () => {
      const field = byId("q");
      if (!field) return location.assign("/rows");
      field.focus();
      field.select();
    },
    "?": () => help.showModal(),
    j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    "]": () => turn("next"), "[": () => turn("prev"),
    Enter: () => { const row = rows()[current()]; if (row) open(row); },
    Escape: () => { const panel = byId("panel"); if (panel) panel.hidden = true; },
    g: () => { afterG = Date.now(); },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (window.desk.more.waits) return event.preventDefault();
    if (event.defaultPrevented) return;
    if (Date.now() - afterG < 1500 && event.key !== "g") {
      afterG = 0;
      const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); return link.click(); }
    }
    if (event.key === "Enter" && event.target.matches("a, button") && !event.target.closest("tr[data-position]")) return;
    const act = window.desk.more.keys[event.key] ?? keys[event.key];
    if (!act || (event.key.startsWith("Arrow") && !desk)) return;
    event.preventDefault();
    act();
  });
})();
