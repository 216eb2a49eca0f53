// The program's sign: a person within the brackets of a viewfinder.
export function FaceFrame({ size = 56, className }: { size?: number; className?: string }) {
  return (
    <svg width={size} height={size} viewBox="0 0 56 56" className={className} aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round">
      <path d="M6 18V9a3 3 0 013-3h9M38 6h9a3 3 0 013 3v9M50 38v9a3 3 0 01-3 3h-9M18 50H9a3 3 0 01-3-3v-9" />
      <circle cx="28" cy="23" r="8" />
      <path d="M14.500 42c2-8 7.500-10.500 13.500-10.500S39.500 34 41.500 42" />
    </svg>
  );
}
