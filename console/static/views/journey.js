// The journey of a message: every event, workflow and function beneath what caused it, on one scale of time.
import { get, post } from "../api.js";
import { classes, html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { duration, exactTime, words } from "../format.js";
import { store, useStore } from "../store.js";
import { Empty, Icon, Trouble } from "../ui.js";
import { outcome } from "./messages.js";

const MOST = 200; // events, as the server has it
const WORD = { event: "event", workflow: "workflow", function: "function", delivery: "delivery" };

export function Journey({ id, onInspect, onClose }) {
  const { messages, app } = useStore();
  const message = messages.get(id);
  const [journey, setJourney] = useState(null);
  const [error, setError] = useState("");
  const seen = message?.events.length ?? 0;
  const asked = useRef({ running: false, again: false, id }); // one request at a time; whatever happens meanwhile is asked for once more
  useEffect(() => {
    asked.current.id = id;
    if (!id) return undefined;
    const ask = async () => {
      asked.current.again = asked.current.running;
      if (asked.current.running) return;
      asked.current.running = true;
      const of = asked.current.id;
      try {
        const value = await get(`/api/journeys/${of}`);
        if (of === asked.current.id) {
          setJourney({ ...value, id: of });
          setError("");
        }
      } catch (reason) {
        setError(reason.message);
      }
      asked.current.running = false;
      if (asked.current.again) ask();
    };
    // Workflows and functions end, and tell so, after the events that they publish.
    const timers = [0, 600, 1800, 4000].map((milliseconds) => setTimeout(ask, milliseconds));
    return () => timers.forEach(clearTimeout);
  }, [id, seen]);
  if (!id) return html`<section class="journey card none" aria-label="Journey"><${Empty} icon="live" title="Choose a message">to see every event, workflow and function that it took.</${Empty}></section>`;
  const shown = journey?.id === id ? journey : message && known(message);
  const [tone, word] = message ? outcome(message) : ["", ""];
  return html`<section class="journey card" aria-label="Journey">
    <header class="card-head">
      <div class="journey-title"><span class=${classes("dot", tone)}></span><b>${message?.author ? `@${message.author}` : "Journey"}</b><span class="muted">${word}${message?.done ? ` in ${duration(message.end - message.start)}` : ""}</span></div>
      <div class="journey-tools">
        ${!app.read_only && message && html`<${Again} id=${id} />`}
        <button class="ghost close-journey" onClick=${onClose} aria-label="Close the journey"><${Icon} name="close" /></button>
      </div>
    </header>
    ${error && !shown && html`<${Trouble}>${error}</${Trouble}>`}
    ${shown && !shown.rows.length && html`<${Empty} icon="live" title="Its events are no longer kept.">The console holds the last 5,000.</${Empty}>`}
    ${shown?.more > 0 && html`<p class="card-note muted">The last ${MOST} events; ${shown.more.toLocaleString("en")} came before.</p>`}
    ${shown?.rows.length > 0 && html`<${Lanes} journey=${shown} onInspect=${onInspect} />`}
  </section>`;
}

/** What the page itself knows of a journey, until the server tells all of it. */
function known({ events, start, end }) {
  return { start, end, rows: events.slice(-MOST).map((event) => ({ id: event.id, kind: "event", name: event.type, service: event.service, start: event.t, end: event.t, depth: 0, how: "", failed: event.type.includes("FAILED") })) };
}

function Again({ id }) {
  const [said, setSaid] = useState("");
  const again = () => post("/api/again", { id }).then(
    ({ delivered: [answer] }) => setSaid(answer.status === 200 ? "delivered again" : `answered ${answer.status}`), (reason) => setSaid(reason.message)).then(() => setTimeout(() => setSaid(""), 3000));
  return html`<span class="muted" role="status">${said}</span><button class="button small" title="X may deliver a webhook twice; the bot is to answer once" onClick=${again}>Deliver again</button>`;
}

/** Round steps of a scale for a span of milliseconds. */
function steps(span) {
  const rough = span / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = 0; at <= span * 1.0001; at += step) found.push(at);
  return found;
}

function Lanes({ journey, onInspect }) {
  const { rows, start, end } = journey;
  const span = Math.max(end - start, 10);
  const scale = useMemo(() => steps(span), [span]);
  const at = (time) => `${(((time - start) / span) * 100).toFixed(3)}%`;
  const open = (row) => onInspect(row.kind === "event" ? { event: row.id } : { run: row });
  return html`<div class="lanes" role="table" aria-label="In order of cause" tabindex="-1">
    <div class="lanes-scale" role="presentation"><span></span><div>${scale.map((each) => html`<i key=${each} style=${{ left: `${(each / span) * 100}%` }}>${each ? duration(each) : "0"}</i>`)}</div></div>
    ${rows.map((row) => {
      const long = (row.end ?? end) - row.start;
      const right = (row.start - start) / span > 0.6;
      return html`<button key=${row.id} class=${classes("lane", `is-${row.kind}`, row.failed && "failed")} role="row" onClick=${() => open(row)} data-kind=${row.kind} data-name=${row.name}
          aria-label=${`${WORD[row.kind]} ${row.name}, ${row.service}, at ${exactTime(row.start)}, ${duration(long)}`}>
        <span class="lane-name" role="cell" style=${{ paddingLeft: `${Math.min(row.depth, 8) * 10}px` }}><i class="mark"></i>
          <span class="lane-label">${row.kind === "event" ? row.name.replace(/ \(.*/, "") : words(row.name).replace(/ function$/, "")}</span><small>${row.service}</small></span>
        <span class="lane-time" role="cell">
          ${scale.map((each) => html`<em key=${each} style=${{ left: `${(each / span) * 100}%` }}></em>`)}
          ${row.kind === "event" || row.kind === "delivery" ? html`<span class="tick" style=${{ left: at(row.start) }}></span>`
            : html`<span class=${classes("bar", row.end === null && "open")} style=${{ left: at(row.start), width: `max(3px, ${((long / span) * 100).toFixed(3)}%)` }}></span>`}
          <span class=${classes("lane-said", right && "left")} style=${right ? { right: `calc(100% - ${at(row.start)} + 8px)` } : { left: `calc(${at(row.end ?? row.start)} + 8px)` }}>${said(row, start, long)}</span>
        </span></button>`;
    })}
  </div>`;
}

function said(row, start, long) {
  if (row.kind === "event") return `+${duration(row.start - start)}${/\((.*)\)/.test(row.name) ? ` · ${/\((.*)\)/.exec(row.name)[1].toLowerCase()}` : ""}`;
  if (row.kind === "delivery") return row.about.toLowerCase() === "sns" ? "alert" : row.about.toLowerCase();
  return row.end === null ? "runs" : `${row.how.startsWith("Its time") ? "≈ " : ""}${duration(long)}`;
}
