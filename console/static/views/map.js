// The map: the microservices along the bus, as they are deployed, and each event on its way from who published it to who listens.
import { layouter, html, reducedMotion, useEffect, useLayoutEffect, useMemo, useRef, useState, classes } from "../lib.js";
import { onArrival, useStore } from "../store.js";

const PULSES = 48; // at once; what is more only lights its path
const LIT_MILLISECONDS = 1100;
const WIDE = 620;

/** The order of the microservices along the flow of events, by ELK: a service comes after those whose events it hears. */
async function ordered(map) {
  const edges = [];
  for (const rule of map.rules) {
    for (const service of map.services) {
      const hears = service.publishes.some((type) => rule.detail_types.includes(type));
      if (hears && rule.service !== service.name) edges.push({ id: `${service.name}>${rule.id}`, sources: [service.name], targets: [rule.service] });
    }
  }
  const elk = await layouter();
  const done = await elk.layout({
    id: "flow", layoutOptions: { "elk.algorithm": "layered", "elk.direction": "RIGHT" }, edges,
    children: map.services.map((service) => ({ id: service.name, width: 100, height: 40 })),
  });
  const place = new Map(done.children.map((child) => [child.id, child]));
  const along = (a, b) => place.get(a.name).x - place.get(b.name).x || place.get(a.name).y - place.get(b.name).y;
  return {
    above: map.services.filter((service) => service.publishes.length).sort(along),
    below: map.services.filter((service) => !service.publishes.length).sort(along),
  };
}

/** Where everything is, for a width: boxes, the rail, and for each microservice the way out to the rail and in from it. */
function placed(order, map, width) {
  return width >= WIDE ? alongside(order, map, width) : stacked(order, map, width);
}

const BOX = 94; // high

function alongside({ above, below }, map, width) {
  const margin = 62, gap = 20;
  const rail = 8 + BOX + 46, height = rail + 46 + BOX + 8;
  const place = (services, y) => {
    const room = width - 2 * margin + gap;
    const box = Math.min(200, room / Math.max(services.length, 1) - gap);
    const step = room / Math.max(services.length, 1);
    return services.map((service, index) => ({ service, x: margin + step * index + (step - gap - box) / 2, y, width: box, height: BOX }));
  };
  const boxes = [...place(above, 8), ...place(below, rail + 46)];
  const ways = new Map(boxes.map((box) => {
    const centre = box.x + box.width / 2, top = box.y < rail;
    const edge = top ? box.y + box.height : box.y, both = box.service.publishes.length && hears(map, box.service);
    const shift = both ? 16 : 0;
    return [box.service.name, { in: [[centre - shift, rail], [centre - shift, edge]], out: [[centre + shift, edge], [centre + shift, rail]] }];
  }));
  return { boxes, ways, height, rail: [[20, rail], [width - 20, rail]], x: { in: [30, 8 + BOX / 2], out: [width - 30, 8 + BOX / 2] }, vertical: false };
}

function stacked({ above, below }, map, width) {
  const left = 40, box = 66, gap = 12, top = 26;
  const services = [...above, ...below];
  const boxes = services.map((service, index) => ({ service, x: left, y: top + index * (box + gap), width: width - left - 10, height: box }));
  const ways = new Map(boxes.map((each) => {
    const centre = each.y + each.height / 2, shift = each.service.publishes.length && hears(map, each.service) ? 11 : 0;
    return [each.service.name, { in: [[14, centre - shift], [each.x, centre - shift]], out: [[each.x, centre + shift], [14, centre + shift]] }];
  }));
  const height = top + services.length * (box + gap) - gap + 10;
  return { boxes, ways, height, rail: [[14, top + 4], [14, height - 14]], vertical: true };
}

const hears = (map, service) => map.rules.some((rule) => rule.service === service.name);
const line = (points) => `M${points.map((point) => point.join(" ")).join("L")}`;

/** The way of an event from its publisher to a listener: out to the rail, along it, and in. */
function journey(ways, from, to) {
  const start = ways.get(from)?.out ?? [], end = ways.get(to)?.in ?? [];
  return [...start, ...end];
}

