// Break it.
import { html } from "../lib.js";

export const Break = () => html`<section class="page"><h1>Break it</h1></section>`;
