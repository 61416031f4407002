// Look inside: every workflow as its graph, its executions, the path that one took, and what went in and out of each state.
import { get } from "../api.js";
import { classes, html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { duration, exactTime, plural, time, words } from "../format.js";
import { Drawer, Empty, Icon, Json, Pill, Rows, Tabs, Trouble, useAsked } from "../ui.js";
import { Graph, items, shownVisits } from "./workflow-graph.js";

const TONE = { SUCCEEDED: "good", FAILED: "bad", TIMED_OUT: "bad", ABORTED: "bad", RUNNING: "accent" };
const WORD = { SUCCEEDED: "succeeded", FAILED: "failed", TIMED_OUT: "timed out", ABORTED: "aborted", RUNNING: "under way" };
const VISIT_TONE = { succeeded: "good", failed: "bad", caught: "warn", running: "accent", left: "" };
const NARROW = 900, NONE = "-"; // in the address of a state where no execution is chosen

const address = (...parts) => `#/workflows/${parts.filter(Boolean).map(encodeURIComponent).join("/")}`;
const go = (...parts) => { location.hash = address(...parts).slice(1); };

/** Asks again and again while somebody looks: every `seconds`, and at once when `needs` change. */
function usePolled(ask, seconds, needs) {
  const [state, setState] = useState({});
  useEffect(() => {
    let timer, ended = false;
    const stop = new AbortController();
    setState({});
    const turn = async () => {
      if (!document.hidden) {
        try {
          const value = await ask(stop.signal);
          if (!ended) setState((before) => (JSON.stringify(before.value) === JSON.stringify(value) ? before : { value }));
        } catch (error) {
          if (!ended) setState((before) => ({ ...before, error: error.message }));
        }
      }
      if (!ended) timer = setTimeout(turn, 1000 * seconds);
    };
    turn();
    return () => {
      ended = true;
      clearTimeout(timer);
      stop.abort();
    };
  }, needs);
  return state;
}

export function Workflows({ path }) {
  const { value: workflows, error } = usePolled((signal) => get("/api/workflows", signal), 2, []);
  const name = path[0] || workflows?.[0]?.name;
  if (error && !workflows) return html`<section class="page"><${Trouble}>${error}</${Trouble}></section>`;
  return html`<div class="workflows">
    <${List} workflows=${workflows} name=${name} />
    ${name && html`<${Workflow} key=${name} name=${name} execution=${path[1] === NONE ? "" : path[1] ?? ""} state=${path[2] ?? ""} />`}
  </div>`;
}

const List = ({ workflows, name }) => html`<nav class="workflow-list" aria-label="Workflows">
  ${(workflows ?? []).map((each) => html`<a key=${each.name} href=${address(each.name)} aria-current=${each.name === name ? "page" : undefined}>
    <b>${words(each.name)}</b><span class="muted">${each.service}</span>
    ${each.failed > 0 ? html`<span class="count bad" title=${`${plural(each.failed, "execution")} failed`}>${each.failed}</span>` : html`<span class="count">${each.executions}</span>`}</a>`)}
</nav>`;

function Workflow({ name, execution, state }) {
  const { value: graph, error } = useAsked(() => get(`/api/workflows/${encodeURIComponent(name)}`), [name]);
  const read = useRef({ version: 0, all: new Map() });
  const { value: list, error: unread } = usePolled(async (signal) => {
    const { version, oldest, executions, advice } = await get(`/api/workflows/${encodeURIComponent(name)}/executions?after=${read.current.version}`, signal);
    const { all } = read.current = { version, all: version < read.current.version ? new Map() : read.current.all };
    for (const each of executions) all.set(each.id, each);
    for (const [id, each] of all) if (each.start < oldest) all.delete(id);
    return { version, oldest, advice };
  }, 1, [name]);
  const executions = useMemo(() => list && [...read.current.all.values()].sort((a, b) => b.start - a.start), [list]);
  const known = executions?.find((each) => each.id === execution || each.arn === execution);
  const { value: run, error: gone } = usePolled(
    (signal) => (known ? get(`/api/workflows/${encodeURIComponent(name)}/executions/${encodeURIComponent(execution)}`, signal) : Promise.resolve(null)), known?.status === "RUNNING" ? 0.7 : 30, [name, execution, known?.version]);
  const last = useRef(null);
  if (run?.workflow === name && (run.id === execution || run.arn === execution)) last.current = run;
  const shown = last.current && (last.current.id === execution || last.current.arn === execution) ? last.current : null;
  const [chosen, setChosen] = useState({});
  useEffect(() => setChosen({}), [execution]);
  const chosenItems = useMemo(() => ({ ...firstTroubled(graph, shown), ...chosen }), [graph, shown, chosen]);
  const choose = (next) => (next === state ? go(name, execution || NONE) : go(name, execution || NONE, next));
  const visit = shown && state ? shownVisits(shown.visits, chosenItems).get(state) : null;
  const wide = innerWidth >= NARROW;
  if (error) return html`<${Trouble}>${error}</${Trouble}>`;
  const inside = state && graph && html`<${State} graph=${graph} name=${state} run=${shown} visit=${visit} />`;
  const close = () => go(name, execution || NONE);
  return html`
    <${Executions} name=${name} executions=${executions} trouble=${unread} advice=${list?.advice} chosen=${known?.id ?? execution} />
    <section class="workflow card" aria-label=${words(name)} onKeyDown=${(event) => event.key === "Escape" && state && close()}>
      <header class="card-head"><div class="workflow-title"><h1>${words(name)}</h1><span class="muted">${graph?.comment}</span></div>
        ${shown && html`<${Facts} run=${shown} name=${name} />`}</header>
      ${execution && !shown && (gone || (executions && !known)) && html`<${Trouble}>${gone || "This execution is not, or no longer, among those that the console has read."}</${Trouble}>`}
      ${shown?.error && html`<button class="run-error" onClick=${() => choose(failedState(shown) ?? state)} title="Show the state that failed"><b>${shown.error}</b> <span>${shown.cause}</span></button>`}
      <div class="workflow-body">
        ${graph && html`<${Graph} graph=${graph} visits=${shown?.visits} chosenItems=${chosenItems} onItem=${(map, index) => setChosen({ ...chosenItems, [map]: index })}
          state=${state} onState=${choose} label=${`The states of ${words(name)}`} />`}
        ${wide && inside && html`<aside class="inside" aria-label=${state}>
          <header><h2>${state}</h2><button class="ghost" onClick=${close} aria-label="Close"><${Icon} name="close" /></button></header><div class="inside-body">${inside}</div></aside>`}
      </div>
    </section>
    ${!wide && inside && html`<${Drawer} key=${state} title=${state} onClose=${close}>${inside}</${Drawer}>`}`;
}

const failedState = (run) => run.visits.findLast((visit) => visit.status === "failed")?.name;

/** Of each Map the first item that had an error, else the first. */
function firstTroubled(graph, run) {
  if (!graph || !run) return {};
  return Object.fromEntries(graph.states.filter((state) => state.type === "Map").map((state) => [state.name, items(run.visits, state.name).troubled[0] ?? 0]));
}

function Facts({ run, name }) {
  const retries = run.visits.reduce((sum, visit) => sum + visit.retries, 0);
  return html`<div class="facts"><${Pill} tone=${TONE[run.status]}>${WORD[run.status]}</${Pill}>
    <${Pill}>${run.end ? duration(run.end - run.start) : "…"}</${Pill}>${retries > 0 && html`<${Pill} tone="warn">${plural(retries, "retry", "retries")}</${Pill}>`}
    ${run.messages[0] && html`<a class="button small" href=${`#/watch/${run.messages[0]}`}>Its message</a>`}
    <a class="button small" href=${address(name)}>Clear</a></div>`;
}

function Executions({ name, executions, trouble, advice, chosen }) {
  const [failed, setFailed] = useState(false);
  const [filter, setFilter] = useState("");
  const needle = filter.trim().toLowerCase();
  const found = (executions ?? []).filter((each) => (!failed || each.trouble > 0 || TONE[each.status] === "bad")
    && (!needle || [each.text, each.author, each.error, each.id, ...each.messages].some((text) => text.toLowerCase().includes(needle))));
  const at = found.findIndex((each) => each.id === chosen);
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !found.length) return;
    event.preventDefault();
    const next = found[Math.min(found.length - 1, Math.max(0, at + step))].id, list = event.currentTarget;
    go(name, next);
    setTimeout(() => list.querySelector(`[data-execution="${CSS.escape(next)}"]`)?.focus({ preventScroll: true }), 60);
  };
  return html`<section class="executions card" aria-label="Executions" onKeyDown=${move}>
    <header class="card-head"><h2>Executions</h2><label class="only"><input type="checkbox" checked=${failed} onChange=${(event) => setFailed(event.target.checked)} /> with errors</label></header>
    <label class="filter"><${Icon} name="search" size=${14} /><input data-filter type="search" placeholder="Filter by text, author, error …" aria-label="Filter" value=${filter} onInput=${(event) => setFilter(event.target.value)} /></label>
    ${trouble && html`<${Trouble}>${trouble}</${Trouble}>`}
    ${advice && html`<p class="advice">${advice}</p>`}
    <${Rows} items=${found} height=${52} label="Executions" follow=${at} row=${(each) => html`<${Row} name=${name} run=${each} chosen=${each.id === chosen} />`}
      empty=${executions && html`<${Empty} icon="workflow" title=${needle || failed ? "None is like that." : "No execution yet."}>${needle || failed ? "" : "Say something to the bot, and it runs."}</${Empty}>`} />
  </section>`;
}

