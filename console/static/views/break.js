// Break it: faults to switch on, alarms that fire, dead letters and putting them back, and replays.
import { get, post, send } from "../api.js";
import { classes, html, useEffect, useState } from "../lib.js";
import { ago, plural, time, words } from "../format.js";
import { store, useStore } from "../store.js";
import { refreshHealth } from "../stream.js";
import { Empty, Icon, Json, Pill, Trouble, useAsked } from "../ui.js";
import { Ready } from "./ready.js";

const STRIKES = [[1, "once"], [5, "5 times"], [0, "until off"]];

export function Break() {
  const { app, health } = useStore();
  return html`<div class="page break">
    <header class="page-head"><div><h1>Break it</h1><p class="muted">${app.read_only ? "Alarms and dead letters of the deployed application. This console is read-only." : "Have a neighbour fail, say something, and see what the application makes of it."}</p></div>
      ${!app.read_only && html`<div class="page-tools"><span class="muted">Now say</span><${Ready} only=${["Joke", "Joke, twice", "Photo", "Angry"]} /></div>`}</header>
    <div class="columns">
      <div class="column">${app.read_only ? health && html`<${Alarms} />` : html`<${Faults} />`}</div>
      <div class="column">${health && html`${!app.read_only && html`<${Alarms} />`}<${Letters} /><${Replays} />`}</div>
    </div>
  </div>`;
}

function Faults() {
  const { health } = useStore();
  const struck = health?.faults.reduce((sum, fault) => sum + fault.struck, 0);
  const [faults, setFaults] = useState([]);
  const [wanted, setWanted] = useState({}); // what a switch was set to, until the server has done so
  const [times, setTimes] = useState(0);
  const [failure, setFailure] = useState("");
  const failed = (reason) => setFailure(reason.message);
  const load = () => get("/api/faults").then(setFaults);
  useEffect(() => void load().catch(failed), [health?.faults.length, struck]);
  const change = async (fault) => {
    setWanted((before) => ({ ...before, [fault.id]: !fault.on }));
    try {
      await post(`/api/faults/${fault.id}`, fault.on ? { on: false } : { on: true, ...(times ? { times } : {}) });
      setFailure("");
      await load();
    } catch (reason) {
      failed(reason);
    }
    setWanted(({ [fault.id]: _, ...rest }) => rest);
    refreshHealth();
  };
  const shown = faults.map((fault) => ({ ...fault, on: wanted[fault.id] ?? fault.on }));
  const groups = [...new Set(shown.map((fault) => fault.group))];
  return html`<section class="card" aria-label="Faults">
    <header class="card-head"><h2>Faults</h2>
      <div class="segmented" role="radiogroup" aria-label="How often a fault strikes">${STRIKES.map(([number, word]) => html`<button key=${number} role="radio" aria-checked=${times === number} onClick=${() => setTimes(number)}>${word}</button>`)}</div></header>
    ${failure && html`<${Trouble}>${failure}</${Trouble}>`}
    <div class="faults">${groups.map((group) => html`<div key=${group} class="fault-group"><h3>${group}</h3>${shown.filter((fault) => fault.group === group).map((fault) => html`
      <label key=${fault.id} class=${classes("fault", fault.on && "on")}>
        <input type="checkbox" role="switch" checked=${fault.on} data-fault=${fault.id} onChange=${() => change(fault)} />
        <span class="fault-text"><b>${fault.name}</b><span class="muted">${fault.expect}</span></span>
        <span class="fault-count num">${fault.struck > 0 && html`<${Pill} tone=${fault.on ? "warn" : ""}>struck ${fault.struck}${fault.on && fault.left !== null ? ` of ${fault.struck + fault.left}` : ""}</${Pill}>`}</span>
      </label>`)}</div>`)}</div>
  </section>`;
}

const LETTERS_EXPECTED = 5;
const LETTER_PIXELS = 120; // room for each while they are asked for, so that what is below does not jump
const STATES = { ALARM: ["bad", "fires"], OK: ["good", "ok"], INSUFFICIENT_DATA: ["", "no data"] };

function Alarms() {
  const { health } = useStore();
  const [all, setAll] = useState(false);
  const alarms = health?.alarms ?? [];
  const firing = alarms.filter((alarm) => alarm.state === "ALARM");
  const shown = all ? alarms : firing;
  return html`<section class="card" aria-label="Alarms">
    <header class="card-head"><h2>Alarms</h2><div class="head-end"><${Pill} tone=${firing.length ? "bad" : "good"}>${firing.length ? `${firing.length} of ${alarms.length} fire` : `none of ${alarms.length} fires`}</${Pill}>
      <button class="button small" aria-pressed=${all} onClick=${() => setAll(!all)}>${all ? "Only those that fire" : "All"}</button></div></header>
    ${shown.length ? html`<ul class="list">${shown.map((alarm) => html`<li key=${alarm.service + alarm.name} class="alarm-row" data-alarm=${`${alarm.service}/${alarm.name}`} data-state=${alarm.state}>
      <${Pill} tone=${STATES[alarm.state]?.[0]}>${STATES[alarm.state]?.[1] ?? alarm.state}</${Pill}>
      <div><b>${alarm.service}</b> ${words(alarm.name).toLowerCase()}${alarm.state === "ALARM" && html`<p class="muted">${alarm.description}</p><p class="reason mono" title=${alarm.reason}>${alarm.reason}</p>`}</div>
      <span class="muted num">${alarm.state === "ALARM" ? ago(alarm.since) : ""}</span></li>`)}</ul>`
      : html`<${Empty} icon="check" title="No alarm fires.">${store.app.read_only ? "" : "Switch a fault on and say something: the alarm that tells of it shows up here, and its e-mail in the inbox."}</${Empty}>`}
  </section>`;
}

