// Look inside: every workflow as its graph, and the path that an execution took.
import { html } from "../lib.js";
import { Empty } from "../ui.js";

export const Workflows = () => html`<section class="page"><h1>Look inside</h1><${Empty} icon="workflow" title="No workflow is shown yet." /></section>`;
