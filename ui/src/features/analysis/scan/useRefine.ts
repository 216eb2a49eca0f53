import { useEffect, useState } from "react";
import { useBackend } from "../../../app/context";
import type { Span } from "../../../lib/view";
import { useJob } from "./useJob";

/** Has a stretch examined at every frame; the analysis keeps its id and gains the stretch. */
export function useRefine(analysis: number | null, onDone: () => void, onFail: (error: unknown) => void) {
  const backend = useBackend();
  const [queueId, setQueueId] = useState<number | null>(null);
  const job = useJob(queueId);
  useEffect(() => {
    if (job.kind !== "done" && job.kind !== "failed" && job.kind !== "cancelled") return;
    setQueueId(null);
    if (job.kind === "done") onDone();
    if (job.kind === "failed") onFail({ code: "internal", message: job.error.message, path: null });
  }, [job.kind]);
  const start = (span: Span): void => {
    if (analysis === null) return;
    void backend.analyseRange(analysis, Math.round(span.from), Math.round(span.to)).then(setQueueId, onFail);
  };
  return { running: queueId !== null, start };
}