export function FlowMap({ onInspect }) {
  const { map, counts, health, version } = useStore();
  const box = useRef(), drawing = useRef();
  const [width, setWidth] = useState(0);
  const [order, setOrder] = useState(null);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => void ordered(map).then(setOrder), [map]);
  const places = useMemo(() => order && width > 0 && placed(order, map, width), [order, map, width]);
  useEffect(() => places && animate(drawing.current, places, map), [places]);
  const alarms = new Set((health?.alarms ?? []).filter((alarm) => alarm.state === "ALARM").map((alarm) => alarm.service));
  const said = (service) => [...counts].filter(([type]) => service.publishes.some((each) => fits(each, type))).reduce((sum, [, number]) => sum + number, 0);
  return html`<div class="map card" ref=${box} style=${{ "--map-height": width && width < WIDE ? "576px" : "296px" }}>
    ${places && html`<svg ref=${drawing} width=${width} height=${places.height} role="group" aria-label="Map of the microservices and the bus">
      <path class="rail" d=${line(places.rail)} />
      ${!places.vertical && html`<text class="rail-name" x=${places.rail[0][0] + 2} y=${places.rail[0][1] + 20}>event bus</text>`}
      ${places.vertical && html`<text class="rail-name" x="5" y="14">event bus</text>`}
      ${!places.vertical && map.from_x.map((name) => html`<${Outside} key=${`in${name}`} at=${places.x.in} id=${`x>${name}`} to=${edgeOf(places, name, "in")} />`)}
      ${!places.vertical && map.to_x.map((name) => html`<${Outside} key=${`out${name}`} at=${places.x.out} id=${`${name}>x`} from=${edgeOf(places, name, "out")} />`)}
      ${places.boxes.map(({ service }) => html`
        ${service.publishes.length > 0 && html`<path key=${`${service.name}-out`} class="way" data-way=${`${service.name}>`} d=${line(places.ways.get(service.name).out)} />`}
        ${hears(map, service) && html`<path key=${`${service.name}-in`} class="way in" data-way=${`>${service.name}`} d=${line(places.ways.get(service.name).in)} />`}`)}
      ${places.boxes.map((each) => html`<${Box} key=${each.service.name} ...${each} map=${map} count=${said(each.service)} alarm=${alarms.has(each.service.name)}
        letters=${health?.letters[each.service.name] ?? 0} onInspect=${onInspect} vertical=${places.vertical} />`)}
      <g class="pulses"></g>
    </svg>`}
  </div>`;
}

const fits = (pattern, type) => (pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type);

function edgeOf(places, name, side) {
  const box = places.boxes.find((each) => each.service.name === name);
  return side === "in" ? [box.x, box.y + box.height / 2] : [box.x + box.width, box.y + box.height / 2];
}

function Outside({ at: [x, y], id, from, to }) {
  return html`<g class="outside">
    <path class="way" data-way=${id} d=${line(to ? [[x + 16, y], to] : [from, [x - 16, y]])} />
    <rect x=${x - 16} y=${y - 14} width="32" height="28" rx="8" /><text x=${x} y=${y + 5}>X</text>
  </g>`;
}

const QUIET = ["queue", "log", "secret", "archive", "lake table"]; // every microservice has some

/** "2 functions, 2 workflows, bot". */
function madeOf(service) {
  const kinds = new Map();
  for (const part of service.parts) if (!QUIET.includes(part.kind)) kinds.set(part.kind, (kinds.get(part.kind) ?? 0) + 1);
  return [...kinds].map(([kind, number]) => (number > 1 ? `${number} ${kind}s` : kind)).join(", ");
}

