"use strict";
// A repair that is wrong: w for the row, W for the whole rule; the same again takes it back.
(() => {
  const { byId, more } = window.desk;
  const { post, written, inTurn, onRow, listen } = window.decide;
  const board = document.querySelector(".desk");
  const call = async (rows) => written(await post("/decide", { act: "note", rule: byId("main").dataset.rule, ...rows }));
  const isOffered = () => board.querySelector("[data-whole]");
  const row = async (each) => { if (isOffered()) await call({ positions: [Number(each.dataset.position)] }); };
  const whole = inTurn(async () => { if (isOffered()) await call({}); });
  Object.assign(more.keys, { w: onRow(row), W: whole });
  board.addEventListener("click", (event) => {
    if (event.target.closest("[data-whole]")) return whole();
    const button = event.target.closest("[data-wrong]");
    if (!button) return;
    event.stopPropagation();
    inTurn(() => row(button.closest("tr")))();
  }, true);
  listen(() => false);
})();
