import { useMemo, useRef } from "react";
import { Lanes } from "../../lib/lanes";
import type { Subject } from "./subject";

/** The lanes of the subject; a new wrapper each time there is more in them. */
export function useLanes({ frames, whole, stepUs }: Subject): { lanes: Lanes } {
  const kept = useRef<Lanes | null>(null);
  return useMemo(() => {
    if (!kept.current?.continues(frames) || Math.abs(kept.current.stepUs - stepUs) > stepUs / 10) kept.current = new Lanes(whole.from, stepUs);
    kept.current.feed(frames);
    return { lanes: kept.current };
  }, [frames, whole.from, stepUs]);
}
