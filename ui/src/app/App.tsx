import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { I18nextProvider } from "react-i18next";
import { AnalysisScreen } from "../features/analysis/AnalysisScreen";
import { BatchScreen } from "../features/batch/BatchScreen";
import { FinishNotice } from "../features/batch/FinishNotice";
import { CasesScreen } from "../features/cases/CasesScreen";
import { HelpScreen } from "../features/help/HelpScreen";
import { HomeScreen } from "../features/home/HomeScreen";
import { ModelsScreen } from "../features/models/ModelsScreen";
import { SettingsScreen } from "../features/settings/SettingsScreen";
import { i18n, languageOf } from "../i18n";
import type { Backend } from "../ipc/backend";
import { commandError } from "../ipc/errors";
import { BackendProvider, QueueProvider, useBackend, useInfo } from "./context";
import { ErrorBoundary } from "./ErrorBoundary";
import { IntakeProvider } from "./intake";
import { NoticesProvider } from "./notices";
import type { Route } from "./route";
import { Shell } from "./Shell";
import { systemTheme, useTheme } from "./theme";
import { ThemeContext } from "./themeContext";

export function App({ backend }: { backend: Backend }) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000, networkMode: "always", refetchOnWindowFocus: false }, mutations: { networkMode: "always" } } }));
  return (
    <I18nextProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <BackendProvider backend={backend}>
          <ErrorBoundary><Start /></ErrorBoundary>
        </BackendProvider>
      </QueryClientProvider>
    </I18nextProvider>
  );
}

function Start() {
  const backend = useBackend();
  const { data, error } = useQuery({ queryKey: ["info"], queryFn: backend.appInfo, staleTime: Infinity });
  if (error) {
    document.documentElement.dataset.theme = systemTheme();
    return <div className="empty" role="alert"><h1>{i18n.t("app.failed")}</h1><p>{commandError(error).message}</p></div>;
  }
  return data ? <Window /> : null;
}

function Window() {
  const info = useInfo();
  const theme = useTheme(info.settings.theme);
  const lang = languageOf(info);
  const backend = useBackend();
  const client = useQueryClient();
  useEffect(() => backend.onInfo((next) => {
    client.setQueryData(["info"], next);
    void client.invalidateQueries({ queryKey: ["models"] });
  }), [backend, client]);
  useEffect(() => {
    void i18n.changeLanguage(lang);
    document.documentElement.lang = lang;
  }, [lang]);
  return (
    <I18nProvider locale={lang}>
      <ThemeContext value={theme}>
        <QueueProvider>
          <NoticesProvider>
            <IntakeProvider>
              <Shell>{screen}</Shell>
              <FinishNotice />
            </IntakeProvider>
          </NoticesProvider>
        </QueueProvider>
      </ThemeContext>
    </I18nProvider>
  );
}

function screen(route: Route): ReactNode {
  switch (route.page) {
    case "home":
      return <HomeScreen />;
    case "analysis":
      return <AnalysisScreen of={route.of} />;
    case "batch":
      return <BatchScreen />;
    case "cases":
      return <CasesScreen id={route.id} />;
    case "models":
      return <ModelsScreen id={route.id} />;
    case "settings":
      return <SettingsScreen />;
    case "help":
      return <HelpScreen topic={route.topic} />;
  }
}
