/** Replacing the output that shows a view, where the kernel's own replacement is lost. */

const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** Mime type → text, as in a notebook file. */
export type Bundle = Record<string, string>;

/** The parts of JupyterLab's notebook used here; the manager has a `context` in JupyterLab and Notebook 7 only. */
interface Manager {
  context?: { model?: { cells?: List<{ outputs?: Outputs }> }; saveState?: Saving };
}
interface Saving {
  connect(slot: (context: unknown, state: string) => void): void;
  disconnect(slot: (context: unknown, state: string) => void): void;
}
interface List<Item> {
  readonly length: number;
  get(index: number): Item;
}
interface Outputs extends List<{ data: Record<string, unknown> }> {
  set(index: number, output: { output_type: "display_data"; data: Bundle; metadata: object }): void;
}

const cellsOf = (manager: unknown) => (manager as Manager | undefined)?.context?.model?.cells;

/** Whether this host lets an output be replaced. */
export const canReplace = (manager: unknown) => cellsOf(manager) !== undefined;

/** Calls `act` when the notebook begins to be saved, before its outputs are read for it, until `signal` aborts. */
export function beforeSave(manager: unknown, act: () => void, signal: AbortSignal) {
  const saving = (manager as Manager | undefined)?.context?.saveState;
  const slot = (_: unknown, state: string) => {
    if (state === "started") act();
  };
  saving?.connect(slot);
  signal.addEventListener("abort", () => saving?.disconnect(slot), { once: true });
}

/**
 * Puts `data` where the widget `modelId` is displayed, or an earlier settled form of it, which is marked so in its HTML.
 *
 * JupyterLab and Notebook 7 forget at a page reload which output has which display id, so an update by the kernel
 * reaches nothing, and the saved notebook would hold a widget that nobody can show. Elsewhere this does nothing.
 */
export function replaceOutput(manager: unknown, modelId: string, mark: string, data: Bundle) {
  const cells = cellsOf(manager);
  for (let c = 0; c < (cells?.length ?? 0); c++) {
    const outputs = cells?.get(c).outputs;
    for (let o = 0; o < (outputs?.length ?? 0); o++) {
      const shown = outputs?.get(o).data ?? {};
      const html = String(shown["text/html"] ?? "");
      const ours = (shown[WIDGET_VIEW] as { model_id?: string } | undefined)?.model_id === modelId;
      const older =
        !(WIDGET_VIEW in shown) && html.includes(`data-dw-view="${mark}"`) && html !== data["text/html"];
      if (ours || older) outputs?.set(o, { output_type: "display_data", data, metadata: {} });
    }
  }
}
