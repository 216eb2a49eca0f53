import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../../components/Button";
import { type Fact, Facts, Section } from "../../components/parts";
import { type T, useWords } from "../../i18n";
import { warning } from "../../i18n/words";
import type { AnalysisView, Integrity, MediaFacts, ModelView } from "../../ipc/bindings";
import { bytes, clock, dateTime, duration, frameRate, type Lang, shortHash } from "../../lib/format";
import { copyText } from "../../lib/copyText";
import { Controls } from "./evidence/Controls";
import type { Subject } from "./subject";

export function FileFacts({ subject, integrity }: { subject: Subject; integrity: Integrity | null }) {
  const { t, lang } = useWords();
  const { file, media } = subject;
  if (!file) return null;
  return (
    <Section title={t("analysis.file")}>
      <Facts facts={[
        [t("facts.name"), subject.name],
        file.sha256 !== null && [t("facts.hash"), <Hash key="hash" hash={file.sha256} />],
        integrity && [t("facts.integrity"), t(`integrity.short.${integrity}`)],
        media && [file.kind === "image" ? t("facts.image") : t("facts.video"), describe(t, media, lang)],
        media !== null && media.rotation !== 0 && [t("facts.rotation"), t("facts.rotationValue", { count: media.rotation })],
        file.bytes !== null && [t("facts.size"), bytes(file.bytes, lang)],
        media?.damaged === true && [t("facts.damaged"), t("facts.yes")],
      ]} />
    </Section>
  );
}

export function describe(t: T, media: MediaFacts, lang: Lang): string {
  return [
    codecName(media.codec), `${media.width} × ${media.height}`, media.frame_rate && t("facts.fps", { fps: frameRate(media.frame_rate, lang) }),
    media.variable_frame_rate && t("facts.variable"), media.duration_us !== null && clock(media.duration_us),
  ].filter(Boolean).join(", ");
}

const NAMES: Record<string, string> = { h264: "H.264", hevc: "H.265", av1: "AV1", vp9: "VP9", vp8: "VP8", mjpeg: "MJPEG", mpeg4: "MPEG-4", prores: "ProRes" };
const codecName = (codec: string): string => NAMES[codec] ?? codec.toUpperCase();

export function Hash({ hash }: { hash: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = (): void => void copyText(hash).then(setCopied);
  return (
    <span className="hash">
      <span className="mono selectable" title={hash}>{shortHash(hash)}</span>
      <IconButton small look="quiet" label={copied ? t("app.copied") : t("facts.copyHash")} onPress={copy}>{copied ? <Check size={13} /> : <Copy size={13} />}</IconButton>
    </span>
  );
}

export function RunFacts({ view, models }: { view: AnalysisView; models: ModelView[] }) {
  const { t, lang } = useWords();
  const { run } = view;
  const used = view.models.map((m): Fact => {
    const card = models.find((c) => c.id === m.id);
    return [card?.name ?? m.id, <span key={m.id} className="model-fact"><span>{t(`models.task.${m.task}`)}{card?.state === "expired" && `, ${t("facts.expired")}`}</span><Hash hash={m.sha256} /></span>];
  });
  // Models that share an encoder name it alike: once is enough.
  const encoders = [...new Set(view.models.flatMap((m) => m.encoder_sha256 ?? []))].map((hash): Fact => [t("facts.encoder"), <Hash key={hash} hash={hash} />]);
  return (
    <>
      <Section title={t("analysis.models")}><Facts facts={[...used, ...encoders]} /></Section>
      <Section title={t("analysis.examination")}>
        <Facts facts={[
          [t("facts.when"), dateTime(run.started, lang)],
          [t("facts.took"), duration(run.seconds, lang)],
          view.file.kind === "video" && [t("facts.sampling"), run.fps === null ? t("facts.everyFrame") : t("facts.perSecond", { fps: frameRate(String(run.fps), lang) })],
          [t("facts.on"), t("facts.device", { device: run.device.toUpperCase(), threads: t("home.threads", { count: run.threads }) })],
          [t("facts.app"), run.app],
        ]} />
        <Controls controls={run.controls ?? []} names={new Map(models.map((m) => [m.id, m.name]))} />
        {view.refined.length > 0 && <p className="like">{t("analysis.refined", { ranges: view.refined.map(([a, b]) => t("statement.rangeOf", { from: clock(a), to: clock(b) })).join(", ") })}</p>}
      </Section>
      {run.warnings.length > 0 && (
        <Section title={t("analysis.warnings")}><ul className="warnings">{run.warnings.map((w, i) => <li key={i}>{warning(t, w)}</li>)}</ul></Section>
      )}
    </>
  );
}