const Row = ({ name, run, chosen }) => html`<button class=${classes("execution-row", chosen && "chosen")} data-execution=${run.id} aria-pressed=${chosen} onClick=${() => go(name, run.id)}>
  <span class=${classes("dot", TONE[run.status], run.status === "RUNNING" && "beats")}></span>
  <span class="execution-text">${run.author && html`<b>@${run.author}</b>`} ${run.text || run.detail_type || run.id}</span>
  <span class="execution-facts"><span>${time(run.start)}</span><span>${run.end ? duration(run.end - run.start) : WORD[run.status]}</span>
    ${run.error ? html`<span class="bad-text">${run.error}</span>` : run.trouble > 0 && html`<span class="warn-text">${plural(run.trouble, "failed attempt")}</span>`}</span></button>`;

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

function State({ graph, name, run, visit }) {
  const state = graph.states.find((each) => each.name === name);
  const [tab, setTab] = useState("");
  const { value: full, error } = useAsked(
    () => (visit ? get(`/api/workflows/${encodeURIComponent(graph.name)}/executions/${encodeURIComponent(run.id)}/visits/${visit.number}`) : null), [run?.id, visit?.number, visit?.status, visit?.retries]);
  const inside = full && visit && full.number === visit.number ? full : null;
  if (!state) return html`<${Trouble}>${words(graph.name)} has no state of this name.</${Trouble}>`;
  const failures = visit?.attempts.filter((attempt) => attempt.error) ?? [];
  const variables = Object.keys(inside?.variables ?? {}).length;
  const tabs = visit ? [["input", "Input"], state.type === "Task" && ["parameters", "Call"], ["output", "Output"], ["variables", "Variables"],
    visit.attempts.length > 0 && ["attempts", visit.attempts.length > 1 ? `Attempts ${visit.attempts.length}` : "Attempts"], ["written", "ASL"]].filter(Boolean) : [["written", "ASL"]];
  const shown = tabs.some(([id]) => id === tab) ? tab : visit ? (failures.length ? "attempts" : "output") : "written";
  return html`
    ${state.comment && html`<p class="muted">${state.comment}</p>`}
    <div class="facts"><${Pill}>${state.type}</${Pill}>${state.action && html`<${Pill}><span class="mono">${state.action}</span></${Pill}>`}
      ${visit ? html`<${Pill} tone=${VISIT_TONE[visit.status]}>${visit.status}</${Pill}><${Pill}>${visit.exited ? duration(visit.exited - visit.entered) : "no end"}</${Pill}>
        ${visit.iterations.map((each) => html`<${Pill} key=${each.map}>item ${each.index + 1}</${Pill}>`)}` : run && html`<${Pill}>not entered</${Pill}>`}</div>
    ${visit && html`<p class="muted num">${exactTime(visit.entered)}, ${duration(visit.entered - run.start)} after the start${visit.next ? `; then ${visit.next}` : ""}</p>`}
    ${visit && failures.length > 0 && html`<${Failure} attempt=${failures.at(-1)} caught=${visit.status === "caught"} mended=${visit.status === "succeeded"} />`}
    ${error && html`<${Trouble}>${error}</${Trouble}>`}
    <${Tabs} label="Of the state" value=${shown} onChange=${setTab} tabs=${tabs} />
    <div role="tabpanel" class="inside-panel">
      ${shown === "written" && html`<${Json} value=${graph.written[name]} />`}
      ${shown === "attempts" && html`<${Attempts} visit=${visit} run=${run} />`}
      ${["input", "output", "parameters"].includes(shown) && inside && (inside[shown] === null
        ? html`<p class="muted">${visit.status === "failed" || visit.status === "left" ? "There is none: the state was not left." : visit.status === "running" ? "Not yet." : "The log has none."}</p>` : html`<${Json} value=${parsed(inside[shown])} />`)}
      ${shown === "variables" && inside && (variables ? html`<${Json} value=${Object.fromEntries(Object.entries(inside.variables).map(([key, text]) => [key, parsed(text)]))} />` : html`<p class="muted">It assigned none.</p>`)}
    </div>`;
}

const Failure = ({ attempt, caught, mended }) => html`<div class=${classes("failure", (caught || mended) && "soft")} role="status"><b>${attempt.error}</b>${caught ? " was caught" : mended ? " was got over" : ""}
  ${attempt.cause && html`<${Cause} text=${attempt.cause} />`}</div>`;

/** What an error says; a function's is JSON. */
function Cause({ text }) {
  const content = parsed(text);
  return content && typeof content === "object" ? html`<p>${content.errorMessage ?? ""}</p>` : html`<p>${text}</p>`;
}

const Attempts = ({ visit, run }) => html`<ol class="attempts">${visit.attempts.map((attempt, index) => html`<li key=${index}>
  <div><b>${index + 1}</b> <${Pill} tone=${attempt.error ? "bad" : attempt.end ? "good" : "accent"}>${attempt.error || (attempt.end ? "succeeded" : "under way")}</${Pill}>
    <span class="muted num">${duration(attempt.start - run.start)} after the start${attempt.end ? `, took ${duration(attempt.end - attempt.start)}` : ""}</span></div>
  ${attempt.cause && html`<${Json} value=${parsed(attempt.cause)} />`}</li>`)}</ol>`;
