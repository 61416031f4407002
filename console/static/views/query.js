// Query it.
import { html } from "../lib.js";

export const Query = () => html`<section class="page"><h1>Query it</h1></section>`;