function Box({ service, x, y, width, height, map, count, alarm, letters, onInspect, vertical }) {
  const heard = [...new Set(map.rules.filter((rule) => rule.service === service.name).flatMap((rule) => (rule.detail_types.length ? rule.detail_types : ["every event"])))];
  const ends = [map.from_x.includes(service.name) && `x>${service.name}`, map.to_x.includes(service.name) && `${service.name}>x`].filter(Boolean);
  return html`<foreignObject x=${x} y=${y} width=${width} height=${height}>
    <button class=${classes("service", alarm && "alarm")} data-service=${service.name} onClick=${() => onInspect({ service: service.name })}
            aria-label=${`${service.name}: ${service.description}${alarm ? " An alarm fires." : ""}`}>
      <span class="service-head"><b>${service.name}</b>
        ${vertical && ends.map((id) => html`<span key=${id} class="x" data-way=${id}>${id.startsWith("x>") ? "X →" : "→ X"}</span>`)}
        ${alarm && html`<span class="dot bad" title="An alarm fires"></span>`}
        ${letters > 0 && html`<span class="count bad" title="Dead letters">${letters}</span>`}
        ${count > 0 && html`<span class="count" title="Events that it published">${count.toLocaleString("en")}</span>`}</span>
      ${!vertical && html`<span class="service-parts">${madeOf(service)}</span>`}
      <span class="service-says">${heard.length > 0 && html`<span title=${`hears ${heard.join(", ")}`}>← ${brief(heard)}</span>`}
        ${service.publishes.length > 0 && html`<span title=${`says ${service.publishes.join(", ")}`}>→ ${brief(service.publishes)}</span>`}</span>
    </button>
  </foreignObject>`;
}

const brief = (types) => (types.length > 1 ? `${types[0]} +${types.length - 1}` : types[0]);

/** Lights and moves for the events that arrive, until it is ended. */
function animate(svg, places, map) {
  const rules = new Map(map.rules.map((rule) => [rule.id, rule]));
  const pulses = svg.querySelector(".pulses");
  const timers = new Set();
  const later = (run, milliseconds) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, milliseconds);
    timers.add(timer);
  };
  const light = (selector) => {
    for (const each of svg.querySelectorAll(selector)) {
      each.classList.add("lit");
      clearTimeout(each.lit);
      each.lit = setTimeout(() => each.classList.remove("lit"), LIT_MILLISECONDS);
    }
  };
  const quoted = (name) => CSS.escape(name);
  const show = (event) => {
    const from = event.service;
    if (from && map.from_x.includes(from) && event.type.startsWith("TWITTER_")) light(`[data-way="x>${quoted(from)}"]`);
    if (from) light(`[data-way="${quoted(from)}>"], [data-service="${quoted(from)}"]`);
    const to = [...new Set(event.rules.map((id) => rules.get(id)?.service).filter(Boolean))];
    const arrive = () => {
      for (const name of to) light(`[data-way=">${quoted(name)}"], [data-service="${quoted(name)}"]`);
      if (event.type === "TWEET_SENT" && from && map.to_x.includes(from)) light(`[data-way="${quoted(from)}>x"]`);
    };
    if (reducedMotion()) return arrive();
    for (const name of to) {
      if (from && pulses.childElementCount < PULSES) pulse(pulses, journey(places.ways, from, name), event.type.includes("FAILED"));
    }
    return later(arrive, 420);
  };
  const end = onArrival((events) => {
    if (document.hidden) return;
    const first = events[0].t, last = events.at(-1).t;
    const share = Math.min(1, 900 / Math.max(last - first, 1)); // what came at once is shown in the order in which it happened
    for (const event of events.slice(-200)) later(() => show(event), (event.t - first) * share);
  });
  return () => {
    end();
    for (const timer of timers) clearTimeout(timer);
  };
}

function pulse(group, points, failed) {
  if (points.length < 4) return;
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  dot.setAttribute("r", "4");
  dot.setAttribute("class", failed ? "pulse bad" : "pulse");
  group.append(dot);
  const lengths = points.slice(1).map((point, index) => Math.hypot(point[0] - points[index][0], point[1] - points[index][1]));
  const whole = lengths.reduce((sum, length) => sum + length, 0) || 1;
  let gone = 0;
  const frames = points.map((point, index) => {
    if (index) gone += lengths[index - 1];
    return { transform: `translate(${point[0]}px, ${point[1]}px)`, offset: gone / whole, opacity: index === 0 ? 0.4 : 1 };
  });
  const moving = dot.animate(frames, { duration: Math.min(1100, 420 + whole * 0.7), easing: "cubic-bezier(.45,.05,.35,1)" });
  moving.onfinish = moving.oncancel = () => dot.remove();
}
