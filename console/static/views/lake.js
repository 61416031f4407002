// The lake: saved queries and a box for SQL; the result as a table, and as bars where it is names and one number.
import { get, post } from "../api.js";
import { classes, html, useEffect, useRef, useState } from "../lib.js";
import { plural } from "../format.js";
import { Empty, Icon, Trouble, useAsked } from "../ui.js";

const BARS = 40;

let kept = { sql: "", result: null, chosen: "" }; // what was asked stays while another view is looked at

export function Lake() {
  const { value: saved, error } = useAsked(() => get("/api/queries"), []);
  const [{ sql, result, chosen }, set] = useState(kept);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const box = useRef();
  const keep = (more) => set((before) => (kept = { ...before, ...more }));
  useEffect(() => {
    if (saved?.length && !kept.sql) keep({ sql: saved[0].sql, chosen: saved[0].name });
  }, [saved]);
  const run = async (text = sql) => {
    if (busy || !text.trim()) return;
    setBusy(true);
    setFailure("");
    try {
      const result = await post("/api/query", { sql: text });
      setFailure(result.error ?? "");
      keep({ result: result.error ? null : result });
    } catch (reason) {
      setFailure(reason.message);
      keep({ result: null });
    }
    setBusy(false);
  };
  const choose = (query) => {
    keep({ sql: query.sql, chosen: query.name });
    run(query.sql);
  };
  return html`<div class="lake">
    <section class="card saved" aria-label="Saved queries"><header class="card-head"><h2>Saved queries</h2></header>
      ${error && html`<${Trouble}>${error}</${Trouble}>`}
      <ul class="list">${saved?.map((query) => html`<li key=${query.name}><button class=${classes("saved-one", query.name === chosen && "chosen")} data-query=${query.name} onClick=${() => choose(query)}>
        <b>${query.name}</b>${query.description && html`<span class="muted">${query.description}</span>`}</button></li>`)}</ul></section>
    <section class="card asking" aria-label="SQL">
      <div class="editor"><textarea ref=${box} class="field mono" rows=${Math.min(14, Math.max(5, sql.split("\n").length))} spellcheck="false" aria-label="SQL" placeholder="SELECT …" value=${sql} onInput=${(event) => keep({ sql: event.target.value, chosen: "" })}
        onKeyDown=${(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } if (event.key === "Escape") box.current.blur(); }}></textarea>
        <div class="editor-end"><span class="muted">Tables: <code>"analysed-messages-table"</code>, <code>events</code></span><button class="button primary" disabled=${busy || !sql.trim()} onClick=${() => run()}><${Icon} name="play" size=${14} />${busy ? "Asking …" : "Run"} <kbd>⌃↵</kbd></button></div></div>
      ${failure && html`<${Trouble}>${failure}</${Trouble}>`}
      <div aria-live="polite" aria-busy=${busy} class=${classes("answer", busy && "busy")}>${result ? html`<${Result} result=${result} />` : !failure && html`<${Empty} icon="query" title="Ask the lake">Choose a saved query, or write your own. Events reach the lake some seconds after they happen.</${Empty}>`}</div>
    </section>
  </div>`;
}

const isNumber = (text) => text !== "" && text !== null && !Number.isNaN(Number(text));

function Result({ result }) {
  const { columns, rows, in_all, seconds } = result;
  const numeric = columns.map((_, index) => rows.length > 0 && rows.every((row) => row[index] === "" || isNumber(row[index])) && rows.some((row) => isNumber(row[index])));
  const measure = numeric.lastIndexOf(true);
  const names = columns.map((_, index) => index).filter((index) => index !== measure);
  const charted = measure > -1 && numeric.filter(Boolean).length === 1 && names.length > 0 && names.length <= 2 && rows.length > 1 && rows.every((row) => Number(row[measure]) >= 0);
  return html`<p class="answer-head muted"><span>${plural(in_all, "row")}${in_all > rows.length ? `, the first ${rows.length.toLocaleString("en")} of them` : ""}</span><span class="num">${seconds.toFixed(2)} s</span></p>
    <div class=${classes("answer-parts", charted && "charted")}>
      <div class="table-box" tabindex="0" role="region" aria-label="Result"><table class="data"><thead><tr>${columns.map((column, index) => html`<th key=${index} scope="col" class=${numeric[index] ? "number" : ""}>${column}</th>`)}</tr></thead>
        <tbody>${rows.slice(0, 500).map((row, number) => html`<tr key=${number}>${row.map((cell, index) => html`<td key=${index} class=${numeric[index] ? "number num" : ""}>${cell}</td>`)}</tr>`)}</tbody></table>
        ${!rows.length && html`<${Empty} icon="query" title="No row.">Events reach the lake some seconds after they happen.</${Empty}>`}</div>
      ${charted && html`<${Bars} rows=${rows.slice(0, BARS).map((row) => [names.map((index) => row[index]).join(" · "), Number(row[measure])])} label=${columns[measure]} />`}
    </div>`;
}

function Bars({ rows, label }) {
  const most = Math.max(...rows.map(([, value]) => value), 1);
  return html`<figure class="bars" aria-label=${`${label} as bars`}>${rows.map(([name, value], index) => html`<div class="bars-row" key=${index}><span class="bars-name" title=${name}>${name}</span>
    <span class="bars-track"><i style=${{ width: `${(value / most) * 100}%` }}></i></span><span class="num">${value.toLocaleString("en")}</span></div>`)}</figure>`;
}
