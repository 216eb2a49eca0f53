import { useEffect, useState } from "react";
import { useBackend } from "../../../app/context";
import type { ItemError } from "../../../ipc/bindings";
import type { JobState } from "../../../lib/job";
import { useJob } from "./useJob";

export type Explaining = { job: JobState | null; start: () => void; stop: () => void };

/** Has the detectors say where they looked; the analysis keeps its id and gains the explanations. */
export function useExplain(analysis: number | null, onDone: () => void, onFailed: (error: ItemError) => void, onFail: (error: unknown) => void): Explaining {
  const backend = useBackend();
  const [queueId, setQueueId] = useState<number | null>(null);
  const job = useJob(queueId);
  useEffect(() => {
    if (job.kind !== "done" && job.kind !== "failed" && job.kind !== "cancelled") return;
    setQueueId(null);
    if (job.kind === "done") onDone();
    if (job.kind === "failed") onFailed(job.error);
  }, [job.kind]);
  return {
    job: queueId === null ? null : job,
    start: () => void (analysis !== null && backend.explainAnalysis(analysis).then(setQueueId, onFail)),
    stop: () => void (queueId !== null && backend.cancelQueued([queueId]).catch(onFail)),
  };
}
