// A workflow as its graph, and on it the path of an execution: what was gone through, what failed, was caught, tried again.
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { duration } from "../format.js";
import { head, laidOut, rounded } from "./workflow-layout.js";

const SHAPES = {
  Task: "M13 2 4 14h7l-1 8 9-12h-7z", Choice: "M12 3l9 9-9 9-9-9z", Parallel: "M7 4v16M12 4v16M17 4v16", Map: "M4 8h12v12H4zM8 4h12v12", Pass: "M4 12h15M13 6l6 6-6 6",
  Wait: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 3", Succeed: "M4 12l5 5L20 6", Fail: "M6 6l12 12M18 6 6 18", lambda: "M6 4h4l8 16M11 10 5 20",
};
const SHOWN = { succeeded: "done", failed: "failed", caught: "caught", running: "running", left: "left" };
const SAID = { succeeded: "succeeded", failed: "failed", caught: "failed and was caught", running: "is under way", left: "was left when the execution ended" };
const STEPS = [0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 1, 1.2, 1.5];

const Shape = ({ state }) => html`<svg class="shape" width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
  aria-hidden="true"><path d=${SHAPES[state.action.startsWith("lambda:") ? "lambda" : state.type] ?? SHAPES.Task} /></svg>`;

/** The visits that are shown: of each Map the iteration that was chosen; of several visits to a state the last. */
export function shownVisits(visits, chosen) {
  const found = new Map();
  for (const visit of visits) if (visit.iterations.every(({ map, index }) => (chosen[map] ?? 0) === index)) found.set(visit.name, visit);
  return found;
}

/** How many items of a Map there were, and how each ended. */
export function items(visits, map) {
  const [whole] = visits.filter((visit) => visit.name === map && visit.length !== null).slice(-1);
  const troubled = new Set(visits.filter((visit) => (visit.status === "failed" || visit.status === "caught") && visit.iterations.some((each) => each.map === map))
    .map((visit) => visit.iterations.find((each) => each.map === map).index));
  return { length: whole?.length ?? 0, troubled: [...troubled].sort((a, b) => a - b) };
}

export function Graph({ graph, visits, chosenItems, onItem, state, onState, label }) {
  const [places, setPlaces] = useState(null);
  const [zoom, setZoom] = useState(0);
  const box = useRef();
  useEffect(() => {
    let wanted = true;
    setPlaces(null);
    setZoom(0);
    laidOut(graph).then((found) => wanted && setPlaces(found));
    return () => { wanted = false; };
  }, [graph]);
  useLayoutEffect(() => {
    if (places) setZoom(fitting(box.current, places));
  }, [places]);
  useLayoutEffect(() => {
    if (!zoom || !places) return;
    const start = places.states.find((each) => each.start && !each.scope);
    box.current.scrollTo((start.x + start.width / 2) * zoom - box.current.clientWidth / 2, 0);
  }, [zoom > 0]);
  useEffect(() => {
    const element = box.current;
    const wheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      setZoom((before) => Math.min(1.5, Math.max(0.35, before * (event.deltaY < 0 ? 1.08 : 1 / 1.08))));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
  const shown = visits && shownVisits(visits, chosenItems);
  const sought = state || ["failed", "caught"].map((status) => [...(shown?.values() ?? [])].find((visit) => visit.status === status)).find(Boolean)?.name;
  useEffect(() => {
    const place = zoom && places?.states.find((each) => each.name === sought), { clientWidth, clientHeight } = box.current;
    if (place) box.current.scrollTo((place.x + place.width / 2) * zoom - clientWidth / 2, (place.y + 23) * zoom - clientHeight / 2);
  }, [sought, zoom > 0]);
  const went = new Set(shown ? [...shown.values()].filter((visit) => visit.next).map((visit) => `${visit.name}>${visit.next}>${visit.status === "caught" ? "catch" : "go"}`) : []);
  const step = (up) => setZoom((up ? STEPS.find((each) => each > zoom + 0.01) : STEPS.findLast((each) => each < zoom - 0.01)) ?? zoom);
  const key = (event) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way || !event.target.dataset.state) return;
    event.preventDefault();
    const all = [...box.current.querySelectorAll("[data-state]")];
    all[Math.min(all.length - 1, Math.max(0, all.indexOf(event.target) + way))].focus();
  };
  return html`<div class="graph" data-lit=${!!shown}>
    <div class="graph-scroll" ref=${box} onKeyDown=${key} ...${dragging(box)} tabindex="-1">
      ${places && zoom > 0 && html`<div class="graph-size" style=${{ width: `${places.width * zoom}px`, height: `${places.height * zoom}px` }}>
        <div class="graph-all" role="group" aria-label=${label} style=${{ width: `${places.width}px`, height: `${places.height}px`, transform: `scale(${zoom})` }}>
          ${places.states.filter((each) => each.container).map((each) => html`<div key=${each.name} class=${classes("container", mark(shown, each))}
            style=${{ left: `${each.x}px`, top: `${each.y}px`, width: `${each.width}px`, height: `${each.height}px` }}></div>`)}
          <svg class="arrows" width=${places.width} height=${places.height} aria-hidden="true">
            ${[...places.arrows].sort((a, b) => went.has(a.id) - went.has(b.id)).map((arrow) => html`<g key=${arrow.id} class=${classes("arrow", arrow.caught && "catch", went.has(arrow.id) && "went")}>
              <path d=${rounded(arrow.points)} /><polygon points=${head(arrow.points)} /></g>`)}
            ${places.states.filter((each) => each.start && !each.scope).map((each) => html`<g key=${`start ${each.name}`} class=${classes("arrow start", shown?.has(each.name) && "went")}>
              <circle cx=${each.x + each.width / 2} cy=${each.y - 24} r="5" /><path d=${`M${each.x + each.width / 2} ${each.y - 19}V${each.y - 6}`} /><polygon points=${head([[each.x + each.width / 2, each.y - 19], [each.x + each.width / 2, each.y]])} /></g>`)}
          </svg>
          ${places.arrows.filter((arrow) => arrow.label).map((arrow) => html`<span key=${arrow.id} class=${classes("arrow-label", arrow.caught && "catch", went.has(arrow.id) && "went")} title=${arrow.titles.join("\n")}
            style=${{ left: `${arrow.label.x}px`, top: `${arrow.label.y}px`, width: `${arrow.label.width}px`, height: `${arrow.label.height}px` }}>${arrow.label.text}</span>`)}
          ${places.states.map((each) => html`<${Node} key=${each.name} state=${each} visit=${shown?.get(each.name)} mark=${mark(shown, each)} chosen=${each.name === state} onState=${onState} />`)}
          ${visits && places.states.filter((each) => each.type === "Map").map((each) => html`<${Items} key=${each.name} state=${each} ...${items(visits, each.name)} index=${chosenItems[each.name] ?? 0} onItem=${onItem} />`)}
        </div></div>`}
      ${!places && html`<p class="muted" role="status">Drawing …</p>`}
    </div>
    <div class="zoom" role="group" aria-label="Size">
      <button class="ghost" onClick=${() => step(false)} aria-label="Smaller">−</button>
      <button class="zoom-fit" onClick=${() => setZoom(zoom === fitting(box.current, places) ? whole(box.current, places) : fitting(box.current, places))} disabled=${!places} title="Readable, or all of it">${Math.round(zoom * 100)} %</button>
      <button class="ghost" onClick=${() => step(true)} aria-label="Larger">+</button>
    </div>
  </div>`;
}

