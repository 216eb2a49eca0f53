import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { current, go } from "../../app/route";
import { useWords } from "../../i18n";
import type { QueueCounts } from "../../ipc/bindings";
import { list } from "../../lib/format";

/** Says that a batch is done, wherever one is in the window. A single file shows its own end. */
export function FinishNotice() {
  const { t, lang } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { tell } = useNotices();
  const finished = (counts: QueueCounts): void => {
    void client.invalidateQueries({ queryKey: ["recent"] });
    void client.invalidateQueries({ queryKey: ["cases"] });
    if (counts.total < 2) return;
    const parts = counts.byVerdict.filter((v) => v.count > 0).map((v) => t(`tally.${v.code}`, { count: v.count }));
    if (counts.failed > 0) parts.push(t("tally.failed", { count: counts.failed }));
    const show = current().page === "batch" ? undefined : { label: t("batch.show"), run: () => go({ page: "batch" }) };
    tell(t("batch.finished", { summary: list(parts, lang) }), show);
  };
  const latest = useRef(finished);
  latest.current = finished;
  useEffect(() => backend.onQueueFinished((counts) => latest.current(counts)), [backend]);
  return null;
}
