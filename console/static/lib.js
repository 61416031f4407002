// What every module uses of the libraries, and a few small helpers.
export { html, render, useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback } from "/static/lib/htm-preact.js";

/** Class names: those that are not falsy. */
export const classes = (...names) => names.filter(Boolean).join(" ");

/** Loads a library that is not a module, once; resolves to the global it makes. */
const loaded = new Map();
export function library(file, name) {
  if (!loaded.has(file)) {
    loaded.set(file, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `/static/lib/${file}`;
      script.onload = () => resolve(window[name]);
      script.onerror = () => reject(new Error(`${file} could not be loaded.`));
      document.head.append(script);
    }));
  }
  return loaded.get(file);
}

/** ELK, which lays out graphs, on a worker of its own. */
let elk;
export async function layouter() {
  const ELK = await library("elk-api.js", "ELK");
  elk ??= new ELK({ workerUrl: "/static/lib/elk-worker.min.js" });
  return elk;
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
