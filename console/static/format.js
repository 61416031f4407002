// How things are written: times, durations, names.
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** 1700000000123 → "14:13:20". */
export const time = (milliseconds) => clock.format(milliseconds);

/** 1700000000123 → "14:13:20.123". */
export const exactTime = (milliseconds) => `${clock.format(milliseconds)}.${String(Math.floor(milliseconds) % 1000).padStart(3, "0")}`;

/** 0.4 → "<1 ms", 532 → "532 ms", 1532 → "1.53 s", 95000 → "1 min 35 s". */
export function duration(milliseconds) {
  if (milliseconds < 1) return "<1 ms";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** 3 → "3 s ago". */
export function ago(milliseconds) {
  const seconds = Math.max(0, (Date.now() - milliseconds) / 1000);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** "RespondToText" → "Respond to text". */
export function words(name) {
  const split = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ");
  return split.charAt(0) + split.slice(1).toLowerCase();
}

export const plural = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
