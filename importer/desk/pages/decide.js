"use strict";
// What the screens that decide share: ask the server, say what it said, undo, draw anew, hear of others.
(() => {
  const { byId, say, show, rows, current, mark, more } = window.desk;
  const toast = byId("toast");
  let timer = 0;
  const tell = (text) => {
    say(text);
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, 6000);
  };

  const post = async (path, body) => {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) }).catch(() => null);
    if (!answer) { tell("The desk does not answer: nothing was kept."); return null; }
    if (answer.headers.get("content-type")?.startsWith("text/html")) return { html: await answer.text() };
    const told = await answer.json().catch(() => ({ problem: "The desk does not answer." }));
    if (told.problem) { tell(told.problem); return null; }
    return told;
  };
  // What this tab decided, newest last: undo takes the last group back at once.
  const done = JSON.parse(sessionStorage.getItem("done") ?? "[]");
  const keep = (seqs) => { if (seqs.length) done.push(seqs); sessionStorage.setItem("done", JSON.stringify(done.slice(-100))); };
  const here = () => location.pathname + location.search;
  // The list is drawn anew; the row that was current keeps its place.
  const refresh = async (address = here()) => {
    const at = current();
    const position = rows()[at]?.dataset.position;
    await show(address, false);
    const all = rows();
    const same = all.find((row) => row.dataset.position === position) ?? all[Math.min(Math.max(at, 0), all.length - 1)];
    if (same && at >= 0) mark(same);
  };
  // Keep what the server was asked to write, draw anew, say it.
  const written = async (told, after = here(), added = "") => {
    if (!told) return;
    keep(told.seqs);
    await refresh(after);
    tell(told.said + added);
  };
  const undo = async () => {
    const seqs = done.pop();
    sessionStorage.setItem("done", JSON.stringify(done));
    if (!seqs) return tell("There is nothing to undo.");
    const told = await post("/undo", { seqs });
    if (!told) return;
    await refresh();
    tell("Undone.");
  };

  const board = document.querySelector(".desk");
  board.addEventListener("click", (event) => {
    if (event.target.id === "undo") undo();
    const link = event.target.closest(".filters a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(link.getAttribute("href"), false);
  });
  // Keys typed faster than the disk writes wait for their turn, and mean the row that is current then.
  let queue = Promise.resolve();
  const inTurn = (work) => () => { queue = queue.then(work).catch(() => tell("The desk does not answer.")); };
  const onRow = (work) => inTurn(async () => {
    const row = rows()[current()] ?? rows()[0];
    if (!row) return;
    mark(row);
    await work(row);
  });
  const group = (place) => () => board.querySelector(`[data-group="${place}"]`)?.click();
  Object.assign(more.keys, { u: undo }, Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((place) => [place, group(place)])));

  // Others may be at work on the same rows: ask every two seconds, say who did what, and show it.
  const listen = (isBusy) => {
    let seq = Number(byId("main").dataset.seq);
    setInterval(async () => {
      if (document.hidden || isBusy()) return;
      const answer = await fetch("/news?seq=" + seq).catch(() => null);
      if (!answer?.ok) return;
      const news = await answer.json();
      if (news.seq === seq) return;
      seq = news.seq;
      if (!news.lines.length) return;
      await refresh();
      const last = news.lines.at(-1);
      tell(`${last.who} ${last.said}${news.lines.length > 1 ? `, and ${news.lines.length - 1} more` : ""}`);
    }, 2000);
  };
  window.decide = { tell, post, written, inTurn, here, onRow, listen };
})();
