// The four verdicts as shapes, so that they are told apart without colour.
import type { VerdictCode } from "../ipc/bindings";

export function VerdictMark({ code, size = 14 }: { code: VerdictCode; size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6">
      {code === "suspected" && <path d="M7 1l6 6-6 6-6-6z" fill="currentColor" stroke="none" />}
      {code === "inconclusive" && <path d="M7 1.6a5.4 5.4 0 010 10.8z" fill="currentColor" stroke="none" />}
      {code !== "suspected" && <circle cx="7" cy="7" r="5.4" strokeDasharray={code === "notExamined" ? "2.6 2.1" : undefined} />}
    </svg>
  );
}
