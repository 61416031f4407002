// What is behind anything that can be clicked: an event with its schema and its listeners, a microservice, a workflow's or a function's run.
import { get } from "../api.js";
import { html, useState } from "../lib.js";
import { exactTime, duration, words } from "../format.js";
import { store } from "../store.js";
import { Json, Pill, Tabs, Trouble, Drawer, useAsked } from "../ui.js";

export function Inspector({ of, onClose, onInspect }) {
  if (of.event) return html`<${EventDrawer} key=${of.event} id=${of.event} onClose=${onClose} onInspect=${onInspect} />`;
  if (of.service) return html`<${ServiceDrawer} key=${of.service} name=${of.service} onClose=${onClose} />`;
  return html`<${RunDrawer} run=${of.run} onClose=${onClose} />`;
}

function EventDrawer({ id, onClose, onInspect }) {
  const { value, error } = useAsked(() => get(`/api/events/${encodeURIComponent(id)}`), [id]);
  const [tab, setTab] = useState("json");
  const fits = value?.contract.errors && !value.contract.errors.length;
  return html`<${Drawer} title=${value?.label ?? "Event"} subtitle=${value && `${exactTime(value.t)} · published by ${value.service || "somebody else"}`} onClose=${onClose}>
    ${error && html`<${Trouble}>${error}</${Trouble}>`}
    ${value && html`
      <div class="facts">
        ${value.contract.missing ? html`<${Pill} title=${value.contract.missing}>no schema</${Pill}>`
          : html`<${Pill} tone=${fits ? "good" : "bad"}>${fits ? "fits its schema" : `${value.contract.errors.length} things do not fit`}</${Pill}>`}
        <${Pill}>${value.rules.filter((rule) => rule.matches).length} of ${value.rules.length} rules listen</${Pill}>
        ${value.event["replay-name"] && html`<${Pill} tone="warn">replayed</${Pill}>`}
      </div>
      <${Tabs} label="Of the event" value=${tab} onChange=${setTab} tabs=${[["json", "Event"], ["schema", "Schema"], ["rules", "Who listens"]]} />
      <div role="tabpanel">
        ${tab === "json" && html`<${Json} value=${value.event} />`}
        ${tab === "schema" && html`<${Contract} contract=${value.contract} />`}
        ${tab === "rules" && html`<ul class="listeners">${[...value.rules].sort((a, b) => b.matches - a.matches).map((rule) => html`<${Listener} key=${rule.name} rule=${rule} />`)}</ul>`}
      </div>`}
  </${Drawer}>`;
}

function Contract({ contract }) {
  if (contract.missing) return html`<p class="muted">${contract.missing}</p>`;
  return html`<p class="muted">From the schema registry <code>${contract.registry}</code>, version ${contract.version}.</p>
    ${contract.errors.length > 0 && html`<ul class="errors">${contract.errors.map((error) => html`<li><code>${error.path}</code> ${error.message}</li>`)}</ul>`}
    <${Json} value=${contract.schema} />`;
}

const Listener = ({ rule }) => html`<li class=${rule.matches ? "" : "off"}>
  <div><b>${rule.service}</b> <span class="muted">${words(rule.name)}</span> <${Pill} tone=${rule.matches ? "good" : ""}>${rule.matches ? "matches" : "does not match"}</${Pill}></div>
  ${rule.targets.map((target) => html`<p key=${target.arn}>→ ${words(target.name)} <span class="muted">${target.kind}</span></p>`)}
  <details><summary>Pattern</summary><${Json} value=${rule.pattern} /></details></li>`;

function ServiceDrawer({ name, onClose }) {
  const service = store.map.services.find((each) => each.name === name);
  const rules = store.map.rules.filter((rule) => rule.service === name);
  const alarms = (store.health?.alarms ?? []).filter((alarm) => alarm.service === name);
  return html`<${Drawer} title=${name} subtitle=${service.description} onClose=${onClose}>
    <h3>Hears</h3>
    ${rules.length ? html`<ul class="listeners">${rules.map((rule) => html`<li key=${rule.id}><div><b>${words(rule.name)}</b></div>
      ${rule.targets.map((target) => html`<p key=${target.arn}>→ ${words(target.name)} <span class="muted">${target.kind}</span></p>`)}<${Json} value=${rule.pattern} /></li>`)}</ul>`
      : html`<p class="muted">Nothing on the bus.</p>`}
    <h3>Says</h3>
    ${service.publishes.length ? html`<p class="types">${service.publishes.map((type) => html`<code key=${type}>${type}</code>`)}</p>` : html`<p class="muted">Nothing on the bus.</p>`}
    <h3>Is made of</h3>
    <table class="plain"><tbody>${service.parts.map((part) => html`<tr key=${part.name}><td>${words(part.name)}</td><td class="muted">${part.kind}</td></tr>`)}</tbody></table>
    ${alarms.length > 0 && html`<h3>Is watched by</h3><ul class="alarms-of">${alarms.map((alarm) => html`<li key=${alarm.name}>
      <${Pill} tone=${alarm.state === "ALARM" ? "bad" : alarm.state === "OK" ? "good" : ""}>${alarm.state === "INSUFFICIENT_DATA" ? "no data" : alarm.state}</${Pill}> ${words(alarm.name)}</li>`)}</ul>`}
  </${Drawer}>`;
}

function RunDrawer({ run, onClose }) {
  return html`<${Drawer} title=${words(run.name)} subtitle=${`${run.service} · ${run.kind}`} onClose=${onClose}>
    <div class="facts"><${Pill} tone=${run.failed ? "bad" : "good"}>${run.status || "done"}</${Pill}>
      <${Pill}>${run.end ? duration(run.end - run.start) : "no end yet"}</${Pill}>${run.about && html`<${Pill}>${run.about}</${Pill}>`}</div>
    <p>From ${exactTime(run.start)} ${run.end ? `to ${exactTime(run.end)}` : ""}.</p>
    ${run.how && html`<p class="muted">${run.how}</p>`}
    ${run.kind === "workflow" && html`<p><a class="button" href=${`#/workflows/${encodeURIComponent(run.name)}/${encodeURIComponent(run.id)}`}>Look inside</a></p>`}
    ${run.detail && html`<${Json} value=${run.detail} />`}
  </${Drawer}>`;
}
