/** A file of the browser's, sent to the kernel in parts. */
import type { Ask } from "./requests";

/** Far below the 10 MB that a Jupyter server takes in one message, with room for other wishes between the parts. */
export const PART = 1024 * 1024;

/**
 * Sends `file`; gives the name under which the kernel knows it. Each part waits for the answer to the one before, so
 * that they arrive in order and the kernel is never flooded.
 */
export async function upload(
  file: File,
  ask: Ask,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  let offset = 0;
  do {
    const part = await file.slice(offset, offset + PART).arrayBuffer();
    signal.throwIfAborted();
    await ask({ kind: "part", upload: name, offset }, { buffers: [part] });
    signal.throwIfAborted();
    offset += part.byteLength;
    progress(file.size ? offset / file.size : 1);
  } while (offset < file.size);
  return name;
}