function Letters() {
  const { health, app } = useStore();
  const depths = Object.entries(health?.letters ?? {});
  const total = depths.reduce((sum, [, number]) => sum + number, 0);
  const [opened, open] = useState(!app.read_only);
  const { value, error, loading, again } = useAsked(() => (opened && total ? get("/api/letters") : []), [total, opened]);
  const [outcome, setOutcome] = useState({});
  const [busy, setBusy] = useState(false);
  const redrive = (id) => {
    setBusy(true);
    return post("/api/letters/redrive", id ? { id } : {}).then((rows) => setOutcome(Object.fromEntries(rows.map((row) => [row.id, row.outcome]))), (reason) => setOutcome({ "": reason.message }))
      .then(() => { setBusy(false); refreshHealth(); again(); });
  };
  return html`<section class="card" aria-label="Dead letters">
    <header class="card-head"><h2>Dead letters</h2><div class="head-end"><${Pill} tone=${total ? "bad" : "good"}>${total ? plural(total, "letter") : "none"}</${Pill}>
      ${!app.read_only && total > 0 && html`<button class="button small primary" disabled=${busy} onClick=${() => redrive()}>Redrive all</button>`}
      ${app.read_only && total > 0 && html`<button class="button small" title="Reading a letter hides it from other readers for a moment" onClick=${() => open(true)}>Read them</button>`}</div></header>
    <div class="queues">${depths.map(([service, number]) => html`<span key=${service} class=${classes("queue", number && "full")}>${service} <b class="num">${number}</b></span>`)}</div>
    ${error && html`<${Trouble}>${error}</${Trouble}>`}${outcome[""] && html`<${Trouble}>${outcome[""]}</${Trouble}>`}
    ${value?.length ? html`<ul class="list">${value.map((letter) => html`<li key=${letter.id} class="letter" data-letter=${letter.service}>
      <div class="letter-head"><b>${letter.service}</b> <code>${letter.event || "notification"}</code><span class="muted num">${time(letter.sent)}</span>
        ${!app.read_only && html`<button class="button small" disabled=${busy} onClick=${() => redrive(letter.id)}>Redrive</button>`}</div>
      <p><span class="bad-text">${letter.error || "No reason given"}</span>${letter.message ? ` — ${letter.message.slice(0, 240)}` : ""}</p>
      <p class="muted">${letter.sender === "unknown" ? "" : `from a ${letter.sender}, `}for ${words(letter.target.replace(/^.*?-(?=[A-Z][a-z]+[A-Z])/, "").replace(/-[0-9A-F]+$/, "")) || "nobody that it names"}</p>
      ${outcome[letter.id] && html`<p class="warn-text">${outcome[letter.id]}</p>`}
      <details><summary>Content</summary><${Json} value=${letter.content} /></details></li>`)}</ul>`
      : loading ? html`<div style=${{ minHeight: `${Math.min(total, LETTERS_EXPECTED) * LETTER_PIXELS}px` }}></div>` : html`<${Empty} icon="check" title=${total ? "Not read yet." : "Every queue is empty."}>${total ? "" : "What cannot be delivered waits here with the reason."}</${Empty}>`}
  </section>`;
}

function Replays() {
  const { app, map, events } = useStore();
  const [minutes, setMinutes] = useState(5);
  const [rule, setRule] = useState("");
  const [failure, setFailure] = useState("");
  const [pending, setPending] = useState(0);
  const { value, again } = useAsked(() => get("/api/replays"), [pending]);
  const running = value?.some((each) => ["STARTING", "RUNNING"].includes(each.state));
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(again, 1000);
    return () => clearInterval(timer);
  }, [running]);
  const start = () => post("/api/replays", { minutes, rule }).then(() => { setFailure(""); setPending(pending + 1); }, (reason) => setFailure(reason.message));
  const since = Date.now() - minutes * 60_000;
  const count = events.filter((event) => event.t >= since && !event.replay).length;
  const listening = [...new Set(map.rules.map((each) => each.service))].filter(Boolean).sort();
  return html`<section class="card" aria-label="Replay">
    <header class="card-head"><h2>Replay</h2><${Pill}>${plural(count, "event")} in ${plural(minutes, "minute")}</${Pill}></header>
    ${!app.read_only && html`<div class="card-body replay"><label>The last <select class="field" value=${minutes} onChange=${(event) => setMinutes(Number(event.target.value))}>${[1, 5, 15, 60].map((each) => html`<option key=${each} value=${each}>${plural(each, "minute")}</option>`)}</select></label>
      <label>to <select class="field" value=${rule} onChange=${(event) => setRule(event.target.value)}><option value="">every rule</option>${listening.map((each) => html`<option key=${each} value=${each.toLowerCase()}>${each}</option>`)}</select></label>
      <button class="button primary" onClick=${start}><${Icon} name="play" size=${14} />Replay</button></div>
    <p class="card-note muted">Nothing is posted twice: egress remembers every reply, and what stems from a replay alerts nobody.</p>`}
    ${failure && html`<${Trouble}>${failure}</${Trouble}>`}
    ${value?.length > 0 && html`<ul class="list">${value.map((each) => html`<li key=${each.name} class="replay-row"><${Pill} tone=${each.state === "COMPLETED" ? "good" : each.state === "FAILED" ? "bad" : "accent"}>${each.state.toLowerCase()}</${Pill}>
      <span class="num">${time(each.from)} – ${time(each.to)}</span><span class="muted">started ${ago(each.started)}${ago(each.started) === "now" ? "" : " ago"}</span></li>`)}</ul>`}
  </section>`;
}
