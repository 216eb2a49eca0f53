import { useEffect, useReducer } from "react";
import { useBackend } from "../../../app/context";
import type { JobEvent } from "../../../ipc/bindings";
import { idle, type JobState, reduceJob } from "../../../lib/job";

type Action = JobEvent | { type: "left" };

const reduce = (state: JobState, action: Action): JobState => (action.type === "left" ? idle : reduceJob(state, action));

/** What is known of a job, from its first event on, also when one comes late. */
export function useJob(queueId: number | null): JobState {
  const backend = useBackend();
  const [state, dispatch] = useReducer(reduce, idle);
  useEffect(() => {
    if (queueId === null) return;
    const stop = backend.watchJob(queueId, dispatch);
    return () => {
      stop();
      dispatch({ type: "left" });
    };
  }, [backend, queueId]);
  return state;
}
