// Where the states of a workflow go on the drawing, by ELK: a Parallel and a Map contain what is within them.
import { layouter } from "../lib.js";

const HEIGHT = 46, NARROW = 132, WIDE = 330, HEAD = 40, LABEL = 15;
const SPACING = {
  "elk.algorithm": "layered", "elk.direction": "DOWN", "elk.edgeRouting": "ORTHOGONAL", "elk.spacing.nodeNode": "26", "elk.spacing.edgeNode": "16", "elk.spacing.edgeEdge": "12",
  "elk.layered.spacing.nodeNodeBetweenLayers": "30", "elk.layered.spacing.edgeNodeBetweenLayers": "14", "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES", "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX", "elk.layered.edgeLabels.sideSelection": "ALWAYS_DOWN",
  "elk.edgeLabels.placement": "CENTER", "elk.spacing.edgeLabel": "3", "elk.aspectRatio": "100", "elk.spacing.componentComponent": "22", "elk.layered.considerModelOrder.components": "FORCE_MODEL_ORDER", // branches side by side, in their order
};

let canvas;
function width(text, font) {
  canvas ??= document.createElement("canvas").getContext("2d");
  canvas.font = font;
  return Math.ceil(canvas.measureText(text).width);
}

/** What an arrow says in few words: "any error" for States.ALL, an error without its service, a condition without its paths. */
export function brief(transition) {
  if (transition.kind === "catch") return transition.errors.map((name) => (name === "States.ALL" ? "any error" : name.split(".").at(-1).replace(/Exception$/, ""))).join(", ");
  const text = transition.label.replaceAll("$states.input.", "").replace(/\s+/g, " ");
  return text.length > 34 ? `${text.slice(0, 33)}…` : text;
}

/** Arrows of one kind between the same two states are drawn as one. */
function arrows(graph) {
  const found = new Map();
  for (const transition of graph.transitions) {
    const id = `${transition.source}>${transition.target}>${transition.kind === "catch" ? "catch" : "go"}`;
    const arrow = found.get(id) ?? { id, source: transition.source, target: transition.target, caught: transition.kind === "catch", texts: [], titles: [] };
    if (transition.label) {
      arrow.texts.push(brief(transition));
      arrow.titles.push(transition.label);
    }
    found.set(id, arrow);
  }
  return [...found.values()];
}

/** Lays out a workflow: { width, height, states: [{…state, x, y, width, height, container}], arrows: [{…arrow, points, label}] }. */
export async function laidOut(graph) {
  await Promise.all(["600 12.5px Inter", "500 10.5px 'JetBrains Mono'", "500 11px Inter"].map((font) => document.fonts.load(font)));
  const all = arrows(graph), scopeOf = new Map(graph.states.map((state) => [state.name, state.scope]));
  const scopes = new Map();
  for (const scope of graph.scopes) scopes.set(scope.parent ?? "", [...(scopes.get(scope.parent ?? "") ?? []), scope.name]);
  const node = (state) => {
    const wide = Math.min(WIDE, Math.max(NARROW, 48 + Math.max(width(state.name, "600 12.5px Inter"), width(state.action || state.type, "500 10.5px 'JetBrains Mono'") + 50)));
    if (!scopes.has(state.name)) return { id: state.name, width: wide, height: HEIGHT };
    return {
      id: state.name, ...within(scopes.get(state.name)),
      layoutOptions: { ...SPACING, "elk.padding": `[top=${HEAD + 12},left=14,bottom=16,right=14]`, "elk.nodeSize.constraints": "MINIMUM_SIZE", "elk.nodeSize.minimum": `(${wide + (state.type === "Map" ? 130 : 10)}, 80)` },
    };
  };
  const within = (names) => ({
    children: graph.states.filter((state) => names.includes(state.scope)).map(node),
    edges: all.filter((arrow) => names.includes(scopeOf.get(arrow.source))).map((arrow) => ({
      id: arrow.id, sources: [arrow.source], targets: [arrow.target],
      layoutOptions: { "elk.layered.priority.straightness": arrow.caught ? "0" : "10", "elk.layered.priority.shortness": arrow.caught ? "0" : "10" }, // the way that all goes well is straight
      labels: arrow.texts.length ? [{ text: arrow.texts.join(" · "), width: width(arrow.texts.join(" · "), "500 11px Inter") + 8, height: LABEL }] : [],
    })),
  });
  const elk = await layouter();
  const done = await elk.layout({ id: "workflow", layoutOptions: { ...SPACING, "elk.padding": "[top=34,left=12,bottom=16,right=12]" }, ...within([""]) });
  const known = new Map(graph.states.map((state) => [state.name, state])), drawn = new Map(all.map((arrow) => [arrow.id, arrow]));
  const places = { width: done.width, height: done.height, states: [], arrows: [] };
  const collect = (at, left, top) => {
    for (const child of at.children ?? []) {
      const place = { ...known.get(child.id), x: left + child.x, y: top + child.y, width: child.width, height: child.height, container: scopes.has(child.id) };
      places.states.push(place);
      collect(child, place.x, place.y);
    }
    for (const edge of at.edges ?? []) {
      const [section] = edge.sections, [label] = edge.labels ?? [];
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map((point) => [left + point.x, top + point.y]);
      places.arrows.push({ ...drawn.get(edge.id), points, label: label && { text: label.text, x: left + label.x, y: top + label.y, width: label.width, height: label.height } });
    }
  };
  collect(done, 0, 0);
  return places;
}

/** A line through points with its corners rounded, as the `d` of a path; it ends before the arrow's head. */
export function rounded(points, radius = 7) {
  let d = `M${points[0].join(" ")}`;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [before, corner, after] = [points[index - 1], points[index], points[index + 1]];
    d += `L${towards(corner, before, radius).join(" ")}Q${corner.join(" ")} ${towards(corner, after, radius).join(" ")}`;
  }
  return `${d}L${towards(points.at(-1), points.at(-2), 6).join(" ")}`;
}

function towards(from, to, far) {
  const long = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1, share = Math.min(far, long / 2) / long;
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}

/** The three corners of the head at the end of a line. */
export function head(points) {
  const [x, y] = points.at(-1), [from, up] = points.at(-2);
  const angle = Math.atan2(y - up, x - from);
  const corner = (turn) => [x - 8 * Math.cos(angle - turn), y - 8 * Math.sin(angle - turn)];
  return [[x, y], corner(0.42), corner(-0.42)].map((point) => point.map((each) => each.toFixed(1)).join(",")).join(" ");
}
