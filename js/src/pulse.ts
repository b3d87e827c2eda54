import { element, type Part, write } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 16;
const WIDTH = 96;

/** How fast rows were answered so far, as a small line; for those who do not see it, in words. */
export function pulse(): Part<JobState> {
  const svg = document.createElementNS(SVG, "svg");
  const area = document.createElementNS(SVG, "path");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  area.setAttribute("class", "dw-pulse-area");
  line.setAttribute("class", "dw-pulse-line");
  svg.append(area, line);
  const said = element("span", "dw-spoken");
  const node = element("span", "dw-pulse", svg, said);
  return {
    node,
    update({ pulse: rates, phase }) {
      node.hidden = rates.length < 3 || phase === "uploading";
      if (node.hidden) return;
      const most = Math.max(...rates);
      const points = rates.map((rate, place) => {
        const x = (place / (rates.length - 1)) * WIDTH;
        return `${x.toFixed(1)} ${(HEIGHT - 1 - (most && rate / most) * (HEIGHT - 2)).toFixed(1)}`;
      });
      line.setAttribute("d", `M${points.join("L")}`);
      area.setAttribute("d", `M${points.join("L")}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
      write(said, words.pulse(Math.min(...rates), most));
    },
  };
}
