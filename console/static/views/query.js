// Query it: the lake in SQL, the dashboard's metrics, the subscribers' inbox, and what it all costs. Each under a name of its own in the address.
import { html } from "../lib.js";
import { useStore } from "../store.js";
import { Tabs } from "../ui.js";
import { Cost } from "./cost.js";
import { Inbox } from "./inbox.js";
import { Lake } from "./lake.js";
import { Metrics } from "./metrics.js";

const PARTS = { lake: Lake, metrics: Metrics, inbox: Inbox, cost: Cost };

export function Query({ path }) {
  const { app } = useStore();
  const part = PARTS[path[0]] ? path[0] : "lake";
  const tabs = [["lake", "Lake"], ["metrics", "Metrics"], ...(app.read_only ? [] : [["inbox", "Inbox"]]), ["cost", "Cost"]];
  const Part = PARTS[part];
  return html`<div class="page query">
    <header class="page-head"><h1>Query it</h1><${Tabs} label="What is asked" value=${part} tabs=${tabs} onChange=${(id) => { location.hash = `/query/${id}`; }} /></header>
    <${Part} />
  </div>`;
}
