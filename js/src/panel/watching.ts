/**
 * Tells the kernel while somebody can see the panel (`look`), so that it asks the service then and at no other time,
 * while it is in the page out of sight (`rest`), and when it is not in the page (`leave`).
 */

const SIGN_OF_LIFE_MS = 60_000;

export function watching(
  node: HTMLElement,
  send: (kind: "look" | "rest" | "leave", view: string) => void,
  signal: AbortSignal,
) {
  const view = Math.random().toString(36).slice(2);
  let inView = true;
  const tell = () => {
    const seen = inView && document.visibilityState !== "hidden";
    send(!node.isConnected ? "leave" : seen ? "look" : "rest", view);
  };
  const beat = setInterval(tell, SIGN_OF_LIFE_MS);
  document.addEventListener("visibilitychange", tell, { signal });
  const observer =
    typeof IntersectionObserver === "undefined"
      ? undefined
      : new IntersectionObserver((entries) => {
          const now = entries.at(-1)?.isIntersecting ?? true;
          if (now === inView) return;
          inView = now;
          tell();
        });
  observer?.observe(node);
  signal.addEventListener(
    "abort",
    () => {
      clearInterval(beat);
      observer?.disconnect();
      send("leave", view);
    },
    { once: true },
  );
  send("look", view);
}
