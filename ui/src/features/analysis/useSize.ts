import { type RefObject, useLayoutEffect, useState } from "react";

export type Size = { width: number; height: number };

/** The size of an element in CSS pixels, kept up to date. */
export function useSize(ref: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = (): void => setSize((before) => {
      const { clientWidth: width, clientHeight: height } = element;
      return before.width === width && before.height === height ? before : { width, height };
    });
    measure();
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}
