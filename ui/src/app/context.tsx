// What every screen may use: the backend, what is known of the program, and the queue.
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useReducer } from "react";
import type { Backend } from "../ipc/backend";
import type { AppInfo } from "../ipc/bindings";
import { emptyQueue, type Queue, reduceQueue } from "../lib/queue";

const BackendContext = createContext<Backend | null>(null);
const QueueContext = createContext<Queue>(emptyQueue);

export function useBackend(): Backend {
  const backend = useContext(BackendContext);
  if (!backend) throw new Error("no backend");
  return backend;
}

export function BackendProvider({ backend, children }: { backend: Backend; children: ReactNode }) {
  return <BackendContext value={backend}>{children}</BackendContext>;
}

export const useQueue = (): Queue => useContext(QueueContext);

export function QueueProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const [queue, dispatch] = useReducer(reduceQueue, emptyQueue);
  useEffect(() => backend.watchQueue(dispatch), [backend]);
  return <QueueContext value={queue}>{children}</QueueContext>;
}

/** Known before any screen is shown. */
export function useInfo(): AppInfo {
  const backend = useBackend();
  const { data } = useQuery({ queryKey: ["info"], queryFn: backend.appInfo, staleTime: Infinity });
  if (!data) throw new Error("the program's state is not loaded yet");
  return data;
}
