// Say something and watch it: the timeline of X, the map, the messages, and the journey of the one that is chosen.
import { html, useEffect, useState } from "../lib.js";
import { store, useStore } from "../store.js";
import { Inspector } from "./inspector.js";
import { Journey } from "./journey.js";
import { FlowMap } from "./map.js";
import { Messages } from "./messages.js";
import { Say } from "./say.js";

export function Live({ view, path }) {
  const { app } = useStore();
  const chosen = path[0] ?? "";
  const [inspected, inspect] = useState(null);
  const choose = (id) => history.replaceState(null, "", id ? `#/${view}/${id}` : `#/${view}`) ?? dispatchEvent(new Event("hashchange"));
  useEffect(() => {
    if (chosen || view === "say") return undefined;
    const last = [...store.messages.keys()].at(-1);
    if (last && innerWidth >= 900) choose(last);
    return undefined;
  }, [store.messages.size > 0]);
  return html`<div class="live" data-read-only=${app.read_only}>
    ${!app.read_only && html`<${Say} onChoose=${choose} chosen=${chosen} />`}
    <section class="watch" aria-label="Watch it">
      <${FlowMap} onInspect=${inspect} />
      <div class="below">
        <${Messages} chosen=${chosen} onChoose=${choose} onInspect=${inspect} />
        <${Journey} id=${chosen} onInspect=${inspect} onClose=${() => choose("")} />
      </div>
    </section>
    ${inspected && html`<${Inspector} of=${inspected} onClose=${() => inspect(null)} onInspect=${inspect} />`}
  </div>`;
}
