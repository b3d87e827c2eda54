/** Whether the kernel of a view is still there. */
import { type Events, listen } from "./model";

/** `restarted`: another one is in its place; `gone`: there is none; `unreachable`: it may be there. */
export type Loss = "restarted" | "gone" | "unreachable";

/** The parts of JupyterLab's session used here; the manager has a `context` in JupyterLab and Notebook 7 only. */
interface Manager {
  context?: { sessionContext?: Session };
}
interface Session {
  session?: { kernel?: { id?: string; status?: string; connectionStatus?: string } | null } | null;
  statusChanged?: Signal;
  kernelChanged?: Signal;
  connectionStatusChanged?: Signal;
}
interface Signal {
  connect(slot: () => void): void;
  disconnect(slot: () => void): void;
}

/** The kernel that a view may have now, by its id; `undefined` where the host does not tell. */
export const kernelOf = (model: { widget_manager?: unknown }) => sessionOf(model)?.session?.kernel?.id;

/**
 * Calls `tell` when the kernel is lost, and with nothing when it is back, until `signal` aborts.
 *
 * `home` is the id of the kernel that the view is of. Another one in its place knows nothing of the view, and one that
 * is dead does not come back: only a connection does.
 */
export function watchKernel<Message>(
  model: Events<Message>,
  tell: (loss?: Loss) => void,
  signal: AbortSignal,
  home = kernelOf(model),
) {
  let forGood = false;
  let told: Loss | undefined;
  const lose = (loss?: Loss) => {
    const final = loss !== undefined && loss !== "unreachable";
    if (loss === told || (forGood && !final)) return;
    forGood ||= final;
    told = loss;
    tell(loss);
  };
  // JupyterLab tells this to the views of a kernel that restarts, and to none at any other time.
  listen(model, "comm_live_update", () => lose("restarted"), signal);
  const session = sessionOf(model);
  if (!session) return;
  const look = () => {
    home ??= kernelOf(model);
    lose(lossOf(session, home));
  };
  for (const changed of [session.statusChanged, session.kernelChanged, session.connectionStatusChanged]) {
    changed?.connect(look);
    signal.addEventListener("abort", () => changed?.disconnect(look), { once: true });
  }
  look();
}

const sessionOf = (model: { widget_manager?: unknown }) =>
  (model.widget_manager as Manager | undefined)?.context?.sessionContext;

function lossOf(session: Session, home?: string): Loss | undefined {
  const kernel = session.session?.kernel;
  if (!kernel || kernel.id !== home || kernel.status === "dead" || kernel.status === "terminating")
    return "gone";
  return kernel.connectionStatus === "disconnected" ? "unreachable" : undefined;
}
