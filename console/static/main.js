// The frame: navigation, how the application is, light and dark, keys; and the view that the address names.
import { get } from "./api.js";
import { classes, html, render, useEffect, useState } from "./lib.js";
import { changed, store, useStore } from "./store.js";
import { connect } from "./stream.js";
import { Drawer, Icon, Trouble } from "./ui.js";
import { plural } from "./format.js";
import { Break } from "./views/break.js";
import { Live } from "./views/live.js";
import { Query } from "./views/query.js";
import { Workflows } from "./views/workflow.js";

// What follows the name in the address, as in #/workflows/NAME, is the view's own: it gets it as `path`.
const VIEWS = [
  { id: "say", label: "Say", title: "Say something", icon: "say", key: "s", component: Live, narrow: true },
  { id: "watch", label: "Watch", title: "Watch it", icon: "live", key: "w", component: Live },
  { id: "workflows", label: "Look inside", title: "Look inside", icon: "workflow", key: "l", component: Workflows },
  { id: "break", label: "Break", title: "Break it", icon: "break", key: "b", component: Break },
  { id: "query", label: "Query", title: "Query it", icon: "query", key: "q", component: Query },
];

function here() {
  const [id, ...path] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = VIEWS.find((each) => each.id === id);
  return view ? { view, path } : { view: VIEWS[1], path: [] };
}

function App() {
  const { app, trouble, connected, boot } = useStore();
  const [{ view, path }, setHere] = useState(here);
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const moved = () => setHere(here());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(() => {
    document.title = app ? `${view.title} · ${app.name}` : "Message analyser";
  }, [view, app]);
  useEffect(() => {
    const key = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
      if (document.querySelector("[role=dialog]")) return;
      const found = VIEWS.find((each) => each.key === event.key && shown(each, app));
      if (found) location.hash = `/${found.id}`;
      else if (event.key === "?") setHelp(true);
      else if (event.key === "d") flip();
      else if (event.key === "/") document.querySelector("[data-filter]")?.focus();
      else if (event.key === "n") {
        location.hash = "/say";
        requestAnimationFrame(() => document.querySelector("#mention")?.focus());
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, [app]);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.querySelector("main").focus(); }}>Skip to the content</a>
    <${Header} view=${view} onHelp=${() => setHelp(true)} />
    ${boot && !connected && html`<div class="banner" role="status">The console does not answer. Is <code>make sandbox</code> still running? It is tried again by itself.</div>`}
    ${connected && trouble && html`<div class="banner" role="status">The event log cannot be read: ${trouble}</div>`}
    <main id="main" tabindex="-1" data-view=${view.id}>
      ${app ? html`<${view.component} key=${view.component.name} path=${path} view=${view.id} />` : html`<${Loading} />`}
    </main>
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`}`;
}

const shown = (view, app) => !(view.id === "say" && app?.read_only);

function Header({ view, onHelp }) {
  const { app, connected } = useStore();
  return html`<header class="top">
    <a class="brand" href="#/watch"><img src="/static/icon.svg" alt="" width="22" height="22" /><b>Message analyser</b>
      ${app && html`<span class="where">${app.name}${app.read_only ? " · read-only" : ""}</span>`}</a>
    <nav aria-label="Views">
      ${VIEWS.filter((each) => shown(each, app)).map((each) => html`
        <a key=${each.id} href=${`#/${each.id}`} class=${classes(each.narrow && "narrow-only", each.component === view.component && "same")}
           aria-current=${each.id === view.id ? "page" : undefined}><${Icon} name=${each.icon} size=${17} /><span>${each.label}</span></a>`)}
    </nav>
    <div class="status">
      <${Health} />
      <span class=${classes("dot", connected ? "good" : "bad")} role="status" aria-label=${connected ? "Connected" : "Not connected"}></span>
      <button class="ghost" onClick=${onHelp} aria-label="Keys" title="Keys (?)"><${Icon} name="keyboard" /></button>
      <button class="ghost" onClick=${flip} aria-label="Light or dark" title="Light or dark (d)"><${Icon} name=${isDark() ? "sun" : "moon"} /></button>
    </div>
  </header>`;
}

function Health() {
  const { health } = useStore();
  if (!health) return null;
  const firing = health.alarms.filter((alarm) => alarm.state === "ALARM").length;
  const letters = Object.values(health.letters).reduce((sum, number) => sum + number, 0);
  if (!firing && !letters && !health.faults.length) return html`<a class="health" href="#/break"><${Icon} name="check" size=${14} /><span>All well</span></a>`;
  return html`<a class=${classes("health", firing || letters ? "bad" : "warn")} href="#/break"><${Icon} name="alarm" size=${14} />
    <span>${[firing && plural(firing, "alarm"), letters && plural(letters, "letter"), health.faults.length && plural(health.faults.length, "fault")].filter(Boolean).join(" · ")}</span></a>`;
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function flip() {
  const theme = isDark() ? "light" : "dark";
  const root = document.documentElement;
  root.classList.add("still"); // nothing fades from one to the other
  root.dataset.theme = theme;
  setTimeout(() => root.classList.remove("still"), 100);
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // forgotten with the page
  }
  changed();
  dispatchEvent(new Event("theme"));
}

function Help({ onClose }) {
  const keys = [...VIEWS.filter((view) => shown(view, store.app)).map((view) => [view.key, view.title]), ["n", "Write a mention"], ["/", "Filter"],
    ["↑ ↓", "Another message"], ["d", "Light or dark"], ["Esc", "Close"], ["?", "This"]];
  return html`<${Drawer} title="Keys" onClose=${onClose}><dl class="keys">
    ${keys.filter(([key]) => key !== "n" || !store.app.read_only).map(([key, text]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}</dl></${Drawer}>`;
}

const Loading = () => html`<div class="loading" role="status">Reading the deployed stack …</div>`;

render(html`<${App} />`, document.getElementById("root"));
Promise.all([get("/api/app"), get("/api/map")]).then(([app, map]) => {
  Object.assign(store, { app, map });
  changed();
  connect();
}, (error) => render(html`<main><${Trouble}>${error.message}</${Trouble}></main>`, document.getElementById("root")));
