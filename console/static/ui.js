// Small components that every view uses.
import { classes, html, useEffect, useRef, useState } from "./lib.js";

const PATHS = {
  live: "M3 12h4l3 8 4-16 3 8h4",
  workflow: "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
  break: "M13 2 4 14h7l-1 8 9-12h-7z",
  query: "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  say: "M4 5h16v11H9l-5 4z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  close: "M6 6l12 12M18 6 6 18",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  alarm: "M12 4a6 6 0 0 0-6 6v4l-2 3h16l-2-3v-4a6 6 0 0 0-6-6zM10 20h4",
  check: "M5 12l5 5 9-10",
  send: "M4 12 20 4l-5 16-3-7z",
  keyboard: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  chevron: "M9 6l6 6-6 6",
  play: "M7 5l12 7-12 7z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};

/** A line drawing of 24 by 24, in the colour of the text around it. */
export const Icon = ({ name, size = 16 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
       stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

/** A word in a capsule. `tone`: good, bad, warn, accent or nothing. */
export const Pill = ({ tone, title, children }) => html`<span class=${classes("pill", tone)} title=${title}>${children}</span>`;

/** What a part of the page shows while there is nothing to show. */
export const Empty = ({ icon, title, children }) => html`
  <div class="empty">${icon && html`<${Icon} name=${icon} size=${22} />`}<p class="empty-title">${title}</p>${children && html`<p>${children}</p>`}</div>`;

/** An error as the page tells of it. */
export const Trouble = ({ children }) => html`<p class="trouble" role="alert">${children}</p>`;

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** JSON with its parts in colours. */
export function Json({ value }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(TOKEN)) {
    if (found.index > last) parts.push(text.slice(last, found.index));
    const kind = found[2] ? "j-key" : found[1] ? "j-text" : found[3] ? "j-word" : "j-number";
    parts.push(html`<span class=${kind}>${found[1] ?? found[0]}</span>`, found[2] ?? "");
    last = found.index + found[0].length;
  }
  parts.push(text.slice(last));
  return html`<div class="json"><${Copy} text=${text} /><pre tabindex="0">${parts}</pre></div>`;
}

/** Puts a text on the clipboard. */
export function Copy({ text }) {
  const [done, setDone] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => {
    setDone(true);
    setTimeout(() => setDone(false), 1200);
  }, () => {});
  return html`<button class="ghost copy" onClick=${copy} aria-label=${done ? "Copied" : "Copy"} title="Copy"><${Icon} name=${done ? "check" : "copy"} size=${14} /></button>`;
}

/** Tabs over a panel. `tabs` are [id, label] pairs. */
export function Tabs({ tabs, value, onChange, label }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex(([id]) => id === value) + step + tabs.length) % tabs.length;
    onChange(tabs[next][0]);
    event.currentTarget.children[next].focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${move}>
    ${tabs.map(([id, text]) => html`<button key=${id} role="tab" aria-selected=${id === value} tabindex=${id === value ? 0 : -1} onClick=${() => onChange(id)}>${text}</button>`)}
  </div>`;
}

/** A panel over the right edge of the page. Escape and the dimmed page close it; focus goes in, stays, and goes back. */
export function Drawer({ title, subtitle, onClose, children }) {
  const panel = useRef();
  useEffect(() => {
    const before = document.activeElement;
    panel.current.focus();
    const key = (event) => {
      if (event.key === "Escape") onClose();
      if (event.key !== "Tab") return;
      const inside = [...panel.current.querySelectorAll("button, a[href], input, select, textarea, [tabindex='0']")].filter((each) => each.offsetParent);
      const edge = event.shiftKey ? inside[0] : inside.at(-1);
      if (document.activeElement === edge || document.activeElement === panel.current) {
        event.preventDefault();
        (event.shiftKey ? inside.at(-1) : inside[0])?.focus();
      }
    };
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("keydown", key);
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  return html`
    <div class="scrim" onClick=${onClose}></div>
    <aside class="drawer" role="dialog" aria-modal="true" aria-label=${title} tabindex="-1" ref=${panel}>
      <header><div><h2>${title}</h2>${subtitle && html`<p class="muted">${subtitle}</p>`}</div>
        <button class="ghost" onClick=${onClose} aria-label="Close"><${Icon} name="close" /></button></header>
      <div class="drawer-body">${children}</div>
    </aside>`;
}

/** A long list of rows of one height, of which only those in sight are in the page. `row(item, index)` draws one. */
export function Rows({ items, height, row, label, empty, follow }) {
  const box = useRef();
  const [span, setSpan] = useState([0, 30]);
  const measure = () => {
    const { scrollTop, clientHeight } = box.current;
    const first = Math.max(0, Math.floor(scrollTop / height) - 6);
    const last = Math.ceil((scrollTop + clientHeight) / height) + 6;
    setSpan((before) => (before[0] === first && before[1] === last ? before : [first, last]));
  };
  useEffect(() => {
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (follow !== undefined && follow >= 0) {
      const top = follow * height, { scrollTop, clientHeight } = box.current;
      if (top < scrollTop) box.current.scrollTop = top;
      else if (top + height > scrollTop + clientHeight) box.current.scrollTop = top + height - clientHeight;
    }
  }, [follow]);
  return html`<div class="rows" ref=${box} onScroll=${measure} role=${items.length ? "list" : undefined} aria-label=${items.length ? label : undefined}>
    ${items.length ? html`<div class="rows-all" style=${{ height: `${items.length * height}px` }}>
      ${items.slice(span[0], span[1]).map((item, index) => html`
        <div class="rows-one" role="listitem" key=${item.id} style=${{ height: `${height}px`, transform: `translateY(${(span[0] + index) * height}px)` }}>${row(item, span[0] + index)}</div>`)}
    </div>` : empty}
  </div>`;
}

/** The result of asking the server for something: { value, error, loading, again }. Asked anew when one of `needs` changes. */
export function useAsked(ask, needs) {
  const [state, setState] = useState({ loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    setState((before) => ({ ...before, loading: true }));
    Promise.resolve().then(ask).then(
      (value) => wanted && setState({ value, loading: false }),
      (error) => wanted && setState((before) => ({ ...before, error: error.message, loading: false })));
    return () => { wanted = false; };
  }, [...needs, turn]);
  return { ...state, again: () => setTurn((before) => before + 1) };
}
