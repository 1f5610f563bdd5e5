"use strict";
// Correcting rows: each change is on the disk before it is shown as kept. What the server says is shown, nothing is guessed.
(() => {
  const { byId, rows, mark, open, more } = window.desk;
  const { tell, post, written, here, onRow, listen } = window.decide;
  const board = document.querySelector(".desk");

  // What would be sent comes after the rows: the run's own stages take longer than a page may. The last answer stays until then.
  const answers = new Map();
  const fill = (told) => {
    if (told.problem) return tell(told.problem);
    Object.entries(told).forEach(([position, answer]) => answers.set(position, answer));
    rows().forEach((row) => {
      const answer = answers.get(row.dataset.position);
      const cell = row.querySelector(".would");
      if (!answer || !cell) return;
      cell.textContent = answer.text;
      cell.title = answer.why;
      cell.className = `would ${answer.kind}`;
    });
  };
  const check = async () => {
    const positions = rows().map((row) => row.dataset.position);
    if (!positions.length) return;
    fill({});
    const answer = await fetch("/would-send?positions=" + positions).catch(() => null);
    if (answer) fill(await answer.json().catch(() => ({})));
  };
  board.addEventListener("drawn", check);
  check();
  const dialog = byId("group");
  if (!dialog) return; // read only, or masked

  const decide = async (row, body) => written(await post("/decide", { positions: [Number(row.dataset.position)], ...body }));

  // A cell, in the list or in the panel: Enter keeps it and goes to the next row, leaving it keeps it, too.
  const keepCell = async (field) => {
    if (field.value === field.defaultValue) return;
    field.defaultValue = field.value;
    const row = field.closest("tr") ?? field;
    await decide(row, field.id === "note" ? { act: "note", now: field.value } : { act: "set", column: field.dataset.column, now: field.value });
  };
  let typing = 0;
  let turn = 0;
  board.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset.column) return;
    const position = Number((field.closest("tr") ?? field).dataset.position);
    clearTimeout(typing);
    typing = setTimeout(async () => {
      const mine = ++turn;
      const told = await post("/would-send", { position, column: field.dataset.column, now: field.value });
      if (told && mine === turn && field.isConnected) fill(told); // neither a later letter nor a new list came meanwhile
    }, 150);
  });
  const isCell = (target) => target.matches?.("input[data-column], #note");
  board.addEventListener("change", (event) => { if (isCell(event.target)) keepCell(event.target); });
  board.addEventListener("keydown", async (event) => {
    if (!isCell(event.target)) return;
    if (event.key === "Escape") { event.target.value = event.target.defaultValue; event.target.blur(); check(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const row = event.target.closest("tr");
    const at = rows().indexOf(row);
    await keepCell(event.target);
    if (!row) return;
    // A row that is decided may have left the list: then the next one stands in its place.
    const isThere = rows()[at]?.dataset.position === row.dataset.position;
    const next = rows()[Math.min(at + (isThere ? 1 : 0), rows().length - 1)];
    if (next) { mark(next); next.querySelector("input")?.select(); }
  });
  board.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-position]");
    if (!row || row.classList.contains("on")) return;
    rows().forEach((each) => each.classList.toggle("on", each === row));
  });

  // For all rows that are found: what it would do is shown first.
  let act = null;
  const words = () => ({ query: byId("q").value, act: act.dataset.act, first: dialog.querySelector("[name=first]").value, second: dialog.querySelector("[name=second]").value });
  const preview = async () => {
    const told = await post("/group", { ...words(), preview: true });
    if (told?.html) byId("preview").innerHTML = told.html;
    dialog.querySelector(".primary").disabled = !told?.html;
  };
  const begin = async (button) => {
    act = button;
    byId("group-title").textContent = button.textContent;
    const needs = Boolean(button.dataset.word);
    byId("group-words").hidden = !needs;
    byId("group-second").hidden = !button.dataset.second;
    byId("group-first").querySelector("span").textContent = button.dataset.word ?? "";
    dialog.querySelectorAll("#group-words input").forEach((field) => { field.value = ""; });
    byId("preview").replaceChildren();
    dialog.querySelector(".primary").disabled = needs;
    dialog.showModal();
    if (needs) dialog.querySelector("[name=first]").focus();
    else { await preview(); dialog.querySelector(".primary").focus(); }
  };
  let typed = 0;
  dialog.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(preview, 200); });
  dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(typed);
    const told = await post("/group", words());
    if (!told) return;
    dialog.close();
    await written(told, here().includes("shape") ? "/fix" : here(), ". Undo: u");
  });
  board.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    if (button.dataset.act === "ask") { act = button; setTimeout(async () => written(await post("/group", words())), 300); return; }
    begin(button);
  });

  const press = (key) => () => board.querySelector(`button[data-key=${key}]`)?.click();
  Object.assign(more.keys, {
    Enter: onRow((row) => row.querySelector("input")?.select()), e: onRow((row) => row.querySelector("input")?.select()),
    o: onRow(open), d: onRow((row) => decide(row, { act: "drop" })), a: onRow((row) => decide(row, { act: "send-as-is" })),
    n: onRow(async (row) => {
      more.waits = true; // or the first letters of the note would be taken for keys
      await open(row);
      more.waits = false;
      byId("note")?.focus();
    }),
    D: press("D"), C: press("C"), A: press("A"), T: press("T"), R: press("R"), S: press("S"), B: press("B"),
  });
  listen(() => isCell(document.activeElement) || dialog.open);
})();
