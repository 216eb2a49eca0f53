import { useEffect, useRef, useState } from "react";

export type Shown<T> = { src: string | null; about: T | null; failed: boolean };

/**
 * The newest picture that has arrived, and what was said about it when it was asked for. Asks for one at a time and always for the
 * latest wanted, so that scrubbing never queues up.
 */
export function useLatestImage<T>(wanted: string | null, about: T): Shown<T> {
  const [shown, setShown] = useState<Shown<T>>({ src: null, about: null, failed: false });
  const state = useRef({ busy: false, wanted, about, done: null as string | null, alive: true });

  useEffect(() => {
    const s = state.current;
    s.alive = true;
    return () => void (s.alive = false);
  }, []);

  useEffect(() => {
    const s = state.current;
    [s.wanted, s.about] = [wanted, about];
    const next = (): void => {
      const [src, of] = [s.wanted, s.about];
      if (s.busy || !src || src === s.done) return;
      s.busy = true;
      const image = new Image();
      const settle = (failed: boolean): void => {
        [s.busy, s.done] = [false, src];
        if (!s.alive) return;
        setShown((before) => (failed ? { ...before, failed } : { src, about: of, failed }));
        next();
      };
      image.onload = () => settle(false);
      image.onerror = () => settle(true);
      image.src = src;
    };
    next();
  }, [wanted, about]);
  return shown;
}
