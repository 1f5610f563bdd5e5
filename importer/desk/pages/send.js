"use strict";
// While the desk sends, its progress is asked for twice a second; at the end the page is drawn anew. Nothing is sent from here.
(() => {
  const { say } = window.desk;
  const place = () => document.getElementById("under-way");
  const ask = async () => {
    const answer = await fetch("/under-way").catch(() => null);
    if (!answer?.ok) return say("The desk does not answer. Type importer runs to see how the run ended.");
    place().outerHTML = await answer.text();
    if (place().dataset.busy) setTimeout(ask, 500);
    else location.reload();
  };
  if (place().dataset.busy) setTimeout(ask, 500);
  // A second press would only be refused, but nobody should have to wonder.
  document.querySelector("form.send")?.addEventListener("submit", (event) => {
    setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  });
})();
