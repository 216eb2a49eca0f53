import { useEffect, useRef, useState } from "react";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import type { OnErrand } from "../../ipc/backend";
import type { Progress } from "../../ipc/bindings";

export type Errand = { running: boolean; progress: Progress | null; run: <R>(work: (listener: OnErrand) => Promise<R>) => Promise<R | null>; stop: () => void };

/** One errand at a time; leaving stops it. A failure is told at the foot of the window, and gives null. */
export function useErrand(): Errand {
  const backend = useBackend();
  const { fail } = useNotices();
  const [running, setRunning] = useState(false);
  const [progress, setProgress] = useState<Progress | null>(null);
  const at = useRef({ id: null as number | null, left: false });
  const stop = (): void => {
    if (at.current.id !== null) void backend.cancelErrand(at.current.id).catch(() => undefined);
  };
  const latest = useRef(stop);
  latest.current = stop;
  useEffect(() => {
    at.current.left = false;
    return () => {
      at.current.left = true;
      latest.current();
    };
  }, []);
  const run: Errand["run"] = async (work) => {
    setRunning(true);
    try {
      return await work((event) => {
        if (event.type === "progress") return setProgress(event.progress);
        at.current.id = event.id;
        if (at.current.left) latest.current();
      });
    } catch (error) {
      fail(error);
      return null;
    } finally {
      at.current.id = null;
      setRunning(false);
      setProgress(null);
    }
  };
  return { running, progress, run, stop };
}
