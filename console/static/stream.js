// The server's stream of events, and how the application is, into the store.
import { get } from "./api.js";
import { changed, clear, store, take } from "./store.js";

const HEALTH_MILLISECONDS = 2500;

/** Connects, and stays so: the browser itself connects again. */
export function connect() {
  const source = new EventSource("/api/stream");
  source.addEventListener("hello", (event) => {
    if (store.boot && store.boot !== event.data) clear();
    store.boot = event.data;
    store.connected = true;
    changed();
  });
  source.addEventListener("events", (event) => {
    const { events, trouble, backlog } = JSON.parse(event.data);
    store.trouble = trouble;
    take(events, !backlog);
  });
  source.onerror = () => {
    store.connected = false;
    changed();
  };
  watchHealth();
}

async function watchHealth() {
  for (;;) {
    if (!document.hidden) await refreshHealth();
    await new Promise((resolve) => setTimeout(resolve, HEALTH_MILLISECONDS));
  }
}

/** Asks how the application is, now. */
export async function refreshHealth() {
  try {
    store.health = await get("/api/health");
  } catch {
    return; // the stream says that it is gone
  }
  changed();
}
