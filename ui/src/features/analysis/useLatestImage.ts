import { useEffect, useRef, useState } from "react";

/** The newest picture that has arrived. Asks for one at a time and always for the latest wanted, so scrubbing never queues up. */
export function useLatestImage(wanted: string | null): { src: string | null; failed: boolean } {
  const [shown, setShown] = useState<{ src: string | null; failed: boolean }>({ src: null, failed: false });
  const state = useRef<{ busy: boolean; wanted: string | null; done: string | null; alive: boolean }>({ busy: false, wanted: null, done: null, alive: true });

  useEffect(() => {
    const s = state.current;
    s.alive = true;
    return () => void (s.alive = false);
  }, []);

  useEffect(() => {
    const s = state.current;
    s.wanted = wanted;
    const next = (): void => {
      const src = s.wanted;
      if (s.busy || !src || src === s.done) return;
      s.busy = true;
      const image = new Image();
      const settle = (failed: boolean): void => {
        [s.busy, s.done] = [false, src];
        if (!s.alive) return;
        setShown((before) => ({ src: failed ? before.src : src, failed }));
        next();
      };
      image.onload = () => settle(false);
      image.onerror = () => settle(true);
      image.src = src;
    };
    next();
  }, [wanted]);
  return shown;
}
