import { useWords } from "../i18n";
import type { VerdictCode } from "../ipc/bindings";
import { VerdictMark } from "./VerdictMark";

export function VerdictChip({ code }: { code: VerdictCode }) {
  const { t } = useWords();
  return (
    <span className={`chip tone--${code}`}>
      <VerdictMark code={code} />
      {t(`short.${code}`)}
    </span>
  );
}
