// What was sent so far, as AWS and X would charge it.
import { get } from "../api.js";
import { html } from "../lib.js";
import { plural } from "../format.js";
import { useStore } from "../store.js";
import { Empty, Trouble, useAsked } from "../ui.js";

const GROUPS = { AI: "AI services", infrastructure: "everything else on AWS", X: "X's API" };
const dollars = (usd) => `$${usd >= 1 ? usd.toLocaleString("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 }) : usd.toFixed(usd >= 0.01 ? 4 : 6)}`;

export function Cost() {
  const { counts } = useStore();
  const { value, error } = useAsked(() => get("/api/cost"), [counts.get("MESSAGE_RECEIVED")]);
  if (error) return html`<${Trouble}>${error}</${Trouble}>`;
  if (!value) return null;
  const messages = Object.values(value.messages).reduce((sum, number) => sum + number, 0);
  if (!messages) return html`<section class="card"><${Empty} icon="query" title="Nothing was sent yet.">Each message that is received is counted here.</${Empty}></section>`;
  const total = Object.values(value.usd).reduce((sum, usd) => sum + usd, 0);
  return html`<div class="cost">
    <section class="card cost-sum" aria-label="Sum"><p class="muted">${plural(messages, "message")} so far: ${value.messages.text ?? 0} in words, ${value.messages.image ?? 0} with pictures</p>
      <p class="big num">${dollars(total)}</p>
      <div class="split" role="img" aria-label=${Object.entries(value.usd).map(([group, usd]) => `${GROUPS[group]} ${dollars(usd)}`).join(", ")}>${Object.entries(value.usd).map(([group, usd]) => html`<i key=${group} data-group=${group} style=${{ width: `${(usd / total) * 100}%` }}></i>`)}</div>
      <ul class="split-legend">${Object.entries(value.usd).map(([group, usd]) => html`<li key=${group}><i data-group=${group}></i><span>${GROUPS[group]}</span><b class="num">${dollars(usd)}</b></li>`)}</ul>
      <p class="muted">Of a million such messages: <b class="num">${dollars((total / messages) * 1_000_000)}</b>.</p></section>
    <section class="card" aria-label="Items"><div class="table-box" tabindex="0" role="region" aria-label="Items of the bill"><table class="data"><thead><tr><th scope="col">Item</th><th scope="col">For</th><th scope="col" class="number">Units</th><th scope="col">Unit</th><th scope="col" class="number">Dollars</th></tr></thead>
      <tbody>${value.lines.map((line) => html`<tr key=${line.item}><td><code>${line.item}</code></td><td>${GROUPS[line.group]}</td><td class="number num">${line.units >= 1 ? line.units.toLocaleString("en", { maximumFractionDigits: 1 }) : line.units.toPrecision(2)}</td><td class="muted">${line.unit}</td><td class="number num">${line.usd.toFixed(6)}</td></tr>`)}</tbody></table></div>
      <p class="card-note muted">The work of a message as it was measured, by the prices of ${value.region} on ${value.checked}, first tier, without free tier and taxes: <code>python -m tools cost</code> has the assumptions.</p></section>
  </div>`;
}
