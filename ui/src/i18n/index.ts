// Two languages, loaded with the program; the language follows the settings.
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import type { AppInfo } from "../ipc/bindings";
import type { Lang } from "../lib/format";
import type { Catalogue } from "./catalogue";
import { en } from "./en";
import { fr } from "./fr";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Catalogue };
  }
}

export const i18n = i18next.createInstance();

void i18n.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: en }, fr: { translation: fr } },
  interpolation: { escapeValue: false },
  initAsync: false,
});

export const languageOf = (info: AppInfo): Lang => (info.settings.language === "system" ? info.systemLanguage : info.settings.language);

export function useWords() {
  const { t, i18n: current } = useTranslation();
  return { t, lang: (current.language === "fr" ? "fr" : "en") as Lang };
}

export type T = ReturnType<typeof useWords>["t"];
