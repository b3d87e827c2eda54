/**
 * Builds each view into ../dw_jupyter/static: one ES module and one style sheet, unminified, to be committed.
 *
 * The first line of each holds a hash of the sources. hatch_build.py computes the same one to see whether what is
 * there is stale, so a change of the recipe below belongs in both.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);

/** sha256 over path and content of build.mjs and every file in src/, in the order of their paths, 16 digits of it. */
function hashOfSources() {
  const inside = readdirSync(new URL("src/", here), { recursive: true })
    .map((name) => `src/${name.replaceAll("\\", "/")}`)
    .filter((path) => statSync(new URL(path, here)).isFile());
  const hash = createHash("sha256");
  for (const path of ["build.mjs", ...inside].sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(new URL(path, here)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

const sources = `sources ${hashOfSources()}`;
await build({
  absWorkingDir: fileURLToPath(here),
  entryPoints: ["job_view", "panel"].flatMap((name) => [`src/${name}.ts`, `src/${name}.css`]),
  outdir: "../dw_jupyter/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  banner: { js: `// ${sources}`, css: `/* ${sources} */` },
  logLevel: "warning",
});
