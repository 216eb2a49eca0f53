import { useCallback, useRef } from "react";

/** The same function for the life of the component, always running the latest version: for children that are only drawn again when their data change. */
export function useStable<A extends unknown[], R>(action: (...args: A) => R): (...args: A) => R {
  const latest = useRef(action);
  latest.current = action;
  return useCallback((...args: A) => latest.current(...args), []);
}
