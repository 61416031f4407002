// What the page knows: events as they come, messages made of them, and how the application is. Bounded: the oldest events are forgotten.
import { useEffect, useState } from "./lib.js";

const KEPT = 5000; // as many as the server keeps
const ENDS = new Set(["TWEET_SENT", "TWEET_FAILED", "MESSAGE_ANALYSIS_FAILED"]);

export const store = {
  app: null, // what is deployed
  map: null,
  events: [], // summaries, the oldest first
  messages: new Map(), // by the id of the post on X that they stem from, in the order in which they began
  counts: new Map(), // events by their type since the page was opened
  connected: false,
  trouble: "",
  health: null, // alarms, dead letters, faults
  version: 0,
};

const listeners = new Set();
const arrivals = new Set();
let announced = false;

/** Tells whoever shows the store that it changed; at most once for each picture that is painted. */
export function changed() {
  store.version += 1;
  if (announced) return;
  announced = true;
  const tell = () => {
    announced = false;
    for (const listener of listeners) listener();
  };
  if (document.hidden) setTimeout(tell, 200);
  else requestAnimationFrame(tell);
}

/** Has a component drawn again whenever the store changes. */
export function useStore() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw(store.version);
    listeners.add(listener);
    listener();
    return () => listeners.delete(listener);
  }, []);
  return store;
}

/** `hear(events)` gets the events that come while the page is open, not those of before; returns what ends it. */
export function onArrival(hear) {
  arrivals.add(hear);
  return () => arrivals.delete(hear);
}

/** Takes in summaries in the server's order. `live` says whether they happen now. */
export function take(events, live) {
  for (const event of events) {
    store.events.push(event);
    store.counts.set(event.type, (store.counts.get(event.type) ?? 0) + 1);
    if (event.message) addTo(event);
  }
  if (store.events.length > KEPT) forget(store.events.splice(0, store.events.length - KEPT));
  if (live) for (const hear of arrivals) hear(events);
  changed();
}

/** Forgets everything that the stream brought: the server is another one. */
export function clear() {
  store.events = [];
  store.messages = new Map();
  store.counts = new Map();
  changed();
}

function addTo(event) {
  const message = store.messages.get(event.message) ?? { id: event.message, events: [], start: event.t, end: event.t, author: "", text: "", sentiment: "", done: "", replay: "" };
  message.events.push(event);
  message.start = Math.min(message.start, event.t);
  message.end = Math.max(message.end, event.t);
  message.sentiment ||= event.sentiment;
  message.replay = event.replay || message.replay;
  if (event.source !== "BOT") {
    message.author ||= event.author;
    message.text ||= event.text;
  }
  if (ENDS.has(event.type)) message.done = event.type;
  else if (event.type === "SEND_TWEET" && message.done !== "TWEET_SENT") message.done = "";
  store.messages.set(event.message, message);
}

function forget(events) {
  for (const event of events) {
    const message = store.messages.get(event.message);
    if (!message) continue;
    message.events.shift();
    if (!message.events.length) store.messages.delete(event.message);
  }
}
