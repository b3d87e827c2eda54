/** Numbers in words, as the kernel's own words have them. */

/** Grouped by commas. */
export function number(count: number) {
  return count.toLocaleString("en-US");
}

export function plural(count: number, noun: string) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function duration(seconds: number) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
