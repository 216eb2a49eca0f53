import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend, useInfo } from "../../app/context";
import { useNotices } from "../../app/notices";
import { href } from "../../app/route";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Section } from "../../components/parts";
import { VerdictMark } from "../../components/VerdictMark";
import { useWords } from "../../i18n";
import type { AnalysisSummary } from "../../ipc/bindings";
import { ago } from "../../lib/format";

export function Recents() {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const { settings } = useInfo();
  const [asking, setAsking] = useState(false);
  const { data } = useQuery({ queryKey: ["recent"], queryFn: backend.recentAnalyses });
  const forget = useMutation({ mutationFn: backend.forgetRecent, onSuccess: () => client.invalidateQueries({ queryKey: ["recent"] }), onError: fail });
  const some = settings.history && data && data.length > 0;
  return (
    <>
      <Section title={t("home.recent")} aside={some && <Button small look="quiet" onPress={() => setAsking(true)}>{t("home.forgetRecent")}</Button>}>
        {!settings.history && <p className="muted">{t("home.recentOff")}</p>}
        {settings.history && data?.length === 0 && <p className="muted">{t("home.recentEmpty")}</p>}
        {some && <ul className="cards">{data.slice(0, 30).map((a) => <Recent key={a.id} analysis={a} />)}</ul>}
      </Section>
      <Confirm title={t("home.forgetRecentTitle")} text={t("home.forgetRecentText")} confirm={t("home.forget")} open={asking} onClose={() => setAsking(false)} onConfirm={() => forget.mutate()} />
    </>
  );
}

function Recent({ analysis }: { analysis: AnalysisSummary }) {
  const { t, lang } = useWords();
  const backend = useBackend();
  return (
    <li>
      <a className="card" href={href({ page: "analysis", of: { kind: "stored", id: analysis.id } })} draggable={false} title={analysis.name}>
        <img className="thumb" src={backend.frameUrl(`analysis/${analysis.id}/poster`)} alt="" draggable={false} />
        <span className="card__text">
          <b className="ellipsis">{analysis.name}</b>
          <small><span className={`verdict-word tone-text--${analysis.verdict.code}`}><VerdictMark code={analysis.verdict.code} size={12} />{t(`short.${analysis.verdict.code}`)}</span> · {ago(analysis.analysedAt, new Date(), lang)}</small>
        </span>
      </a>
    </li>
  );
}
