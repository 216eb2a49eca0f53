// The bar at the top and the screen below it.
import { CircleHelp, Settings as Cog } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { DropVeil } from "../features/home/DropVeil";
import { useWords } from "../i18n";
import { fraction } from "../lib/job";
import { useQueue } from "./context";
import { useIntake } from "./intake";
import { useKeys } from "./keys";
import { go, href, type Route, useRoute } from "./route";

const Slot = createContext<HTMLElement | null>(null);

/** A screen's own words and buttons, shown in the bar while the screen is. */
export function Bar({ children }: { children: ReactNode }) {
  const slot = useContext(Slot);
  return slot ? createPortal(children, slot) : null;
}

export function Shell({ children }: { children: (route: Route) => ReactNode }) {
  const { t } = useWords();
  const route = useRoute();
  const { counts, rows } = useQueue();
  const intake = useIntake();
  const lastAnalysis = useRef<Route>({ page: "analysis", of: null });
  if (route.page === "analysis" && route.of) lastAnalysis.current = route;
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  const main = useRef<HTMLElement>(null);
  const page = route.page;
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page]);
  useKeys({
    o: intake.openFiles,
    "?": () => go({ page: "help", topic: "keys" }),
    "/": () => document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus(),
  });
  const tabs: { to: Route; label: string; busy?: string }[] = [
    { to: { page: "home" }, label: t("nav.home") },
    { to: lastAnalysis.current, label: t("nav.analysis") },
    { to: { page: "batch" }, label: t("nav.batch"), busy: page !== "batch" && counts.total > 1 && counts.running + counts.waiting > 0 ? `${counts.total - counts.waiting - counts.running - counts.paused}/${counts.total}` : undefined },
    { to: { page: "cases", id: null }, label: t("nav.cases") },
    { to: { page: "models", id: null }, label: t("nav.models") },
  ];
  const running = counts.running > 0 ? [...rows.values()].find((r) => r.state === "running") : undefined;
  const share = fraction(running?.progress ?? null);
  return (
    <div className="shell">
      <header className="bar">
        <nav aria-label={t("nav.label")}>
          {tabs.map(({ to, label, busy }) => (
            <a key={to.page} href={href(to)} aria-current={page === to.page ? "page" : undefined} draggable={false}>
              {label}
              {busy && <span className="bar__count">{busy}</span>}
            </a>
          ))}
        </nav>
        <div className="bar__own" ref={setSlot} />
        <nav className="bar__end" aria-label={`${t("nav.settings")}, ${t("nav.help")}`}>
          <a href={href({ page: "settings" })} aria-current={page === "settings" ? "page" : undefined} aria-label={t("nav.settings")} title={t("nav.settings")} draggable={false}><Cog size={16} aria-hidden="true" /></a>
          <a href={href({ page: "help", topic: "meaning" })} aria-current={page === "help" ? "page" : undefined} aria-label={t("nav.help")} title={t("nav.help")} draggable={false}><CircleHelp size={16} aria-hidden="true" /></a>
        </nav>
        {share !== null && page !== "batch" && page !== "analysis" && <span className="bar__line" style={{ transform: `scaleX(${share})` }} aria-hidden="true" />}
      </header>
      <Slot value={slot}><main ref={main} tabIndex={-1}>{children(route)}</main></Slot>
      {intake.hover && <DropVeil selection={intake.hover} />}
    </div>
  );
}