/** As large as it fits into the box, as far as it stays readable. */
const fitting = (box, places) => Math.min(1, Math.max(box.clientWidth < 700 ? 0.75 : 0.8, (box.clientWidth - 4) / places.width));

const whole = (box, places) => Math.min(1, (box.clientWidth - 4) / places.width, (box.clientHeight - 4) / places.height);

const mark = (shown, state) => (shown ? SHOWN[shown.get(state.name)?.status] ?? "not" : "");

/** Drags what is in a box that scrolls, with the mouse; fingers scroll by themselves. */
function dragging(box) {
  return {
    onPointerDown: (event) => {
      if (event.pointerType !== "mouse" || event.button || event.target.closest("button")) return;
      const { scrollLeft, scrollTop } = box.current, { clientX, clientY } = event;
      box.current.setPointerCapture(event.pointerId);
      box.current.classList.add("dragged");
      box.current.onpointermove = (moved) => box.current.scrollTo(scrollLeft - moved.clientX + clientX, scrollTop - moved.clientY + clientY);
    },
    onPointerUp: () => {
      box.current.onpointermove = null;
      box.current.classList.remove("dragged");
    },
  };
}

function Node({ state, visit, mark: as, chosen, onState }) {
  const said = visit ? `${SAID[visit.status]}${visit.retries ? `, tried ${visit.retries + 1} times` : ""}${visit.exited ? ` in ${duration(visit.exited - visit.entered)}` : ""}` : "";
  return html`<button class=${classes("state", as, state.container && "of-container", chosen && "chosen", state.end && !state.container && "ends")} data-state=${state.name} data-status=${visit?.status ?? ""} aria-pressed=${chosen}
      aria-label=${`${state.name}, ${state.action || state.type}${said ? `, ${said}` : as ? ", not entered" : ""}`} title=${state.comment || undefined} onClick=${() => onState(state.name)}
      style=${{ left: `${state.x}px`, top: `${state.y}px`, width: `${state.width}px`, height: state.container ? "40px" : `${state.height}px` }}>
    <${Shape} state=${state} />
    <span class="state-name"><b>${state.name}</b><small>${state.action || state.type}${visit?.exited ? html`<i>${duration(visit.exited - visit.entered)}</i>` : ""}</small></span>
    <span class="badges">
      ${visit?.retries > 0 && html`<span class="badge warn" title=${`tried ${visit.retries + 1} times`}>×${visit.retries + 1}</span>`}
      ${visit?.status === "failed" && html`<span class="badge bad">failed</span>`}
      ${visit?.status === "caught" && html`<span class="badge warn">caught</span>`}
      ${visit?.status === "running" && html`<span class="badge accent">under way</span>`}
    </span>
  </button>`;
}

function Items({ state, length, troubled, index, onItem }) {
  if (length < 1) return null;
  const word = `${index + 1} of ${length}`;
  return html`<div class=${classes("items", troubled.includes(index) && "troubled")} role="group" aria-label=${`Item of ${state.name}`} style=${{ left: `${state.x + state.width - 122}px`, top: `${state.y + 7}px` }}>
    <button class="ghost" disabled=${index === 0} onClick=${() => onItem(state.name, index - 1)} aria-label="The item before">‹</button>
    <span class="num" title=${troubled.length ? `${troubled.length} of ${length} with errors` : ""}>${word}</span>
    <button class="ghost" disabled=${index >= length - 1} onClick=${() => onItem(state.name, index + 1)} aria-label="The next item">›</button>
  </div>`;
}
