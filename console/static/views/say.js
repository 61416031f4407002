// Say something: a timeline like X's.
import { html } from "../lib.js";

export function Say() {
  return html`<section class="say card" aria-label="Say something"></section>`;
}
