import { useQuery } from "@tanstack/react-query";
import { FileSearch, Folder } from "lucide-react";
import { useDeferredValue } from "react";
import { GridList, GridListItem } from "react-aria-components";
import { useBackend } from "../../app/context";
import { go } from "../../app/route";
import { useWords } from "../../i18n";

export function SearchHits({ text }: { text: string }) {
  const { t } = useWords();
  const backend = useBackend();
  const wanted = useDeferredValue(text);
  const { data: hits } = useQuery({ queryKey: ["search", wanted], queryFn: () => backend.search(wanted), placeholderData: (before) => before });
  if (hits?.length === 0) return <p className="muted split__none" role="status">{t("cases.noHits", { text: wanted })}</p>;
  return (
    <GridList
      className="list" aria-label={t("cases.hits")} items={(hits ?? []).map((h) => ({ ...h, key: `${h.kind}-${h.id}` }))}
      onAction={(key) => {
        const [kind, id] = String(key).split("-");
        go(kind === "case" ? { page: "cases", id: Number(id) } : { page: "analysis", of: { kind: "stored", id: Number(id) } });
      }}
    >
      {(h) => (
        <GridListItem id={h.key} textValue={h.title} className="list__row">
          {h.kind === "case" ? <Folder size={16} aria-hidden="true" className="muted" /> : <FileSearch size={16} aria-hidden="true" className="muted" />}
          <span className="list__text"><b className="ellipsis">{h.title}</b><small className="ellipsis">{h.snippet || t(h.kind === "case" ? "cases.hitCase" : "cases.hitAnalysis")}</small></span>
        </GridListItem>
      )}
    </GridList>
  );
}
