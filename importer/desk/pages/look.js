"use strict";
// Verdicts on what is worth a look: a key for the row, the same key with Shift for all that is found.
(() => {
  const { byId, rows, more } = window.desk;
  const { post, written, inTurn, here, onRow, listen } = window.decide;
  const verdicts = byId("main").dataset.verdicts;
  if (!verdicts) return; // read only, or masked
  const board = document.querySelector(".desk");
  const judge = async (row, verdict) => {
    const { position, finding } = row.dataset;
    await written(await post("/look", { position: Number(position), finding, verdict }));
  };
  const all = (verdict) => inTurn(async () => {
    if (!rows().length) return;
    await written(await post("/look", { query: byId("q").value, verdict }), here().includes("why") ? "/look" : here(), ". Undo: u");
  });
  Object.entries(JSON.parse(verdicts)).forEach(([verdict, key]) => {
    more.keys[key] = onRow((row) => judge(row, verdict));
    more.keys[key.toUpperCase()] = all(verdict);
  });
  board.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-verdict]");
    if (!button) return;
    event.stopPropagation();
    const row = button.closest("tr");
    if (row) inTurn(() => judge(row, button.dataset.verdict))();
    else all(button.dataset.verdict)();
  }, true);
  listen(() => false);
})();
