// The dashboard's metrics, live.
import { get } from "../api.js";
import { html, library, useEffect, useRef, useState } from "../lib.js";
import { Empty, Tabs, Trouble, useAsked } from "../ui.js";

const SPANS = [["30", "30 min"], ["180", "3 h"], ["1440", "24 h"]];
const REFRESH_MILLISECONDS = 5000;
const COLOURS = 6;

export function Metrics() {
  const [span, setSpan] = useState("30");
  const [turn, setTurn] = useState(0);
  const { value, error } = useAsked(() => get(`/api/dashboard?minutes=${span}`), [span, turn]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setTurn((before) => before + 1), REFRESH_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="metrics"><div class="metrics-head"><span class="muted">The deployed dashboard's widgets, from CloudWatch.</span><${Tabs} label="How far back" tabs=${SPANS} value=${span} onChange=${setSpan} /></div>
    ${error && html`<${Trouble}>${error}</${Trouble}>`}
    <div class="charts">${value?.widgets.map((widget, index) => widget.heading
      ? html`<h2 class="charts-head" key=${index}>${widget.title}</h2>`
      : html`<${Chart} key=${index} widget=${widget} times=${value.times} period=${value.period} />`)}</div>
    ${value && !value.widgets.length && html`<${Empty} icon="live" title="The deployed stack has no dashboard." />`}</div>`;
}

function Chart({ widget, times, period }) {
  const box = useRef();
  const chart = useRef();
  const heard = widget.series.filter((series) => series.values.some((value) => value));
  const shown = heard.length ? heard : widget.series.slice(0, 1);
  const data = [times, ...shown.map((series) => (widget.counted ? series.values.map((value) => value ?? 0) : series.values))];
  const names = shown.map((series) => series.label).join();
  useEffect(() => {
    let wanted = true;
    let watch;
    const draw = () => library("uPlot.iife.min.js", "uPlot").then((UPlot) => {
      if (!wanted) return;
      chart.current?.destroy();
      chart.current = new UPlot(options(box.current, shown, widget.counted), data, box.current);
    });
    draw();
    watch = new ResizeObserver(([entry]) => chart.current?.setSize({ width: Math.floor(entry.contentRect.width), height: 170 }));
    watch.observe(box.current);
    addEventListener("theme", draw);
    return () => {
      wanted = false;
      watch.disconnect();
      removeEventListener("theme", draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [names, period]);
  useEffect(() => chart.current?.setData(data), [data]);
  return html`<section class="card chart" aria-label=${widget.title}><header class="card-head"><h2>${widget.title}</h2></header>
    <div class="plot" ref=${box} role="img" aria-label=${`${widget.title}: ${shown.map((series) => `${series.label} ${told(series, widget.counted)}`).join(", ")}`}></div>
    <ul class="legend">${shown.map((series, index) => html`<li key=${series.label}><i data-colour=${index % COLOURS}></i><span class="mono">${series.label}</span><b class="num">${told(series, widget.counted)}</b></li>`)}
      ${widget.series.length > shown.length && html`<li class="muted">${widget.series.length - shown.length} more without a value</li>`}</ul></section>`;
}

// The total of what is counted, and else the latest that was measured.
function told(series, counted) {
  const value = counted ? series.values.reduce((total, each) => total + (each ?? 0), 0) : series.values.findLast((each) => each !== null);
  return value === undefined ? "–" : value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function options(box, series, counted) {
  const style = getComputedStyle(box);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: `11px ${style.fontFamily}` };
  return {
    width: box.clientWidth, height: 170, padding: [10, 14, 0, 0], legend: { show: false }, cursor: { points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, counted ? 4 : 0.01)] } },
    axes: [{ ...axis, size: 28, space: 64, values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })) },
      { ...axis, size: 40, incrs: [...(counted ? [] : [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]), 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
    series: [{}, ...series.map((each, index) => ({
      label: each.label, stroke: colour(`--c${index % COLOURS}`), width: 2, points: { show: !counted, size: 5 }, spanGaps: !counted,
      fill: index === 0 ? `color-mix(in srgb, ${colour("--c0")} 12%, transparent)` : undefined }))],
  };
}
