// The e-mails that alerts and alarms sent.
import { get } from "../api.js";
import { classes, html, useEffect, useState } from "../lib.js";
import { time } from "../format.js";
import { Empty, Pill, Trouble, useAsked } from "../ui.js";

export function Inbox() {
  const [turn, setTurn] = useState(0);
  const [only, setOnly] = useState("");
  const { value, error } = useAsked(() => get("/api/mails"), [turn]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setTurn((before) => before + 1), 3000);
    return () => clearInterval(timer);
  }, []);
  const boxes = [...new Set((value ?? []).flatMap((mail) => mail.to))].sort();
  const shown = (value ?? []).filter((mail) => !only || mail.to.includes(only));
  return html`<section class="card inbox" aria-label="Inbox"><header class="card-head"><h2>Inbox</h2>
    <div class="segmented" role="radiogroup" aria-label="Whose">${["", ...boxes].map((box) => html`<button key=${box} role="radio" aria-checked=${only === box} onClick=${() => setOnly(box)}>${box || "everybody"}</button>`)}</div></header>
    ${error && html`<${Trouble}>${error}</${Trouble}>`}
    ${shown.length ? html`<ul class="list">${shown.map((mail) => html`<li key=${mail.id} class="mail" data-mail=${mail.to.join(" ")}><div class="mail-head"><b>${mail.subject || "(no subject)"}</b><${Pill}>${mail.to.join(", ")}</${Pill}><span class="muted num">${time(mail.t)}</span></div><p class="mail-text">${plain(mail.text)}</p></li>`)}</ul>`
      : value && html`<${Empty} icon="alarm" title="No e-mail yet.">Somebody who writes angrily alerts the subscribers; an alarm that fires, the operators.</${Empty}>`}
  </section>`;
}

/** A notification may be a JSON text; an alarm's is an object, of which its reason is what people read. */
function plain(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "string") return value;
    if (value.AlarmName) return `${value.NewStateValue}: ${value.AlarmDescription ?? value.AlarmName}\n${value.NewStateReason ?? ""}`;
    return JSON.stringify(value, null, 2);
  } catch {
    return text;
  }
}
