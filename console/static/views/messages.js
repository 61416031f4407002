// The messages, the latest first, or every event as it came.
import { classes, html, useMemo, useState } from "../lib.js";
import { duration, plural, time } from "../format.js";
import { useStore } from "../store.js";
import { Empty, Icon, Rows, Tabs } from "../ui.js";

const HEIGHT = { messages: 54, events: 34 };
const matches = (needle, ...texts) => texts.some((text) => text && text.toLowerCase().includes(needle));

export function Messages({ chosen, onChoose, onInspect }) {
  const { messages, events, version, app } = useStore();
  const [kind, setKind] = useState("messages");
  const [filter, setFilter] = useState("");
  const needle = filter.trim().toLowerCase();
  const items = useMemo(() => {
    if (kind === "events") {
      const found = needle ? events.filter((event) => matches(needle, event.type, event.text, event.author, event.message, event.sentiment)) : events.slice();
      return found.reverse();
    }
    const all = [...messages.values()].reverse();
    return needle ? all.filter((message) => matches(needle, message.text, message.author, message.id, message.sentiment, ...message.events.map((event) => event.type))) : all;
  }, [version, kind, needle]);
  const at = kind === "messages" ? items.findIndex((message) => message.id === chosen) : -1;
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || kind !== "messages" || !items.length) return;
    event.preventDefault();
    const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
    onChoose(next.id);
    requestAnimationFrame(() => event.currentTarget?.querySelector?.(`[data-message="${next.id}"]`)?.focus({ preventScroll: true }));
  };
  return html`<section class="messages card" aria-label="Messages" onKeyDown=${move}>
    <header class="card-head">
      <${Tabs} label="What is listed" value=${kind} onChange=${setKind} tabs=${[["messages", "Messages"], ["events", "Events"]]} />
      <span class="muted num" aria-live="off">${plural(items.length, kind === "events" ? "event" : "message")}</span>
    </header>
    <label class="filter"><${Icon} name="search" size=${14} /><input data-filter type="search" placeholder="Filter by text, name, event …" value=${filter} aria-label="Filter"
      onInput=${(event) => setFilter(event.target.value)} onKeyDown=${(event) => event.key === "Escape" && (setFilter(""), event.target.blur())} /></label>
    <${Rows} key=${kind} items=${items} height=${HEIGHT[kind]} label=${kind} follow=${at}
      row=${kind === "events" ? (event) => html`<${EventRow} event=${event} onInspect=${onInspect} />` : (message) => html`<${MessageRow} message=${message} chosen=${message.id === chosen} onChoose=${onChoose} />`}
      empty=${html`<${Empty} icon=${needle ? "search" : "say"} title=${needle ? "Nothing fits the filter." : kind === "events" ? "No event yet." : "No message yet."}>
        ${needle ? "" : app.read_only ? "What crosses the bus is shown here as it happens." : "Say something, and watch it cross the bus."}</${Empty}>`} />
  </section>`;
}

export const outcome = (message) => ({ TWEET_SENT: ["good", "replied"], TWEET_FAILED: ["bad", "not posted"], MESSAGE_ANALYSIS_FAILED: ["bad", "not analysed"] })[message.done]
  ?? (Date.now() - message.start > 60_000 ? ["", "no reply"] : ["accent", "under way"]);

function MessageRow({ message, chosen, onChoose }) {
  const [tone, word] = outcome(message);
  return html`<button class=${classes("message-row", chosen && "chosen")} data-message=${message.id} aria-pressed=${chosen} tabindex=${0} onClick=${() => onChoose(message.id)}>
    <span class=${classes("dot", tone)} title=${word}></span>
    <span class="message-text"><b>${message.author ? `@${message.author}` : "—"}</b> ${message.text || "(no text)"}</span>
    <span class="message-facts"><span>${time(message.start)}</span><span>${word}${message.done ? ` in ${duration(message.end - message.start)}` : ""}</span>
      ${message.sentiment && html`<span>${message.sentiment.toLowerCase()}</span>`}${message.replay && html`<span>replayed</span>`}</span>
  </button>`;
}

const EventRow = ({ event, onInspect }) => html`<button class="event-row" onClick=${() => onInspect({ event: event.id })}>
  <span class="mono muted">${time(event.t)}</span><span class=${classes("mono", "type", event.type.includes("FAILED") && "bad-text")}>${event.type}</span>
  <span class="event-text muted">${event.text}</span></button>`;
