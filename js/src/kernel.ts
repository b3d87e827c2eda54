/** Whether the kernel of a view is still there. */
import { type Events, listen } from "./model";

/** `restarted`: another one is in its place; `gone`: there is none; `unreachable`: it may be there. */
export type Loss = "restarted" | "gone" | "unreachable";

/** The parts of JupyterLab's session used here; the manager has a `context` in JupyterLab and Notebook 7 only. */
interface Manager {
  context?: { sessionContext?: Session };
}
interface Session {
  session?: { kernel?: { status?: string; connectionStatus?: string } | null } | null;
  statusChanged?: Signal;
  kernelChanged?: Signal;
  connectionStatusChanged?: Signal;
}
interface Signal {
  connect(slot: () => void): void;
  disconnect(slot: () => void): void;
}

/** Calls `tell` when the kernel is lost, and with nothing when it is back, until `signal` aborts. */
export function watchKernel<Message>(
  model: Events<Message>,
  tell: (loss?: Loss) => void,
  signal: AbortSignal,
) {
  // JupyterLab tells this to the views of a kernel that restarts, and to none at any other time.
  let restarted = false;
  listen(
    model,
    "comm_live_update",
    () => {
      restarted = true;
      tell("restarted");
    },
    signal,
  );
  const session = (model.widget_manager as Manager | undefined)?.context?.sessionContext;
  if (!session) return;
  const look = () => {
    if (!restarted) tell(lossOf(session));
  };
  for (const changed of [session.statusChanged, session.kernelChanged, session.connectionStatusChanged]) {
    changed?.connect(look);
    signal.addEventListener("abort", () => changed?.disconnect(look), { once: true });
  }
}

function lossOf(session: Session): Loss | undefined {
  const kernel = session.session?.kernel;
  if (!kernel || kernel.status === "dead" || kernel.status === "terminating") return "gone";
  return kernel.connectionStatus === "disconnected" ? "unreachable" : undefined;
}
