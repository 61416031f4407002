// The journey of a message: every event, workflow and function, in order of cause, on one scale of time.
import { html } from "../lib.js";
import { Empty } from "../ui.js";

export function Journey({ id }) {
  return html`<section class="journey card" aria-label="Journey">${!id && html`<${Empty} icon="live" title="Choose a message." />`}</section>`;
}
